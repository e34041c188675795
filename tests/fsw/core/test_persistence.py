"""Snapshots on storage: two copies, atomic writes, damage, foreign layouts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.core.events import EventId, EventQueue
from fsw.core.persistence import PUT_ASIDE, DirectoryStorage, SnapshotStore, StorageError
from fsw.core.pool import Pool
from fsw.core.registry import append, parameter_names
from fsw.core.section import Section
from fsw.core.sections import EventsSection, TimeSection
from hal.record import field


class State(Section):
    section = "state"
    writer = "tester"
    value = field("f8", unit="m", doc="a value")


class OtherState(Section):
    section = "state"
    writer = "tester"
    value = field("u4", doc="the same name and id, another type")


SECTIONS = [TimeSection, EventsSection, State]
REGISTRY = append({}, parameter_names(SECTIONS))


class Memory:
    """A storage that can fail, and whose octets can be damaged."""

    def __init__(self):
        self.files = {}
        self.full = False

    def read(self, name):
        return self.files.get(name)

    def write(self, name, octets):
        if self.full:
            raise StorageError(f"{name}: full")
        self.files[name] = octets


def make(storage, sections=SECTIONS):
    pool = Pool(sections, REGISTRY)
    events = EventQueue(pool)
    return pool, events, SnapshotStore(storage, events)


def save_values(storage, *values):
    pool, _, store = make(storage)
    for value in values:
        pool.array(State)["value"] = value
        store.save(pool)


@pytest.fixture(params=["memory", "folder"])
def storage(request, tmp_path):
    return Memory() if request.param == "memory" else DirectoryStorage(tmp_path / "snapshots")


def test_the_newest_snapshot_comes_back(storage):
    save_values(storage, 1.0, 2.0, 3.0)
    pool, events, store = make(storage)
    restored = store.load(pool)
    assert (restored.generation, pool["state.value"]) == (3, 3.0)
    assert [e.id for e in events.drain()][-1] == EventId.SNAPSHOT_RESTORED
    assert store.save(pool) == 4


def test_nothing_saved_is_a_cold_start(storage):
    pool, events, store = make(storage)
    assert store.load(pool) is None
    assert events.drain() == []
    assert store.save(pool) == 1


@settings(max_examples=80)
@given(st.data())
def test_a_damaged_copy_falls_back_to_the_one_before(data):
    storage = Memory()
    save_values(storage, 1.0, 2.0)
    octets = storage.files["pool.0"]  # generation 2
    at = data.draw(st.integers(0, len(octets) - 1))
    flipped = octets[:at] + bytes([octets[at] ^ data.draw(st.integers(1, 255))]) + octets[at + 1 :]
    storage.files["pool.0"] = data.draw(st.sampled_from([octets[:at], flipped]))
    pool, events, store = make(storage)
    assert store.load(pool).generation == 1
    assert pool["state.value"] == 1.0
    assert [e.id for e in events.drain()][-2:] == [EventId.SNAPSHOT_DAMAGED, EventId.SNAPSHOT_RESTORED]
    assert store.save(pool) == 2
    assert store.load(pool).generation == 2


@settings(max_examples=50)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_octets_on_the_storage_are_a_cold_start(one, two):
    storage = Memory()
    storage.files = {"pool.0": one, "pool.1": two}
    pool, events, store = make(storage)
    assert store.load(pool) is None
    assert pool["state.value"] == 0.0
    damaged = [octets for octets in (one, two) if octets != PUT_ASIDE]
    assert [e.id for e in events.drain()] == [EventId.SNAPSHOT_DAMAGED] * len(damaged)


def test_an_unknown_layout_is_refused_with_an_event():
    storage = Memory()
    save_values(storage, 1.0)
    pool, events, store = make(storage, [TimeSection, EventsSection, OtherState])
    assert store.load(pool) is None
    assert [e.id for e in events.drain()] == [EventId.SNAPSHOT_REFUSED]


def test_a_storage_that_refuses_keeps_what_it_had():
    storage = Memory()
    save_values(storage, 1.0, 2.0)
    pool, events, store = make(storage)
    storage.full = True
    with pytest.raises(StorageError):
        store.save(pool)
    assert [e.id for e in events.drain()] == [EventId.SNAPSHOT_NOT_SAVED]
    storage.full = False
    assert store.load(pool).generation == 2


def test_a_write_that_is_cut_short_leaves_the_old_file(tmp_path, monkeypatch):
    storage = DirectoryStorage(tmp_path)
    storage.write("pool.1", b"old")

    def no_space(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fsw.core.persistence.os.fsync", no_space)
    with pytest.raises(StorageError, match="not written: No space left on device"):
        storage.write("pool.1", b"new and longer")
    assert storage.read("pool.1") == b"old"
    assert storage.read("pool.0") is None
