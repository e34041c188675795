"""PLAN: what became of the plan is said as it was: executed, refused, not sent, not reported, not yet due."""

import dataclasses
import itertools

import pytest

from fsw.autonomy.board_watch import BoardWatch
from ground.link.segment import GroundSegment
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.requirements.verdict import Verdict
from sim.results.execution import Span, execution
from sim.scenario.planning import TimedTelecommand
from sim.scenario.scenario import Fault, Telecommand, load_scenario

NADIR = load_scenario("nadir")


@dataclasses.dataclass
class Fate:
    sent_s: float = 0.0
    completed: bool = False
    failure: str = ""


def of(fates, times, *, flown_s=100.0, mission_s=200.0, on_board=None):
    commands = [TimedTelecommand(t, "nadir", ()) for t in times]
    return execution(Span(flown_s, mission_s), commands, fates, (), (), completed_on_board=on_board)


@pytest.mark.parametrize(
    ("fate", "time_s", "flown_s", "counts", "missed"),
    [
        (Fate(completed=True), 50.0, 100.0, (1, 1), ()),
        (Fate(completed=True), 99.0, 100.0, (1, 1), ()),
        (Fate(failure="start failed: REFUSED (3)"), 99.0, 100.0, (1, 0), ("start failed: REFUSED (3)",)),
        (Fate(), 50.0, 100.0, (1, 0), ("no report of its execution has come",)),
        (Fate(), 95.0, 100.0, (0, 0), ()),  # under way
        (None, 50.0, 100.0, (1, 0), ("not sent",)),
        (None, 100.0, 100.0, (0, 0), ()),  # not due
        (None, 150.0, 100.0, (0, 0), ()),
        (None, 200.0, 200.0, (1, 0), ("not sent",)),  # planned for after the end of a whole flight
    ],
)
def test_each_telecommand_is_judged_up_to_the_end_of_the_flight(fate, time_s, flown_s, counts, missed):
    """PLAN-010: a flight cut short has the plan judged up to its end, a whole one has all of it judged."""
    shown = of([fate], [time_s], flown_s=flown_s)
    assert (shown.telecommands, shown.executed) == counts
    assert shown.missed == tuple(f"nadir at {time_s:.1f} s: {why}" for why in missed)


def test_completions_whose_report_was_lost_count_when_nobody_else_commands():
    """PLAN-020: flight's own count of completions explains silence, but only all of it."""
    fates, times = [Fate(completed=True), Fate(), Fate()], [1.0, 2.0, 3.0]
    assert of(fates, times, on_board=3).executed == 3
    assert of(fates, times, on_board=2).executed == 1
    assert of(fates, times).executed == 1


def test_a_plan_that_was_not_to_be_sent_is_not_missed():
    """PLAN-030: and it is said."""
    shown = of(None, [1.0])
    assert (shown.asked, shown.telecommands, shown.missed) == (False, 0, ())
    assert str(shown) == "telecommands of the plan not sent, as asked"


def flown(scenario, duration_s, **options):
    return Mission(load_vehicle(), scenario, GroundSegment, duration_s=duration_s, **options).fly()


def verdicts(result):
    return {r.id: r.verdict for r in result.requirements}


def test_a_telecommand_that_is_refused_on_board_fails_the_flight():
    """PLAN-040: by its report; one that is due later does not."""
    plan = (Telecommand(function="leave_safe", offset_s=5.0), Telecommand(function="nadir", offset_s=300.0))
    result = flown(dataclasses.replace(NADIR, telecommand=plan), 20.0)
    assert (result.execution.telecommands, result.execution.executed) == (1, 0)
    assert result.execution.missed[0].startswith("leave_safe at 5.0 s: start failed: REFUSED (8: WRONG_SYSTEM_MODE)")
    assert verdicts(result)["RUN-020"] is Verdict.FAIL


def test_telecommands_of_one_moment_are_sent_in_the_order_of_the_plan():
    """PLAN-050: and each has its own fate."""
    plan = tuple(Telecommand(function=f, offset_s=18.0) for f in ("detumble", "leave_safe", "nadir"))
    result = flown(dataclasses.replace(NADIR, telecommand=plan), 30.0)
    assert [m.split(":")[0] for m in result.execution.missed] == ["leave_safe at 18.0 s"]
    assert result.execution.executed == 2


def test_a_fault_of_the_scenario_that_never_comes_is_missed():
    """PLAN-060: when its time was flown; one that is due later is not."""
    fault = Fault(target="star_tracker", fault="dead", start_s=12.0)
    scenario = dataclasses.replace(NADIR, duration_s=30.0, fault=(fault,), telecommand=())
    mission = Mission(load_vehicle(), scenario, GroundSegment, duration_s=10.0)
    result = mission.fly()
    assert (result.execution.faults, result.execution.missed) == (0, ())
    late = execution(Span(20.0, 30.0), (), (), mission.plan.faults, mission.faults.injections, completed_on_board=None)
    assert (late.faults, late.injected, late.missed) == (1, 0, ("star_tracker dead at 12.0 s: not injected",))
    assert str(late).endswith(", 0 of 1 faults injected")
    assert flown(scenario, 15.0).execution.injected == 1


@pytest.mark.parametrize(("allowed", "expected"), [(False, Verdict.FAIL), (True, None)])
def test_exceptions_fail_the_flight_unless_the_scenario_allows_them(monkeypatch, allowed, expected):
    """PLAN-070: their count, and the last traceback of each application."""
    step, runs = BoardWatch.step, itertools.count()

    def sometimes(self):
        if next(runs) in (2, 4):
            raise AttributeError("on purpose")
        step(self)

    monkeypatch.setattr(BoardWatch, "step", sometimes)
    scenario = dataclasses.replace(NADIR, allows_exceptions=allowed, telecommand=())
    result = flown(scenario, 8.0)
    assert [(r.name, r.count, r.last) for r in result.raised] == [("boards", 2, "AttributeError: on purpose")]
    assert verdicts(result).get("RUN-030") is expected
    assert "in sometimes" in result.raised[0].traceback
