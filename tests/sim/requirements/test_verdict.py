"""Verdicts: what passes, what fails, and what is neither."""

import dataclasses
import math

import pytest

from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from sim.requirements.domain import Left
from sim.requirements.judge import entries
from sim.requirements.verdict import Judgement, Verdict, conduct
from sim.scenario.planning import mission_warnings
from sim.scenario.scenario import load_scenario

NAN = math.nan


def test_limits_are_met_strictly_below_or_at_least():
    assert Judgement("A", "", 1.0, 0.999, "").verdict is Verdict.PASS
    assert Judgement("A", "", 1.0, 1.0, "").verdict is Verdict.FAIL
    assert Judgement("A", "", 1.0, 1.0, "", at_least=True).verdict is Verdict.PASS
    lost = Judgement("A", "", 1.0, NAN, "")
    assert (lost.verdict, lost.passed, lost.as_dict()["achieved"]) == (Verdict.FAIL, False, None)


@pytest.mark.parametrize(
    ("achieved", "options", "expected"),
    [
        (NAN, {"whole": False}, Verdict.NOT_SHOWN),
        (NAN, {"asked": False}, Verdict.NOT_SHOWN),
        (2.0, {"whole": False}, Verdict.FAIL),  # shown, and wrong
        (2.0, {"asked": False}, Verdict.FAIL),  # whatever the scenario is made for
        (0.5, {"whole": False}, Verdict.PASS),
        (0.5, {"asked": False}, Verdict.PASS),
        (0.0, {"at_least": True, "coverage": True}, Verdict.FAIL),
        (0.0, {"at_least": True, "coverage": True, "whole": False}, Verdict.NOT_SHOWN),
        (0.0, {"at_least": True, "coverage": True, "asked": False}, Verdict.NOT_SHOWN),
        (0.0, {"at_least": True, "whole": False}, Verdict.FAIL),
        (0.5, {"asked": False, "broken": True}, Verdict.FAIL),
    ],
)
def test_a_missed_limit_fails_and_what_was_not_shown_fails_where_it_was_due(achieved, options, expected):
    assert Judgement("A", "", 1.0, achieved, "", **options).verdict is expected


@pytest.mark.parametrize("options", [{}, {"asked": False}, {"whole": False}, {"coverage": True}, {"at_least": True}])
def test_what_was_not_shown_never_passes(options):
    judgement = Judgement("A", "", -math.inf if options.get("at_least") else math.inf, NAN, "", **options)
    assert not judgement.passed
    assert judgement.verdict is not Verdict.PASS


@pytest.mark.parametrize(("limit", "at_least"), [(NAN, False), (NAN, True), (1.0, True), (1.0, False)])
def test_no_comparison_passes_what_is_no_number(limit, at_least):
    """Neither a limit nor a measure that is none is met."""
    achieved = 1.0 if math.isnan(limit) else math.inf if at_least else -math.inf
    assert Judgement("A", "", limit, achieved, "", at_least=at_least).verdict is Verdict.FAIL


def test_a_scenario_names_what_it_shows():
    """Patterns of ids; everything unless said."""
    reference, modes = load_scenario(), load_scenario("modes")
    assert reference.is_to_show("ADCS-040")
    assert (modes.is_to_show("ADCS-060"), modes.is_to_show("FDIR-020"), modes.is_to_show("ADCS-040")) == (1, 1, 0)


@pytest.mark.parametrize("pattern", ["adcs-030", "RUN-*", "", "EPS-9*"])
def test_a_pattern_that_names_no_requirement_is_warned_of(pattern):
    """A typing error would drop a requirement; another vehicle may not have it."""
    scenario = dataclasses.replace(load_scenario(), shows=("EPS-*", pattern, "FDIR-9*"))
    (line,) = mission_warnings(load_vehicle(), scenario)
    expected = "requirements of 'reference' or of this scenario: ADCS-010, ADCS-020"
    assert line.startswith(f"reference.toml: shows: found {pattern!r}, 'FDIR-9*', expected {expected}")
    assert mission_warnings(load_vehicle(), load_scenario()) == ()


def test_an_id_of_the_vehicle_is_not_taken_again():
    scenario = load_scenario()
    twice = dataclasses.replace(scenario, requirement=(*scenario.requirement, load_vehicle().requirement[0]))
    with pytest.raises(SchemaError, match=r"requirement\[8\]\.id: found 'ADCS-010', which reference\.toml has"):
        entries(load_vehicle(), twice)


def test_the_conduct_of_every_flight_is_judged():
    """Whatever the scenario is made to show; exceptions unless it allows them; packets once there are some."""
    good = conduct(None, 0, 0, 0, allows_exceptions=False)
    assert [(r.verdict, r.limit, r.at_least) for r in good] == [(Verdict.PASS, 1.0, False)] * 4
    assert [r.verdict for r in conduct(Left(1.0, "x"), 1, 1, 1, allows_exceptions=False)] == [Verdict.FAIL] * 4
    assert [r.id for r in conduct(None, 0, 5, 0, allows_exceptions=True)] == ["RUN-010", "RUN-020", "RUN-040"]
    assert conduct(None, 0, 0, None, allows_exceptions=False)[-1].verdict is Verdict.NOT_SHOWN


LIMITS = {  # id: limit, whether that is the least
    "ADCS-010": (1.0, False), "ADCS-020": (0.02, False), "ADCS-030": (0.1, False), "ADCS-031": (1.0, False),
    "ADCS-032": (0.1, False), "ADCS-033": (0.2, False), "ADCS-040": (0.2, False), "ADCS-050": (0.3, False),
    "ADCS-060": (0.8, False), "EPS-010": (0.4, True), "EPS-020": (0.0, True), "DATA-010": (100.0, False),
    "FDIR-010": (0.99, True), "FDIR-020": (0.99, True), "FDIR-030": (0.99, True), "COV-010": (1.0, True),
    "COV-020": (1.0, True), "COV-030": (1.0, True), "COV-040": (1.0, True), "COV-050": (1.0, True),
}  # fmt: skip


def test_the_limits_of_the_reference_mission():
    """What is asked for is written here a second time: a limit that slips is a failure."""
    given = (*load_vehicle().requirement, *load_scenario().requirement)
    limits = {r.id: (r.below, False) if r.at_least is None else (r.at_least, True) for r in given}
    assert limits == LIMITS
    assert {r.id for r in given if r.coverage} == {name for name in LIMITS if name.startswith("COV")}
    assert {r.id: r.share for r in given if r.share} == dict.fromkeys(
        ("ADCS-020", "ADCS-030", "ADCS-031", "ADCS-032", "ADCS-033"), 0.9973
    )
