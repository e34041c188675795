"""What the exit code of every command means: the one table of it."""

from __future__ import annotations

import enum


@enum.unique
class ExitCode(enum.IntEnum):
    """Exit codes of `smartsat`."""

    OK = 0  # done, and what was asked is so
    NOT_MET = 1  # done, and it is not so: a requirement failed, a plan was not carried out, two flights differ
    BAD_INPUT = 2  # refused: an option, a file or a world that cannot be used
    NOT_WRITTEN = 3  # what it should have written was lost: disk full, folder not writable
    INTERNAL = 70  # a fault of smartsat itself
    INTERRUPTED = 130  # ended by Ctrl-C
    TERMINATED = 143  # ended by SIGTERM
