"""The command line of `python -m fsw` and of its flight process."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from fsw.restart.start import RestartReason, Start, StartKind
from hal import output
from hal.bounds import is_within
from hal.exit_codes import ExitCode
from hal.links.link import scheme_of
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from hal.vehicle.vehicle import Vehicle

TAI_LOW_NS = -1_325_419_200_000_000_000  # the CUC epoch, 1958-01-01 TAI
TAI_HIGH_NS = TAI_LOW_NS + (2**32 - 1) * 1_000_000_000


class OptionError(ValueError):
    """An option asks for something impossible; the message is one line."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, also when nobody can read the help."""

    def _print_message(self, message: str, file: Any = None) -> None:  # noqa: ANN401 - as the parser has it
        if message:
            (file or sys.stderr).write(message)

    def error(self, message: str) -> NoReturn:
        """Exit with the code of a usage error."""
        output.say(f"fsw: {message}; see python -m fsw --help")
        self.exit(ExitCode.BAD_INPUT)


@dataclass(frozen=True)
class Options:
    """A parsed command line. Descriptors are -1 when the process was not started by the supervisor."""

    vehicle: str
    state: str | None
    memory: str | None
    record: str | None
    radio: str | None
    clock: str | None
    tai_ns: int | None
    heartbeat: int
    retained: int
    start: Start
    adopt: bool = False  # the state of another vehicle is to be gone on from


def parse(arguments: Sequence[str]) -> Options:
    """Parse a command line; exit with code 2 and one line when that is not possible."""
    p = _Parser(prog="python -m fsw", description="Fly a satellite: flight software on its own, with a supervisor.")
    p.add_argument("vehicle", help="shipped vehicle or path of a vehicle file, whose links lead to real devices")
    p.add_argument("--state", metavar="DIR", type=_given, help="folder for checkpoints; without it every start is cold")
    p.add_argument(
        "--memory", metavar="FILE", type=_given, help="file for retained memory, on tmpfs; default: of the supervisor"
    )
    p.add_argument(
        "--adopt", action="store_true", help="continue from the state of another vehicle and make it this vehicle's"
    )
    p.add_argument("--record", metavar="DIR", type=_given, help="folder for recordings: every start of flight adds one")
    p.add_argument(
        "--radio", metavar="URL", type=_given, help="link to the radio; default: radio.link of the vehicle file"
    )
    p.add_argument(
        "--clock", metavar="URL", type=_given, help="step:///PATH, a world in lock-step; default: the system's clock"
    )
    p.add_argument(
        "--tai-ns", type=_tai_ns, metavar="NS",
        help="TAI at mission time 0 [ns since 2000-01-01T12:00:00 TAI]; default: the epoch of the element set",
    )  # fmt: skip
    p.add_argument("--heartbeat", type=int, default=-1, help=argparse.SUPPRESS)
    p.add_argument("--retained", type=int, default=-1, help=argparse.SUPPRESS)
    p.add_argument("--start", choices=[k.name for k in StartKind], default="RETAINED", help=argparse.SUPPRESS)
    p.add_argument("--reason", choices=[r.name for r in RestartReason], default="NONE", help=argparse.SUPPRESS)
    p.add_argument("--code", type=int, default=0, help=argparse.SUPPRESS)
    p.add_argument("--restarts", type=int, default=0, help=argparse.SUPPRESS)
    a = p.parse_args(arguments)
    start = Start(StartKind[a.start], RestartReason[a.reason], a.code, a.restarts)
    return Options(
        a.vehicle, a.state, a.memory, a.record, a.radio, a.clock, a.tai_ns, a.heartbeat, a.retained, start, a.adopt
    )  # fmt: skip


def _given(text: str) -> str:
    """Parse a path or URL; an empty word is none."""
    if not text:
        raise argparse.ArgumentTypeError("found '', expected a path or URL, or nothing of this option")
    return text


def _tai_ns(text: str) -> int:
    """Parse a time within the range of telemetry's time code: from 1958 to 2094."""
    with contextlib.suppress(ValueError):
        value = int(text)
        if is_within(value, low=TAI_LOW_NS, high=TAI_HIGH_NS):
            return value
    raise argparse.ArgumentTypeError(f"found {text[:40]!r}, expected a whole number from {TAI_LOW_NS} to {TAI_HIGH_NS}")


def load(options: Options) -> Vehicle:
    """Return the vehicle; raise `OptionError` when there is none, or when its links need a simulator."""
    try:
        vehicle = load_vehicle(options.vehicle)
    except SchemaError as error:
        raise OptionError(str(error)) from None
    for name, url in link_urls(vehicle, options).items():
        if scheme_of(url) == "sim":
            raise OptionError(
                f"{vehicle.file}: link of {name}: found {url!r}, which is in the simulator; expected the link of a "
                "device, such as 'serial:///dev/ttyACM0'"
            )
    return vehicle


def link_urls(vehicle: Vehicle, options: Options) -> dict[str, str]:
    """Return the URL of every link by name; raise `OptionError` without a radio."""
    radio = options.radio or vehicle.radio.link
    if radio is None:
        raise OptionError(f"{vehicle.file}: radio.link is missing; give --radio URL, such as 'serial:///dev/ttyUSB0'")
    return vehicle.links | {"radio": radio}
