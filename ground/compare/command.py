"""`smartsat compare`: prints what differs between two runs and writes the page."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from ground.common.run_folder import COMPARISON
from ground.common.tables import Listing, show
from ground.compare import page, runs
from ground.compare.engine import Outcome, compare
from ground.compare.words import difference, sentence, verdict_change
from ground.report.words import achieved, limit
from hal import json_text, output
from hal.exit_codes import ExitCode
from hal.files import WriteError


@dataclass(frozen=True)
class Options:
    """Options of the command line; `out`: the page, `compare.html` of the second run's folder when None."""

    first: Path
    second: Path
    out: Path | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Compare and report; return the exit code: 1 when a verdict became worse.

    Raises `InputError` for a folder that holds no run.
    """
    out = options.out or options.second / COMPARISON
    first, second = runs.load(options.first), runs.load(options.second)
    outcome = compare(first, second)
    lost = ""
    try:
        page.write(out, first, second, outcome)
    except WriteError as error:
        lost = str(error)
    if options.as_json:
        print(json_text.dumps(as_dict(outcome) | {"page": None if lost else str(out)}))
    else:
        _print(outcome, None if lost else out)
    if lost:
        output.say(f"smartsat: {lost}")
        return ExitCode.NOT_WRITTEN
    return ExitCode.NOT_MET if outcome.worse else ExitCode.OK


def as_dict(outcome: Outcome) -> dict[str, Any]:
    """For JSON: numbers that were not shown are null."""
    return {
        "identical": outcome.identical,
        "difference": None if outcome.difference is None else asdict(outcome.difference),
        "note": outcome.note,
        "events_note": outcome.events_note,
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


def _print(outcome: Outcome, out: Path | None) -> None:
    console = Console(highlight=False)
    numbers = ("limit", "first", "second")
    table = Listing(("id", "requirement", *numbers, "unit", "verdict"), right=numbers)
    for p in outcome.requirements:
        r = p.first or p.second
        if r is not None:
            values = ("absent" if x is None else achieved(x) for x in (p.first, p.second))
            table.add(r.id, r.text, limit(r), *values, r.unit, verdict_change(p), style="red" if p.worse else "")
    show(console, table)
    console.print(f"[{'red' if outcome.worse else 'green'}]{sentence(outcome)}[/]", soft_wrap=True)
    if difference(outcome):
        console.print(difference(outcome), soft_wrap=True, markup=False)
    gone, new = len(outcome.events_gone), len(outcome.events_new)
    events = f"events only in the first: {gone}, only in the second: {new}"
    console.print(f"events: not compared: {outcome.events_note}" if outcome.events_note else events, soft_wrap=True)
    if out is not None:
        console.print(f"page: {out}", soft_wrap=True, markup=False)
