"""Texts for numbers and verdicts, in report and terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim.requirements.verdict import OF_THE_RUN, Judgement, Verdict
from sim.results.result import Raised, Result
from sim.spacecraft.timing import Timing


def number(value: float) -> str:
    """Return a number with four significant digits, or "not shown"."""
    return "not shown" if math.isnan(value) else f"{value:.4g}"


def achieved(r: Judgement) -> str:
    """Return the achieved value of a requirement in words."""
    return "not a number" if r.broken else number(r.achieved)


def limit(r: Judgement) -> str:
    """The limit of a requirement, with its sign."""
    return f"{'≥' if r.at_least else '<'} {number(r.limit)}"


def count(number: int, singular: str, plural: str = "") -> str:
    """A number of things: "1 exception", "2 exceptions"."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def conclusion(requirements: Sequence[Judgement]) -> tuple[bool, str]:
    """Return whether the flight is as it should be, and in words which requirements failed."""
    failed = [r.id for r in requirements if r.verdict is Verdict.FAIL]
    shown = [r.id for r in requirements if r.verdict is Verdict.PASS and not r.id.startswith(OF_THE_RUN)]
    if failed:
        return False, f"{len(failed)} of {count(len(requirements), 'requirement')} FAILED ({', '.join(failed)})"
    if not shown:
        return False, "no requirement of the mission is shown"
    silent = any(r.verdict is Verdict.NOT_SHOWN for r in requirements)
    return True, "all requirements that it shows are met" if silent else "all requirements met"


def tally(result: Result) -> str:
    """Return counts of verdicts, plan, exceptions and SAFE entries in words."""
    of = [r.verdict for r in result.requirements]
    verdicts = f"{of.count(Verdict.PASS)} met, {of.count(Verdict.FAIL)} failed, {of.count(Verdict.NOT_SHOWN)} not shown"
    safe = count(result.safe_entries, "SAFE entry", "SAFE entries")
    return f"{verdicts}; {result.execution}; {count(result.exceptions, 'exception')}, {safe}"


def causes(result: Result) -> list[str]:
    """Return failures besides the requirements of the mission, a line each."""
    lines = [] if result.left is None else [str(result.left)]
    lines += [f"not carried out: {missed}" for missed in result.execution.missed]
    return lines + [raised(r) for r in result.raised]


def tracebacks(raised: Sequence[Raised]) -> str:
    """The last traceback of each application or driver, for a file."""
    return "\n".join(f"{r.name}: {count(r.count, 'exception')}, the last:\n{r.traceback}" for r in raised)


def raised(r: Raised) -> str:
    """Return the exceptions of an application or a driver in words."""
    return f"{r.name} raised {count(r.count, 'exception')}, the last: {r.last}"


def punctuality(figures: Timing) -> tuple[str, bool]:
    """Return the timing of a flight in real time in words, and whether all of it was in time."""
    due, missed = sum(b.due for b in figures.boards), sum(b.missed for b in figures.boards)
    flown = f"{figures.ticks} ticks of {figures.period_ms:g} ms at {figures.speed:g} × real time: "
    if missed or figures.overruns:
        return flown + (
            f"{missed} of {due} answers missed their deadline, "
            f"{figures.overruns} ticks began more than one period late."
        ), False
    slowest = max((b.latency.percentile(100.0) for b in figures.boards if b.answered), default=float("nan"))
    return flown + (
        f"all {due} answers came in time, the slowest after {milliseconds(slowest)}; "
        f"no tick began more than {milliseconds(figures.start.percentile(100.0))} late."
    ), True


def milliseconds(value: float) -> str:
    """Two significant digits or whole milliseconds, with the unit; a dash for not a number."""
    return "–" if math.isnan(value) else f"{value:.2g} ms" if value < 10.0 else f"{value:.0f} ms"
