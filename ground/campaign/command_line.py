"""The command that flies one flight of a campaign again."""

from __future__ import annotations

import shlex
from pathlib import Path

from ground.campaign.definition import Flight
from ground.common.faults import words_of

PACKAGE = "ground.campaign."


def command_of(flight: Flight, results: Path, number: int) -> str:
    """Return the command that repeats flight `number` of the file `results`, bit for bit.

    It is `smartsat fly` with all arguments of the flight; it records the flight and writes its report. A flight that
    another judge composes in its own way is flown by that judge again, which must be importable from the working folder
    of the command.
    """
    if flight.arguments or not flight.judge.startswith(PACKAGE):
        return shlex.join(["python", "-m", "ground.cli.main", "campaign", "fly", str(results), str(number)])
    words = ["smartsat", "fly", "--vehicle", flight.vehicle, "--scenario", flight.scenario, "--seed", str(flight.seed)]
    if flight.duration_s is not None:
        words += ["--duration", repr(float(flight.duration_s))]
    for fault in flight.faults:
        words += ["--fault", words_of(fault)]
    return shlex.join(words)
