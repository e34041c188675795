"""`smartsat tm decode`: any CADU stream is printed, anything else is one clear line."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsds.coding import crc16, randomize, rs_encode
from ccsds.formats import RS_DATA_OCTETS, Randomizer
from ccsds.packets import SpacePacket, TmPacket
from ccsds.tm_frames import ASM, TmChannel
from fsw.comms.sections import DownlinkQueueSection, TmFramesSection
from fsw.core.pool import Pool
from ground.cli import main as cli
from ground.dictionary import files
from ground.link.tm_coding import DecodeError, StreamCoding
from ground.link.tm_decode import SKIPPED_MAX, FrameRecord, OtherFrame, PacketRecord, Summary, decode_file


def cadus(count, interleave=5, randomizer=Randomizer.TM_255, scid=194):
    channel = TmChannel(Pool((DownlinkQueueSection, TmFramesSection)), scid, interleave, (1, 0), randomizer=randomizer)
    out = b""
    for n in range(count):
        if n % 3:
            channel.push(n % 2, TmPacket(100, n, 3, 25, n * 10**9, bytes(20 + n % 30), n).encode())
        out += channel.next_cadu(0x01000000 | n % 256)
    return out


def of_version(version, count=6, fecf=True):
    """CADUs that hold frames of another version; without FECF there are data in its place."""
    out = b""
    for number in range(count):
        frame = bytes([version << 6 | 12, 40, 0, 0, number, 0]) + random.Random(number).randbytes(
            5 * RS_DATA_OCTETS - 8
        )
        frame += crc16(frame).to_bytes(2, "big") if fecf else b"ab"
        out += ASM + randomize(rs_encode(frame, 5), Randomizer.TM_255)
    return out


def uncoded(count, octets):
    return b"".join(ASM + random.Random(n).randbytes(octets) for n in range(count))


def inverted(octets):
    return bytes(octet ^ 0xFF for octet in octets)


def shifted(octets, bits):
    """Octets that come `bits` later."""
    return (int.from_bytes(octets, "big") << (8 - bits)).to_bytes(len(octets) + 1, "big")


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
    """Frames without a FECF are recognised, and their packets decoded."""
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
    channel = TmChannel(Pool((DownlinkQueueSection, TmFramesSection)), 1, 1, (0,))
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
        (ASM * 500, "no CADU decodes: codeblocks are good at interleaving depth 4, but hold no TM frame"),
        (ASM + bytes(100), "truncated"),
        (cadus(1)[:-1], "no CADU decodes: 1 sync markers, none followed by a codeblock that"),
        (bytes(70_000) + ASM + random.Random(3).randbytes(3000), "no CADU decodes: 1 sync markers, none followed by"),
        (uncoded(20, 1115), "20 sync markers, none followed by .* octets; markers are most often 1119 octets apart"),
        (inverted(cadus(3)), r"no sync marker 1acffc1d on an octet boundary in 3837 octets \(found 3 inverted\)"),
        (
            shifted(cadus(3), 3),
            r"no sync marker 1acffc1d on an octet boundary in 3838 octets \(found 3 late by 3 bits\)",
        ),
        (
            of_version(1),
            r"6 codeblocks are good \(.* interleaved 5, randomizer TM_255, FECF\), .* 6 frames of version 1 \(AOS\)",
        ),
        (of_version(3), r"6 frames of version 3 \(USLP\): expected version 0 \(TM\)"),
        (of_version(1, fecf=False), r"depth 5, but hold no TM frame .*TM_255: 6 frames of version 1 \(AOS\)"),
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
    """A folder or an absent file is refused in one line."""
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


def test_frames_of_another_protocol_between_tm_frames_are_named_and_not_read(tmp_path):
    file = tmp_path / "cadus"
    file.write_bytes(cadus(10) + of_version(1, 2) + cadus(10))
    _, *records, summary = decode_file(file)
    others = [record for record in records if isinstance(record, OtherFrame)]
    assert [str(record) for record in others] == [
        f"frame   @{offset} version 1 (AOS): not a TM frame, not read" for offset in (12790, 14069)
    ]
    assert (summary.counts["frames_other_version"], summary.counts["frames_foreign"]) == (2, 0)
    assert summary.notes == ["2 frames are not TM frames (version 0), not read"]
    assert summary.complete


def test_a_file_of_which_much_cannot_be_read_says_so(tmp_path):
    """A bit lost in the middle: what follows is off the octet boundaries, and more than a tenth of the file."""
    octets = cadus(40)
    half = len(octets) // 2 + 300
    file = tmp_path / "cadus"
    file.write_bytes(octets[:half] + shifted(octets[half:], 7)[1:])
    *_, summary = decode_file(file)
    assert not summary.complete
    assert (
        summary.unread_octets
        == summary.counts["octets_in"] - 1279 * summary.counts["cadus_ok"] - summary.counts["octets_truncated"]
    )
    (note,) = summary.notes
    assert f"{summary.unread_octets} of {summary.counts['octets_in']} octets (" in note
    assert f"expected at most {SKIPPED_MAX:.0%}" in note


@pytest.mark.parametrize(("garbage", "complete"), [(0, True), (4 * 1279, True), (5 * 1279, False)])
def test_a_tenth_of_a_file_may_be_garbage(tmp_path, garbage, complete):
    file = tmp_path / "cadus"
    file.write_bytes(bytes(garbage) + cadus(40) + cadus(1)[:-100])
    *_, summary = decode_file(file)
    assert (summary.complete, summary.unread_octets) == (complete, garbage)
    assert bool(summary.notes) != complete


def test_reports_of_another_spacecraft_than_the_dictionarys_are_told(tmp_path):
    file = tmp_path / "cadus"
    channel = TmChannel(Pool((DownlinkQueueSection, TmFramesSection)), 77, 5, (0,))
    file.write_bytes(b"".join(channel.next_cadu(0) for _ in range(3)))
    *_, summary = decode_file(file, files.of("reference"))
    scid = files.of("reference")["link"]["scid"]
    assert summary.notes == [f"no frame is of spacecraft {scid}, whose reports were to be read: found spacecraft 77"]
    assert summary.complete


@pytest.mark.parametrize("mixed", [False, True])
def test_every_spacecraft_counts_its_own_frames(tmp_path, mixed):
    """One station may record several: the counts of one say nothing of another's losses."""
    file = tmp_path / "cadus"
    ones, others = ([o[n : n + 1279] for n in range(0, len(o), 1279)] for o in (cadus(50), cadus(40, scid=77)))
    whole = [c for pair in zip(ones, others, strict=False) for c in pair] if mixed else ones + others
    file.write_bytes(b"".join(whole))
    *_, summary = decode_file(file)
    c = summary.counts
    assert (c["frames_ok"], c["packets"]) == ((80, 52) if mixed else (90, 59))
    assert not any(c[f] for f in ("frames_lost", "vc_frames_lost", "packets_broken", "frames_late", "count_restarts"))


@pytest.mark.parametrize("count", [40, 256, 300])
@pytest.mark.parametrize("how", ["reversed", "twice", "three times", "overlapping"])
def test_a_recording_that_is_reversed_or_joined_loses_nothing(tmp_path, how, count):
    file, octets = tmp_path / "cadus", cadus(count)
    pieces = [octets[n : n + 1279] for n in range(0, len(octets), 1279)]
    joined = {
        "reversed": pieces[::-1],
        "twice": pieces * 2,
        "three times": pieces * 3,
        "overlapping": pieces[: count * 7 // 10] + pieces[count * 4 // 10 :],
    }[how]
    file.write_bytes(b"".join(joined))
    _, *records, summary = decode_file(file)
    c = summary.counts
    packets = sorted(record.packet.seq_count for record in records if isinstance(record, PacketRecord))
    assert packets == [n for n in range(count) if n % 3]
    assert (c["frames_ok"], c["frames_repeated"]) == (count, len(joined) - count)
    assert c["frames_late"] == (count - 1 if how == "reversed" else 0)
    assert not any(c[f] for f in ("frames_lost", "vc_frames_lost", "packets_broken", "count_restarts", "octets_unused"))


def test_the_command_ends_with_1_and_a_line_when_much_was_left_out(tmp_path, capsys, monkeypatch):
    file = tmp_path / "cadus"
    file.write_bytes(bytes(5000) + cadus(10))
    monkeypatch.setattr("sys.argv", ["smartsat", "tm", "decode", str(file)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert ended.value.code == 1
    assert said.out.splitlines()[-1].startswith("total ")
    assert said.err.startswith(f"smartsat: {file}: ") and "(28%) are in no good CADU" in said.err
