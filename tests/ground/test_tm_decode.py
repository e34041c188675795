"""`smartsat tm decode`: any CADU stream is printed, anything else is one clear line."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.ccsds.coding import RS_DATA_OCTETS, Randomizer, randomize, rs_encode
from fsw.ccsds.packets import SpacePacket, TmPacket
from fsw.ccsds.sections import DownlinkQueueSection, FrameCountersSection
from fsw.ccsds.tm_frames import ASM, TmChannel
from fsw.core.pool import Pool
from ground.tm_decode import DecodeError, FrameRecord, PacketRecord, StreamCoding, Summary, decode_file


def cadus(count, interleave=5, randomizer=Randomizer.TM_255):
    channel = TmChannel(
        Pool((DownlinkQueueSection, FrameCountersSection)), 194, interleave, (1, 0), randomizer=randomizer
    )
    out = b""
    for n in range(count):
        if n % 3:
            channel.push(n % 2, TmPacket(100, n, 3, 25, n * 10**9, bytes(20 + n % 30), n).encode())
        out += channel.next_cadu(0x01000000 | n % 256)
    return out


@pytest.mark.parametrize("interleave", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("randomizer", [Randomizer.TM_255, Randomizer.TM_131071, Randomizer.NONE])
def test_the_coding_is_found(tmp_path, interleave, randomizer):
    file = tmp_path / "cadus"
    file.write_bytes(cadus(10, interleave, randomizer))
    coding, *records, summary = decode_file(file)
    assert coding == StreamCoding(interleave, randomizer, True)
    assert [r.header.mcfc for r in records if isinstance(r, FrameRecord)] == list(range(10))
    assert sum(isinstance(r, PacketRecord) for r in records) == summary.counts["packets"] == 6


def test_frames_without_fecf(tmp_path):
    file = tmp_path / "cadus"
    head = bytes([194 >> 4, (194 & 15) << 4, 0, 0, 0x18, 0])
    packet = SpacePacket(5, 9, random.Random(1).randbytes(RS_DATA_OCTETS - 12)).encode()
    frames = [head[:2] + bytes([n, n]) + head[4:] + packet for n in range(4)]
    file.write_bytes(b"".join(ASM + randomize(rs_encode(frame), Randomizer.TM_255) for frame in frames))
    coding, *records, _ = decode_file(file)
    assert coding == StreamCoding(1, Randomizer.TM_255, False)
    assert [r.packet.seq_count for r in records if isinstance(r, PacketRecord)] == [9] * 4
    assert all(r.clcw is None for r in records if isinstance(r, FrameRecord))


def test_lines_say_what_an_operator_looks_for(tmp_path):
    file = tmp_path / "cadus"
    file.write_bytes(cadus(3))
    lines = [str(record) for record in decode_file(file)]
    assert lines[0] == "coding  RS(255,223) interleaved 5, randomizer TM_255, FECF"
    assert lines[1] == "frame   @0 scid=194 vcid=7 mcfc=0 vcfc=0 first=idle clcw vcid=0 v_r=0 farm_b=0"
    assert lines[3] == (
        "packet  vcid=1 apid=100 seq=1 octets=43 TM[3,25] count=1 destination=0 "
        "time=2000-01-01T12:00:01.000000 TAI data=21"
    )
    assert (
        lines[-1]
        == "total   cadus_ok=3 frames_ok=3 frames_idle=1 packets=2 frames_lost=0 packets_broken=0 packets_idle=2"
    )
    assert all("\n" not in line for line in lines)


def test_packets_that_are_no_pus_reports_are_shown_as_octets(tmp_path):
    channel = TmChannel(Pool((DownlinkQueueSection, FrameCountersSection)), 1, 1, (0,))
    channel.push(0, SpacePacket(7, 3, bytes(range(30))).encode())
    file = tmp_path / "cadus"
    file.write_bytes(channel.next_cadu(0x81000000))
    lines = [str(record) for record in decode_file(file)]
    assert lines[1].endswith("first=0")  # the control field holds no CLCW
    assert lines[2] == "packet  vcid=0 apid=7 seq=3 octets=36 data=000102030405060708090a0b0c0d0e0f..."


def test_gaps_garbage_and_truncation_are_in_the_summary(tmp_path):
    octets = cadus(10)
    file = tmp_path / "cadus"
    file.write_bytes(b"noise" + octets[: 3 * 1279] + octets[4 * 1279 : -100])
    *_, summary = decode_file(file)
    assert isinstance(summary, Summary)
    counts = summary.counts
    assert (counts["cadus_ok"], counts["frames_lost"]) == (8, 1)
    assert (counts["octets_skipped"], counts["octets_truncated"]) == (5, 1179)


def test_a_long_stream_behind_a_lot_of_garbage(tmp_path):
    file = tmp_path / "cadus"
    file.write_bytes(random.Random(1).randbytes(300_000) + cadus(400))
    *_, summary = decode_file(file)
    assert summary.counts["cadus_ok"] == 400


def test_reading_is_lazy(tmp_path):
    """The first records come before the file has been read to its end."""
    file = tmp_path / "cadus"
    file.write_bytes(cadus(300))
    records = decode_file(file)
    assert len(list(itertools.islice(records, 5))) == 5
    records.close()


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "empty"),
        (b"hello" * 1000, "no sync marker"),
        (random.Random(2).randbytes(100_000), "no sync marker"),
        (ASM * 500, "no CADU decodes"),
        (ASM + bytes(100), "truncated"),
        (cadus(1)[:-1], "no CADU decodes"),
        (bytes(70_000) + ASM + random.Random(3).randbytes(3000), "no CADU decodes"),
    ],
)
def test_other_files_are_one_clear_line(tmp_path, octets, said):
    file = tmp_path / "other"
    file.write_bytes(octets)
    with pytest.raises(DecodeError, match=said) as caught:
        list(decode_file(file))
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path):
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(DecodeError, match="cannot be read"):
            list(decode_file(path))


@given(st.binary(max_size=600), st.integers(0, 3), st.binary(max_size=50))
@settings(max_examples=40, deadline=None)
def test_any_file_is_records_or_a_decode_error(tmp_path_factory, garbage, count, end):
    file = tmp_path_factory.mktemp("any") / "file"
    file.write_bytes(garbage + cadus(count, 1) + end)
    try:
        lines = [str(record) for record in decode_file(file)]
    except DecodeError:
        assert count == 0
        return
    assert lines[0].startswith("coding")
    assert lines[-1].startswith("total")
