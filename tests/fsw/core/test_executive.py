"""The executive: order, rate groups, time, faults, execution times."""

import inspect

import pytest

from fsw.core.events import EventId, EventQueue
from fsw.core.exceptions import LINES, ExceptionType, module_number
from fsw.core.executive import Executive, ExecutiveError
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.core.sections import MAX_APPLICATIONS, ExecutiveSection
from fsw.estimation.sections import AttitudeSection, BodySection


class Clock:
    """Mission time that stands still unless told."""

    t_ns = 0

    def now_ns(self):
        return self.t_ns


class App:
    """Writes down its runs; raises while `broken`, which may be the exception."""

    def __init__(self, log, name):
        self.log, self.name, self.broken = log, name, False

    def step(self):
        self.log.append(self.name)
        if self.broken:
            raise self.broken if self.broken is not True else ValueError(f"{self.name} is broken")


class Flight:
    def __init__(self, names=("sense", "estimate", "control"), dividers=(1, 1, 1), **options):
        self.pool = Pool(flight_sections())
        self.events = EventQueue(self.pool)
        self.log = []
        self.clock = Clock()
        self.apps = {name: App(self.log, name) for name in names}
        apps = [(name, self.apps[name], divider) for name, divider in zip(names, dividers, strict=True)]
        self.executive = Executive(self.pool, apps, self.clock, self.events, base_hz=10, **options)

    def ids(self):
        return [e.id for e in self.events.drain()]


def test_applications_run_in_order_each_in_its_rate_group():
    flight = Flight(dividers=(1, 2, 5))
    per_tick = []
    for _ in range(11):
        flight.log.clear()
        flight.executive.tick()
        per_tick.append("".join(name[0] for name in flight.log))
    assert per_tick == ["sec", "s", "se", "s", "se", "sc", "se", "s", "se", "s", "sec"]


def test_time_is_the_tick_count():
    flight = Flight(tai_offset_ns=10**18)
    flight.executive.tick()
    assert (flight.pool["time.tick"], flight.pool["time.t_ns"]) == (0, 0)
    flight.executive.run(7)
    assert (flight.pool["time.tick"], flight.pool["time.t_ns"]) == (7, 700_000_000)
    assert flight.pool["time.t_tai_ns"] == 10**18 + 700_000_000
    assert flight.pool["tai.synchronised"] == 0
    flight.pool.view("tai.offset_ns")[...] += 5  # as the time keeper does
    assert flight.pool["time.t_tai_ns"] == 10**18 + 700_000_000
    flight.executive.tick()
    assert flight.pool["time.t_tai_ns"] == 10**18 + 5 + 800_000_000


def test_a_rate_that_does_not_divide_a_second_stays_exact():
    pool = Pool(flight_sections())
    executive = Executive(pool, [], Clock(), EventQueue(pool), base_hz=7)
    executive.run(7 * 1000 + 1)
    assert pool["time.t_ns"] == 1000 * 10**9


def test_a_snapshot_carries_the_tick_on():
    flight = Flight(dividers=(1, 2, 5), tai_offset_ns=3)
    flight.executive.run(8)
    other = Flight(dividers=(1, 2, 5))
    other.pool.restore(flight.pool.snapshot())
    flight.log.clear()
    flight.executive.run(5)
    other.executive.run(5)
    assert other.log == flight.log
    assert other.pool.snapshot() == flight.pool.snapshot()


def test_an_exception_is_caught_counted_raised_and_the_outputs_are_invalid():
    flight = Flight()
    flight.pool.array(AttitudeSection)["valid"] = 1
    flight.pool.array(BodySection)["gyro_valid"] = 1
    flight.apps["estimate"].broken = True
    flight.executive.tick()
    assert flight.log == ["sense", "estimate", "control"]
    assert flight.pool["executive.exceptions"][:3].tolist() == [0, 1, 0]
    assert flight.pool["attitude.valid"] == 0
    assert flight.pool["body.gyro_valid"] == 1  # another application's
    (event,) = flight.events.drain()
    assert (event.id, event.values[:3]) == (EventId.APPLICATION_EXCEPTION, (1.0, 1.0, ExceptionType.ValueError))
    line = inspect.getsourcelines(App.step)[1] + 3
    assert divmod(int(event.values[3]), LINES) == (module_number(__name__), line)
    assert "ValueError: estimate is broken" in flight.executive.tracebacks["estimate"]
    assert flight.pool["executive.failed"] == 0


def test_an_application_that_exits_ends_itself_only():
    """`exit()` in an application ends neither flight nor the program; Ctrl-C does."""
    flight = Flight(names=("exits", "next"), dividers=(1, 1))
    flight.apps["exits"].broken = SystemExit(0)
    flight.executive.tick()
    assert flight.log == ["exits", "next"]
    assert flight.pool["executive.exceptions"][:2].tolist() == [1, 0]
    assert "SystemExit: 0" in flight.executive.tracebacks["exits"]
    flight.apps["exits"].broken = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        flight.executive.tick()


def test_three_in_a_row_are_a_failure_and_one_good_run_ends_it():
    flight = Flight()
    app = flight.apps["control"]
    for broken in (True, True, False, True, True):
        app.broken = broken
        flight.executive.tick()
        assert flight.pool["executive.failed"] == 0
    flight.ids()
    flight.executive.tick()
    assert flight.pool["executive.failed"] == 1
    assert flight.ids() == [EventId.APPLICATION_EXCEPTION, EventId.APPLICATION_FAILED]
    flight.executive.tick()
    assert flight.ids() == [EventId.APPLICATION_EXCEPTION]
    app.broken = False
    flight.executive.tick()
    assert flight.ids() == [EventId.APPLICATION_RECOVERED]
    assert flight.pool["executive.failed"] == 0
    assert flight.pool["executive.exceptions"][2] == 8 - 2


def test_an_application_may_invalidate_its_outputs_itself_and_may_fail_at_that():
    flight = Flight()
    calls = []
    flight.apps["estimate"].invalidate = lambda: calls.append(flight.pool["executive.in_a_row"][1])
    flight.apps["estimate"].broken = True
    flight.pool.array(AttitudeSection)["valid"] = 1
    flight.executive.tick()
    assert calls == [1]
    assert flight.pool["attitude.valid"] == 1  # its own business

    def fail():
        raise RuntimeError("no")

    flight.apps["estimate"].invalidate = fail
    flight.executive.tick()
    assert flight.pool["attitude.valid"] == 0
    assert flight.pool["executive.exceptions"][1] == 3


def test_an_interrupt_is_not_a_fault():
    flight = Flight()

    def interrupt():
        raise KeyboardInterrupt

    pool = Pool(flight_sections())
    app = App([], "sense")
    app.step = interrupt
    executive = Executive(pool, [("sense", app, 1)], Clock(), EventQueue(pool), base_hz=10)
    with pytest.raises(KeyboardInterrupt):
        executive.tick()
    assert pool["executive.exceptions"][0] == 0
    assert flight.pool["executive.exceptions"][0] == 0


def test_execution_times_come_from_the_injected_clock_and_stay_out_of_the_state():
    readings = iter(range(0, 10**9, 1000))
    flight = Flight(dividers=(1, 2, 1), cost_clock=lambda: next(readings))
    other = Flight(dividers=(1, 2, 1))
    flight.executive.run(4)
    other.executive.run(4)
    assert flight.pool["cost.runs"][:3].tolist() == [4, 2, 4]
    assert flight.pool["cost.mean_s"][:3] == pytest.approx([1e-6] * 3)
    assert flight.pool["cost.max_s"][:3] == pytest.approx([1e-6] * 3)
    assert flight.pool["cost.tick_last_s"] == pytest.approx(2e-6)
    assert flight.pool["cost.tick_max_s"] == pytest.approx(3e-6)
    assert flight.pool["cost.tick_mean_s"] == pytest.approx(2.5e-6)
    assert other.pool["cost.ticks"] == 0
    assert flight.pool.snapshot() == other.pool.snapshot()


def test_ticks_that_end_after_the_next_is_due_are_counted():
    flight = Flight()
    for t_ns, missed in ((99_999_999, 0), (200_000_000, 1), (300_000_001, 2), (0, 2)):
        flight.clock.t_ns = t_ns
        flight.executive.tick()
        assert flight.pool["cost.deadlines_missed"] == missed


def test_applications_that_cannot_be_scheduled_are_refused():
    app = App([], "a")
    pool = Pool(flight_sections())
    for apps, text in (
        ([("a", app, 1), ("a", app, 1)], "'a' appears twice"),
        ([("a", app, 0)], "found divider 0"),
        ([(f"a{i}", app, 1) for i in range(MAX_APPLICATIONS + 1)], "expected at most 32"),
    ):
        with pytest.raises(ExecutiveError, match=text):
            Executive(pool, apps, Clock(), EventQueue(pool), base_hz=10)


def test_the_executive_owns_its_section():
    assert ExecutiveSection.writer == "executive"
