"""The verdict on one requirement, and the requirements of every flight."""

from __future__ import annotations

import enum
import math
from dataclasses import asdict, dataclass
from typing import Any

from hal.bounds import is_within
from sim.requirements.domain import Left

OF_THE_RUN = "RUN-"  # how the ids begin that are asked of every flight, and show nothing of the mission


class Verdict(enum.StrEnum):
    """The verdict on one requirement."""

    PASS = "pass"
    FAIL = "FAIL"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True)
class Judgement:
    """One requirement as a flight has shown it.

    `achieved` is nan when the flight did not show it. `asked`: the scenario must show it; `whole`: the scenario was
    flown to its end. `coverage`: a situation that may still come, so that its absence counts at the end alone.
    `broken`: a measured value was not finite, which fails any flight. `measure`: what was measured, as its file says.
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
    measure: str = ""

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
        """The verdict; only `FAIL` fails the flight, and what was not shown never passes.

        A limit that was missed fails, asked or not. What was not shown, or a situation that was not met, fails a whole
        flight that should show it.
        """
        if self.passed:
            return Verdict.PASS
        missing = math.isnan(self.achieved) or self.coverage
        if self.broken or not missing:
            return Verdict.FAIL
        return Verdict.FAIL if self.asked and self.whole else Verdict.NOT_SHOWN

    def as_dict(self) -> dict[str, Any]:
        """For JSON: `achieved` is null when it was not shown or is no finite number."""
        out = asdict(self)
        out["achieved"] = self.achieved if math.isfinite(self.achieved) else None
        return out | {"passed": self.passed, "verdict": str(self.verdict)}


def conduct(
    left: Left | None, missed: int, exceptions: int, unaccounted: int | None, *, allows_exceptions: bool
) -> list[Judgement]:
    """Return the requirements of every flight, whatever its files say.

    `left`: how the truth left the domain of its models; `missed`: due telecommands and faults of the plan that were not
    carried out; `exceptions`: how many applications and drivers raised; `unaccounted`: packets that no counter
    explains, None when there were none at all.
    """
    packets = math.nan if unaccounted is None else float(unaccounted)
    lines = [
        Judgement("RUN-010", "times that the truth left the domain of its models", 1.0, float(left is not None), "1"),
        Judgement("RUN-020", "telecommands and faults of the plan not carried out", 1.0, float(missed), "1"),
    ]
    if not allows_exceptions:
        lines.append(Judgement("RUN-030", "exceptions in applications and drivers", 1.0, float(exceptions), "1"))
    lines.append(Judgement("RUN-040", "packets unaccounted for", 1.0, packets, "packets", asked=False))
    return lines
