"""`smartsat compare`: prints what differs between two runs and writes the page."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from fsw.core.recording_format import RecordingError
from ground.compare import page, runs
from ground.compare.engine import Outcome, compare
from ground.compare.words import parting, sentence, verdict_change
from ground.report.words import achieved, limit

GOOD, WORSE, UNUSABLE = 0, 1, 2


@dataclass(frozen=True)
class Options:
    """Options of the command line; `out`: the page, `compare.html` of the second run's folder when None."""

    first: Path
    second: Path
    out: Path | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Compare and report; return 0, 1 when a verdict became worse, 2 for what is no run."""
    out = options.out or options.second / "compare.html"
    try:
        first, second = runs.load(options.first), runs.load(options.second)
        outcome = compare(first, second)
        page.write(out, first, second, outcome)
    except (runs.RunError, RecordingError) as error:
        return _unusable(str(error))
    except OSError as error:
        return _unusable(f"{error.filename}: {error.strerror}")
    if options.as_json:
        print(json.dumps(as_dict(outcome) | {"page": str(out)}))
    else:
        _print(outcome, out)
    return WORSE if outcome.worse else GOOD


def as_dict(outcome: Outcome) -> dict[str, Any]:
    """For JSON: numbers that were not shown are null."""
    return {
        "identical": outcome.identical,
        "parting": None if outcome.parting is None else asdict(outcome.parting),
        "note": outcome.note,
        "worse": list(outcome.worse),
        "requirements": [
            {"id": p.id, "first": None if p.first is None else p.first.as_dict(),
             "second": None if p.second is None else p.second.as_dict()} for p in outcome.requirements
        ],
        "figures": [asdict(line) | {"first": _finite(line.first), "second": _finite(line.second)}
                    for line in outcome.figures],
        "events_only_in_first": [asdict(e) for e in outcome.events_gone],
        "events_only_in_second": [asdict(e) for e in outcome.events_new],
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return None if math.isnan(value) else value


def _unusable(text: str) -> int:
    print(f"smartsat: {text}", file=sys.stderr)
    return UNUSABLE


def _print(outcome: Outcome, out: Path) -> None:
    console = Console(highlight=False)
    table = Table()
    for name in ("id", "requirement", "limit", "first", "second", "unit", "verdict"):
        table.add_column(name, justify="right" if name in {"limit", "first", "second"} else "left")
    for p in outcome.requirements:
        r = p.first or p.second
        if r is not None:
            values = ("absent" if x is None else achieved(x) for x in (p.first, p.second))
            style = "[red]" if p.worse else ""
            table.add_row(r.id, r.text, limit(r), *values, r.unit, style + verdict_change(p))
    console.print(table)
    console.print(f"[{'red' if outcome.worse else 'green'}]{sentence(outcome)}[/]", soft_wrap=True)
    if parting(outcome):
        console.print(parting(outcome), soft_wrap=True, markup=False)
    gone, new = len(outcome.events_gone), len(outcome.events_new)
    console.print(f"events only in the first: {gone}, only in the second: {new}")
    console.print(f"page: {out}", soft_wrap=True, markup=False)
