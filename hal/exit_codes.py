"""The exit codes of all commands."""

from __future__ import annotations

import enum


@enum.unique
class ExitCode(enum.IntEnum):
    """Exit codes of `smartsat` and of `python -m fsw`; `meaning` is what the documentation says of each."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> ExitCode:
        """Make a member of a number and its meaning."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    OK = 0, "done, and what was asked is so"
    NOT_MET = 1, "done, and it is not so: a requirement failed, a plan was not carried out, two flights differ"
    BAD_INPUT = 2, "refused: an option, a file or a world that cannot be used; one line on standard error says why"
    NOT_WRITTEN = 3, "what it should have written was lost: disk full, folder not writable, output closed"
    INTERNAL = 70, "a fault of smartsat itself"
    HUNG_UP = 129, "ended because its terminal has closed (SIGHUP), otherwise as Ctrl-C"
    INTERRUPTED = 130, "ended by Ctrl-C; what was flown is judged and kept"
    NOBODY_READS = 141, "ended because the program that read its output has gone, as `head` does"
    TERMINATED = 143, "ended by SIGTERM, otherwise as Ctrl-C"
