"""The kinds of a start, the sources of its time, and the reasons for the end of the last process."""

from __future__ import annotations

import enum
from dataclasses import dataclass


@enum.unique
class StartKind(enum.IntEnum):
    """The state from which flight started."""

    COLD = 0  # nothing: the first start, or nothing that could be used
    RETAINED = 1  # memory that the process before left: the state of its last tick
    SNAPSHOT = 2  # the newest sound snapshot of the storage
    SALVAGED = 3  # cold on demand: of the snapshot only time and counts


@enum.unique
class TimeSource(enum.IntEnum):
    """The source of mission time at the start."""

    START = 0  # it began at 0
    ADCS_BOARD = 1
    EPS_BOARD = 2
    STAR_TRACKER = 3
    GNSS = 4
    SNAPSHOT = 5  # nothing answered: the earliest time that it can be


@enum.unique
class RestartReason(enum.IntEnum):
    """Why the last flight process ended, as the supervisor saw it."""

    NONE = 0  # it did not start this one
    EXIT = 1
    SIGNAL = 2
    SILENT = 3  # no heartbeat: the supervisor ended it


@dataclass(frozen=True)
class Start:
    """What the supervisor tells a new process: the most that it may use, and why the last process ended."""

    kind: StartKind = StartKind.RETAINED
    reason: RestartReason = RestartReason.NONE
    code: int = 0  # exit code, or number of the signal
    restarts: int = 0
