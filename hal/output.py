"""Makes the standard streams of a command safe: they take any text, and a failure is reported once.

A descriptor that was closed by the caller is opened again, so that no file of ours takes its number and gets what was
meant for the terminal.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TextIO

from hal.errors import one_line
from hal.exit_codes import ExitCode

SIGNS = {
    "≥": ">=", "≤": "<=", "×": "x", "→": "->", "–": "-", "—": "-", "…": "...", "°": "deg", "µ": "u", "±": "+-",
    "²": "^2", "³": "^3", "━": "-", "╸": "-", "╺": "-",
}  # fmt: skip
ERRORS = "spelled"  # name of the error handler


def spelled(error: UnicodeError) -> tuple[str, int]:
    """Spell out the characters that an encoding lacks: signs in ASCII, others by number. An error handler of codecs."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(SIGNS.get(c) or c.encode("ascii", "backslashreplace").decode() for c in bad), error.end


def open_streams() -> None:
    """Open standard streams that the caller has closed, and let both outputs take any text in any locale."""
    codecs.register_error(ERRORS, spelled)
    # To write to a closed output fails, as it should: /dev/null opened for reading refuses it in its place.
    for descriptor, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, flags)
            os.dup2(opened, descriptor)
            if opened != descriptor:
                os.close(opened)
    sys.stdin = sys.stdin or _stream(0, "r")
    sys.stdout = sys.stdout or _stream(1, "w")
    sys.stderr = sys.stderr or _stream(2, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ERRORS)


def say(line: str) -> None:
    """Write one line to standard error; nothing happens when nobody can read it."""
    with contextlib.suppress(OSError, ValueError):
        print(one_line(line), file=sys.stderr, flush=True)


def run(main: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """Run the main function of a program that has no other end of its own; return the exit code."""
    open_streams()
    code, lost = 0, None
    try:
        code = main(arguments)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except OSError as error:
        if error.filename is not None:  # what a program does with its files is its own to tell
            raise
        lost = error
    lost = flush() or lost
    if lost is None or code:
        return code
    say(f"standard output: cannot be written: {lost.strerror}")
    return ExitCode.NOT_WRITTEN


def write_octets(octets: bytes) -> None:
    """Write octets to standard output as they are, whatever its encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.write(octets)


def flush() -> OSError | None:
    """Write what is left; return the error when standard output did not take all of it, and say no more there."""
    lost = None
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            lost = error if stream is sys.stdout else lost
            silence(stream)
        except ValueError:  # closed
            pass
    return lost


def silence(stream: TextIO) -> None:
    """Redirect a stream to nowhere; what it still holds is not written at the end of the process."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()


def _stream(descriptor: int, mode: str) -> TextIO:
    return open(descriptor, mode, encoding="utf-8", closefd=False)  # type: ignore[return-value]
