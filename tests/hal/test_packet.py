"""The packet codec against independent implementations, golden octets and hostile input."""

import binascii
from pathlib import Path

import pytest
import spacepackets
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.packet import (
    PAYLOAD_CAPACITY,
    FrameDecoder,
    PacketError,
    PacketType,
    PrimaryHeader,
    SequenceFlags,
    cobs_decode,
    cobs_encode,
    crc16,
    encode_frame,
)

GOLDEN = [
    line.split()
    for line in (Path(__file__).parents[1] / "golden/wire_frames.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def golden(kind):
    return [pytest.param(*row[2:], id=row[1]) for row in GOLDEN if row[0] == kind]


def octets(text):
    return b"" if text == "-" else bytes.fromhex(text)


def twin_cobs(data):
    """COBS as the paper describes it: blocks that end at a zero or at 254 octets."""
    out, block = bytearray(), bytearray()
    for i, octet in enumerate(data):
        if octet:
            block.append(octet)
        if octet == 0 or (len(block) == 254 and i + 1 < len(data)):
            out += bytes([len(block) + 1]) + block
            block = bytearray()
    return bytes(out + bytes([len(block) + 1]) + block)


def twin_frame(apid, packet_type, seq_count, payload):
    """The frame as hal/wire.py describes it, from spacepackets' header and the standard library's CRC."""
    header = spacepackets.SpacePacketHeader(
        packet_type=spacepackets.PacketType(packet_type), apid=apid, seq_count=seq_count, data_len=len(payload) + 1
    ).pack()
    body = bytes(header) + payload
    return twin_cobs(body + binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big")) + b"\0"


packets = st.tuples(
    st.integers(0, 0x7FF),
    st.integers(0, 1),
    st.integers(0, 0x3FFF),
    st.binary(max_size=80)
    | st.integers(200, PAYLOAD_CAPACITY).map(lambda n: bytes(i % 255 + 1 for i in range(n)))
    | st.lists(st.sampled_from(b"\0\1\xff"), max_size=600).map(bytes),
)


@pytest.mark.parametrize(("data", "crc"), golden("crc"))
def test_golden_crc(data, crc):
    assert crc16(octets(data)) == int(crc, 16)


@pytest.mark.parametrize(("data", "encoded"), golden("cobs"))
def test_golden_cobs(data, encoded):
    assert cobs_encode(octets(data)) == octets(encoded)
    assert cobs_decode(octets(encoded)) == octets(data)


@pytest.mark.parametrize(("apid", "packet_type", "seq_count", "payload", "frame"), golden("frame"))
def test_golden_frame(apid, packet_type, seq_count, payload, frame):
    fields = int(apid, 16), int(packet_type), int(seq_count), octets(payload)
    assert encode_frame(*fields) == octets(frame)
    assert twin_frame(*fields) == octets(frame)
    assert FrameDecoder().feed(octets(frame)) == [fields]


@pytest.mark.parametrize(("counter", "frame"), golden("bad"))
def test_golden_bad_frame_is_counted_once_and_the_next_is_read(counter, frame):
    decoder = FrameDecoder()
    assert decoder.feed(octets(frame)) == []
    assert getattr(decoder, counter) == 1
    assert decoder.frames_bad == 1
    assert decoder.feed(encode_frame(0x10, 1, 7, b"next")) == [(0x10, 1, 7, b"next")]
    assert (decoder.frames_ok, decoder.frames_bad) == (1, 1)


@given(st.binary(max_size=700), st.integers(0, 700))
@settings(max_examples=100, deadline=None)
def test_crc_agrees_with_the_standard_library_in_pieces(data, cut):
    assert crc16(data[cut:], crc16(data[:cut])) == binascii.crc_hqx(data, 0xFFFF)


@given(st.lists(packets, max_size=5), st.integers(1, 300))
@settings(max_examples=100, deadline=None)
def test_frames_agree_with_twin_and_survive_any_fragmentation(sent, piece):
    stream = b"".join(encode_frame(*packet) for packet in sent)
    assert stream == b"".join(twin_frame(*packet) for packet in sent)
    decoder = FrameDecoder()
    received = [p for i in range(0, len(stream), piece) for p in decoder.feed(stream[i : i + piece])]
    assert received == sent
    assert (decoder.frames_ok, decoder.frames_bad) == (len(sent), 0)


@given(st.binary(max_size=300), packets, st.integers(1, 64))
@settings(max_examples=200, deadline=None)
def test_any_garbage_then_a_delimiter_then_a_packet(garbage, packet, piece):
    decoder = FrameDecoder()
    stream = garbage + b"\0" + encode_frame(*packet)
    received = [p for i in range(0, len(stream), piece) for p in decoder.feed(stream[i : i + piece])]
    assert received[-1:] == [packet]
    assert decoder.frames_ok == len(received)
    candidates = [part for part in garbage.split(b"\0") if part]
    assert decoder.frames_bad == len(candidates) - (len(received) - 1)


@given(packets, st.data())
@settings(max_examples=100, deadline=None)
def test_one_flipped_bit_never_yields_another_packet(packet, data):
    frame = bytearray(encode_frame(*packet))
    bit = data.draw(st.integers(0, 8 * (len(frame) - 1) - 1))
    frame[bit // 8] ^= 1 << bit % 8
    decoder = FrameDecoder()
    assert decoder.feed(bytes(frame)) == []
    assert decoder.frames_bad >= 1


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_cobs_decode_raises_packet_error_or_is_decoded(data):
    try:
        decoded = cobs_decode(data)
    except PacketError:
        return
    assert len(decoded) < len(data)
    assert cobs_decode(cobs_encode(decoded)) == decoded


def test_an_endless_frame_is_one_length_error_in_bounded_memory():
    decoder = FrameDecoder()
    for _ in range(100):
        assert decoder.feed(b"\x55" * 1000) == []
    assert decoder.feed(b"\0" + encode_frame(1, 0, 0, b"")) == [(1, 0, 0, b"")]
    assert (decoder.length_errors, decoder.frames_bad, decoder.frames_ok) == (1, 1, 1)


def test_delimiters_alone_are_fill():
    """Zeros between frames are neither good nor bad frames."""
    decoder = FrameDecoder()
    assert decoder.feed(b"\0" * 50) == []
    assert (decoder.frames_ok, decoder.frames_bad) == (0, 0)


def test_largest_payload_fits_and_one_more_does_not():
    payload = bytes(i % 255 + 1 for i in range(PAYLOAD_CAPACITY))
    assert FrameDecoder().feed(encode_frame(1, 1, 1, payload)) == [(1, 1, 1, payload)]
    with pytest.raises(PacketError, match="payload of 1017 octets: expected at most 1016"):
        encode_frame(1, 1, 1, payload + b"\0")
    decoder = FrameDecoder()
    assert decoder.feed(twin_frame(1, 1, 1, payload + b"\0")) == []
    assert decoder.length_errors == 1


@pytest.mark.parametrize(("apid", "packet_type", "seq_count"), [(0x800, 0, 0), (-1, 0, 0), (0, 2, 0), (0, 0, 0x4000)])
def test_numbers_that_do_not_fit_are_refused(apid, packet_type, seq_count):
    with pytest.raises(PacketError, match="expected 0 "):
        encode_frame(apid, packet_type, seq_count, b"")


@pytest.mark.parametrize("view", [bytearray, memoryview])
def test_any_buffer_is_taken_and_anything_else_refused(view):
    assert encode_frame(1, 0, 0, view(b"abc")) == encode_frame(1, 0, 0, b"abc")
    with pytest.raises(TypeError):
        encode_frame(1, 0, 0, "abc")
    with pytest.raises(TypeError):
        FrameDecoder().feed(5)


def test_reset_forgets():
    """After `reset` a partly received frame is forgotten."""
    decoder = FrameDecoder()
    decoder.feed(b"\x05ab\0\x01")
    decoder.reset()
    assert decoder.frames_bad == 0
    assert decoder.feed(encode_frame(1, 0, 0, b"x")) == [(1, 0, 0, b"x")]


headers = st.builds(
    PrimaryHeader,
    apid=st.integers(0, 0x7FF),
    packet_type=st.sampled_from(PacketType),
    seq_count=st.integers(0, 0x3FFF),
    data_size=st.integers(1, 0x10000),
    secondary_header=st.booleans(),
    sequence_flags=st.sampled_from(SequenceFlags),
)


@given(headers)
def test_header_agrees_with_spacepackets(header):
    other = spacepackets.SpacePacketHeader(
        packet_type=spacepackets.PacketType(header.packet_type),
        apid=header.apid,
        seq_count=header.seq_count,
        data_len=header.data_size - 1,
        sec_header_flag=header.secondary_header,
        seq_flags=spacepackets.SequenceFlags(header.sequence_flags),
    )
    assert header.encode() == bytes(other.pack())
    assert PrimaryHeader.decode(header.encode()) == header


@given(st.binary(max_size=8))
def test_header_decode_raises_packet_error_or_round_trips(data):
    try:
        header = PrimaryHeader.decode(data)
    except PacketError:
        return
    assert header.encode() == data[:6]


@pytest.mark.parametrize(
    "field", [{"apid": 0x800}, {"seq_count": 0x4000}, {"data_size": 0}, {"data_size": 0x10001}, {"sequence_flags": 4}]
)
def test_header_numbers_that_do_not_fit_are_refused(field):
    with pytest.raises(PacketError, match="expected"):
        PrimaryHeader(1, PacketType.TELEMETRY, 0, 1)._replace(**field).encode()
