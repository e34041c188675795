"""How the report and the terminal say numbers and verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim.requirements import Requirement, Verdict


def number(value: float) -> str:
    """Four significant digits, or a dash."""
    return "not shown" if math.isnan(value) else f"{value:.4g}"


def limit(r: Requirement) -> str:
    """The limit of a requirement, with its sign."""
    return f"{'≥' if r.at_least else '<'} {number(r.limit)}"


def conclusion(requirements: Sequence[Requirement]) -> tuple[bool, str]:
    """Say whether no requirement failed, and in words how many did what."""
    failed = sum(r.verdict is Verdict.FAIL for r in requirements)
    silent = sum(r.verdict is Verdict.NOT_SHOWN for r in requirements)
    aside = f"; {silent} not shown by this flight" if silent else ""
    if failed:
        return False, f"{failed} of {len(requirements)} requirements FAILED{aside}"
    return True, ("all requirements met" if not silent else "all requirements that it shows are met") + aside
