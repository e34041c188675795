"""`smartsat fly`: flies a mission, shows progress, judges it and writes the run folder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from rich.console import Console

from ground.cli.flights import Flight, Options, asked_for, open_flights
from ground.common.progress import progress
from ground.common.run_folder import EXCEPTIONS, REPORT, RunFolder
from ground.common.signals import gently
from ground.common.tables import Listing, show
from ground.link.link_server import LinkServer
from ground.link.segment import GroundSegment
from ground.recordings.events import clock
from ground.report.words import achieved, causes, conclusion, limit, punctuality, tally, tracebacks
from ground.worlds.worlds import Boards, spy_losses
from hal import json_text, output
from hal.collector import collector_paused
from hal.exit_codes import ExitCode
from hal.files import Stream, WriteError
from hal.links.link import ByteLink
from sim.fleet import Fleet
from sim.mission import Mission
from sim.requirements.verdict import Verdict
from sim.results.result import Result

WORST = (ExitCode.OK, ExitCode.NOT_MET, ExitCode.NOT_WRITTEN)  # the last one is that of several flights
COLORS = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.NOT_SHOWN: "dim"}


def run(options: Options) -> int:
    """Fly and report; return the exit code (`ExitCode`), the worst of several satellites.

    Raises `InputError` for what cannot be flown or a folder that cannot be had, `WriteError` where none can be made.
    """
    console = Console(stderr=options.as_json, highlight=False)
    with ExitStack() as stack:
        wanted = asked_for(options)
        server = _offer(options, console, stack)
        asked = stack.enter_context(gently())
        flights = open_flights(options, wanted, server, stack)
        if wanted.snapshot is not None:
            began_s = wanted.snapshot.t_s
            console.print(f"goes on from the snapshot at {began_s:g} s of {options.source}", soft_wrap=True)
        fleet = Fleet([flight.mission for flight in flights])
        asked.stop = fleet.stop
        if asked.number:  # before there was anything to fly
            for flight in flights:
                flight.folder.discard()
            return asked.exit_code(ExitCode.OK)
        results = _fly(fleet, flights, options, console)
        codes = [
            _end(options, console, flight, result, server) for flight, result in zip(flights, results, strict=True)
        ]
        return asked.exit_code(max(codes, key=WORST.index))


def _end(options: Options, console: Console, flight: Flight, result: Result, server: LinkServer | None) -> ExitCode:
    """Report and judge one flight; return its exit code."""
    mission, folder = flight.mission, flight.folder
    if flight.flown.name:
        console.print(f"satellite {flight.flown.name}: {folder.path}", soft_wrap=True, markup=False)
    if flight.snapshots is not None:
        flight.snapshots.stream.close()
        folder.losses += filter(None, [flight.snapshots.stream.loss])
    folder.losses += _losses(mission, flight.links, flight.boards)
    with progress(console, "report", 1.0) as tell:
        tell(0.0, "drawing the plots")
        summary = _keep(options, folder, mission, result, server)
    _tell(options, console, result, summary, server)
    for loss in folder.losses:
        output.say(f"smartsat: {loss}")
    if folder.losses:
        return ExitCode.NOT_WRITTEN
    return ExitCode.OK if conclusion(result.requirements)[0] else ExitCode.NOT_MET


def _offer(options: Options, console: Console, stack: ExitStack) -> LinkServer | None:
    """Offer the space link at the URL of the options, until `stack` ends, and print the address."""
    if options.ground is None:
        return None
    server = stack.enter_context(closing(LinkServer(options.ground)))
    console.print(f"ground: the space link is at {server.url}: CADUs down, CLTUs up", soft_wrap=True)
    return server


def _losses(mission: Mission, links: list[ByteLink], boards: Boards) -> list[str]:
    """Return one line for each file that is incomplete."""
    ends = [*links, *(link for board in (boards or {}).values() for link in (board.bus, board.stimulus))]
    files = (*mission.recorder.files, *_ground_files(mission))
    return [*filter(None, (file.loss for file in files)), *spy_losses(ends)]


def _ground_files(mission: Mission) -> tuple[Stream, ...]:
    return mission.ground.files if isinstance(mission.ground, GroundSegment) else ()


def _keep(
    options: Options, folder: RunFolder, mission: Mission, result: Result, server: LinkServer | None
) -> dict[str, Any]:
    """Write report and result; return the result as data."""
    report = folder.path / REPORT if options.report else None
    if result.raised:
        folder.write(EXCEPTIONS, tracebacks(result.raised))
    try:
        if report is not None:
            _write_report(report, result, options, whole=bool(result.recording_sha256))
    except WriteError as error:
        folder.losses.append(str(error))
    summary = result.as_dict() | {"hal": options.hal, "report": str(report) if report else None}
    if server is not None:
        summary["ground"] = server.figures.as_dict()
    files = (*mission.recorder.files, *_ground_files(mission))
    return folder.finish(summary, {file.path.name: file.sha256 for file in files})


def _tell(
    options: Options, console: Console, result: Result, summary: dict[str, Any], server: LinkServer | None
) -> None:
    """Print the verdict, or everything as JSON."""
    if server is not None:
        console.print(f"ground: {server.figures.words()}", soft_wrap=True, markup=False)
    if options.as_json:
        print(json_text.dumps(summary))
    else:
        _print_verdict(console, result, summary["report"])


def _fly(fleet: Fleet, flights: Sequence[Flight], options: Options, console: Console) -> list[Result]:
    """Fly with a progress bar: simulated time, mode and pointing error, of each satellite in turn."""
    writers = {flight.mission: flight.snapshots for flight in flights}

    def save(mission: Mission) -> None:
        writer = writers[mission]
        if writer is not None:
            writer.take(mission)

    with collector_paused(), progress(console, "flying", fleet.missions[0].duration_s) as report:

        def step(mission: Mission) -> None:
            t_s, mode, error_deg = mission.progress()
            error = f"{error_deg:8.3f} deg" if error_deg < 180.0 else "       -    "
            name = f"{mission.name}  " if len(fleet.missions) > 1 else ""
            report(t_s, f"{clock(t_s)}  {name}{mode:<13}pointing error {error}")

        return fleet.fly(step, save, options.snapshots_s or math.inf)


def _write_report(path: Path, result: Result, options: Options, *, whole: bool) -> None:
    from ground.report import page  # noqa: PLC0415 - matplotlib is slow to import

    facts = {
        "vehicle": options.vehicle, "scenario": options.scenario, "seed": str(result.seed),
        "flown": f"{result.duration_s / 60:.1f} min", "speed": f"{result.realtime_factor:.0f} × real time",
        "boards": options.hal,
    }  # fmt: skip
    page.write(path, result.recording if options.record == "full" and whole else None, result, facts)


def _print_verdict(console: Console, result: Result, report: str | None) -> None:
    """Print the table of requirements, what flew and where the report is, what went wrong, and last the conclusion."""
    table = Listing(
        ("id", "requirement", "limit", "achieved", "verdict"), "Mission requirements, judged on truth",
        right=("limit", "achieved"),
    )  # fmt: skip
    for r in result.requirements:
        unit = "" if r.unit == "1" else f" {r.unit}"
        table.add(r.id, r.text, limit(r) + unit, achieved(r), str(r.verdict), style=COLORS[r.verdict])
    show(console, table)
    flown = f"{result.duration_s:.0f} s flown at {result.realtime_factor:.0f} x real time"
    if result.line_octets_a_tick:
        flown += f", {result.line_octets_a_tick:.0f} octets a tick on the boards' ports"
    console.print(f"{flown}, {result.tick_us_mean:.1f} us a tick", soft_wrap=True)
    if result.real_time is not None:
        console.print(punctuality(result.real_time)[0], soft_wrap=True)
    if report is not None:
        console.print(f"report: {report}", soft_wrap=True, markup=False)
    for cause in causes(result):
        console.print(cause, style="red", soft_wrap=True, markup=False)
    passed, verdict = conclusion(result.requirements)
    verdict = f"[{'green' if passed else 'red'}]{verdict}[/]"
    console.print(f"{'interrupted: ' if result.interrupted else ''}{verdict}: {tally(result)}", soft_wrap=True)
