"""`python -m fsw VEHICLE --state DIR`: a satellite's flight software on its own, under its supervisor."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from fsw.core.persistence import StorageError
from fsw.options import OptionError, load, parse
from fsw.restart.state_folder import StateError, claim, owner_of
from fsw.restart.supervisor import Supervisor, open_memory
from hal import output
from hal.exit_codes import ExitCode
from hal.vehicle.load import vehicle_warnings


def _say(line: str) -> None:
    output.say(f"fsw: {line}")


def main(arguments: Sequence[str]) -> int:
    """Supervise flight as the command line says; return the exit code."""
    options = parse(arguments)
    try:
        vehicle = load(options)
        for line in vehicle_warnings(vehicle, options.vehicle):
            _say(f"warning: {line}")
        held = () if options.state is None else (claim(options.state, vehicle, adopt=options.adopt),)
        memory = None
        if options.memory is not None:
            memory = open_memory(options.memory, owner_of(vehicle), adopt=options.adopt)
    except (OptionError, StateError, StorageError) as error:
        _say(str(error))
        return ExitCode.BAD_INPUT
    except OSError as error:
        _say(f"--memory {options.memory}: cannot be used: {error.strerror}; give a file that you may write")
        return ExitCode.BAD_INPUT
    return Supervisor(arguments, vehicle.restart, memory, _say, held=held).run()


if __name__ == "__main__":
    sys.exit(output.run(main, sys.argv[1:]))
