"""`smartsat fly`: flies a mission, shows progress, judges it and writes the run folder."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from fsw.core.recording import Mode
from ground.dictionary.build import dictionary
from ground.exit_codes import ExitCode
from ground.faults import fault_of
from ground.loading import load_pair
from ground.report.words import achieved, causes, conclusion, limit, tally
from ground.segment import GroundSegment
from ground.served import ServedSegment
from ground.server import GroundServer
from ground.worlds import WorldError, default_speed, open_boards, open_spies
from hal.links.link import ByteLink, LinkError
from hal.schema import SchemaError
from hal.vehicle import Radio
from sim.mission import GroundFactory, Mission, Result
from sim.planning import Plan
from sim.requirements import Requirement, Verdict

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
    hal: str = "sim"  # one of `ground.worlds.HALS`
    ground: str | None = None  # tcp:// URL at which the space link is offered
    plan: bool | None = None  # send the scenario's telecommands; None: unless the space link is offered
    faults: tuple[str, ...] = ()  # to inject besides the scenario's, as `ground.faults.fault_of` reads them


def run(options: Options) -> int:
    """Fly and report; return an `ExitCode`."""
    console = Console(stderr=options.as_json, highlight=False)
    out = options.out or Path("runs") / datetime.now(UTC).strftime("%Y%m%dT%H%M%S_%fZ")
    try:
        with ExitStack() as stack:
            server = _offer(options, console, stack)
            result = _flown(options, out, console, server)
    except (WorldError, LinkError) as error:
        print(f"smartsat: {error}", file=sys.stderr)
        return ExitCode.BAD_INPUT
    report = out / "report.html"
    _write_report(report, result, options)
    summary = result.as_dict() | {"hal": options.hal, "report": str(report)}
    if server is not None:
        summary["ground"] = server.figures.as_dict()
    (out / "result.json").write_text(json.dumps(summary, indent=1) + "\n")
    if server is not None:
        console.print(f"ground: {server.figures.words()}", soft_wrap=True)
    if options.as_json:
        print(json.dumps(summary))
    else:
        _print_verdict(console, result, report)
    if result.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.OK if conclusion(result.requirements)[0] else ExitCode.NOT_MET


def _offer(options: Options, console: Console, stack: ExitStack) -> GroundServer | None:
    """Offer the space link where the options say so, until `stack` ends it; say where."""
    if options.ground is None:
        return None
    server = stack.enter_context(closing(GroundServer(options.ground)))
    console.print(f"ground: the space link is at {server.url}: CADUs down, CLTUs up", soft_wrap=True)
    return server


def _ground(options: Options, keep: Path | None, server: GroundServer | None, base_hz: int) -> GroundFactory:
    """Return what makes the ground end of the radio link."""
    planned = server is None if options.plan is None else options.plan

    def make(radio: Radio, link: ByteLink, plan: Plan) -> GroundSegment:
        if not planned:
            plan = replace(plan, telecommands=())
        if server is None:
            return GroundSegment(radio, link, plan, keep)
        return ServedSegment(radio, link, plan, keep, server=server, base_hz=base_hz)

    return make


def speed_of(options: Options) -> str:
    """Return the speed that is asked for, else what is usual: real time with clients and over serial lines."""
    return options.speed or ("1" if options.ground is not None else default_speed(options.hal))


def _flown(options: Options, out: Path, console: Console, server: GroundServer | None) -> Result:
    """Open the world, make the run folder and fly."""
    vehicle, scenario = load_pair(options.vehicle, options.scenario)
    scenario = replace(scenario, fault=(*scenario.fault, *map(fault_of, options.faults)))
    speed = speed_of(options)
    with open_boards(options.hal, vehicle) as boards, open_spies(options.hal, vehicle) as tap:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SchemaError(
                f"--out {out}: cannot be made: {error.strerror}; give a folder you may write to"
            ) from None
        keep = out if options.record != "none" else None
        mission = Mission(
            vehicle,
            scenario,
            _ground(options, keep, server, vehicle.rates.base_hz),
            seed=options.seed,
            out=out,
            duration_s=options.duration_s,
            speed=0.0 if speed == "max" else float(speed),
            record=options.record,
            boards=boards,
            tap=tap,
        )
        if isinstance(mission.ground, GroundSegment):
            mission.ground.expect(dictionary(vehicle))
        return _fly(mission, console)


def _fly(mission: Mission, console: Console) -> Result:
    """Fly with a progress bar: simulated time, mode and pointing error."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[note]}"),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=not console.is_terminal, refresh_per_second=5) as bar:
        task = bar.add_task("flying", total=mission.duration_s, note="")

        def show(t_s: float, mode: str, error_deg: float) -> None:
            clock = f"{int(t_s) // 3600:d}:{int(t_s) // 60 % 60:02d}:{int(t_s) % 60:02d}"
            error = f"{error_deg:8.3f} deg" if error_deg < 180.0 else "       -    "
            bar.update(task, completed=t_s, note=f"{clock}  {mode:<13}pointing error {error}")

        before = signal.signal(signal.SIGINT, lambda _number, _frame: mission.stop())
        try:
            return mission.fly(show)
        finally:
            signal.signal(signal.SIGINT, before)


def _write_report(path: Path, result: Result, options: Options) -> None:
    from ground.report import page  # noqa: PLC0415 - matplotlib is slow to import

    facts = {
        "vehicle": options.vehicle, "scenario": options.scenario, "seed": str(options.seed),
        "flown": f"{result.duration_s / 60:.1f} min", "speed": f"{result.realtime_factor:.0f} × real time",
        "boards": options.hal,
    }  # fmt: skip
    page.write(path, result.recording if options.record == "full" else None, result, facts)


def _print_verdict(console: Console, result: Result, report: Path) -> None:
    """Print the table of requirements, what flew and where the report is, what went wrong, and last the conclusion."""
    from ground.report import real_time  # noqa: PLC0415 - as above

    table = Table(title="Mission requirements, judged on truth", title_justify="left")
    for name in ("id", "requirement", "limit", "achieved", "verdict"):
        justify = "right" if name in {"limit", "achieved"} else "left"
        table.add_column(name, justify=justify, no_wrap=name != "requirement")  # type: ignore[arg-type]
    for r in result.requirements:
        table.add_row(*_cells(r))
    console.print(table)
    flown = f"{result.duration_s:.0f} s flown at {result.realtime_factor:.0f} x real time"
    if result.line_octets_a_tick:
        flown += f", {result.line_octets_a_tick:.0f} octets a tick on the boards' ports"
    console.print(f"{flown}, {result.tick_us_mean:.1f} us a tick", soft_wrap=True)
    if result.real_time is not None:
        console.print(real_time.summary(result.real_time)[0], soft_wrap=True)
    console.print(f"report: {report}", soft_wrap=True, markup=False)
    for cause in causes(result):
        console.print(cause, style="red", soft_wrap=True, markup=False)
    passed, verdict = conclusion(result.requirements)
    verdict = f"[{'green' if passed else 'red'}]{verdict}[/]"
    console.print(f"{'interrupted: ' if result.interrupted else ''}{verdict}: {tally(result)}", soft_wrap=True)


def _cells(r: Requirement) -> tuple[str, ...]:
    verdict = f"[{COLORS[r.verdict]}]{r.verdict}[/]"
    unit = "" if r.unit == "1" else f" {r.unit}"
    return r.id, r.text, limit(r) + unit, achieved(r), verdict
