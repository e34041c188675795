"""Recordings that are reversed, joined or overlap: no loss, every packet once, and what is lost is counted once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsds import _tm_extract
from ccsds.formats import FHP_IDLE_DATA
from ccsds.tm_frames import CaduReceiver, PacketExtractor, TmChannel, TmReceiver, new_counts
from fsw.comms.sections import DownlinkQueueSection, TmFramesSection
from fsw.core.pool import Pool
from tests.ccsds.test_ccsds_tm_order import SCID, assert_as_good, packet, received, stream

LENGTHS = st.sampled_from([20, 61, 150, 255, 256, 257, 300, 512, 513, 700])
ALIKE = ("frames_ok", "frames_idle", "count_restarts")


@st.composite
def recordings(draw, lengths=LENGTHS):
    """CADUs that begin anywhere: with any counts, with idle frames or in the middle of a packet."""
    count, skipped = draw(lengths), draw(st.integers(0, 19))
    _, cadus = stream(count + 20, first=draw(st.integers(0, 255)), busy=draw(st.sampled_from([2, 4, 6, 10])))
    return cadus[skipped : skipped + count]


def assert_the_same(found, expected):
    """Nothing is lost, and all that comes of it comes once."""
    (counts, packets, _), (alone, once, _) = received(found), received(expected)
    assert sorted(packets) == sorted(once)
    assert_as_good(counts, alone)
    for name in ALIKE:
        assert counts[name] == alone[name], name
    assert counts["frames_ok"] + counts["frames_repeated"] == len(found)
    return counts


def lossy(draw, cadus, part=20):
    gone = draw(st.sets(st.integers(1, len(cadus) - 2), max_size=len(cadus) // part))
    return [cadu for i, cadu in enumerate(cadus) if i not in gone]


@given(recordings(), st.data())
@settings(max_examples=40, deadline=None)
def test_a_reversed_recording_is_no_loss(cadus, data):
    assert_the_same(cadus[::-1], cadus)
    left = lossy(data.draw, cadus)
    counts = assert_the_same(left[::-1], left)
    assert (counts["frames_late"], counts["frames_repeated"]) == (len(left) - 1, 0)


@given(recordings(), st.data())
@settings(max_examples=40, deadline=None)
def test_any_order_within_a_few_places_is_no_loss_either_way(cadus, data):
    places = sorted((i + data.draw(st.integers(0, 12)), i) for i in range(min(len(cadus), 60)))
    mixed = [cadus[i] for _, i in places] + cadus[60:]
    assert_the_same(mixed, cadus)
    assert_the_same(mixed[::-1], cadus)
    assert_the_same(mixed + mixed, cadus)


@given(recordings(), st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_a_recording_joined_with_itself_is_repeated(cadus, times):
    counts = assert_the_same(cadus * times, cadus)
    assert (counts["frames_repeated"], counts["frames_late"]) == ((times - 1) * len(cadus), 0)


@given(recordings(), st.data())
@settings(max_examples=40, deadline=None)
def test_a_part_of_a_recording_that_comes_again_is_repeated(cadus, data):
    """Its last frame with content tells; idle frames alone may lawfully be new ones."""
    first = data.draw(st.integers(0, len(cadus) - 11))
    part = cadus[first : data.draw(st.integers(first + 11, len(cadus)))]
    assert_the_same([*cadus, *part, *part], cadus)
    assert_the_same(cadus[: first + len(part)] + cadus[first:], cadus)  # the second goes on where the first ended


@given(recordings(), st.data())
@settings(max_examples=40, deadline=None)
def test_a_lossy_recording_joined_with_itself_counts_each_loss_once(cadus, data):
    left = lossy(data.draw, cadus)
    counts = assert_the_same(left + left, left)
    assert counts["frames_lost"] + counts["frames_ok"] == len(cadus)


@given(recordings(), st.data())
@settings(max_examples=40, deadline=None)
def test_what_one_station_lost_the_other_has(cadus, data):
    """Two recordings of one pass: only what neither has is lost. Both begin with the same frame with content."""
    start = next(i for i, cadu in enumerate(cadus) if received([cadu])[0]["frames_idle"] == 0)
    ones, others = (cadus[: start + 3] + lossy(data.draw, cadus[start + 3 :], 10) for _ in range(2))
    kept = {*ones, *others}
    assert_the_same(ones + others, [cadu for cadu in cadus if cadu in kept])


def test_a_recording_across_a_restart_of_the_spacecraft_joined_with_itself():
    both = stream(90)[1] + stream(100, size=151)[1]
    counts = assert_the_same(both + both, both)
    assert counts["count_restarts"] == 1


def test_losses_of_many_turns_in_between_are_counted_modulo_256():
    _, cadus = stream(1500, busy=10)
    parts = cadus[:300] + cadus[900:]
    counts = assert_the_same(parts + parts, parts)
    assert counts["frames_lost"] == 600 % 256


def test_two_spacecraft_in_one_file_take_back_their_own_counts_only():
    """One's idle frames are in doubt while the other's are counted."""
    memory = new_counts()
    counts = memory["reception"]
    ones, others = PacketExtractor(memory=memory), PacketExtractor(memory=memory)
    receiver = CaduReceiver(1)
    frames = [frame.octets for cadu in stream(60)[1] for frame in receiver.feed(cadu)]
    idle = [frame[4] & 7 == FHP_IDLE_DATA >> 8 and frame[5] == FHP_IDLE_DATA & 0xFF for frame in frames]
    frames = frames[idle.index(True) :]
    for frame in frames:
        ones.receive(frame)
    ones.receive(frames[0])
    for frame in frames:
        others.receive(frame)
    for frame in frames[1:]:
        ones.receive(frame)
    assert (counts["frames_ok"], counts["frames_repeated"], counts["frames_lost"]) == (2 * len(frames), len(frames), 0)


@pytest.mark.parametrize("content", [b"", bytes(range(200))])
def test_a_satellite_that_always_sends_the_same_is_no_repetition(content):
    """Frames that are the same after every turn of the counts are new, as long as the counts go on."""
    pool = Pool((DownlinkQueueSection, TmFramesSection))
    channel = TmChannel(pool, SCID, 1, (0,))
    cadus = []
    for _ in range(1100):
        if content:
            channel.push(0, packet(1, 211))
        cadus.append(channel.next_cadu(0x01000000))
    assert cadus[300] == cadus[300 + 256]
    counts, packets, _ = received(cadus)
    assert (counts["frames_ok"], counts["frames_repeated"], counts["frames_lost"]) == (1100, 0, 0)
    assert len(packets) == (1100 if content else 0)
    counts, _, _ = received(cadus[:700] + cadus[703:])
    assert (counts["frames_ok"], counts["frames_repeated"], counts["frames_lost"]) == (1097, 0, 3)


@pytest.mark.parametrize("bits", [7, 9, 12])
def test_a_recording_longer_than_the_history(bits):
    """Forwards and backwards nothing is lost; of a repetition as much is known as is remembered."""
    _, cadus = stream(1000, busy=10)
    frames = [frame.octets for frame in CaduReceiver(1).feed(b"".join(cadus), at_end=True)]
    for order in (frames, frames[::-1]):
        memory = new_counts()
        counts, extractor = memory["reception"], _tm_extract.PacketExtractor(SCID, True, bits)
        extractor.bind(memory)
        packets = [octets for frame in order for _, octets in extractor.receive(frame)[0]]
        assert (counts["frames_ok"], counts["frames_lost"], counts["frames_repeated"]) == (1000, 0, 0)
        assert len(set(packets)) == len(packets) == counts["packets"].sum()
        again = order[-100:]
        for frame in again:
            assert not extractor.receive(frame)[0]
        assert (counts["frames_lost"], counts["frames_repeated"]) == (0, 100)
    whole = TmReceiver(1, SCID)
    assert len(whole.feed(b"".join(cadus), at_end=True).packets) == len(packets)
