"""Compares the plan of a flight with what was done: telecommands by reports on ground, faults by injection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sim.faults.injection import Injection
from sim.scenario.planning import TimedFault, TimedTelecommand

UNDER_WAY_S = 10.0  # before the end: what was sent since may not have been reported yet


class Fate(Protocol):
    """What ground knows about a telecommand that it sent."""

    sent_s: float  # mission time
    completed: bool  # its completion was reported
    failure: str  # why it was refused or failed, once that was reported


@dataclass(frozen=True)
class Span:
    """The part of the mission that was flown, and the length of the mission [s]."""

    flown_s: float
    mission_s: float

    def due(self, time_s: float, *, within_s: float = 0.0) -> bool:
        """Return whether an action at `time_s` that takes `within_s` was due; in a whole flight all are."""
        whole = self.flown_s >= self.mission_s
        return time_s + within_s < self.flown_s or (whole and time_s >= self.flown_s)


@dataclass(frozen=True)
class Execution:
    """Actions of the plan that were due, and a line for each that was not carried out.

    `asked` is False when ground was told not to send the plan's telecommands.
    """

    asked: bool
    telecommands: int  # due
    executed: int
    faults: int  # due
    injected: int
    missed: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "asked": self.asked, "telecommands": self.telecommands, "executed": self.executed, "faults": self.faults,
            "injected": self.injected, "missed": list(self.missed),
        }  # fmt: skip

    def __str__(self) -> str:
        """Return a summary in a few words."""
        telecommands = f"{self.executed} of {self.telecommands} telecommands executed"
        if not self.asked:
            telecommands = "telecommands of the plan not sent, as asked"
        faults = f", {self.injected} of {self.faults} faults injected" if self.faults else ""
        return telecommands + faults


def execution(
    span: Span,
    telecommands: Sequence[TimedTelecommand],
    fates: Sequence[Fate | None] | None,
    faults: Sequence[TimedFault],
    injections: Sequence[Injection],
    *,
    completed_on_board: int | None,
) -> Execution:
    """Compare the plan with what was done.

    `fates`: for each telecommand in order, None for one that was not sent; None instead of the list when ground should
    not send them. `injections`: for each fault in order. `completed_on_board`: telecommands that flight has completed,
    if nobody else sent any; it includes completions whose report was lost.
    """
    pairs = [] if fates is None else list(zip(telecommands, fates, strict=True))
    lost_reports = 0
    if completed_on_board is not None:
        lost_reports = completed_on_board - sum(fate is not None and fate.completed for _, fate in pairs)
    due, missed = 0, []
    silent = [f for _, f in pairs if f is not None and not f.completed and not f.failure]
    explained = len(silent) <= lost_reports
    for planned, fate in pairs:
        reported = fate is not None and (fate.completed or bool(fate.failure))
        if not reported and not span.due(planned.time_s, within_s=0.0 if fate is None else UNDER_WAY_S):
            continue
        due += 1
        why = "not sent" if fate is None else fate.failure
        if fate is not None and not reported and not explained:
            why = "no report of its execution has come"
        if why:
            missed.append(f"{planned.function} at {planned.time_s:.1f} s: {why}")
    executed = due - len(missed)
    wanted = [(f, i) for f, i in zip(faults, injections, strict=True) if span.due(f.start_s)]
    never = [f"{f.target} {f.fault} at {f.start_s:.1f} s: not injected" for f, i in wanted if i.state == "waiting"]
    return Execution(fates is not None, due, executed, len(wanted), len(wanted) - len(never), (*missed, *never))
