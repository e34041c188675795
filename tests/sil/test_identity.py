"""Flights are the same, bit for bit, as those whose digests are committed (`tests/identity`)."""

import tomllib

import pytest

from tests.identity import digests


@pytest.mark.parametrize("flight", digests.SHORT, ids=lambda flight: flight.name)
def test_a_flight_is_as_it_was(flight):
    """MIS-100: every parameter of a short flight has the committed digest."""
    digests.check(flight)


@pytest.mark.proof
@pytest.mark.parametrize("flight", [f for f in digests.LONG if f.world == "sim"], ids=lambda flight: flight.name)
def test_a_long_flight_is_as_it_was(flight):
    """MIS-100: the same for whole missions."""
    digests.check(flight)


def test_another_series_and_a_missing_name_are_seen():
    """MIS-100: the check can fail: a changed, a missing and a new parameter are named."""
    renamed = tomllib.loads(digests.RENAMED.read_text())["renamed"]
    before = {renamed.get(name, name): digest for name, digest in digests.recorded()["flights"]["modes"].items()}
    changed = before | {"attitude.q_bi": "00000000", "surplus.field": "11111111"}
    del changed["guidance.valid"]
    assert digests.differences("modes", changed) == [
        "attitude.q_bi: another series", "guidance.valid: gone", "surplus.field: new",
    ]  # fmt: skip
    assert digests.differences("modes", before) == []


def test_series_are_those_of_every_tick():
    """MIS-100: one octet of one tick changes the digest, also across the blocks that are hashed at once."""
    import numpy as np

    memory = np.zeros(64, np.uint8)
    fields = {"a": memory[:8].view("f8"), "b": memory[8:24].view("u2")}
    made = []
    for odd in (None, 0, digests.BLOCK, digests.BLOCK + 7):
        series = digests.Series(memory, fields)
        for tick in range(digests.BLOCK + 10):
            memory[9] = tick == odd
            series.tick()
        made.append(series.digests())
    assert len({m["b"] for m in made}) == 4
    assert len({m["a"] for m in made}) == 1
