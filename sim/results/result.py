"""The result of a flight, as `smartsat fly` prints it and writes it to `result.json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sim.requirements.domain import Left
from sim.requirements.verdict import Judgement
from sim.results.execution import Execution
from sim.results.ledger import Ledger
from sim.spacecraft.timing import Timing


@dataclass(frozen=True)
class Raised:
    """Exceptions of an application or a driver in a flight."""

    name: str  # of the application, or "driver of" and the name of the unit
    count: int
    traceback: str  # of the last one; empty when it is not known any more

    @property
    def last(self) -> str:
        """The last exception in one line: type and message."""
        return (self.traceback.strip().splitlines() or ["unknown"])[-1]


@dataclass(frozen=True)
class Result:
    """The result of a flight."""

    seed: int
    duration_s: float
    realtime_factor: float
    tick_us_mean: float
    peak_rss_mb: float
    requirements: list[Judgement]
    recording: Path | None
    recording_sha256: str
    cadu_sha256: str
    ledger: Ledger
    interrupted: bool
    line_octets_a_tick: float  # on both ports of boards elsewhere, both ways; 0 when there are none
    real_time: Timing | None  # None unless boards elsewhere were met in real time
    left: Left | None  # how the truth left the domain of its models, which ended the flight
    execution: Execution  # of the plan
    raised: tuple[Raised, ...]  # by applications and drivers
    safe_entries: int

    @property
    def exceptions(self) -> int:
        """Exceptions in applications and drivers."""
        return sum(r.count for r in self.raised)

    def as_dict(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "seed": self.seed, "duration_s": self.duration_s, "realtime_factor": self.realtime_factor,
            "tick_us_mean": self.tick_us_mean, "peak_rss_mb": self.peak_rss_mb,
            "requirements": [r.as_dict() for r in self.requirements], "recording_sha256": self.recording_sha256,
            "cadu_sha256": self.cadu_sha256, "ledger": self.ledger.as_dict(), "interrupted": self.interrupted,
            "line_octets_a_tick": self.line_octets_a_tick,
            "real_time": None if self.real_time is None else self.real_time.as_dict(),
            "left_domain": None if self.left is None else asdict(self.left),
            "plan": self.execution.as_dict(), "exceptions": [asdict(r) for r in self.raised],
            "safe_entries": self.safe_entries,
        }  # fmt: skip
