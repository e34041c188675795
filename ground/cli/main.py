"""The program `smartsat`: every command ends with a code of `ExitCode` and at most one line of error."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ground.common.signals import at_once
from hal import output
from hal.errors import InputError
from hal.exit_codes import ExitCode
from hal.files import WriteError

OF_OUTPUT = {errno.EPIPE, errno.ENOSPC, errno.EBADF, errno.EIO, errno.EFBIG, errno.EDQUOT, errno.EAGAIN, errno.ENXIO}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line `arguments`, those of the process when None, and exit."""
    output.open_streams()
    with at_once():
        code = _ended(_run(sys.argv[1:] if arguments is None else arguments))
    raise SystemExit(code)


def _run(arguments: Sequence[str]) -> int:
    """Run a command; print one line when it fails."""
    try:
        from ground.cli import commands  # noqa: PLC0415

        return commands.run(arguments)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except SystemExit as error:  # rich ends the process when nobody reads its output
        if isinstance(error.__context__, BrokenPipeError):
            return ExitCode.NOBODY_READS
        raise
    except BaseException as error:
        return _failed(error)


def _failed(error: BaseException) -> int:
    """Return the exit code of a command that raised an exception, and print the reason in one line."""
    if isinstance(error, InputError | WriteError):
        output.say(f"smartsat: {error}")
        return ExitCode.BAD_INPUT if isinstance(error, InputError) else ExitCode.NOT_WRITTEN
    if isinstance(error, OSError):
        return _system_error(error)
    if isinstance(error, MemoryError):
        output.say("smartsat: the memory of this machine is not enough for that")
        return ExitCode.BAD_INPUT
    return _internal(error)


def _system_error(error: OSError) -> int:
    """An error of writing that names no file is one of standard output: all other writing is told by `hal.files`."""
    if error.filename is None and error.errno in OF_OUTPUT:
        return _output_lost(error)
    what = error.strerror or str(error)
    output.say(f"smartsat: {what if error.filename is None else f'{error.filename}: {what}'}")
    return ExitCode.BAD_INPUT


def _output_lost(error: OSError) -> int:
    """Print that standard output was lost, unless its reader has closed it."""
    output.silence(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return ExitCode.NOBODY_READS
    output.say(f"smartsat: standard output: cannot be written: {error.strerror or error}")
    return ExitCode.NOT_WRITTEN


def _internal(error: BaseException) -> int:
    """Print where a fault of smartsat is; `SMARTSAT_TRACEBACK=1` prints the traceback."""
    if os.environ.get("SMARTSAT_TRACEBACK"):
        traceback.print_exception(error)
    at = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(at.filename).name}:{at.lineno}"
    output.say(
        f"smartsat: fault of smartsat itself: {type(error).__name__} at {where}: {error}; please report it, with what "
        "SMARTSAT_TRACEBACK=1 shows"
    )
    return ExitCode.INTERNAL


def _ended(code: int) -> int:
    """Return the exit code once all output is written."""
    lost = output.flush()
    if lost is None or code not in {ExitCode.OK, ExitCode.NOT_MET}:
        return code
    return _output_lost(lost)


if __name__ == "__main__":
    main()
