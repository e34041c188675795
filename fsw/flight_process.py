"""The flight process: opens clock and links, flies until it is told to end, and leaves a last checkpoint.

`python -m fsw` starts it and watches its heartbeat; `python -m fsw.flight_process` with the same options flies without
a supervisor. Exit codes: 0 ended on SIGTERM or SIGINT, or with its world; 1 the start failed; 2 a wrong option, vehicle
file or link.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from fsw.core.persistence import DirectoryStorage, StorageError
from fsw.main import FlightSoftware
from fsw.options import OptionError, Options, link_urls, load, parse
from fsw.recorder.folder import FolderRecorder
from fsw.recorder.recorder import flight_meta
from fsw.restart.retained import RetainedError, RetainedMemory
from fsw.restart.state_folder import StateError, claim, owner_of
from hal import output
from hal.clock import Clock, SystemClock
from hal.collector import collector_paused
from hal.exit_codes import ExitCode
from hal.links.link import ByteLink, LinkError
from hal.links.open_link import open_link
from hal.links.reopened import AbsentError
from hal.links.stepped import WorldEnded, open_clock
from hal.schema import SchemaError
from hal.tle import epoch_tai_ns
from hal.vehicle.vehicle import Vehicle


def compose(vehicle: Vehicle, options: Options) -> FlightSoftware:
    """Return flight on the clock and the links of `options`; with a storage, in the state in which it goes on.

    Without a supervisor, which has done that already, it takes the state folder for itself. Raises `LinkError`,
    `StorageError`, `StateError` or `RetainedError` with one line.
    """
    if options.state is not None and options.heartbeat < 0:
        claim(options.state, vehicle, adopt=options.adopt)
    stepped = options.clock is not None
    clock: Clock = open_clock(options.clock) if options.clock is not None else SystemClock()
    links = open_links(link_urls(vehicle, options))
    return FlightSoftware(
        vehicle, links, clock,
        tai_offset_ns=tai_offset_ns(vehicle, options),
        cost_clock=SystemClock().now_ns,
        storage=None if options.state is None else DirectoryStorage(options.state),
        start=options.start,
        retained=None if options.retained < 0 else RetainedMemory(options.retained, owner_of(vehicle)),
        background=not stepped,
    )  # fmt: skip


def open_links(urls: dict[str, str]) -> dict[str, ByteLink]:
    """Open every link. A link whose line is away is reported, and flight starts without it and looks for it.

    Raises `LinkError` for a URL that is none, and when every line is away: these are no links of a satellite.
    """
    links: dict[str, ByteLink] = {}
    absent: list[str] = []
    for name, url in urls.items():
        try:
            links[name] = open_link(url)
        except AbsentError as error:
            links[name] = error.link
            absent.append(f"{name}: {error}")
    if len(absent) == len(urls):
        raise LinkError(absent[0])
    for said in absent:
        output.say(f"fsw: {said}; flight goes on without it, and looks for it")
    return links


def fly(flight: FlightSoftware, heartbeat: int, recorder: FolderRecorder | None = None) -> None:
    """Fly until SIGTERM or SIGINT, until the supervisor is gone or the world has ended; leave a last checkpoint.

    `heartbeat` is the descriptor that gets an octet in every tick, -1 for none.
    """
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda which, _frame: ended.append(which))
    with collector_paused(), contextlib.suppress(WorldEnded):
        while not ended:
            flight.tick()
            if recorder is not None:
                recorder.tick(flight.exchange.octets)
            if heartbeat >= 0 and not _beat(heartbeat):
                break
    if flight.checkpoint is not None:
        flight.checkpoint.close()
    if recorder is not None:
        recorder.close()


def start_recording(flight: FlightSoftware, vehicle: Vehicle, options: Options) -> FolderRecorder | None:
    """Begin the recording of this start when one is asked for; the folder is not needed to fly."""
    if options.record is None:
        return None
    return FolderRecorder(
        Path(options.record), flight.pool,
        flight_meta(vehicle, tai_offset_ns(vehicle, options), has_storage=options.state is not None),
        base_hz=vehicle.rates.base_hz, say=lambda line: output.say(f"fsw: {line}"), background=options.clock is None,
    )  # fmt: skip


def tai_offset_ns(vehicle: Vehicle, options: Options) -> int:
    """Return TAI at mission time 0 as flight is told [ns since 2000-01-01T12:00:00 TAI]."""
    return epoch_tai_ns(vehicle.orbit.tle) if options.tai_ns is None else options.tai_ns


def _beat(descriptor: int) -> bool:
    """Send one heartbeat; return False when nobody listens any more."""
    try:
        os.write(descriptor, b".")
    except BlockingIOError:
        pass  # the supervisor is slow: there are signs enough on their way
    except OSError:
        return False
    return True


def main(arguments: Sequence[str]) -> int:
    """Fly as the command line says; return the exit code."""
    options = parse(arguments)
    if options.heartbeat >= 0:
        os.set_blocking(options.heartbeat, False)
    try:
        vehicle = load(options)
        with contextlib.suppress(WorldEnded):
            flight = composed(vehicle, options)
            fly(flight, options.heartbeat, start_recording(flight, vehicle, options))
    except (OptionError, SchemaError, LinkError, StorageError, StateError, RetainedError) as error:
        output.say(f"fsw: {error}")
        return ExitCode.BAD_INPUT
    return 0


def composed(vehicle: Vehicle, options: Options) -> FlightSoftware:
    """Compose flight; what applications say of a vehicle that they cannot fly is an `OptionError`."""
    try:
        return compose(vehicle, options)
    except (OptionError, SchemaError, LinkError, StorageError, StateError, RetainedError):
        raise
    except ValueError as error:
        raise OptionError(f"{options.vehicle}: {error}") from error


if __name__ == "__main__":
    sys.exit(output.run(main, sys.argv[1:]))
