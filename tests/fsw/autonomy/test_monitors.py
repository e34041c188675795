"""Monitors: condition, persistence, gaps; against a plain model written from their description."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.autonomy._monitors import MonitorLoop
from fsw.autonomy.monitors import Monitor, MonitorError, Monitors, _spec
from fsw.autonomy.sections import MAX_MONITORS, Check, Condition, MonitorsSection
from fsw.core.pool import Pool, PoolError
from fsw.core.registry import append, parameter_names
from fsw.core.section import Section
from fsw.core.sections import ParametersSection, TimeSection
from hal.handle import UnboundError
from hal.record import Record, field


class Item(Record):
    value = field("f8", 2, unit="m", doc="in a ring")


class Values(Section):
    section = "values"
    writer = "tester"
    f8 = field("f8", doc="value")
    f4 = field("f4", doc="value")
    i8 = field("i8", doc="value")
    i4 = field("i4", doc="value")
    i2 = field("i2", doc="value")
    i1 = field("i1", doc="value")
    u8 = field("u8", doc="value")
    u4 = field("u4", doc="value")
    u2 = field("u2", doc="value")
    u1 = field("u1", doc="value")
    gate = field("u1", doc="gate")
    vector = field("f4", 3, doc="vector")
    matrix = field("f8", (2, 2), doc="matrix")
    items = field(Item, 3, doc="ring")


SECTIONS = [TimeSection, ParametersSection, MonitorsSection, Values]
REGISTRY = append({}, parameter_names(SECTIONS))


def make(*monitors):
    pool = Pool(SECTIONS, REGISTRY)
    return pool, pool.array(Values), Monitors(pool, monitors)


def at(pool, t_s):
    pool.array(TimeSection)["t_ns"] = round(t_s * 1e9)


def test_a_condition_is_confirmed_when_it_has_held_for_its_persistence():
    pool, values, monitors = make(Monitor("hot", "values.f8", Condition.ABOVE, 5.0, 2.0))
    statuses = []
    for t_s, value in ((0, 4), (1, 6), (2, 6), (3, 6), (4, 6), (5, 5), (6, 6)):
        at(pool, t_s)
        values["f8"] = value
        changed = monitors.step()
        statuses.append((monitors.status("hot").name, changed))
    assert statuses == [
        ("CLEAR", 0), ("PENDING", 0), ("PENDING", 0), ("CONFIRMED", 1), ("CONFIRMED", 0), ("CLEAR", 1), ("PENDING", 0),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1"])
@pytest.mark.parametrize("value", [3, 100, -7])
def test_every_type_is_read_as_it_is(kind, value):
    if value < 0 and kind[0] == "u":
        value = 200
    pool, values, monitors = make(Monitor("same", f"values.{kind}", Condition.EQUAL, 2.0 * value, scale=2.0))
    values[kind] = value
    monitors.step()
    assert monitors.status("same") is Check.CONFIRMED
    assert monitors.value(0) == pool["monitors.value"][0] == 2.0 * value
    values[kind] = value + 1
    monitors.step()
    assert monitors.status("same") is Check.CLEAR


def test_a_vector_is_monitored_by_its_norm():
    _, values, monitors = make(Monitor("fast", "values.vector", Condition.ABOVE, 6.9))
    values["vector"] = (2, -3, 6)
    monitors.step()
    assert monitors.value(0) == pytest.approx(7.0)
    assert monitors.confirmed == monitors.bits("fast") == 1


def test_limits_and_persistences_named_are_read_in_every_check():
    pool, values, monitors = make(Monitor("hot", "values.f8", Condition.ABOVE, "fine_sigma_rad", "fine_hold_s"))
    parameters = pool.array(ParametersSection)
    parameters["fine_sigma_rad"], parameters["fine_hold_s"] = 10.0, 0.0
    values["f8"] = 7
    monitors.step()
    assert monitors.status("hot") is Check.CLEAR
    parameters["fine_sigma_rad"] = 6.0
    monitors.step()
    assert monitors.status("hot") is Check.CONFIRMED
    assert monitors.limit(0) == 6.0


def test_a_short_gap_changes_nothing_and_a_long_one_everything():
    pool, values, monitors = make(Monitor("hot", "values.f8", Condition.ABOVE, 5.0, 3.0, ("values.gate", 1)))
    values["f8"] = 9
    found = []
    for t_s, gate in ((0, 1), (1, 0), (2, 1), (3, 1), (4, 0), (4.9, 0), (5, 1), (6, 0), (7.1, 0), (8, 1)):
        at(pool, t_s)
        values["gate"] = gate
        monitors.step()
        found.append(monitors.status("hot").name)
    assert found == [
        "PENDING", "PENDING", "PENDING", "CONFIRMED", "CONFIRMED", "UNCHECKED", "PENDING", "PENDING", "UNCHECKED",
        "PENDING",
    ]  # fmt: skip


def test_an_element_and_masked_bits_are_compared_alone():
    pool, values, monitors = make(
        Monitor("z", "values.vector", Condition.BELOW, 0.0, element=2),
        Monitor("bit", "values.u2", Condition.EQUAL, 4.0, mask=6),
    )
    values["vector"], values["u2"] = (-1, -1, 1), 0b1101
    monitors.step()
    assert monitors.confirmed == monitors.bits("bit")
    values["vector"], values["u2"] = (1, 1, -1), 0b1111
    at(pool, 1)
    monitors.step()
    assert monitors.confirmed == monitors.bits("z")
    assert monitors.value(1) == 6.0


def test_a_change_is_that_between_two_checks_an_interval_apart():
    pool, values, monitors = make(Monitor("jump", "values.u4", Condition.DELTA, 5.0, interval_s=1.0))
    found = []
    for t_s, value in ((0, 100), (0.5, 200), (1, 103), (1.5, 0), (2, 109), (2.5, 0), (3, 109)):
        at(pool, t_s)
        values["u4"] = value
        monitors.step()
        found.append((monitors.status("jump").name, monitors.value(0)))
    assert found == [
        ("CLEAR", 0), ("CLEAR", 0), ("CLEAR", 3), ("CLEAR", 3), ("CONFIRMED", 6), ("CONFIRMED", 6), ("CLEAR", 0),
    ]  # fmt: skip


def test_not_a_number_is_no_value():
    pool, values, monitors = make(
        Monitor("above", "values.f8", Condition.ABOVE, 5.0), Monitor("below", "values.f8", Condition.BELOW, 5.0)
    )
    values["f8"] = math.nan
    at(pool, 100)
    monitors.step()
    assert monitors.status("above") is monitors.status("below") is Check.UNCHECKED


class Model:
    """The description of a monitor, in Python."""

    def __init__(self, condition, limit, hold_s):
        self.condition, self.limit, self.hold_s = condition, limit, hold_s
        self.since = self.status = None
        self.checked = self.last = 0.0

    def step(self, t, value, open_):
        if not open_ or math.isnan(value):
            if t - self.checked > 1.0:
                self.status = "UNCHECKED"
            return self.status or "UNCHECKED"
        self.checked = t
        last, self.last = self.last, value
        holds = {
            Condition.ABOVE: value > self.limit, Condition.BELOW: value < self.limit,
            Condition.EQUAL: value == self.limit, Condition.NOT_EQUAL: value != self.limit,
            Condition.OUTSIDE: not self.limit <= value <= self.limit + 1,
            Condition.DELTA: self.status not in (None, "UNCHECKED") and abs(value - last) > self.limit,
        }[self.condition]  # fmt: skip
        if not holds:
            self.status = "CLEAR"
        elif self.status not in ("PENDING", "CONFIRMED"):
            self.since = t
            self.status = "CONFIRMED" if self.hold_s == 0 else "PENDING"
        elif t - self.since >= self.hold_s:
            self.status = "CONFIRMED"
        return self.status


@settings(max_examples=100)
@given(
    st.sampled_from(list(Condition)), st.integers(0, 4), st.integers(0, 5),
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from([0, 1, 2, 3, 4, math.nan]), st.booleans()), max_size=40),
)  # fmt: skip
def test_monitors_do_what_their_description_says(condition, limit, hold_halves, steps):
    """Times in halves of a second, so that both clocks are exact."""
    pool, values, monitors = make(
        Monitor("m", "values.f8", condition, float(limit), hold_halves * 0.5, ("values.gate", 1), high=limit + 1.0)
    )
    model = Model(condition, limit, hold_halves * 0.5)
    t = 0.0
    for gap, value, gate in steps:
        t += gap * 0.5
        at(pool, t)
        values["f8"], values["gate"] = value, gate
        monitors.step()
        assert monitors.status("m").name == model.step(t, value, gate)


def test_the_state_is_in_the_pool():
    pool, values, monitors = make(Monitor("hot", "values.f8", Condition.ABOVE, 5.0, 2.0))
    values["f8"] = 9
    at(pool, 1)
    monitors.step()
    other, _, others = make(Monitor("hot", "values.f8", Condition.ABOVE, 5.0, 2.0))
    other.restore(pool.snapshot())
    at(other, 3)
    assert others.step() == 1


def test_monitors_that_cannot_be_checked_are_refused():
    same = Monitor("a", "values.f8", Condition.ABOVE, 0)
    for bad, error, text in (
        ([same, same], MonitorError, "share a name"),
        ([Monitor(f"m{i}", "values.f8", Condition.ABOVE, 0) for i in range(MAX_MONITORS + 1)], MonitorError, "most 64"),
        ([Monitor("m", "values.matrix", Condition.ABOVE, 0)], MonitorError, "neither a number nor a vector"),
        ([Monitor("m", "values.items.value", Condition.ABOVE, 0)], MonitorError, "neither a number nor a vector"),
        ([Monitor("m", "values.f8", Condition.ABOVE, 0, 0, ("values.u2", 1))], MonitorError, "values.u2 is not one"),
        ([Monitor("m", "values.vector", Condition.ABOVE, 0, element=3)], MonitorError, "element 3 of values.vector"),
        ([Monitor("m", "values.f8", Condition.ABOVE, 0, element=0)], MonitorError, "which is one number"),
        ([Monitor("m", "values.f8", Condition.EQUAL, 0, mask=1)], MonitorError, "no bits to mask"),
        ([Monitor("m", "values.f9", Condition.ABOVE, 0)], PoolError, "did you mean values.f8"),
        ([Monitor("m", "values.f8", Condition.ABOVE, "fine_sigma")], PoolError, "fine_sigma_rad"),
    ):
        with pytest.raises(error, match=text):
            make(*bad)
    with pytest.raises(MonitorError, match="b: no such monitor"):
        make(same)[2].bits("b")
    assert len(np.zeros((), MonitorsSection.dtype())["status"]) == MAX_MONITORS


def test_the_kernel_takes_only_what_a_monitor_says_it_is():
    """Unbound it does not check; of a wrong type it says what was found."""
    with pytest.raises(UnboundError):
        MonitorLoop([]).step()
    pool, _, monitors = make(Monitor("hot", "values.f8", Condition.ABOVE, "fine_sigma_rad"))
    spec = _spec(pool, monitors.monitors[0])
    for change, message in (
        ({"kind": "f4"}, "'values.f8' is 1 of f8, expected any number of f4"),
        ({"limit": "values.i8"}, "'values.i8' is 1 of i8, expected 1 of f8"),
        ({"when": "values.u2"}, "'values.u2' is 1 of u2, expected 1 of u1"),
    ):
        with pytest.raises(TypeError, match=message):
            MonitorLoop([spec._replace(**change)]).bind(pool)
