"""A pool against a recording: the same to the last bit, or which parameters are not."""

import json

import numpy as np
import pytest

from fsw.core.pool import Pool
from fsw.core.registry import append, parameter_names
from fsw.core.section import KEYFRAMES, Section
from fsw.core.sections import TimeSection
from fsw.recorder.format import HEADER, RecordingError, pack_header
from fsw.recorder.recorder import Recorder
from ground.recordings.pool_check import PoolCheck
from ground.recordings.reader import RecordingReader
from hal.handle import Handle
from hal.record import Record, field


class Entry(Record):
    flag = field("u1", doc="padding follows")
    pair = field("f8", 2, doc="two numbers")


class StateSection(Section):
    section = "state"
    writer = "tester"
    record_hz_of = (("slow", 1), ("history", KEYFRAMES))
    quick = field("f8", 3, doc="every tick")
    entries = field(Entry, 4, doc="records with padding")
    slow = field("i4", doc="once a second")
    history = field("f8", 20, doc="with keyframes")


class Truth(Record):
    pos_i_m = field("f8", 3, doc="not flight's")


SECTIONS = [TimeSection, StateSection]


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """The sections of this file count as flight's."""
    registry = append({}, parameter_names(SECTIONS))
    monkeypatch.setattr("fsw.core.pool.load_registry", lambda: registry)


def set_state(pool, tick):
    """State of one tick; every octet of padding is dirty."""
    pool.memory[: pool.image_size] = 0xA5
    time, state = pool.array(TimeSection), pool.array(StateSection)
    time["tick"], time["t_ns"], time["t_tai_ns"] = tick, tick * 10**8, tick
    state["quick"] = np.sin(tick + np.arange(3))
    state["entries"]["flag"], state["entries"]["pair"] = tick % 3, tick + np.arange(8).reshape(4, 2)
    state["slow"], state["history"] = tick // 7, np.arange(20.0) * tick


def record(path, ticks=25):
    pool, truth = Pool(SECTIONS), np.zeros((), Truth.dtype())
    recorder = Recorder(path, pool, [(Handle(Truth, "truth", truth), 1)])
    for tick in range(ticks):
        set_state(pool, tick)
        truth["pos_i_m"] = np.random.default_rng(tick).normal(size=3)
        recorder.tick([])
    recorder.close()
    return RecordingReader(path)


def walk(reader, change=lambda pool, tick: None):
    """Compare a pool with each tick of a recording; yield the check as it stands."""
    pool = Pool(SECTIONS)
    check = PoolCheck(pool, reader)
    for tick in reader:
        set_state(pool, tick.tick)
        change(pool, tick.tick)
        yield check


def test_the_same_state_is_the_same_whatever_truth_and_padding_hold(tmp_path):
    seen = [(c.same(), c.differing(), c.same_layout) for c in walk(record(tmp_path / "a"))]
    assert seen == [(True, [], True)] * 25


@pytest.mark.parametrize(("name", "index", "named"), [
    ("quick", 2, range(13, 25)),
    ("slow", 0, [20]),
    ("history", 19, []),
])  # fmt: skip
def test_a_flipped_bit_shows_in_its_tick_and_is_named_when_recorded(tmp_path, name, index, named):
    """From tick 13 on one bit differs: the digest says so at once, except of what only keyframes hold."""

    def flip(pool, tick):
        if tick >= 13:
            entry = pool.parameter(f"state.{name}")
            pool.memory[entry.offset + index * entry.dtype.itemsize] ^= 1

    reader = record(tmp_path / "a")
    same = [c.same() for c in walk(reader, flip)]
    assert same == [name == "history" or tick < 13 for tick in range(25)]
    found = [(reader.decoder.tick, c.differing()) for c in walk(reader, flip)]
    assert [tick for tick, names in found if names] == list(named)
    assert all(names in ([], [f"state.{name}"]) for _, names in found)


def test_what_only_keyframes_hold_is_compared_with_them(tmp_path):
    reader = record(tmp_path / "a", ticks=601)

    def spoil(pool, tick):
        pool.view("state.history")[19] += tick > 1

    same = [c.same() for c in walk(reader, spoil)]
    assert [tick for tick, same in enumerate(same) if not same] == [600]


def with_header(path, change):
    """Write the recording again with another header, as an older flight software would have."""
    octets = path.read_bytes()
    _, length, _ = HEADER.unpack_from(octets)
    header = json.loads(octets[HEADER.size : HEADER.size + length])
    change(header)
    path.write_bytes(pack_header(header) + octets[HEADER.size + length :])
    return RecordingReader(path)


def rename(header):
    next(p for p in header["parameters"] if p["name"] == "state.slow")["name"] = "state.sluggish"


def retype(header):
    next(p for p in header["parameters"] if p["name"] == "state.slow")["kind"] = "u4"


@pytest.mark.parametrize(("change", "unknown"), [(rename, "state.sluggish"), (retype, "state.slow")])
def test_another_layout_is_compared_by_name(tmp_path, change, unknown):
    record(tmp_path / "a")
    reader = with_header(tmp_path / "a", change)

    def spoil(pool, tick):
        pool.view("state.slow")[...] += 1  # not compared
        if tick >= 11:
            pool.view("state.entries.pair")[3, 1] += 1.0

    same, layouts = zip(*((c.same(), c.same_layout) for c in walk(reader, spoil)), strict=True)
    assert not any(layouts)
    assert list(same) == [tick < 11 for tick in range(25)]
    check = PoolCheck(Pool(SECTIONS), reader)
    assert (check.absent, check.unknown) == (("state.slow",), (unknown,))
    assert "state.quick" in check.names and "truth.pos_i_m" not in check.names


def test_a_moved_parameter_is_found_where_it_was(tmp_path):
    """Another order of fields is another layout, and still the same values."""
    record(tmp_path / "a")

    def swap(header):
        one, other = (p for p in header["parameters"] if p["name"] in ("time.tick", "time.t_ns"))
        one["name"], other["name"], one["kind"], other["kind"] = other["name"], one["name"], other["kind"], one["kind"]

    reader = with_header(tmp_path / "a", swap)
    check = PoolCheck(Pool(SECTIONS), reader)
    assert not check.same_layout
    assert check.unknown == check.absent == ()
    found = [c.differing() for c in walk(reader)]
    assert found[0] == []  # both are 0 in the first tick
    assert all(set(names) == {"time.tick", "time.t_ns"} for names in found[1:])


def test_values_of_both_sides_are_numbers_or_arrays_of_their_own(tmp_path):
    """A number for a number; an array that the next tick does not change."""

    def raise_it(pool, tick):
        pool.view("state.slow")[...] += 100

    steps = walk(record(tmp_path / "a"), raise_it)
    check = next(steps)
    quick = check.today("state.quick"), check.recorded("state.quick")
    slow = check.today("state.slow"), check.recorded("state.slow")
    next(steps)
    for value in quick:
        assert value.tolist() == np.sin(np.arange(3)).astype(value.dtype).tolist()
    assert slow == (100, 0)
    assert [type(value) for value in slow] == [int, int]


def test_an_array_is_compared_where_the_recording_had_its_elements(tmp_path):
    """A recording that says all elements lie where the first one is: the others differ from it."""
    record(tmp_path / "a")

    def gather(header):
        (quick,) = (p for p in header["parameters"] if p["name"] == "state.quick")
        assert quick["strides"] == [8]
        quick["strides"] = [0]

    found = [c.differing() for c in walk(with_header(tmp_path / "a", gather))]
    assert found == [["state.quick"]] * 25


@pytest.mark.parametrize(("name", "octets"), [("state.slow", 4), ("truth.pos_i_m", 24)])
def test_a_parameter_that_reaches_beyond_the_image_is_refused(tmp_path, name, octets):
    """To the octet: where it just fits it is read."""
    words = record(tmp_path / "a").header["groups"][-1][1]

    def move(at):
        def change(header):
            next(p for p in header["parameters"] if p["name"] == name)["at"] = at

        return change

    assert name in with_header(tmp_path / "a", move(8 * words - octets)).parameters
    with pytest.raises(RecordingError, match=f"{name} outside the image"):
        with_header(tmp_path / "a", move(8 * words - octets + 1))
