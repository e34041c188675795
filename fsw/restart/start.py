"""A start of flight: what it goes on from, where its time comes from, and why the process before ended."""

from __future__ import annotations

import enum
from dataclasses import dataclass


@enum.unique
class StartKind(enum.IntEnum):
    """What flight went on from when it started."""

    COLD = 0  # nothing: the first start, or nothing that could be used
    RETAINED = 1  # memory that the process before left: the state of its last tick
    SNAPSHOT = 2  # the newest sound snapshot of the storage
    SALVAGED = 3  # cold on demand: of the snapshot only time and counts


@enum.unique
class TimeSource(enum.IntEnum):
    """Where mission time came from at the start."""

    START = 0  # it began at 0
    ADCS_BOARD = 1
    EPS_BOARD = 2
    STAR_TRACKER = 3
    GNSS = 4
    SNAPSHOT = 5  # nothing answered: the earliest time that it can be


@enum.unique
class RestartReason(enum.IntEnum):
    """Why the flight process before ended, as the supervisor saw it."""

    NONE = 0  # it did not start this one
    EXIT = 1
    SIGNAL = 2
    SILENT = 3  # no heartbeat: the supervisor ended it


@dataclass(frozen=True)
class Start:
    """What the supervisor says of a start: the most that may be used, and why the process before ended."""

    kind: StartKind = StartKind.RETAINED
    reason: RestartReason = RestartReason.NONE
    code: int = 0  # exit code, or number of the signal
    restarts: int = 0
