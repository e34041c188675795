"""The commands of `smartsat`: `fly`, `replay`, `diff`, `compare`, `tm`, `spy`, `dict`, `faults`, `new`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ground.campaign.command import app as campaign
from ground.common.paths import PATH
from ground.dictionary.command import app as dictionary
from hal import output
from hal.bounds import is_within
from hal.errors import InputError
from hal.exit_codes import ExitCode

# What typer raises for any wrong word of a command line; it has no public name there.
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]

SLOWEST, FASTEST = 0.01, 10000.0  # mission seconds per wall second

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
tm = typer.Typer(no_args_is_help=True)
app.add_typer(tm, name="tm", help="Telemetry tools.")
spy = typer.Typer(no_args_is_help=True)
app.add_typer(spy, name="spy", help="Files of spy:// links.")
app.add_typer(dictionary, name="dict", help="The dictionary of a satellite's telemetry and telecommands.")
faults = typer.Typer(no_args_is_help=True)
app.add_typer(faults, name="faults", help="Faults that can be injected.")
app.add_typer(campaign, name="campaign", help="Campaigns of many flights: fly, show results, repeat a flight.")


def given_speed(text: str) -> str:
    """Return the speed that a word of the command line gives: `max`, or a number of `SLOWEST` to `FASTEST`."""
    with suppress(ValueError):
        if text == "max" or is_within(float(text), low=SLOWEST, high=FASTEST):
            return text
    raise typer.BadParameter(f"found {text!r}, expected max, or a number from {SLOWEST:g} to {FASTEST:g}")


SPEED = {"parser": given_speed, "metavar": "max|NUMBER"}


class Hal(StrEnum):
    """The boards that the flight uses."""

    SIM = "sim"
    QEMU = "qemu"
    PTY = "pty"
    LINKS = "links"


class Record(StrEnum):
    """What to record: everything, the downlink only, or nothing."""

    FULL = "full"
    TM = "tm"
    NONE = "none"


class Template(StrEnum):
    """The kinds of folders that `new` makes."""

    APP = "app"
    DEVICE = "device"
    BOARD = "board"


@app.callback()
def root() -> None:
    """Fly, test and operate a smart small satellite."""


@app.command()
def fly(  # noqa: PLR0917 - typer makes them all named options
    vehicle: Annotated[str, typer.Option(help="Shipped vehicle or path of a vehicle file.")] = "reference",
    scenario: Annotated[str, typer.Option(help="Shipped scenario or path of a scenario file.")] = "reference",
    seed: Annotated[int, typer.Option(min=0, help="Seed of every dispersion and noise.")] = 1,
    duration: Annotated[
        float | None, typer.Option(min=1.0, max=1e8, help="Mission time to fly [s]; default: the whole scenario.")
    ] = None,
    hal: Annotated[
        Hal, typer.Option(help="Boards: simulated, emulated, behind serial lines here, or on the vehicle file's links.")
    ] = Hal.SIM,
    speed: Annotated[
        str | None,
        typer.Option(
            **SPEED, help="Mission seconds per wall second; default: max; 1 over serial lines and with --ground."
        ),
    ] = None,
    record: Annotated[Record, typer.Option(help="What to record.")] = Record.FULL,
    out: Annotated[Path | None, typer.Option(**PATH, help="Run folder; default: runs/<time stamp>.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier run in the run folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
    ground: Annotated[
        str | None,
        typer.Option(help="Offer the space link at tcp://HOST:PORT (port 0: a free one): CADUs down, CLTUs up."),
    ] = None,
    plan: Annotated[
        bool | None,
        typer.Option("--plan/--no-plan", help="Send the scenario's telecommands; default: unless with --ground."),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="Fault to inject, as 'gyro biased start_s=400 duration_s=60 axis=1'; may be repeated."),
    ] = None,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write the report (some seconds).")] = True,
    source: Annotated[
        Path | None,
        typer.Option("--from", **PATH, help="Go on from a snapshot of this recording, or of its run folder."),
    ] = None,
    at: Annotated[
        float | None, typer.Option(min=0.0, max=1e8, help="With --from: the last snapshot at or before this time [s].")
    ] = None,
    snapshots: Annotated[
        float | None, typer.Option(min=1.0, max=1e8, help="Save a snapshot every so many seconds of mission time.")
    ] = None,
) -> None:
    """Fly a mission, print the verdict and write a report; exit 1 when a requirement fails."""
    from ground.cli import fly as flight  # noqa: PLC0415
    from ground.cli.flights import Options  # noqa: PLC0415

    options = Options(
        vehicle, scenario, seed, duration, speed, record.value, out, as_json, hal.value, ground, plan,
        tuple(fault or ()), force, report, source, at, snapshots,
    )  # fmt: skip
    raise typer.Exit(flight.run(options))


@app.command()
def replay(
    recording: Annotated[Path, typer.Argument(**PATH, help="Recording of a flight (.ssr), or its run folder.")],
    until: Annotated[
        float | None, typer.Option(min=0.0, max=1e8, help="Last mission time to compare [s]; default: the end.")
    ] = None,
    start: Annotated[
        float | None,
        typer.Option("--from", min=0.0, max=1e8, help="Start at the last keyframe at or before this time [s]."),
    ] = None,
    show: Annotated[
        list[str] | None, typer.Option(help="Parameter whose value at the end is printed; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
) -> None:
    """Fly a recording again through today's flight software; exit 1 and name the difference when there is one."""
    from ground.recordings import replay_command as command  # noqa: PLC0415

    raise typer.Exit(command.run(command.Options(recording, until, start, as_json, tuple(show or ()))))


@app.command()
def diff(  # noqa: PLR0917 - typer makes them all named options
    scenario: Annotated[str, typer.Argument(help="Shipped scenario or path of a scenario file.")] = "modes",
    worlds: Annotated[str, typer.Option(help="The two worlds, each sim, qemu, pty or links.")] = "sim,qemu",
    vehicle: Annotated[str, typer.Option(help="Shipped vehicle or path of a vehicle file.")] = "reference",
    seed: Annotated[int, typer.Option(min=0, help="Seed of every dispersion and noise.")] = 1,
    duration: Annotated[
        float | None, typer.Option(min=1.0, max=1e8, help="Mission time to fly [s]; default: the whole scenario.")
    ] = None,
    image: Annotated[
        list[str] | None, typer.Option(help="Firmware image of a board, as adcs=PATH; default: built from this source.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
) -> None:
    """Fly a scenario in two worlds at once; exit 1 and name the first difference when they are not identical."""
    from ground.worlds import diff as twins  # noqa: PLC0415

    raise typer.Exit(twins.run(twins.Options(scenario, worlds, vehicle, seed, duration, tuple(image or ()), as_json)))


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(**PATH, help="Run folder of a flight.")],
    second: Annotated[Path, typer.Argument(**PATH, help="Run folder of another flight.")],
    out: Annotated[
        Path | None, typer.Option(**PATH, help="Page to write; default: compare.html in the second folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
) -> None:
    """Compare two flights; exit 1 when a requirement is worse in the second."""
    from ground.compare import command  # noqa: PLC0415

    raise typer.Exit(command.run(command.Options(first, second, out, as_json)))


@faults.command("list")
def list_faults(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
    vehicle: Annotated[str, typer.Option(help="Shipped vehicle or path of a vehicle file.")] = "reference",
) -> None:
    """Print the catalogue of faults of a vehicle: target, fault, parameters, effect."""
    from ground.common import faults as catalogue  # noqa: PLC0415
    from hal.vehicle.load import load_vehicle  # noqa: PLC0415

    catalogue.show(as_json, load_vehicle(vehicle))


@app.command()
def new(
    kind: Annotated[Template, typer.Argument(help="What to make.")],
    name: Annotated[str, typer.Argument(help="Its name: lower-case letters, digits and _.")],
    into: Annotated[Path, typer.Option(**PATH, help="Folder in which to make it.")] = Path(),
) -> None:
    """Make a folder that builds on smartsat: code, vehicle file, tests and README, ready to run."""
    from ground.cli.new import create  # noqa: PLC0415 - keeps `--help` fast

    folder = create(kind.value, name, into)
    print(f"{folder}: made; its README says what to do with it")


@tm.command()
def decode(
    file: Annotated[Path, typer.Argument(**PATH, help="Recorded CADU stream.")],
    of: Annotated[
        str,
        typer.Option("--of", help="Dictionary of reports: vehicle, vehicle file (.toml) or .json."),
    ] = "reference",
) -> None:
    """Print the frames and packets of any recorded CADU stream, and the contents of reports.

    Exit 1 when more than a tenth of the file is in no good CADU.
    """
    from ground.dictionary import files  # noqa: PLC0415
    from ground.link.tm_decode import Summary, decode_file  # noqa: PLC0415

    for record in decode_file(file, files.of(of)):
        print(record)
        if isinstance(record, Summary):
            for note in record.notes:
                output.say(f"smartsat: {file}: {note}")
            if not record.complete:
                raise typer.Exit(ExitCode.NOT_MET)


@spy.callback()
def spy_root() -> None:
    """Read files that `spy://FILE?link=URL` wrote."""


@spy.command(name="print")
def spy_print(
    file: Annotated[Path, typer.Argument(**PATH, help="File of a spy:// link.")],
    packets: Annotated[bool, typer.Option(help="Decode the packets of boards and units.")] = True,
) -> None:
    """Print every octet that crossed a link, with time and direction, and the packets in it."""
    from ground.link.spy_print import lines_of  # noqa: PLC0415

    for line in lines_of(file, packets):
        print(line)


@functools.cache
def _program() -> Any:  # noqa: ANN401 - a library's command, whose type it does not export
    return typer.main.get_command(app)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; return its exit code. Raises `InputError` for one that cannot be understood."""
    try:
        return int(_program().main(list(arguments), prog_name="smartsat", standalone_mode=False) or 0)
    except USAGE_ERROR as error:
        if not str(error):  # no command: the help was printed in its place
            return ExitCode.BAD_INPUT
        raise InputError(_usage(error)) from None


def _usage(error: BaseException) -> str:
    """Say in one line what is wrong with a command line."""
    context = error.ctx  # type: ignore[attr-defined]
    where = "smartsat" if context is None else context.command_path
    words = " ".join(error.format_message().split()).rstrip(".")  # type: ignore[attr-defined]
    return f"{words.replace('Value error, ', '')}; see {where} --help"  # words of a library, which say nothing
