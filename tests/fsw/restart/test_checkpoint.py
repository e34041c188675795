"""The application `checkpoint`: when it saves, what one snapshot vouches for, and what refusals do."""

import itertools
import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.core.events import EventId, EventQueue
from fsw.core.persistence import SnapshotStore, StorageError
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.restart.checkpoint import RESERVED, SEQ_COUNT_MASK, Checkpoint
from fsw.restart.retained import COPIES, OWNER_OCTETS, SIZE, RetainedMemory, is_retained_memory, owner_in
from fsw.restart.supervisor import new_memory

PERIOD = 100
SECTIONS = flight_sections()


class Medium:
    """A storage in memory that may refuse."""

    def __init__(self):
        self.files = {}
        self.full = False

    def read(self, name):
        return self.files.get(name)

    def write(self, name, octets):
        if self.full:
            raise StorageError("full")
        self.files[name] = octets


class Bench:
    def __init__(self, **options):
        self.medium = Medium()
        self.pool, self.other = Pool(SECTIONS), Pool(SECTIONS)
        self.events = EventQueue(self.pool)
        store = SnapshotStore(self.medium, self.events)
        self.app = Checkpoint(self.pool, store, period_ticks=PERIOD, retry_ticks=10, **options)
        self.app.start()
        self.seq = self.pool.view("pus.tm_seq_count")

    def tick(self, packets=0):
        self.pool.view("time.tick")[...] += 1
        self.seq[...] = (int(self.seq) + packets) & SEQ_COUNT_MASK
        self.app.step()

    def kept(self):
        """Sequence count of the newest snapshot."""
        assert SnapshotStore(self.medium, EventQueue(self.other)).load(self.other) is not None
        return int(self.other["pus.tm_seq_count"])


def test_it_saves_at_its_period_and_before_the_first_tick():
    bench = Bench()
    assert bench.pool["checkpoint.saved"] == 1
    for _ in range(3 * PERIOD):
        bench.tick()
    assert bench.pool["checkpoint.saved"] == 4
    assert [e.id for e in bench.events.drain()] == [EventId.SNAPSHOT_SAVED]  # the first only


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, SEQ_COUNT_MASK // 2), min_size=1, max_size=30))
def test_no_count_that_may_have_left_is_beyond_what_the_snapshot_vouches_for(bursts):
    """RST-060: at the end of every tick, when packets leave, the newest snapshot is less than RESERVED behind."""
    bench = Bench()
    for packets in bursts:
        bench.tick(packets)
        assert (int(bench.seq) - bench.kept()) & SEQ_COUNT_MASK < RESERVED


def test_in_the_background_the_same_holds():
    before = threading.enumerate()
    bench = Bench(background=True)
    for _ in range(60):
        bench.tick(RESERVED // 3)
        assert (int(bench.seq) - bench.kept()) & SEQ_COUNT_MASK <= RESERVED + RESERVED // 3
    bench.app.close()
    assert bench.kept() == int(bench.seq)
    assert not any(thread.is_alive() and thread not in before for thread in threading.enumerate())


def test_it_says_how_long_a_snapshot_takes():
    """By the clock that it is given, in seconds: the last, and the longest."""
    clock = itertools.accumulate([0, 3_000_000, 0, 1_000_000] * 10)
    bench = Bench(cost_clock=lambda: next(clock))
    assert bench.pool["checkpoint.last_s"] == pytest.approx(3e-3)
    for _ in range(PERIOD):
        bench.tick()
    assert bench.pool["checkpoint.last_s"] == pytest.approx(1e-3)
    assert bench.pool["checkpoint.max_s"] == pytest.approx(3e-3)


def test_a_refusal_is_said_once_a_try_and_tried_again():
    bench = Bench()
    bench.events.drain()
    bench.medium.full = True
    for _ in range(PERIOD + 25):
        bench.tick()
    assert bench.pool["checkpoint.failed"] == 1
    bench.medium.full = False
    for _ in range(PERIOD):
        bench.tick()
    assert [e.id for e in bench.events.drain()] == [EventId.SNAPSHOT_NOT_SAVED, EventId.SNAPSHOT_SAVED]
    assert bench.pool["checkpoint.saved"] == 2


def test_retained_memory_gives_back_the_last_whole_copy():
    descriptor = new_memory()
    memory = RetainedMemory(descriptor)
    pool = Pool(flight_sections(), place=memory.place)
    memory.attach(pool)
    assert not memory.restore()
    for value in (1, 2, 3):
        pool.view("time.tick")[...] = value
        memory.save()
    again = RetainedMemory(descriptor)
    other = Pool(flight_sections(), place=again.place)
    assert other["time.tick"] == 0
    again.attach(other)
    torn = again._numbers
    torn[3 % 2] = 0  # as a process leaves it that ends while it copies
    assert again.restore()
    assert other["time.tick"] == 2
    assert len(other.memory) * 3 < SIZE


def test_retained_memory_says_whose_it_is():
    descriptor, owner = new_memory(), bytes(range(OWNER_OCTETS))
    assert is_retained_memory(os.pread(descriptor, SIZE, 0))
    memory = RetainedMemory(descriptor, owner)
    memory.attach(Pool(flight_sections(), place=memory.place))
    octets = os.pread(descriptor, SIZE, 0)
    assert is_retained_memory(octets)
    assert owner_in(octets) == owner


class EndedError(Exception):
    """The process ends here."""


def test_a_copy_that_was_begun_and_not_ended_is_not_given_back():
    descriptor = new_memory()
    memory = RetainedMemory(descriptor)
    pool = Pool(flight_sections(), place=memory.place)
    memory.attach(pool)
    for value in (1, 2, 3):
        pool.view("time.tick")[...] = value
        memory.save()

    class Image:
        def __array__(self, *_, **__):
            raise EndedError

    memory._image = Image()
    with pytest.raises(EndedError):
        memory.save()  # over the copy of tick 2
    again = RetainedMemory(descriptor)
    other = Pool(flight_sections(), place=again.place)
    again.attach(other)
    again._copies[0][:] = 0xFF  # half of one tick and half of another
    assert again.restore()
    assert other["time.tick"] == 3
    assert again._numbers.tolist().count(0) == COPIES - 1


@pytest.mark.parametrize(
    ("octets", "ours"),
    [
        (bytes(SIZE), True), (b"SSRM" + bytes(SIZE - 4), True), (b"SSRM" + b"\xff" * (SIZE - 4), True),
        (bytes(SIZE - 1), False), (bytes(SIZE + 1), False), (b"SSRM", False), (b"", False),
        (bytes(SIZE - 1) + b"x", False), (b"SSRN" + bytes(SIZE - 4), False),
    ],
)  # fmt: skip
def test_what_is_retained_memory_is_told_from_other_files(octets, ours):
    """Its size, and its mark or nothing at all."""
    assert is_retained_memory(octets) == ours


def test_memory_of_another_layout_is_forgotten():
    descriptor = new_memory()
    memory = RetainedMemory(descriptor)
    pool = Pool(flight_sections(), place=memory.place)
    memory.attach(pool)
    memory.save()
    again = RetainedMemory(descriptor)
    other = Pool(flight_sections()[1:], place=again.place)
    again.attach(other)
    assert not again.restore()
