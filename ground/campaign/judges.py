"""Judges of whole missions: functions that fly a flight of a campaign and return its outcome."""

from __future__ import annotations

from fsw.guidance.modes import SystemMode
from ground.campaign.definition import Flight
from ground.campaign.outcome import Measure, Outcome, shown
from ground.report.words import achieved, causes
from sim.mission import Mission
from sim.requirements.verdict import Judgement, Verdict
from sim.results.result import Result


def requirements(flight: Flight) -> Outcome:
    """Fly to the end and judge the requirements as `smartsat fly` does; every one that fails is wrong."""
    mission = flight.mission()
    return outcome_of(mission, mission.fly())


def outcome_of(
    mission: Mission, result: Result, wrong: tuple[str, ...] = (), measures: tuple[Measure, ...] = ()
) -> Outcome:
    """Return the outcome of a flight: failed requirements, their causes, and anything else that is `wrong`."""
    failed = (*(words(r) for r in result.requirements if r.verdict is Verdict.FAIL), *causes(result))
    ends, reason = ending(mission)
    lines = tuple(shown(r) for r in result.requirements)
    return Outcome((*failed, *wrong), ends, reason, lines, measures, result.cadu_sha256)


def words(r: Judgement) -> str:
    """Return in words how a requirement failed."""
    return f"{r.id} {r.text}: {achieved(r)} {r.unit}, limit {r.limit:g}"


def ending(mission: Mission) -> tuple[str, str]:
    """Return the mode at the end of a flight, and the reason when it is SAFE."""
    pool = mission.flight.pool
    safe = pool["mode.system"] == SystemMode.SAFE
    return ("SAFE", pool["mode.safe_reason"].name) if safe else (pool["mode.adcs"].name, "")
