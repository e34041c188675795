"""Results of mode requests, and reasons for refusal."""

from __future__ import annotations

import enum
from typing import NamedTuple

from fsw.guidance.modes import AdcsMode
from hal.vehicle.functions import Function


@enum.unique
class Refusal(enum.IntEnum):
    """Why a mode request was refused."""

    NONE = 0
    UNKNOWN_REQUEST = 1
    BAD_ARGUMENT = 2
    WRONG_SYSTEM_MODE = 3
    RATE_TOO_HIGH = 4
    ATTITUDE_INVALID = 5
    NAVIGATION_INVALID = 6
    STILL_UNSAFE = 7
    NOT_POSSIBLE = 8


REFUSAL_TEXT = {
    Refusal.NONE: "",
    Refusal.UNKNOWN_REQUEST: "no such request",
    Refusal.BAD_ARGUMENT: "an argument is missing, superfluous or out of range",
    Refusal.WRONG_SYSTEM_MODE: "not in this system mode",
    Refusal.RATE_TOO_HIGH: "the rate is too high; wait for detumbling",
    Refusal.ATTITUDE_INVALID: "the attitude is not known",
    Refusal.NAVIGATION_INVALID: "the orbit is not known",
    Refusal.STILL_UNSAFE: "what led to SAFE persists",
    Refusal.NOT_POSSIBLE: "this satellite has not the devices for that mode",
}


class RequestResult(NamedTuple):
    """Answer to a mode request."""

    accepted: bool
    reason: Refusal

    @property
    def text(self) -> str:
        """The reason for the refusal in words; empty when the request was accepted."""
        return REFUSAL_TEXT[self.reason]


ATTITUDE = ("attitude_valid", Refusal.ATTITUDE_INVALID)
NAVIGATION = ("navigation_valid", Refusal.NAVIGATION_INVALID)
REQUESTED_MODE = {
    Function.IDLE: AdcsMode.IDLE,
    Function.SUN_POINTING: AdcsMode.SUN_POINTING,
    Function.NADIR: AdcsMode.NADIR,
    Function.TRACK_TARGET: AdcsMode.TARGET,
    Function.HOLD_INERTIAL: AdcsMode.INERTIAL,
}
OF_DEVICES = frozenset({Function.EXCLUDE_SENSOR, Function.ADMIT_SENSOR})
OF_MODES = frozenset(Function) - OF_DEVICES
NEEDED = {  # monitors that must be confirmed, and what to say when one is not
    Function.NADIR: (ATTITUDE, NAVIGATION),
    Function.TRACK_TARGET: (ATTITUDE, NAVIGATION),
    Function.HOLD_INERTIAL: (ATTITUDE,),
}
