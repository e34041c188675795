"""Texts of a comparison, for the page and the terminal."""

from __future__ import annotations

from ground.compare.engine import Outcome, Pair


def sentence(outcome: Outcome) -> str:
    """Return the conclusion."""
    if outcome.identical:
        return "Identical to the last bit."
    found = "Different" if outcome.recorded else "Compared by their verdicts only"
    if outcome.worse:
        return f"{found}; {len(outcome.worse)} verdict(s) worse in the second: {', '.join(outcome.worse)}."
    better = sum(p.first is not None and p.second is not None and p.first.verdict != p.second.verdict
                 for p in outcome.requirements)  # fmt: skip
    return f"{found}; no verdict is worse in the second" + (f", {better} better." if better else ".")


def difference(outcome: Outcome) -> str:
    """Return where the recordings differ first, or why that is unknown; empty when they are identical."""
    if outcome.difference is None:
        return f"Recordings: {outcome.note}." if outcome.note else ""
    p = outcome.difference
    return (
        f"The recordings differ from tick {p.tick} on; first recorded difference, at {p.t_s:.1f} s: {p.parameter}, "
        f"{p.values[0]} in the first, {p.values[1]} in the second."
    )


def verdict_change(pair: Pair) -> str:
    """The verdict, or both."""
    first, second = ("absent" if r is None else str(r.verdict) for r in (pair.first, pair.second))
    return first if first == second else f"{first} → {second}"
