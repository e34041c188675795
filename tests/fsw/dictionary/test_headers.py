"""The header tables against the codec and against `spacepackets`."""

from hypothesis import given
from hypothesis import strategies as st
from spacepackets.ecss.tc import PusTc
from spacepackets.ecss.tm import PusTm

from ccsds.packets import TcPacket, TmPacket
from fsw.dictionary.headers import TELECOMMAND, TELEMETRY
from fsw.pus._packetizer import HEADER_OCTETS

U8, U16 = st.integers(0, 255), st.integers(0, 65535)


def parsed(header, octets):
    """Read a header by its table, as someone with nothing but the dictionary would."""
    total = sum(b.bits for b in header)
    word = int.from_bytes(octets[: total // 8], "big")
    out = {}
    for b in header:
        total -= b.bits
        out[b.name] = word >> total & ((1 << b.bits) - 1)
    return out


@given(st.integers(0, 2046), st.integers(0, 16383), U8, U8, U16, U16, st.integers(0, 10**18), st.binary(max_size=40))
def test_telemetry_headers(apid, count, service, subtype, counter, destination, t_tai_ns, data):
    """The table of TM headers decodes what the codec encodes, as `spacepackets` does."""
    packet = TmPacket(apid, count, service, subtype, t_tai_ns, data, counter, destination)
    octets = packet.encode()
    fields = parsed(TELEMETRY, octets)
    theirs = PusTm.unpack(octets, timestamp_len=7)
    assert (fields["apid"], fields["seq_count"], fields["length"]) == (apid, count, len(octets) - 7)
    assert (fields["service_type"], fields["message_subtype"]) == (theirs.service, theirs.message_subtype)
    assert fields["message_type_counter"] == theirs.pus_tm_sec_header.message_counter
    assert fields["destination_id"] == theirs.pus_tm_sec_header.dest_id == destination
    assert all(fields[b.name] == b.value for b in TELEMETRY if b.value is not None)
    seconds = fields["time_s"] + fields["time_fraction"] / 65536 - 1325419200  # 1958-01-01 to 2000-01-01T12 TAI
    assert abs(seconds - t_tai_ns / 1e9) < 1e-4
    assert octets[sum(b.bits for b in TELEMETRY) // 8 : -2] == data == theirs.tm_data
    assert sum(b.bits for b in TELEMETRY) == 8 * HEADER_OCTETS


@given(st.integers(0, 2046), st.integers(0, 16383), U8, U8, U16, st.integers(0, 15), st.binary(max_size=40))
def test_telecommand_headers(apid, count, service, subtype, source, ack, data):
    """The table of TC headers decodes what `spacepackets` encodes."""
    theirs = PusTc(service, subtype, apid=apid, app_data=data, seq_count=count, source_id=source, ack_flags=ack)
    octets = bytes(theirs.pack())
    fields = parsed(TELECOMMAND, octets)
    assert TcPacket.decode(octets).data == octets[sum(b.bits for b in TELECOMMAND) // 8 : -2] == data
    assert (fields["apid"], fields["seq_count"], fields["length"]) == (apid, count, len(octets) - 7)
    assert (fields["service_type"], fields["message_subtype"], fields["source_id"]) == (service, subtype, source)
    assert fields["acknowledgement"] == ack
    assert all(fields[b.name] == b.value for b in TELECOMMAND if b.value is not None)
