"""The mission's requirements: limits, how each is shown on truth, and the verdict."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from sim._requirements import Evaluator

SHARE = 0.9973


class Verdict(enum.StrEnum):
    """What a flight says of a requirement."""

    PASS = "pass"
    FAIL = "FAIL"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True)
class Requirement:
    """One line of the verdict.

    `asked`: the scenario is made to show it; `whole`: it was flown to its end. `achieved` is nan when the flight did
    not show it; that, or a `coverage` (a situation that the mission must have met) not reached, fails a whole flight.
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

    @property
    def passed(self) -> bool:
        """Whether the limit is met."""
        if math.isnan(self.achieved):
            return False
        return self.achieved >= self.limit if self.at_least else self.achieved < self.limit

    @property
    def verdict(self) -> Verdict:
        """The verdict; only `FAIL` fails the flight."""
        if self.passed:
            return Verdict.PASS
        missing = self.coverage or math.isnan(self.achieved)
        return Verdict.NOT_SHOWN if not self.asked or (missing and not self.whole) else Verdict.FAIL

    def as_dict(self) -> dict[str, Any]:
        """For JSON: `achieved` is null when not shown."""
        out = asdict(self)
        out["achieved"] = None if math.isnan(self.achieved) else self.achieved
        return out | {"passed": self.passed, "verdict": str(self.verdict)}


@dataclass(frozen=True)
class Shown:
    """What the mission counts besides the evaluator."""

    orbit_s: float
    wheel_speed_max_radps: float
    recording_mb: float
    unaccounted: int
    accepted_share: dict[str, float]
    final_mode_ok: bool


def verdict(
    e: Evaluator, shown: Shown, asked: Callable[[str], bool] = lambda _id: True, *, whole: bool = True
) -> list[Requirement]:
    """All requirements of the reference mission, from truth; `asked` says by id which the scenario is made to show."""
    return [replace(r, asked=asked(r.id), whole=whole) for r in _judged(e, shown)]


def _judged(e: Evaluator, shown: Shown) -> list[Requirement]:
    nan = math.nan
    detumbled = e.detumbled_s if e.detumbled_s > 0 else nan
    absent = e.absent.largest_deg if e.longest_absence_s >= 599.0 else nan
    soc_change = e.soc_now - e.soc_orbit_start if e.orbit_start_s > 0 else nan
    lines = [
        Requirement("ADCS-010", "rate below 0.25 deg/s for 60 s, time after separation", shown.orbit_s, detumbled, "s"),
        Requirement(
            "ADCS-020",
            "knowledge error, 99.73 %, star tracker valid, settled",
            0.02,
            e.knowledge.percentile(SHARE),
            "deg",
        ),
        Requirement(
            "ADCS-030",
            "nadir pointing error, 99.73 %, star tracker valid, settled",
            0.1,
            e.nadir.percentile(SHARE),
            "deg",
        ),
        Requirement(
            "ADCS-040",
            "target tracking error, largest in the pass above 20 deg",
            0.2,
            e.target.largest_deg if e.target.count else nan,
            "deg",
        ),
        Requirement("ADCS-050", "knowledge error, largest in ten minutes without star tracker", 0.3, absent, "deg"),
        Requirement(
            "ADCS-060", "wheel speed, share of its limit", 0.8, e.wheel_speed_largest / shown.wheel_speed_max_radps, "1"
        ),
        Requirement("EPS-010", "state of charge, lowest", 0.4, e.soc_lowest, "1", at_least=True),
        Requirement("EPS-020", "state of charge, change over the last orbit", 0.0, soc_change, "1", at_least=True),
        Requirement("DATA-010", "recording", 100.0, shown.recording_mb, "MB"),
        Requirement("LINK-010", "packets unaccounted for", 1.0, float(shown.unaccounted), "packets"),
    ]
    for number, (name, share) in enumerate(shown.accepted_share.items()):
        lines.append(
            Requirement(
                f"FDIR-0{number + 1}0",
                f"{name} measurements that agree with the estimate",
                0.99,
                share,
                "1",
                at_least=True,
            )
        )
    met = (
        ("COV-010", "star-tracker exclusions met in nadir pointing", e.exclusions_nadir, "times"),
        ("COV-020", "star-tracker exclusions met in target tracking", e.exclusions_target, "times"),
        ("COV-030", "eclipse entries met in nadir pointing", e.eclipses_nadir, "times"),
        ("COV-040", "eclipse entries met in target tracking", e.eclipses_target, "times"),
        ("COV-050", "mission ends in nadir pointing", float(shown.final_mode_ok), "1"),
    )
    lines += [
        Requirement(number, text, 1, times, unit, at_least=True, coverage=True) for number, text, times, unit in met
    ]
    return lines
