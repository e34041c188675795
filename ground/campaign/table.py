"""The table of a campaign: met requirements, SAFE by reason, worst cases with their commands.

It depends on the results only, so that equal campaigns have equal tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ground.campaign.command_line import command_of
from ground.campaign.outcome import MET, STATES, Outcome
from ground.campaign.store import Store
from sim.requirements.verdict import Verdict

WORST = 3  # flights shown of each measure
WRONG_SHOWN = 20  # flights that are not as they must be, shown with what is wrong


@dataclass
class Measured:
    """One requirement or measure over all flights."""

    unit: str
    at_least: bool
    limit: float | None = None
    verdicts: Counter[str] = field(default_factory=Counter)
    values: list[tuple[float, int]] = field(default_factory=list)  # value, number

    def worst(self) -> list[tuple[float, int]]:
        """Return the worst values with their flights, the worst first; equal ones by number."""
        return sorted(self.values, key=lambda v: (v[0] if self.at_least else -v[0], v[1]))[:WORST]


def table(store: Store) -> str:
    """Return the whole table."""
    outcomes = dict(store.outcomes())
    measured = measured_of(outcomes)
    parts = [*_head(store, outcomes), *_requirements(measured), *_worst(store, measured), *_wrong(store, outcomes)]
    return "\n".join(parts) + "\n"


def measured_of(outcomes: dict[int, Outcome]) -> dict[str, Measured]:
    """Collect requirements and measures over all flights, by name in the order of appearance."""
    out: dict[str, Measured] = {}
    for number, outcome in outcomes.items():
        for r in outcome.requirements:
            entry = out.setdefault(r.id, Measured(r.unit, r.at_least, r.limit))
            entry.verdicts[r.verdict] += 1
            if r.achieved is not None and r.verdict != Verdict.NOT_SHOWN:
                entry.values.append((r.achieved, number))
        for m in outcome.measures:
            entry = out.setdefault(m.name, Measured(m.unit, m.worse == "low"))
            if m.value is not None:
                entry.values.append((m.value, number))
    return out


def _head(store: Store, outcomes: dict[int, Outcome]) -> Iterator[str]:
    """How flights ended, and the reasons for SAFE."""
    states = Counter(o.state for o in outcomes.values())
    missing = store.count - len(outcomes)
    counts = [f"{states[state]} {state}" for state in STATES if states[state]]
    counts += [f"{missing} not flown"] if missing else []
    yield f"{store.name}: {store.count} flights: {', '.join(counts)}"
    safe = Counter(o.safe_reason for o in outcomes.values() if o.ends == "SAFE")
    for reason, count in sorted(safe.items()):
        yield f"  in SAFE at the end, {reason}: {count}"
    for mode, count in sorted(Counter(o.ends for o in outcomes.values() if o.ends not in {"", "SAFE"}).items()):
        yield f"  in {mode} at the end: {count}"


def _requirements(measured: dict[str, Measured]) -> Iterator[str]:
    """Each requirement: met, failed, not shown, and the worst value."""
    lines = {name: m for name, m in measured.items() if m.limit is not None}
    if not lines:
        return
    yield ""
    yield f"{'requirement':<14}{'met':>6}{'failed':>8}{'not shown':>11}{'limit':>14}{'worst':>12}  unit"
    for name, m in lines.items():
        counts = (m.verdicts[v] for v in (Verdict.PASS, Verdict.FAIL, Verdict.NOT_SHOWN))
        met, failed, silent = counts
        worst = f"{m.worst()[0][0]:.4g}" if m.values else "-"
        limit = f"{'>=' if m.at_least else '<'} {m.limit:.4g}"
        yield f"{name:<14}{met:>6}{failed:>8}{silent:>11}{limit:>14}{worst:>12}  {m.unit}"


def _worst(store: Store, measured: dict[str, Measured]) -> Iterator[str]:
    """The worst flights of each measure that differs between flights, and how to fly them again."""
    told: dict[int, None] = {}
    shown = {name: m for name, m in measured.items() if len({value for value, _ in m.values}) > 1}
    if not shown:
        return
    yield ""
    yield "worst flights by measure"
    for name, m in shown.items():
        cases = ", ".join(f"{value:.4g} {m.unit} (flight {number})" for value, number in m.worst())
        yield f"  {name}: {cases}"
        told |= dict.fromkeys(number for _, number in m.worst()[:1])
    yield ""
    yield "the worst of each again"
    for number in sorted(told):
        yield f"  flight {number}: {command_of(store.flight(number), store.path, number)}"


def _wrong(store: Store, outcomes: dict[int, Outcome]) -> Iterator[str]:
    """The flights that are wrong, and why."""
    wrong = {number: o for number, o in outcomes.items() if o.state != MET}
    if not wrong:
        return
    yield ""
    yield "not as they must be"
    for number, o in list(wrong.items())[:WRONG_SHOWN]:
        yield f"  flight {number}, {o.state}: {'; '.join(o.wrong)}"
        yield f"    again: {command_of(store.flight(number), store.path, number)}"
    if len(wrong) > WRONG_SHOWN:
        yield f"  and {len(wrong) - WRONG_SHOWN} more, in {store.path.name}"
