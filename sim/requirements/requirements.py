"""The requirements of the mission: limits, how truth shows each, and the verdict."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from hal.bounds import is_within
from sim.requirements._requirements import AngleStatistics, Evaluator
from sim.requirements.domain import Left

SHARE = 0.9973
ABOUT_A_TARGET = frozenset({"ADCS-040", "COV-020", "COV-040"})
OF_THE_RUN = "RUN-"  # how the ids begin that are asked of every flight, and show nothing of the mission


class Verdict(enum.StrEnum):
    """The verdict on one requirement."""

    PASS = "pass"
    FAIL = "FAIL"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True)
class Requirement:
    """One line of the verdict.

    `asked`: the scenario should show it; `whole`: the scenario was flown to its end. `achieved` is nan when the flight
    did not show it. A whole flight fails when it does not show an asked requirement, or when it misses a `coverage` (a
    situation that the mission must meet). `broken`: the measured value is not finite; this fails any flight.
    """

    id: str
    text: str
    limit: float
    achieved: float
    unit: str
    at_least: bool = False
    coverage: bool = False
    asked: bool = True
    whole: bool = True
    broken: bool = False

    @property
    def passed(self) -> bool:
        """Whether the limit is met."""
        if self.broken or not math.isfinite(self.achieved):
            return False
        if self.at_least:
            return is_within(self.achieved, low=self.limit)
        return is_within(self.achieved, below=self.limit)

    @property
    def verdict(self) -> Verdict:
        """The verdict; only `FAIL` fails the flight."""
        if self.passed:
            return Verdict.PASS
        if self.broken:
            return Verdict.FAIL
        missing = self.coverage or math.isnan(self.achieved)
        return Verdict.NOT_SHOWN if not self.asked or (missing and not self.whole) else Verdict.FAIL

    def as_dict(self) -> dict[str, Any]:
        """For JSON: `achieved` is null when it was not shown or is no finite number."""
        out = asdict(self)
        out["achieved"] = self.achieved if math.isfinite(self.achieved) else None
        return out | {"passed": self.passed, "verdict": str(self.verdict)}


def _asks(number: str, text: str, limit: float, unit: str, **how: bool) -> Requirement:
    return Requirement(number, text, limit, math.nan, unit, **how)


VECTORS = ("star-tracker", "magnetometer", "Sun-sensor")  # whose measurements the estimate is compared with
MISSION = (  # what is asked of a mission, before it is flown
    _asks("ADCS-010", "rate below 0.25 deg/s for 60 s, time after separation", math.nan, "s"),  # its limit: an orbit
    _asks("ADCS-020", "knowledge error, 99.73 %, star tracker valid, settled", 0.02, "deg"),
    _asks("ADCS-030", "nadir pointing error, 99.73 %, star tracker valid, settled", 0.1, "deg"),
    _asks("ADCS-040", "target tracking error, largest in the pass above 20 deg", 0.2, "deg"),
    _asks("ADCS-050", "knowledge error, largest in ten minutes without star tracker", 0.3, "deg"),
    _asks("ADCS-060", "wheel speed, share of its limit", 0.8, "1"),
    _asks("EPS-010", "state of charge, lowest", 0.4, "1", at_least=True),
    _asks("EPS-020", "state of charge, change over the last orbit", 0.0, "1", at_least=True),
    _asks("DATA-010", "recording", 100.0, "MB"),
    _asks("LINK-010", "packets unaccounted for", 1.0, "packets"),
    *(
        _asks(f"FDIR-0{k}0", f"{name} measurements that agree with the estimate", 0.99, "1", at_least=True)
        for k, name in enumerate(VECTORS, start=1)
    ),
    _asks("COV-010", "star-tracker exclusions met in nadir pointing", 1, "times", at_least=True, coverage=True),
    _asks("COV-020", "star-tracker exclusions met in target tracking", 1, "times", at_least=True, coverage=True),
    _asks("COV-030", "eclipse entries met in nadir pointing", 1, "times", at_least=True, coverage=True),
    _asks("COV-040", "eclipse entries met in target tracking", 1, "times", at_least=True, coverage=True),
    _asks("COV-050", "mission ends in nadir pointing", 1, "1", at_least=True, coverage=True),
)


@dataclass(frozen=True)
class MissionMeasures:
    """Counts of the mission besides the evaluator; None for one that was not counted."""

    orbit_s: float
    wheel_speed_max_radps: float
    recording_mb: float | None
    unaccounted: int | None
    accepted_share: dict[str, float]  # of `VECTORS`; nan where nothing was measured
    final_mode_ok: bool


def verdict(
    e: Evaluator, shown: MissionMeasures, asked: Callable[[str], bool] = lambda _id: True, *, whole: bool = True
) -> list[Requirement]:
    """Return all requirements of the reference mission, judged on truth; `asked` says which the scenario should show.

    Requirements about a target need a target; that about the size of the recording needs a recording.
    """
    cannot: frozenset[str] = frozenset() if e.has_target else ABOUT_A_TARGET
    if shown.recording_mb is None:
        cannot |= {"DATA-010"}
    return [replace(r, asked=r.id not in cannot and asked(r.id), whole=whole) for r in _judged(e, shown)]


def conduct(left: Left | None, missed: int, exceptions: int, *, allows_exceptions: bool) -> list[Requirement]:
    """Return the requirements of every flight, whatever its scenario should show.

    `left`: how the truth left the domain of its models; `missed`: due telecommands and faults of the plan that were not
    carried out; `exceptions`: how many applications and drivers raised.
    """
    lines = [
        Requirement("RUN-010", "times that the truth left the domain of its models", 1.0, float(left is not None), "1"),
        Requirement("RUN-020", "telecommands and faults of the plan not carried out", 1.0, float(missed), "1"),
    ]
    if not allows_exceptions:
        lines.append(Requirement("RUN-030", "exceptions in applications and drivers", 1.0, float(exceptions), "1"))
    return lines


def _measured(value: float, *, shown: bool) -> dict[str, Any]:
    """Return `achieved` and `broken` of a measured value."""
    return {"achieved": value if shown else math.nan, "broken": shown and not math.isfinite(value)}


def _largest(angles: AngleStatistics, *, shown: bool = True) -> dict[str, Any]:
    return _measured(angles.largest_deg, shown=shown and angles.count > 0)


def _percentile(angles: AngleStatistics) -> dict[str, Any]:
    return _measured(angles.percentile(SHARE), shown=angles.count > 0)


def _judged(e: Evaluator, shown: MissionMeasures) -> list[Requirement]:
    flown = e.ticks > 0
    absence = e.longest_absence_s >= 599.0 or e.absent.broken > 0
    share = e.wheel_speed_largest / shown.wheel_speed_max_radps
    soc_change = _measured(e.soc_now - e.soc_orbit_start, shown=e.orbit_start_s > 0)
    accepted = {f"FDIR-0{k}0": {"achieved": shown.accepted_share[n]} for k, n in enumerate(VECTORS, start=1)}
    times = {
        "COV-010": e.exclusions_nadir, "COV-020": e.exclusions_target, "COV-030": e.eclipses_nadir,
        "COV-040": e.eclipses_target, "COV-050": float(shown.final_mode_ok),
    }  # fmt: skip
    found: dict[str, dict[str, Any]] = {
        "ADCS-010": {"achieved": e.detumbled_s, "limit": shown.orbit_s},
        "ADCS-020": _percentile(e.knowledge),
        "ADCS-030": _percentile(e.nadir),
        "ADCS-040": _largest(e.target),
        "ADCS-050": _largest(e.absent, shown=absence),
        "ADCS-060": _measured(share, shown=flown),
        "EPS-010": _measured(e.soc_lowest, shown=flown),
        "EPS-020": soc_change,
        "DATA-010": _measured(shown.recording_mb or 0.0, shown=shown.recording_mb is not None),
        "LINK-010": _measured(float(shown.unaccounted or 0), shown=shown.unaccounted is not None),
        **accepted,
        **{number: {"achieved": count} for number, count in times.items()},
    }
    return [replace(r, **found[r.id]) for r in MISSION]
