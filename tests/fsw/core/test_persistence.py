"""Snapshots on storage: two copies, atomic writes, damage, foreign layouts, and what is no file at all."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.core.events import EventId, EventQueue
from fsw.core.persistence import LARGEST_OCTETS, PUT_ASIDE, DirectoryStorage, SnapshotStore, StorageError
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


def open_files():
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def test_a_write_that_is_cut_short_leaves_the_old_file(tmp_path, monkeypatch):
    storage = DirectoryStorage(tmp_path)
    storage.write("pool.1", b"old")

    def no_space(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fsw.core.persistence.os.fsync", no_space)
    with pytest.raises(StorageError, match="not written: No space left on device"):
        storage.write("pool.1", b"new and longer")
    before = open_files()
    with pytest.raises(StorageError):
        storage.write("pool.1", b"new and longer")
    assert open_files() == before
    assert storage.read("pool.1") == b"old"
    assert storage.read("pool.0") is None


def a_pipe(path):
    os.mkfifo(path)


def an_endless_device(path):
    path.symlink_to("/dev/zero")


def a_link_to_nothing(path):
    path.symlink_to(path.parent / "nothing")


def a_link_to_a_file(path):
    (path.parent / "precious").write_bytes(b"precious")
    path.symlink_to(path.parent / "precious")


def a_folder(path):
    (path / "within").mkdir(parents=True)


def a_file_of_30_gb(path):
    path.touch()
    os.truncate(path, 30 << 30)


OBSTACLES = [a_pipe, an_endless_device, a_link_to_nothing, a_link_to_a_file, a_folder, a_file_of_30_gb]


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_stands_in_the_place_of_a_copy_is_put_aside_and_told(tmp_path, obstacle):
    """Neither waited for, nor followed, nor read to its end; the other copy is used, and the place is written again."""
    storage = DirectoryStorage(tmp_path)
    save_values(storage, 1.0, 2.0)
    (tmp_path / "pool.0").unlink()  # generation 2
    obstacle(tmp_path / "pool.0")
    pool, events, store = make(storage)
    assert store.load(pool).generation == 1
    assert [(e.id, e.values[0]) for e in events.drain()][-2:] == [
        (EventId.SNAPSHOT_DAMAGED, 0), (EventId.SNAPSHOT_RESTORED, 1),
    ]  # fmt: skip
    assert os.path.lexists(tmp_path / "pool.0.unusable")
    pool.array(State)["value"] = 3.0
    assert store.save(pool) == 2
    events.drain()
    assert store.load(pool).generation == 2
    assert [e.id for e in events.drain()] == [EventId.SNAPSHOT_RESTORED]
    again, events, store = make(storage)
    assert store.load(again).generation == 2
    assert again["state.value"] == 3.0
    assert EventId.SNAPSHOT_DAMAGED not in [e.id for e in events.drain()]
    if obstacle is a_link_to_a_file:
        assert (tmp_path / "precious").read_bytes() == b"precious"


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_obstacles_in_every_place_are_a_cold_start_that_is_saved(tmp_path, obstacle):
    """Both copies, and the names of the files that they are written as."""
    for name in ("pool.0", "pool.1", "pool.0.new", "pool.1.new"):
        obstacle(tmp_path / name)
    pool, events, store = make(DirectoryStorage(tmp_path))
    assert store.load(pool) is None
    assert [e.id for e in events.drain()] == [EventId.SNAPSHOT_DAMAGED] * 2
    for generation in (1, 2, 3):
        assert store.save(pool) == generation
    assert make(DirectoryStorage(tmp_path))[2].load(pool).generation == 3
    if obstacle is a_link_to_a_file:
        assert (tmp_path / "precious").read_bytes() == b"precious"


def test_a_file_that_grows_while_it_is_read_is_read_to_the_bound_and_no_further(tmp_path):
    """The size that was found is not believed."""

    class Growing:
        def __getattr__(self, name):
            return getattr(os, name)

        def read(self, _descriptor, size):
            return bytes(size)

    (tmp_path / "pool.0").write_bytes(b"x")
    with pytest.raises(StorageError, match=f"more than {LARGEST_OCTETS} octets"):
        DirectoryStorage(tmp_path, Growing()).read("pool.0")


def test_a_medium_that_fails_to_read_loses_nothing(tmp_path):
    """What is ours stays where it is."""

    class Failing:
        def __getattr__(self, name):
            return getattr(os, name)

        def read(self, _descriptor, _size):
            raise OSError(5, "Input/output error")

    (tmp_path / "pool.0").write_bytes(b"x")
    with pytest.raises(StorageError, match="cannot be read: Input/output error"):
        DirectoryStorage(tmp_path, Failing()).read("pool.0")
    assert (tmp_path / "pool.0").read_bytes() == b"x"


def test_cold_on_demand_needs_no_readable_copy(tmp_path):
    for name in ("pool.0", "pool.1"):
        a_folder(tmp_path / name)
    pool, _, store = make(DirectoryStorage(tmp_path))
    assert store.put_aside(pool) is None
