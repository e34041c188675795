"""The outcome of one flight as plain data, which goes from the worker's process into a file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sim.requirements.verdict import Judgement

MET, WRONG, RAISED, HUNG, DIED = "met", "wrong", "raised", "hung", "died"
STATES = (MET, WRONG, RAISED, HUNG, DIED)


@dataclass(frozen=True)
class Measure:
    """A measure of a flight; `worse` is "high" or "low"; None: the flight did not show it. NaN is wrong."""

    name: str
    value: float | None
    unit: str
    worse: str = "high"


@dataclass(frozen=True)
class VerdictLine:
    """One line of the verdict; `achieved` None: not shown."""

    id: str
    verdict: str  # of `sim.requirements.verdict.Verdict`
    achieved: float | None
    limit: float
    unit: str
    at_least: bool


@dataclass(frozen=True)
class Outcome:
    """The outcome of a flight.

    `wrong`: what is not as it must be, in words; empty when all is well. `ends`: system or ADCS mode at the end, with
    `safe_reason` when that is SAFE. `cadu_sha256`: hash of the downlink.
    """

    wrong: tuple[str, ...] = ()
    ends: str = ""
    safe_reason: str = ""
    requirements: tuple[VerdictLine, ...] = ()
    measures: tuple[Measure, ...] = ()
    cadu_sha256: str = ""
    state: str = ""  # of `STATES`; made from `wrong` when it is empty

    def judged(self) -> Outcome:
        """Return the outcome with its state; a NaN measure is wrong."""
        broken = tuple(f"{m.name} is {m.value}" for m in self.measures if m.value is not None and not _finite(m.value))
        clean = tuple(m if m.value is None or _finite(m.value) else _silent(m) for m in self.measures)
        wrong = (*self.wrong, *broken)
        state = self.state or (WRONG if wrong else MET)
        return Outcome(
            wrong, self.ends, self.safe_reason, self.requirements, clean, self.cadu_sha256, state,
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Return plain data; `outcome_from` makes the outcome from it again."""
        return asdict(self)


def _finite(value: float) -> bool:
    return math.isfinite(value)


def _silent(measure: Measure) -> Measure:
    return Measure(measure.name, None, measure.unit, measure.worse)


def outcome_from(table: Mapping[str, Any]) -> Outcome:
    """Return the outcome that `Outcome.as_dict` made `table` of."""
    lines = tuple(VerdictLine(**line) for line in table["requirements"])
    measures = tuple(Measure(**measure) for measure in table["measures"])
    return Outcome(**(dict(table) | {"wrong": tuple(table["wrong"]), "requirements": lines, "measures": measures}))


def shown(requirement: Judgement) -> VerdictLine:
    """Return a line of `sim.requirements.verdict` as a line of an outcome."""
    r = requirement
    achieved = None if math.isnan(r.achieved) else float(r.achieved)
    return VerdictLine(r.id, str(r.verdict), achieved, float(r.limit), r.unit, r.at_least)
