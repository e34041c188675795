"""What ground may ask of the mode manager, and why it may be refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fsw.core.modes import AdcsMode, ModeRequest, Refusal
from hal.bounds import is_within
from hal.vehicle.onboard_limits import COMPONENT, HEIGHT_M, LATITUDE_RAD, LONGITUDE_RAD, norm_fits

REFUSAL_TEXT = {
    Refusal.NONE: "",
    Refusal.UNKNOWN_REQUEST: "no such request",
    Refusal.BAD_ARGUMENT: "an argument is missing, superfluous or out of range",
    Refusal.WRONG_SYSTEM_MODE: "not in this system mode",
    Refusal.RATE_TOO_HIGH: "the rate is too high; wait for detumbling",
    Refusal.ATTITUDE_INVALID: "the attitude is not known",
    Refusal.NAVIGATION_INVALID: "the orbit is not known",
    Refusal.STILL_UNSAFE: "what led to SAFE persists",
}


class RequestResult(NamedTuple):
    """Answer to a mode request."""

    accepted: bool
    reason: Refusal

    @property
    def text(self) -> str:
        """Why it was refused, in words; empty when it was accepted."""
        return REFUSAL_TEXT[self.reason]


ATTITUDE = ("attitude_valid", Refusal.ATTITUDE_INVALID)
NAVIGATION = ("navigation_valid", Refusal.NAVIGATION_INVALID)
REQUESTED_MODE = {
    ModeRequest.IDLE: AdcsMode.IDLE,
    ModeRequest.SUN_POINTING: AdcsMode.SUN_POINTING,
    ModeRequest.NADIR: AdcsMode.NADIR,
    ModeRequest.TARGET: AdcsMode.TARGET,
    ModeRequest.INERTIAL: AdcsMode.INERTIAL,
}
NEEDED = {  # monitors that must be confirmed, and what to say when one is not
    ModeRequest.NADIR: (ATTITUDE, NAVIGATION),
    ModeRequest.TARGET: (ATTITUDE, NAVIGATION),
    ModeRequest.INERTIAL: (ATTITUDE,),
}
LIMITS = {ModeRequest.TARGET: (LATITUDE_RAD, LONGITUDE_RAD, HEIGHT_M), ModeRequest.INERTIAL: (COMPONENT,) * 4}


def arguments_fit(what: ModeRequest, arguments: Sequence[float]) -> bool:
    """Say whether the arguments of a request are as many as they must be, numbers and in range."""
    limits = LIMITS.get(what, ())
    if len(arguments) != len(limits) or not all(isinstance(value, int | float) for value in arguments):
        return False
    if not all(is_within(value, low=low, high=high) for value, (low, high) in zip(arguments, limits, strict=True)):
        return False
    return what is not ModeRequest.INERTIAL or norm_fits(arguments)
