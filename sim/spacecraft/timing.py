"""Timing of a flight in real time: start of each tick, answers of the boards, missed answers.

All times come from the exchange, which measures with the flight's own clock. They differ from run to run, so they stay
outside the data pool and of every recording.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hal.exchange.exchange import Exchange
    from hal.vehicle.vehicle import Vehicle

BOARDS = ("adcs", "eps")
MISSED = -1  # in `Exchange.timing`: an answer was due and did not come
NS_PER_MS = 1e6


@dataclass(frozen=True, eq=False)
class Spread:
    """Median, 99 % and largest of `values_ms` (one a tick or answer) [ms]; not a number when there are none.

    Percentiles are values that occurred: the smallest one that at least that share does not exceed.
    """

    values_ms: NDArray[np.float64]

    def percentile(self, percent: float) -> float:
        """Return the value [ms] that `percent` of all do not exceed."""
        if not self.values_ms.size:
            return float("nan")
        return float(np.percentile(self.values_ms, percent, method="inverted_cdf"))

    def as_dict(self) -> dict[str, float | None]:
        """Median, 99 % and largest in milliseconds, null when there are none."""
        shares = {"median_ms": 50.0, "p99_ms": 99.0, "max_ms": 100.0}
        return {name: self.percentile(share) if self.values_ms.size else None for name, share in shares.items()}


@dataclass(frozen=True, eq=False)
class BoardAnswers:
    """Answers of one board: `due` = `answered` + `missed`, in ticks; `late` of the missed came later."""

    name: str
    deadline_ms: float
    due: int
    missed: int
    late: int
    actuations_missed: int  # stimuli whose answer had not come when the next was due
    latency: Spread  # after the tick's time, of those in time

    @property
    def answered(self) -> int:
        """Answers that came before the exchange ended."""
        return self.due - self.missed

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "deadline_ms": self.deadline_ms, "due": self.due, "answered": self.answered, "missed": self.missed,
            "late": self.late, "actuations_missed": self.actuations_missed, "latency": self.latency.as_dict(),
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Timing:
    """A flight in real time. `start`: collection began that long after the tick's time; `overruns`: by over a tick."""

    speed: float  # mission seconds per second
    period_ms: float
    ticks: int
    overruns: int
    start: Spread
    boards: tuple[BoardAnswers, ...]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "speed": self.speed, "period_ms": self.period_ms, "ticks": self.ticks, "overruns": self.overruns,
            "start": self.start.as_dict(), "boards": {b.name: b.as_dict() for b in self.boards},
        }  # fmt: skip


class TickTimes:
    """Collects the times that `exchange` measures; call `step` after every tick."""

    def __init__(self, exchange: Exchange, vehicle: Vehicle, speed: float) -> None:
        self._exchange, self._vehicle, self._speed = exchange, vehicle, speed
        self._boards = vehicle.boards_in_use
        self._indices = [exchange.names.index(name) for name in self._boards]
        self._start_ns = array("q")
        self._answer_ns = {name: array("q") for name in BOARDS}

    def step(self) -> None:
        """Take the times of the last exchange."""
        start_ns, answers = self._exchange.timing
        self._start_ns.append(start_ns)
        for name, index in zip(self._boards, self._indices, strict=True):
            self._answer_ns[name].append(answers[index])

    def result(self, actuations_missed: Mapping[str, int]) -> Timing:
        """Return the figures so far; `actuations_missed`: by board, stimuli whose answer did not come in time."""
        period_ns = 1_000_000_000 // self._vehicle.rates.base_hz
        start_ns = np.array(self._start_ns, np.int64)
        return Timing(
            self._speed, period_ns / NS_PER_MS, len(start_ns), int((start_ns > period_ns).sum()),
            Spread(start_ns / NS_PER_MS),
            tuple(self._answers(name, actuations_missed[name]) for name in self._boards),
        )  # fmt: skip

    def _answers(self, name: str, actuations_missed: int) -> BoardAnswers:
        answer_ns = np.array(self._answer_ns[name], np.int64)
        return BoardAnswers(
            name=name,
            deadline_ms=float(getattr(self._vehicle.boards, name).response_deadline_ms),
            due=int((answer_ns >= MISSED).sum()),
            missed=int((answer_ns == MISSED).sum()),
            late=self._exchange.late(name),
            actuations_missed=actuations_missed,
            latency=Spread(answer_ns[answer_ns >= 0] / NS_PER_MS),
        )
