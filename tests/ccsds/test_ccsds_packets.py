"""Space packets, PUS-C headers, time code and CLCW: octets as published, limits, typed errors."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsds import cuc, packets
from ccsds.clcw import Clcw
from ccsds.coding import crc16
from ccsds.errors import FrameError, PacketError
from ccsds.packets import Acknowledgement, PacketType, SequenceFlags, SpacePacket, TcPacket, TmPacket

PING = bytes.fromhex("1842C01600062F11010000 68B7")

space_packets = st.builds(
    SpacePacket,
    apid=st.integers(0, 2047),
    seq_count=st.integers(0, 16383),
    data=st.binary(min_size=1, max_size=80),
    packet_type=st.sampled_from(PacketType),
    has_secondary_header=st.booleans(),
    sequence_flags=st.sampled_from(SequenceFlags),
)


def test_published_ping():
    """The octets of a published TC[17,1] are encoded and decoded, and its request id is its head."""
    tc = TcPacket(apid=0x42, seq_count=0x16, service_type=17, message_subtype=1, source_id=0)
    assert tc.acknowledgement == Acknowledgement.ALL
    assert tc.encode() == PING
    assert TcPacket.decode(PING) == tc
    assert tc.request_id == PING[:4]


def test_acceptance_is_the_first_acknowledgement_flag():
    tc = TcPacket(1, 0, 17, 1, acknowledgement=Acknowledgement.ACCEPTANCE)
    assert tc.encode()[6] == 0x28


def test_telemetry_header_octets():
    tm = TmPacket(0x64, 5, 3, 25, t_tai_ns=0, data=b"\xab", message_type_counter=0x0102, destination_id=0x0304)
    assert cuc.EPOCH_2000_S == 0x4F004AC0 == (51544.5 - 36204) * 86400  # modified Julian dates of the two epochs
    octets = bytes.fromhex("0864 C005 0010 20 03 19 0102 0304 1E 4F004AC0 0000 AB")
    assert tm.encode() == octets + crc16(octets).to_bytes(2, "big")
    assert TmPacket.decode(tm.encode()) == tm


@given(space_packets)
@settings(deadline=None)
def test_space_packets_round_trip(packet):
    assert SpacePacket.decode(packet.encode()) == packet


@given(
    st.integers(0, 2046),
    st.integers(0, 16383),
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(max_size=60),
    st.integers(0, 65535),
)
@settings(deadline=None)
def test_pus_packets_round_trip(apid, count, service, subtype, data, other):
    tc = TcPacket(apid, count, service, subtype, data, other, Acknowledgement(other & 15))
    assert TcPacket.decode(tc.encode()) == tc
    t_ns = cuc.decode_cuc(cuc.encode_cuc(other * 10**13))
    tm = TmPacket(apid, count, service, subtype, t_ns, data, other, 65535 - other, other & 15)
    assert TmPacket.decode(tm.encode()) == tm


@pytest.mark.parametrize(
    "packet",
    [
        SpacePacket(2048, 0, b"x"),
        SpacePacket(-1, 0, b"x"),
        SpacePacket(0, 16384, b"x"),
        SpacePacket(0, 0, b""),
        SpacePacket(0, 0, bytes(65537)),
        TcPacket(2047, 0, 17, 1),
        TcPacket(1, 0, 256, 1),
        TcPacket(1, 0, 17, -1),
        TcPacket(1, 0, 17, 1, source_id=65536),
        TcPacket(1, 0, 17, 1, bytes(65536)),
        TmPacket(1, 0, 17, 1, 0, bytes(65530)),
        TmPacket(1, 0, 17, 1, 0, message_type_counter=65536),
        TmPacket(1, 0, 17, 1, 10**20),
        TmPacket(1, 0, 17, 1, -2 * 10**18),
    ],
)
def test_fields_that_do_not_fit_are_refused(packet):
    with pytest.raises(PacketError):
        packet.encode()


def test_largest_packet():
    packet = SpacePacket(1, 1, bytes(65536))
    assert len(packet.encode()) == 65542
    assert SpacePacket.decode(packet.encode()) == packet


@pytest.mark.parametrize("octet", range(len(PING)))
def test_every_damaged_octet_of_a_telecommand_is_noticed(octet):
    damaged = bytearray(PING)
    damaged[octet] ^= 0x10
    with pytest.raises(PacketError):
        TcPacket.decode(bytes(damaged))


@given(st.binary(max_size=40))
@settings(deadline=None)
def test_any_octets_are_a_packet_or_a_packet_error(octets):
    for kind in (SpacePacket, TcPacket, TmPacket):
        try:
            packet = kind.decode(octets)
        except PacketError:
            continue
        assert packet.encode() == octets


@given(st.binary(max_size=30), st.sampled_from(["1842C0160006", "0842C0160010", "1842C016FFFF"]))
@settings(deadline=None)
def test_any_octets_behind_a_header_are_a_packet_or_a_packet_error(body, head):
    octets = bytes.fromhex(head) + body
    octets += crc16(octets).to_bytes(2, "big")
    for kind in (SpacePacket, TcPacket, TmPacket):
        try:
            packet = kind.decode(octets)
        except PacketError:
            continue
        assert packet.encode() == octets


@given(st.lists(space_packets.map(SpacePacket.encode), max_size=5), st.binary(min_size=1, max_size=6))
@settings(deadline=None)
def test_packets_are_split_exactly_or_refused(items, rest):
    assert packets.split_packets(b"".join(items)) == items
    with pytest.raises(PacketError):
        packets.split_packets(b"".join(items) + rest)


def test_the_time_code_begins_in_1958_and_ends_in_2094():
    """To the last of its 48 bits; one nanosecond beyond is refused at either end."""
    first_ns = -cuc.EPOCH_2000_S * 10**9
    end_ns = first_ns + (1 << 32) * 10**9
    assert cuc.encode_cuc(first_ns) == bytes.fromhex("1e000000000000")
    assert cuc.encode_cuc(end_ns - 1) == bytes.fromhex("1effffffffffff")
    for t_ns in (first_ns - 1, end_ns):
        with pytest.raises(PacketError, match=f"^time {t_ns} ns does not fit in a CUC"):
            cuc.encode_cuc(t_ns)


@given(st.integers(-cuc.EPOCH_2000_S * 10**9, (2**32 - 1 - cuc.EPOCH_2000_S) * 10**9))
@settings(deadline=None)
def test_time_code_is_within_its_resolution_and_stable(t_ns):
    octets = cuc.encode_cuc(t_ns)
    back = cuc.decode_cuc(octets)
    assert -(10**9 / 2**16) - 1 < back - t_ns <= 1
    assert cuc.encode_cuc(back) == octets


@pytest.mark.parametrize("octets", ["", "1E", "2E000000000000", "1E00000000000000"])
def test_other_time_codes_are_refused(octets):
    with pytest.raises(PacketError, match="time code"):
        cuc.decode_cuc(bytes.fromhex(octets))


def test_clcws_seen_in_flight():
    """Control words from real downlinks are decoded."""
    assert Clcw.decode(0x01040200) == Clcw(vcid=1, report_value=0, farm_b=1)
    assert Clcw.decode(0x0100C000) == Clcw(vcid=0, report_value=0, no_rf_available=True, no_bit_lock=True)


@given(st.integers(0, 0xFFFFFFFF))
@settings(deadline=None)
def test_any_word_is_a_clcw_or_a_frame_error(word):
    try:
        clcw = Clcw.decode(word)
    except FrameError:
        return
    assert clcw.encode() == word & ~0x00030100  # spare bits


@pytest.mark.parametrize("clcw", [Clcw(64, 0), Clcw(0, 256), Clcw(0, 0, farm_b=4), Clcw(0, 0, status=8)])
def test_clcw_fields_that_do_not_fit_are_refused(clcw):
    with pytest.raises(FrameError):
        clcw.encode()
