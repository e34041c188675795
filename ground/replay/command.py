"""`smartsat replay`: shows progress and the verdict, `identical` or the first difference."""

from __future__ import annotations

import dataclasses
import json
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from fsw.core.pool import PoolError
from fsw.core.recording_format import RecordingError
from ground.replay.engine import Difference, Outcome, Replay, ReplayError

IDENTICAL, DIFFERENT, UNUSABLE, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True)
class Options:
    """Options of the command line; times in seconds of mission time."""

    recording: Path
    until_s: float | None = None
    from_s: float | None = None
    as_json: bool = False
    show: tuple[str, ...] = ()  # names of parameters, whose values at the end are printed


def run(options: Options) -> int:
    """Replay and report; return 0 identical, 1 different, 2 unusable or cut short, 130 interrupted."""
    console = Console(stderr=options.as_json, highlight=False, soft_wrap=True)
    try:
        replay = Replay(options.recording, from_s=options.from_s, until_s=options.until_s)
        for name in options.show:
            replay.flight.pool.parameter(name)
        outcome = _fly(replay, console)
    except OSError as error:
        return _unusable(f"{options.recording}: cannot be read: {error.strerror}")
    except (RecordingError, ReplayError, PoolError) as error:
        return _unusable(str(error))
    shown = {name: _text(replay.flight.pool[name]) for name in options.show}
    if options.as_json:
        print(json.dumps(as_dict(outcome) | {"shown": shown}))
    else:
        for line in lines(outcome):
            console.print(line, markup=False)
        for name, value in shown.items():
            console.print(f"  {name} at {outcome.end_s:g} s: {value}", markup=False)
    if outcome.difference is not None:
        return DIFFERENT
    if outcome.interrupted:
        return INTERRUPTED
    return UNUSABLE if outcome.cut else IDENTICAL


def _unusable(text: str) -> int:
    printable = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    print(f"smartsat: {printable}", file=sys.stderr)
    return UNUSABLE


def _text(value: Any) -> str:  # noqa: ANN401 - a number, a member of an enum or an array
    return str(getattr(value, "name", value))


def _fly(replay: Replay, console: Console) -> Outcome:
    """Replay with a progress bar."""
    start_s, end_s = replay.seconds
    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[note]}"),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal, refresh_per_second=5) as bar:
        task = bar.add_task("replaying", total=max(end_s - start_s, 1e-9), note="")

        def show(t_s: float) -> None:
            clock = f"{int(t_s) // 3600:d}:{int(t_s) // 60 % 60:02d}:{int(t_s) % 60:02d}"
            bar.update(task, completed=t_s - start_s, note=clock)

        before = signal.signal(signal.SIGINT, lambda _number, _frame: replay.stop())
        try:
            return replay.run(show)
        finally:
            signal.signal(signal.SIGINT, before)


def lines(outcome: Outcome) -> list[str]:
    """Return the verdict as a person reads it."""
    what = f"{outcome.ticks} ticks up to {outcome.end_s:g} s, {outcome.octets} octets"
    if outcome.difference is not None:
        return [*_block(outcome, outcome.difference), *(f"  note: {note}" for note in outcome.notes)]
    digest = f", digest {outcome.digest:016x}" if outcome.digest else ""
    verdict = f"identical: {what}{digest}"
    if outcome.interrupted:
        verdict = f"interrupted; {verdict}"
    elif outcome.cut:
        verdict = f"{outcome.cut}; {verdict}"
    return [verdict, *(f"  note: {note}" for note in outcome.notes)]


def _block(outcome: Outcome, d: Difference) -> list[str]:
    out = [f"different at {d.t_s:g} s (tick {d.tick}), after {outcome.ticks} identical ticks"]
    if d.parameters:
        first = d.parameters[0]
        more = f"; {d.differing - 1} more parameters differ" if d.differing > 1 else ""
        when = f", as recorded at {first.t_s:g} s" if first.t_s != d.t_s else ""
        out.append(f"  parameter {first.name}: recorded {first.recorded}, today {first.today}{when}{more}")
    else:
        out.append("  no recorded parameter differs: the state differed between two ticks that record it whole")
    if d.upstream is not None:
        up = d.upstream
        out.append(f"  upstream of it {up.name}: recorded {up.recorded}, today {up.today}, as recorded at {up.t_s:g} s")
    if d.packet is not None:
        out.append(f"  {d.packet.place}: recorded {d.packet.recorded}, today {d.packet.today}")
    out += [f"  an application raised {error}" for error in d.errors]
    if outcome.cut:
        out.append(f"  note: {outcome.cut}")
    return out


def as_dict(outcome: Outcome) -> dict[str, Any]:
    """Return the object that `--json` prints."""
    out = dataclasses.asdict(outcome)
    return {"identical": outcome.difference is None, **out, "digest": f"{outcome.digest:016x}"}
