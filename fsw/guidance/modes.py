"""Mode enumerations; the guarded transitions are in `fsw/autonomy/transitions.py`."""

from __future__ import annotations

import enum


@enum.unique
class SystemMode(enum.IntEnum):
    """Mode of the whole satellite."""

    BOOT = 0
    SAFE = 1
    NOMINAL = 2


@enum.unique
class AdcsMode(enum.IntEnum):
    """Mode of attitude determination and control."""

    IDLE = 0
    DETUMBLE = 1
    SUN_POINTING = 2
    INERTIAL = 3
    NADIR = 4
    TARGET = 5


@enum.unique
class SafeReason(enum.IntEnum):
    """Why the satellite is in SAFE."""

    NONE = 0
    BOARD_SILENT = 1
    EXCESSIVE_RATE = 2
    LOW_BATTERY = 3
    APPLICATION_FAILED = 4
    GROUND_REQUEST = 5
    RATE_UNKNOWN = 6  # neither gyro nor filter nor field tells how fast the body turns
    WHEELS_FAILED = 7  # fewer than three wheels are left
    OVERHEATED = 8
    POWER_FAULT = 9
