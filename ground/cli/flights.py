"""The flights of one command: composed in one universe, each with a run folder of its own, new or from a snapshot."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from fsw.recorder.recorder import Mode
from ground.common.faults import fault_of
from ground.common.loading import load_pair
from ground.common.run_folder import RunFolder, claim
from ground.dictionary.build import dictionary
from ground.link.link_server import LinkServer
from ground.link.segment import GroundSegment
from ground.link.shared_link import SharedSegment
from ground.recordings.snapshots import Snapshot, SnapshotError, SnapshotWriter, build_of, forked, load_snapshot
from ground.worlds.worlds import Boards, default_speed, open_boards, open_spies
from hal.errors import InputError, one_line
from hal.links.link import ByteLink
from hal.saved import SavedError
from hal.schema import SchemaError
from hal.vehicle.vehicle import Radio
from sim.ground import GroundFactory
from sim.mission import Mission
from sim.scenario.planning import Plan
from sim.scenario.satellites import Flown, satellites
from sim.universe import Universe


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


@dataclass(frozen=True)
class Asked:
    """What is to fly: satellites, and the snapshot that the one of them goes on from."""

    flown: tuple[Flown, ...]
    snapshot: Snapshot | None


def asked_for(options: Options) -> Asked:
    """Return what the options ask to fly; raise `InputError` for what cannot be flown."""
    if options.source is not None:
        snapshot = _snapshot(options, options.source)
        if options.duration_s is not None and options.duration_s <= snapshot.t_s:
            found = f"found {options.duration_s:g}, expected more than {snapshot.t_s:g} s, where the flight goes on"
            raise SnapshotError(f"--duration: {found}")
        scenario = forked(snapshot, (fault_of(text, snapshot.vehicle) for text in options.faults))
        return Asked((Flown("", snapshot.vehicle, scenario, snapshot.seed),), snapshot)
    if options.at_s is not None:
        raise SnapshotError("--at: found without --from, expected the recording whose snapshot it is")
    vehicle, scenario = load_pair(options.vehicle, options.scenario)
    scenario = replace(scenario, fault=(*scenario.fault, *(fault_of(text, vehicle) for text in options.faults)))
    flown = satellites(vehicle, scenario, options.seed)
    if len(flown) > 1 and options.ground is not None:
        raise SchemaError(f"--ground: {scenario.file} has {len(flown)} satellites, expected one")
    return Asked(flown, None)


def _snapshot(options: Options, source: Path) -> Snapshot:
    """Return the snapshot to go on from; raise `InputError` for options that contradict it."""
    given = {"--vehicle": options.vehicle, "--scenario": options.scenario, "--seed": options.seed}
    default = {"--vehicle": "reference", "--scenario": "reference", "--seed": 1}
    other = [name for name, value in given.items() if value != default[name]]
    other += ["--ground"] if options.ground is not None else []
    other += ["--hal"] if options.hal != "sim" else []
    if other:
        raise SnapshotError(f"{other[0]}: found with --from, expected without: the recording says what flies")
    folder = source if source.is_dir() else source.parent
    if options.out is not None and options.out.resolve() == folder.resolve():
        raise SnapshotError(f"--out: found {options.out}, the run of --from, expected another folder")
    return load_snapshot(source, options.at_s)


def _restore(flight: Flight, snapshot: Snapshot) -> None:
    """Let a flight go on from a snapshot; raise `SnapshotError` when it does not fit."""
    try:
        if snapshot.build != build_of(flight.mission):
            raise SavedError("it was made by another build, expected this one: fly again")
        flight.mission.restore(snapshot.state)
    except (InputError, ValueError, LookupError, TypeError) as error:
        raise SnapshotError(f"the snapshot at {snapshot.t_s:g} s does not fit: {one_line(str(error))}") from None


def open_flights(options: Options, asked: Asked, server: LinkServer | None, stack: ExitStack) -> list[Flight]:
    """Make the flight of every satellite, all in one universe; leave nothing in the folders when there can be none."""
    flown, scenario = asked.flown, asked.flown[0].scenario
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
        if asked.snapshot is not None:
            _restore(flights[0], asked.snapshot)
    except BaseException:
        for flight in flights:
            flight.folder.discard()
        if whole is not None:
            whole.discard()
        raise
    return flights


def ground_of(options: Options, keep: Path | None, server: LinkServer | None) -> GroundFactory:
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
            ground_of(options, folder.path if options.record != "none" else None, common.server),
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
