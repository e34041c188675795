"""`smartsat fly`: flies a mission, shows progress, judges it and writes the run folder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from fsw.recorder.recorder import Mode
from ground.common.faults import fault_of
from ground.common.loading import load_pair
from ground.common.progress import progress
from ground.common.run_folder import EXCEPTIONS, REPORT, RunFolder, claim
from ground.common.signals import gently
from ground.common.tables import Listing, show
from ground.dictionary.build import dictionary
from ground.link.link_server import LinkServer
from ground.link.segment import GroundSegment
from ground.link.shared_link import SharedSegment
from ground.recordings.events import clock
from ground.recordings.snapshots import Snapshot, SnapshotError, SnapshotWriter, build_of, forked, load_snapshot
from ground.report.words import achieved, causes, conclusion, limit, punctuality, tally, tracebacks
from ground.worlds.worlds import Boards, default_speed, open_boards, open_spies, spy_losses
from hal import json_text, output
from hal.collector import collector_paused
from hal.errors import InputError, one_line
from hal.exit_codes import ExitCode
from hal.files import Stream, WriteError
from hal.links.link import ByteLink
from hal.saved import SavedError
from hal.schema import SchemaError
from hal.vehicle.vehicle import Radio
from sim.fleet import Fleet
from sim.ground import GroundFactory
from sim.mission import Mission
from sim.requirements.requirements import Verdict
from sim.results.result import Result
from sim.scenario.planning import Plan
from sim.scenario.satellites import Flown, satellites
from sim.scenario.scenario import Scenario
from sim.universe import Universe

WORST = (ExitCode.OK, ExitCode.NOT_MET, ExitCode.NOT_WRITTEN)  # the last one is that of several flights
COLORS = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.NOT_SHOWN: "dim"}


@dataclass(frozen=True)
class Options:
    """Options of the command line."""

    vehicle: str = "reference"
    scenario: str = "reference"
    seed: int = 1
    duration_s: float | None = None
    speed: str | None = None  # "max", a number, or what is usual for `hal`
    record: Mode = "full"
    out: Path | None = None
    as_json: bool = False
    hal: str = "sim"  # one of `ground.worlds.worlds.HALS`
    ground: str | None = None  # tcp:// URL at which the space link is offered
    plan: bool | None = None  # send the scenario's telecommands; None: unless the space link is offered
    faults: tuple[str, ...] = ()  # to inject besides the scenario's, as `ground.common.faults.fault_of` reads them
    force: bool = False  # replace an earlier run in `out`
    report: bool = True  # draw the report
    source: Path | None = None  # recording with snapshots to go on from; it says vehicle, scenario and seed
    at_s: float | None = None  # mission time of the snapshot, or after it; None: the last
    snapshots_s: float | None = None  # period of snapshots beside the recording


@dataclass(frozen=True)
class Common:
    """What the flights of one command have in common."""

    options: Options
    server: LinkServer | None
    universe: Universe | None  # None: of the one flight's own
    stack: ExitStack


@dataclass(frozen=True)
class Flight:
    """One satellite's flight, ready to fly."""

    flown: Flown
    folder: RunFolder
    mission: Mission
    boards: Boards
    links: list[ByteLink]  # that may be spied on
    snapshots: SnapshotWriter | None


def run(options: Options) -> int:
    """Fly and report; return the exit code (`ExitCode`), the worst of several satellites.

    Raises `InputError` for what cannot be flown or a folder that cannot be had, `WriteError` where none can be made.
    """
    console = Console(stderr=options.as_json, highlight=False)
    with ExitStack() as stack:
        snapshot = None if options.source is None else _snapshot(options, options.source)
        if snapshot is None:
            vehicle, scenario = load_pair(options.vehicle, options.scenario)
            scenario = replace(scenario, fault=(*scenario.fault, *(fault_of(text, vehicle) for text in options.faults)))
            flown = satellites(vehicle, scenario, options.seed)
        else:
            scenario = forked(snapshot, (fault_of(text, snapshot.vehicle) for text in options.faults))
            flown = (Flown("", snapshot.vehicle, scenario, snapshot.seed),)
        if len(flown) > 1 and options.ground is not None:
            raise SchemaError(f"--ground: {scenario.file} has {len(flown)} satellites, expected one")
        server = _offer(options, console, stack)
        flights = _open(options, scenario, flown, server, stack)
        if snapshot is not None:
            _restore(flights[0], snapshot)
            console.print(f"goes on from the snapshot at {snapshot.t_s:g} s of {options.source}", soft_wrap=True)
        fleet = Fleet([flight.mission for flight in flights])
        asked = stack.enter_context(gently(fleet.stop))
        if asked.number:  # before there was anything to fly
            for flight in flights:
                flight.folder.discard()
            return asked.exit_code(ExitCode.OK)
        results = _fly(fleet, flights, options, console)
        codes = [
            _end(options, console, flight, result, server) for flight, result in zip(flights, results, strict=True)
        ]
        return asked.exit_code(max(codes, key=WORST.index))


def _snapshot(options: Options, source: Path) -> Snapshot:
    """Return the snapshot to go on from; raise `InputError` for options that contradict it."""
    given = {"--vehicle": options.vehicle, "--scenario": options.scenario, "--seed": options.seed}
    default = {"--vehicle": "reference", "--scenario": "reference", "--seed": 1}
    other = [name for name, value in given.items() if value != default[name]]
    other += ["--ground"] if options.ground is not None else []
    other += ["--hal"] if options.hal != "sim" else []
    if other:
        raise SnapshotError(f"{other[0]}: found with --from, expected without: the recording says what flies")
    return load_snapshot(source, options.at_s)


def _restore(flight: Flight, snapshot: Snapshot) -> None:
    """Let a flight go on from a snapshot; leave nothing in its folder when that cannot be."""
    try:
        if snapshot.build != build_of(flight.mission):
            raise SavedError("it was made by another build, expected this one: fly again")
        flight.mission.restore(snapshot.state)
    except (InputError, ValueError, LookupError, TypeError) as error:
        flight.folder.discard()
        raise SnapshotError(f"the snapshot at {snapshot.t_s:g} s does not fit: {one_line(str(error))}") from None


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


def _open(
    options: Options, scenario: Scenario, flown: Sequence[Flown], server: LinkServer | None, stack: ExitStack
) -> list[Flight]:
    """Make the flight of every satellite, all in one universe; leave nothing in the folders when there can be none."""
    whole = stack.enter_context(claim(options.out, force=options.force)) if flown[0].name else None
    boards = [stack.enter_context(open_boards(options.hal, one.vehicle)) for one in flown]
    universe = None
    if whole is not None:
        universe = Universe(
            scenario.physics, scenario.epoch_tai_ns, speed=_factor(options), running=any(map(bool, boards))
        )  # fmt: skip
    common, flights = Common(options, server, universe, stack), list[Flight]()
    try:
        for one, ends in zip(flown, boards, strict=True):
            path = options.out if whole is None else whole.path / one.name
            folder = stack.enter_context(claim(path, force=options.force))
            flights.append(_compose(common, folder, one, ends))
    except BaseException:
        for flight in flights:
            flight.folder.discard()
        if whole is not None:
            whole.discard()
        raise
    return flights


def _offer(options: Options, console: Console, stack: ExitStack) -> LinkServer | None:
    """Offer the space link at the URL of the options, until `stack` ends, and print the address."""
    if options.ground is None:
        return None
    server = stack.enter_context(closing(LinkServer(options.ground)))
    console.print(f"ground: the space link is at {server.url}: CADUs down, CLTUs up", soft_wrap=True)
    return server


def _ground(options: Options, keep: Path | None, server: LinkServer | None) -> GroundFactory:
    """Return what makes the ground end of the radio link."""
    planned = server is None if options.plan is None else options.plan

    def make(radio: Radio, link: ByteLink, plan: Plan) -> GroundSegment:
        if not planned:
            plan = replace(plan, telecommands=())
        if server is None:
            return GroundSegment(radio, link, plan, keep)
        return SharedSegment(radio, link, plan, keep, server=server)

    return make


def speed_of(options: Options) -> str:
    """Return the given speed, else the default: real time with clients and over serial lines."""
    return options.speed or ("1" if options.ground is not None else default_speed(options.hal))


def _factor(options: Options) -> float:
    """Return mission seconds per second of the day, 0 for as fast as possible."""
    speed = speed_of(options)
    return 0.0 if speed == "max" else float(speed)


def _compose(common: Common, folder: RunFolder, flown: Flown, boards: Boards) -> Flight:
    """Return one flight; leave nothing in its folder when there can be none."""
    options, links = common.options, list[ByteLink]()
    spy = common.stack.enter_context(open_spies(options.hal, flown.vehicle))

    def tap(name: str, link: ByteLink) -> ByteLink:
        links.append(spy(name, link))
        return links[-1]

    try:
        mission = Mission(
            flown.vehicle,
            flown.scenario,
            _ground(options, folder.path if options.record != "none" else None, common.server),
            seed=flown.seed,
            out=folder.path,
            duration_s=options.duration_s,
            speed=_factor(options),
            record=options.record,
            boards=boards,
            tap=tap,
            name=flown.name,
            universe=common.universe,
            meta={} if options.source is None else {"from": str(options.source)},
        )
        writer = None if options.snapshots_s is None else SnapshotWriter(folder.path, flown, mission)
        if writer is not None:
            mission.save()  # what cannot be saved is told before it flies
        if isinstance(mission.ground, GroundSegment):
            mission.ground.expect(dictionary(flown.vehicle))
    except BaseException:
        folder.discard()
        raise
    return Flight(flown, folder, mission, boards, links, writer)


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
