"""The data pool: layout, names, ids, snapshots."""

import enum
import hashlib
import itertools
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.core.pool import ALIGNMENT, Pool, PoolError, SnapshotError
from fsw.core.registry import append, flight_sections, parameter_names
from fsw.core.section import Section
from fsw.estimation.sections import AttitudeSection
from fsw.guidance.modes import AdcsMode
from fsw.guidance.sections import ModeSection
from hal.record import Record, RecordError, field
from tests.fsw.sections import SamplesSection


class Color(enum.IntEnum):
    RED = 1


class Entry(Record):
    number = field("u2", doc="a number")
    value = field("f8", 2, unit="m", doc="two values")


class WideEntry(Record):
    """The same entry in a later version: a field more."""

    number = field("u2", doc="a number")
    value = field("f8", 2, unit="m", doc="two values")
    more = field("f8", unit="m", doc="later addition")


class Ring(Section):
    section = "ring"
    writer = "tester"
    color = field("u1", enum=Color, doc="a colour")
    entries = field(Entry, 3, doc="entries")


class WideRing(Section):
    section = "ring"
    writer = "tester"
    extra = field("f8", unit="m", doc="moves everything behind it")
    color = field("u1", enum=Color, doc="a colour")
    entries = field(WideEntry, 3, doc="entries")


class HostSection(Section):
    section = "host"
    writer = "tester"
    platform = True
    cpu_s = field("f8", unit="s", doc="host time")


REGISTRY = append({}, parameter_names([Ring, HostSection, WideRing]))


def ring_pool(*sections):
    return Pool(sections or [HostSection, Ring], REGISTRY)


def fill(pool):
    ring = pool.array(Ring)
    ring["color"] = 1
    ring["entries"]["number"] = [7, 8, 9]
    ring["entries"]["value"] = [[1, 2], [3, 4], [5, 6]]
    return pool


def test_sections_are_aligned_zeroed_and_apart():
    pool = Pool(flight_sections())
    starts = [(pool.handle(cls.section).array.ctypes.data, cls.size) for cls in pool.sections]
    spans = sorted((start, start + size) for start, size in starts)
    assert all(start % ALIGNMENT == 0 for start, _ in spans)
    assert all(a_end <= b_start for (_, a_end), (b_start, _) in itertools.pairwise(spans))
    assert pool.memory.ctypes.data == spans[0][0]
    assert spans[-1][1] <= pool.memory.ctypes.data + pool.memory.size
    assert not pool.memory.any()


def test_handles_names_and_arrays_are_the_same_memory():
    pool = Pool(flight_sections())
    pool.array(AttitudeSection)["p"][2, 3] = 4.5
    pool.array(SamplesSection)["gyro"]["t_ns"] = -17
    pool.array(ModeSection)["adcs"] = AdcsMode.NADIR
    assert pool["attitude.p"][2, 3] == pool.handle("attitude.p").array[2, 3] == 4.5
    assert pool["samples.gyro.t_ns"] == -17
    assert pool["mode.adcs"] is AdcsMode.NADIR
    entry = pool.parameter("attitude.p")
    assert struct.unpack_from("<d", pool.memory, entry.offset + 2 * entry.strides[0] + 3 * entry.strides[1]) == (4.5,)


def test_values_read_by_name_are_copies():
    pool = fill(ring_pool())
    pool["ring.entries.value"][0, 0] = 99
    assert pool["ring.entries.value"][0, 0] == 1


def test_an_enum_value_outside_its_members_reads_as_a_number():
    pool = ring_pool()
    pool.array(Ring)["color"] = 200
    assert pool["ring.color"] == 200
    assert not isinstance(pool["ring.color"], Color)


def test_unknown_names_are_refused_with_a_hint():
    pool = ring_pool()
    with pytest.raises(PoolError, match=r"ring.colour: no such parameter; did you mean ring.color?"):
        _ = pool["ring.colour"]
    with pytest.raises(PoolError, match="AttitudeSection is not in this pool"):
        pool.offset(AttitudeSection)
    with pytest.raises(PoolError, match="attitude: no such section in this pool"):
        pool.handle("attitude")
    assert "ring.color" in pool
    assert "ring.colour" not in pool


def test_each_section_needs_a_name_of_its_own_and_a_writer():
    class Anonymous(Section):
        section = "anonymous"

    with pytest.raises(PoolError, match="Anonymous: a section needs"):
        Pool([Anonymous], {})
    with pytest.raises(PoolError, match="'ring' is already Ring"):
        Pool([Ring, WideRing], REGISTRY)


def test_records_in_records_in_arrays_are_refused():
    class Deep(Record):
        rings = field(Entry, 2, doc="entries")

    class Deeper(Section):
        section = "deeper"
        writer = "tester"
        deep = field(Deep, 2, doc="entries of entries")

    with pytest.raises(RecordError, match=r"deeper.deep.rings"):
        Pool([Deeper], {})


def test_a_snapshot_brings_everything_back_but_platform_figures():
    pool = fill(ring_pool())
    pool.array(HostSection)["cpu_s"] = 3.0
    octets = pool.snapshot()
    other = ring_pool()
    other.array(HostSection)["cpu_s"] = 5.0
    assert other.restore(octets) == 3
    assert np.array_equal(other["ring.entries.value"], pool["ring.entries.value"])
    assert other["ring.color"] is Color.RED
    assert other["host.cpu_s"] == 5.0
    assert other.snapshot() == octets


def test_platform_figures_do_not_change_a_snapshot():
    pool = fill(ring_pool())
    before = pool.snapshot()
    pool.array(HostSection)["cpu_s"] = 3.0
    assert pool.snapshot() == before


def test_an_older_layout_is_matched_by_id():
    old = fill(ring_pool(Ring))
    new = ring_pool(WideRing)
    new.array(WideRing)["extra"] = 1.25
    new.array(WideRing)["entries"]["more"] = 6.5
    assert new.restore(old.snapshot()) == 3
    assert new["ring.entries.number"].tolist() == [7, 8, 9]
    assert new["ring.entries.value"].tolist() == [[1, 2], [3, 4], [5, 6]]
    assert new["ring.extra"] == 1.25
    assert new["ring.entries.more"].tolist() == [6.5] * 3


def test_an_unknown_layout_is_refused_and_changes_nothing():
    new = ring_pool(WideRing)
    old = fill(ring_pool(Ring))
    before = old.snapshot()
    with pytest.raises(SnapshotError, match=r"parameter id .* unknown here; start cold"):
        old.restore(new.snapshot())
    assert old.snapshot() == before


SNAPSHOT = fill(ring_pool()).snapshot()
HEAD, ENTRY = struct.Struct("<4sHH32sII"), struct.Struct("<H2sIII")


def restrided(octets, change):
    """A sound snapshot of another layout: `change(left)` gives the stride of `ring.entries.value`.

    `left`: octets from where that parameter begins to the end of the image.
    """
    magic, version, count, _, size, _ = HEAD.unpack_from(octets)
    entries = [list(ENTRY.unpack_from(octets, HEAD.size + i * ENTRY.size)) for i in range(count)]
    number = ring_pool().parameter("ring.entries.value").id
    moved = next(entry for entry in entries if entry[0] == number)
    moved[4] = change(size - moved[3])
    packed = b"".join(ENTRY.pack(*entry) for entry in entries)
    body = packed + octets[HEAD.size + count * ENTRY.size :]
    head = HEAD.pack(magic, version, count, hashlib.sha256(packed).digest(), size, 0)
    return head[:-4] + struct.pack("<I", zlib.crc32(body, zlib.crc32(head))) + body


def test_elements_are_read_to_the_last_octet_of_the_image_and_no_further():
    """Three rows of two numbers, further apart than in any layout of ours."""
    pool = ring_pool()
    row = 2 * pool.parameter("ring.entries.value").dtype.itemsize
    farthest = restrided(SNAPSHOT, lambda left: (left - row) // 2)
    assert pool.restore(farthest) == 3
    before = pool.snapshot()
    beyond = restrided(SNAPSHOT, lambda left: (left - row) // 2 + 1)
    with pytest.raises(SnapshotError, match=r"ring.entries.value ends at octet \d+ of \d+; start cold"):
        pool.restore(beyond)
    assert pool.snapshot() == before


def test_an_unregistered_parameter_cannot_go_into_a_snapshot():
    with pytest.raises(PoolError, match=r"ring.color: not in registry.json; run python -m fsw.core.registry --update"):
        Pool([Ring], {}).snapshot()


@settings(max_examples=200)
@given(st.one_of(
    st.binary(max_size=300),
    st.integers(0, len(SNAPSHOT) - 1).map(lambda n: SNAPSHOT[:n]),
    st.tuples(st.integers(0, len(SNAPSHOT) - 1), st.integers(1, 255)).map(
        lambda at: SNAPSHOT[: at[0]] + bytes([SNAPSHOT[at[0]] ^ at[1]]) + SNAPSHOT[at[0] + 1 :]
    ),
))  # fmt: skip
def test_octets_that_are_no_snapshot_are_refused_and_change_nothing(octets):
    pool = ring_pool()
    with pytest.raises(SnapshotError):
        pool.restore(octets)
    assert not pool.memory.any()
