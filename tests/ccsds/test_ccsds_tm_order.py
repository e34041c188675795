"""TM frames that come twice, late, out of order or with counts that begin anew: no loss, and every packet once."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsds.packets import SpacePacket
from ccsds.tm_frames import TmChannel, TmReceiver
from fsw.comms.sections import DownlinkQueueSection, TmFramesSection
from fsw.core.pool import Pool

SCID = 194
LINE = 259  # octets of a CADU of interleaving depth 1


def packet(number, octets):
    return SpacePacket(number % 2047, number % 16384, random.Random(number).randbytes(octets - 6)).encode()


def stream(count, first=0, size=150, busy=6):
    """CADUs of two channels and idle ones between; packets span frames. Returns packets and CADUs in their order."""
    pool = Pool((DownlinkQueueSection, TmFramesSection))
    counters = pool.array(TmFramesSection)
    counters["mcfc"] = first % 256
    counters["vcfc"] = first * 7 % 256
    channel = TmChannel(pool, SCID, 1, (1, 0))
    sent, cadus = [], []
    for i in range(count):
        vcid = i % 3 % 2
        if i % 10 < busy and channel.waiting_octets(vcid) < 400:
            sent += [packet(len(sent), size + (37 * i + 61 * number) % 120) for number in range(2)]
            assert all(channel.push(vcid, octets) for octets in sent[-2:])
        cadus.append(channel.next_cadu(0x01000000 | i % 256))
    return sent, cadus


def received(cadus, scid=SCID):
    receiver = TmReceiver(1, scid)
    found = [receiver.feed(cadu) for cadu in cadus]
    return (
        receiver.counts,
        [octets for piece in found for _, octets in piece.packets],
        [word for piece in found for word in piece.clcws],
    )


def in_order(count, **kwargs):
    """What comes of CADUs that arrive as they were sent: the CADUs, and their packets."""
    _, cadus = stream(count, **kwargs)
    counts, packets, _ = received(cadus)
    assert not counts["frames_repeated"] and not counts["frames_late"]
    assert len(set(packets)) == len(packets) > count // 2
    return cadus, packets, counts


def assert_as_good(found, expected):
    """Nothing more is lost, broken or left over than in the right order."""
    for name in ("frames_lost", "vc_frames_lost", "packets", "packets_idle", "packets_broken", "octets_unused"):
        assert found[name].tolist() == expected[name].tolist(), name


@pytest.mark.parametrize("at", [0, 1, 7, 39])
def test_a_cadu_recorded_twice_is_no_loss(at):
    cadus, packets, expected = in_order(40)
    counts, got, clcws = received(cadus[: at + 1] + cadus[at:])
    assert got == packets
    assert_as_good(counts, expected)
    assert (counts["cadus_ok"], counts["frames_ok"], counts["frames_repeated"], counts["frames_lost"]) == (
        41, 40, 1, expected["frames_lost"],
    )  # fmt: skip
    assert len(clcws) == 40


@pytest.mark.parametrize("first", [0, 250])
def test_every_cadu_twice(first):
    """A stream in which each CADU comes twice gives each packet once and no loss."""
    cadus, packets, expected = in_order(600, first=first)
    counts, got, _ = received([cadu for cadu in cadus for _ in range(2)])
    assert got == packets
    assert_as_good(counts, expected)
    assert (counts["frames_repeated"], counts["frames_late"]) == (600, 0)


def test_a_whole_recording_twice_one_piece_after_the_other():
    cadus, packets, expected = in_order(100)
    counts, got, _ = received(cadus + cadus)
    assert got == packets
    assert_as_good(counts, expected)
    assert counts["frames_repeated"] == 100


@pytest.mark.parametrize("first", [0, 253])
@pytest.mark.parametrize("at", range(12))
def test_two_cadus_swapped_are_no_loss(at, first):
    cadus, packets, expected = in_order(20, first=first)
    cadus[at], cadus[at + 1] = cadus[at + 1], cadus[at]
    counts, got, clcws = received(cadus)
    assert sorted(got) == sorted(packets)
    assert_as_good(counts, expected)
    assert (counts["frames_ok"], counts["frames_late"]) == (20, 1)
    assert clcws == sorted(clcws)  # an old one would take the sender back
    assert len(clcws) == 19


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_disorder_and_repetition_within_the_window_is_no_loss(data):
    """Each CADU may come late by up to ten places, and up to three times."""
    first = data.draw(st.sampled_from([0, 17, 240]))
    cadus, packets, expected = in_order(40, first=first)
    places = [
        (i + data.draw(st.integers(0, 10)), i) for i in range(len(cadus)) for _ in range(data.draw(st.integers(1, 3)))
    ]
    counts, got, _ = received([cadus[i] for _, i in sorted(places)])
    assert sorted(got) == sorted(packets)
    assert_as_good(counts, expected)
    assert counts["frames_ok"] == 40
    assert counts["frames_repeated"] == len(places) - 40


def test_a_late_old_frame_fills_the_gap_that_it_left():
    cadus, packets, expected = in_order(120)
    late = cadus.pop(20)
    counts, got, _ = received(cadus)
    assert counts["frames_lost"] == expected["frames_lost"] + 1
    assert len(got) < len(packets)
    counts, got, _ = received([*cadus, late, late])
    assert sorted(got) == sorted(packets)
    assert_as_good(counts, expected)
    assert (counts["frames_late"], counts["frames_repeated"]) == (1, 1)


@pytest.mark.parametrize(
    ("gone", "lost"), [(1, 1), (100, 100), (127, 127), (128, 128), (200, 200), (255, 255), (256, 0)]
)
def test_what_the_counts_skip_is_lost_modulo_256(gone, lost):
    _, cadus = stream(700, busy=10)
    whole, _, _ = received(cadus)
    counts, got, _ = received(cadus[:300] + cadus[300 + gone :])
    assert counts["frames_lost"] == whole["frames_lost"] + lost
    assert counts["frames_late"] == counts["frames_repeated"] == counts["count_restarts"] == 0
    assert len(set(got)) == len(got)


@pytest.mark.parametrize("before", [3, 40, 100, 200, 300])
def test_counts_that_begin_anew_are_no_loss(before):
    _, old = stream(before)
    _, new = stream(60, size=151)
    counts, got, _ = received(old + new)
    alone, packets, _ = received(new)
    first, early, _ = received(old)
    assert len(got) >= len(early) + len(packets) - 3  # a packet a channel that the end, or the restart, broke
    assert set(got) <= set(early) | set(packets)
    if before % 256 <= 127:  # farther on, 0 is ahead: the counts cannot tell
        assert counts["frames_lost"] == first["frames_lost"] + alone["frames_lost"]
        assert counts["count_restarts"] == 1


def test_a_repeated_frame_of_another_spacecraft_is_foreign():
    _, cadus = stream(3)
    counts, _, _ = received([cadus[0], cadus[0]], scid=SCID + 1)
    assert (counts["frames_foreign"], counts["frames_repeated"]) == (2, 0)
