"""The power is cut at every write of a checkpoint: the newest or the previous snapshot is always usable."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.core.events import EventQueue
from fsw.core.persistence import DirectoryStorage, SnapshotStore
from fsw.core.pool import Pool
from fsw.core.registry import append, parameter_names
from fsw.core.section import Section
from fsw.core.sections import EventsSection, TimeSection
from hal.record import field
from tests.fsw.restart.cut_medium import CutMedium, PowerCut


class State(Section):
    section = "state"
    writer = "tester"
    value = field("u4", doc="a value")
    more = field("u1", 6000, doc="so that a snapshot has several sectors and several writes")


SECTIONS = [TimeSection, EventsSection, State]
REGISTRY = append({}, parameter_names(SECTIONS))


def make(medium):
    pool = Pool(SECTIONS, REGISTRY)
    return pool, SnapshotStore(DirectoryStorage("/state", medium), EventQueue(pool))


def save(pool, store, value):
    pool.array(State)["value"] = value
    pool.array(State)["more"] = value % 251
    store.save(pool)


def cut(cut_at, saves):
    """Save `saves` snapshots until the power goes; return the medium and the last value that was safe."""
    medium, saved = CutMedium(cut_at), 0
    try:
        pool, store = make(medium)
        for value in range(1, saves + 1):
            save(pool, store, value)
            saved = value
    except PowerCut:
        pass
    return medium, saved


def loaded(medium):
    """The value that a start on this medium goes on from, 0 for a cold one."""
    pool, store = make(medium)
    return pool["state.value"] if store.load(pool) is not None and whole(pool) else 0


def whole(pool):
    assert (pool["state.more"] == pool["state.value"] % 251).all()
    return True


def calls_of(saves):
    medium, saved = cut(None, saves)
    assert saved == saves
    return medium.calls


@pytest.mark.parametrize("saves", [1, 2, 3, 4])
def test_every_cut_point_leaves_the_newest_or_the_previous_snapshot(saves):
    """Every call that changes the medium, each with the two extremes and many draws of what had reached it."""
    seen = set()
    for cut_at in range(calls_of(saves) + 1):
        medium, saved = cut(cut_at, saves)
        for choices in (itertools.repeat(0), itertools.repeat(1), *(dice(seed) for seed in range(40))):
            found = medium.after_the_cut(lambda n, c=choices: min(next(c), n - 1))
            value = loaded(found)
            assert value in (saved, saved + 1), f"cut before call {cut_at}"
            seen.add(value - saved)
    assert seen == {0, 1}  # both happen: the cut is inside of the write


def dice(seed):
    """Endless small random numbers."""
    rng = random.Random(seed)
    return iter(lambda: rng.randrange(3), -1)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_cuts_in_a_row_never_lose_what_was_safe(data):
    """Power goes again and again, on what the last cut left."""
    medium, safe = CutMedium(), 0
    for _ in range(data.draw(st.integers(1, 5))):
        medium.cut_at, medium.calls = data.draw(st.integers(0, 60)), 0
        saved = safe
        try:
            pool, store = make(medium)
            store.load(pool)
            for value in range(safe + 1, safe + 5):
                save(pool, store, value)
                saved = value
        except PowerCut:
            pass
        medium = medium.after_the_cut(lambda n: data.draw(st.integers(0, n - 1)))
        value = loaded(medium)
        assert value in (saved, saved + 1)
        safe = value


def test_the_medium_does_lose_what_is_not_synchronised():
    """The test double is not kinder than a real one: without fsync the cut takes everything."""

    class Careless(CutMedium):
        def fsync(self, descriptor):
            pass

    medium = Careless()
    pool, store = make(medium)
    save(pool, store, 1)
    assert loaded(medium.after_the_cut(lambda n: 0)) == 0
    torn = medium.after_the_cut(lambda n: 1 if n == 2 else 0)  # names and sectors are there, the length is not
    pool, store = make(torn)
    assert store.load(pool) is None
