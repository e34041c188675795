"""`smartsat replay`: shows progress and the verdict, `identical` or the first difference."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from ground.common.progress import progress
from ground.common.run_folder import RECORDING, RESULT, RunFolderError, load_result, require_whole
from ground.common.signals import gently
from ground.recordings.events import clock
from ground.recordings.replay import Difference, Outcome, Replay, ReplayError
from hal import json_text
from hal.errors import one_line
from hal.exit_codes import ExitCode


@dataclass(frozen=True)
class Options:
    """Options of the command line; times in seconds of mission time."""

    recording: Path  # or the run folder that it is in
    until_s: float | None = None
    from_s: float | None = None
    as_json: bool = False
    show: tuple[str, ...] = ()  # names of parameters, whose values at the end are printed


def run(options: Options) -> int:
    """Replay and report; return the exit code: 0 identical, 1 different, 2 cut short.

    Raises `InputError` for what cannot be replayed.
    """
    console = Console(stderr=options.as_json, highlight=False, soft_wrap=True)
    recording = options.recording / RECORDING if options.recording.is_dir() else options.recording
    try:
        replay = Replay(recording, from_s=options.from_s, until_s=options.until_s)
    except OSError as error:
        raise ReplayError(f"{recording}: cannot be read: {error.strerror}") from None
    if replay.reader.complete:
        _require_of_its_run(recording)
    for name in options.show:
        replay.flight.pool.parameter(name)
    with gently(replay.stop) as asked:
        outcome = _fly(replay, console)
    shown = {name: _text(replay.flight.pool[name]) for name in options.show}
    if options.as_json:
        print(json_text.dumps(as_dict(outcome) | {"shown": shown}))
    else:
        for line in lines(outcome):
            console.print(one_line(line), markup=False)
        for name, value in shown.items():
            console.print(f"  {name} at {outcome.end_s:g} s: {value}", markup=False)
    if outcome.difference is not None:
        return ExitCode.NOT_MET
    return asked.exit_code(ExitCode.BAD_INPUT if outcome.cut else ExitCode.OK)


def _require_of_its_run(recording: Path) -> None:
    """Raise `RunFolderError` when the result beside a recording belongs to another flight."""
    if recording.name != RECORDING or not (recording.parent / RESULT).is_file():
        return
    try:
        result = load_result(recording.parent)
    except RunFolderError:  # no result of a flight: nothing is said of the recording
        return
    require_whole(recording.parent, result, (RECORDING,))


def _text(value: Any) -> str:  # noqa: ANN401 - a number, a member of an enum or an array
    return str(getattr(value, "name", value))


def _fly(replay: Replay, console: Console) -> Outcome:
    """Replay with a progress bar."""
    start_s, end_s = replay.seconds
    with progress(console, "replaying", end_s - start_s) as show:
        return replay.run(lambda t_s: show(t_s - start_s, clock(t_s)))


def lines(outcome: Outcome) -> list[str]:
    """Return the verdict as text."""
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
