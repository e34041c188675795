"""Modes as data: the conditions (monitors), the transitions they guard, and what ground may ask for."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fsw.autonomy.monitors import Condition, Monitor
from fsw.core.modes import AdcsMode, SafeReason, SystemMode
from hal.samples import BoardIdentity

ABOVE, BELOW, EQUAL = Condition.ABOVE, Condition.BELOW, Condition.EQUAL
RATE = "body.rate_bi_b_radps"
GYRO_VALID = ("body.gyro_valid", 1)
IN_SUN_POINTING = ("mode.adcs", int(AdcsMode.SUN_POINTING))
IN_TARGET = ("mode.adcs", int(AdcsMode.TARGET))
ELEVATION = "guidance.target_elevation_rad"


def monitors(tick_s: float) -> tuple[Monitor, ...]:
    """Return all monitors, those that lead to SAFE first; `tick_s` is the length of a tick."""
    return (
        Monitor(
            "adcs_silent", "samples.adcs_health.silent_ticks", ABOVE, "board_silent_s",
            scale=tick_s, action=SafeReason.BOARD_SILENT,
        ),
        Monitor(
            "eps_silent", "samples.eps_health.silent_ticks", ABOVE, "board_silent_s",
            scale=tick_s, action=SafeReason.BOARD_SILENT,
        ),
        Monitor("application_failed", "executive.failed", EQUAL, 1, action=SafeReason.APPLICATION_FAILED),
        Monitor(
            "excessive_rate", RATE, ABOVE, "safe_rate_radps", "safe_rate_hold_s", GYRO_VALID,
            action=SafeReason.EXCESSIVE_RATE,
        ),
        Monitor(
            "low_battery", "samples.eps.state_of_charge", BELOW, "safe_state_of_charge",
            "safe_state_of_charge_hold_s", ("samples.eps.valid", 1), action=SafeReason.LOW_BATTERY,
        ),
        *(
            Monitor(
                f"{board}_ready", f"samples.{board}_health.identity", EQUAL, BoardIdentity.ACCEPTED, 1.0,
                (f"samples.{board}_health.silent", 0),
            )
            for board in ("adcs", "eps")
        ),
        Monitor("rate_low", RATE, BELOW, "detumble_exit_radps", "rate_hold_s", GYRO_VALID),
        Monitor("rate_high", RATE, ABOVE, "detumble_enter_radps", "rate_hold_s", GYRO_VALID),
        Monitor("attitude_valid", "attitude.valid", EQUAL, 1),
        Monitor("attitude_fine", "attitude.sigma_rad", BELOW, "fine_sigma_rad", "fine_hold_s", ("attitude.valid", 1)),
        Monitor("attitude_lost", "attitude.valid", EQUAL, 0, "attitude_lost_s"),
        Monitor("navigation_valid", "navigation.valid", EQUAL, 1),
        Monitor("sun_settled", "control.error_rad", BELOW, "settled_error_rad", "settled_hold_s", IN_SUN_POINTING),
        Monitor("slew_done", "guidance.slewing", EQUAL, 0, "settled_hold_s", IN_SUN_POINTING),
        Monitor("target_up", ELEVATION, ABOVE, "mask_elevation_rad", 0.0, IN_TARGET),
        Monitor("target_down", ELEVATION, BELOW, "mask_elevation_rad", 0.0, IN_TARGET),
        Monitor("target_seen", "autonomy.target_seen", EQUAL, 1),
        Monitor("acquiring", "autonomy.acquiring", EQUAL, 1),
    )  # fmt: skip


@dataclass(frozen=True)
class Transition:
    """ADCS modes follow each other when every monitor of `guard` is confirmed, in the system modes of `system`."""

    source: AdcsMode
    target: AdcsMode
    guard: tuple[str, ...]
    system: tuple[SystemMode, ...] = (SystemMode.NOMINAL,)
    acquire: bool = False  # starts the acquisition again: modes follow each other up to NADIR


SAFE_TOO = (SystemMode.SAFE, SystemMode.NOMINAL)
FINE_MODES = (AdcsMode.INERTIAL, AdcsMode.NADIR, AdcsMode.TARGET)
TRANSITIONS = (
    Transition(AdcsMode.DETUMBLE, AdcsMode.SUN_POINTING, ("rate_low",), SAFE_TOO),
    Transition(AdcsMode.SUN_POINTING, AdcsMode.DETUMBLE, ("rate_high",), SAFE_TOO, acquire=True),
    *(Transition(mode, AdcsMode.DETUMBLE, ("rate_high",), acquire=True) for mode in FINE_MODES),
    *(Transition(mode, AdcsMode.SUN_POINTING, ("attitude_lost",), acquire=True) for mode in FINE_MODES),
    Transition(
        AdcsMode.SUN_POINTING, AdcsMode.NADIR,
        ("acquiring", "attitude_valid", "attitude_fine", "navigation_valid", "sun_settled", "slew_done"),
    ),
    Transition(AdcsMode.TARGET, AdcsMode.NADIR, ("target_seen", "target_down")),
)  # fmt: skip


@enum.unique
class ModeRequest(enum.IntEnum):
    """What ground may ask for; the numbers are those of the functions of ST[08]."""

    DETUMBLE = 1  # starts the acquisition
    SUN_POINTING = 2
    NADIR = 3
    TARGET = 4  # latitude [rad], longitude [rad], height over the ellipsoid [m]
    INERTIAL = 5  # q_bi, scalar last
    IDLE = 6
    SAFE = 7
    LEAVE_SAFE = 8


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
ARGUMENTS = {ModeRequest.TARGET: 3, ModeRequest.INERTIAL: 4}
TARGET_LIMITS = ((-math.pi / 2, math.pi / 2), (-math.pi, 2 * math.pi), (-1000.0, 10000.0))  # rad, rad, m
NORM_TOLERANCE = 1e-3


def arguments_fit(what: ModeRequest, arguments: Sequence[float]) -> bool:
    """Say whether the arguments of a request are as many as they must be, numbers and in range."""
    if len(arguments) != ARGUMENTS.get(what, 0):
        return False
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in arguments):
        return False
    if what is ModeRequest.TARGET:
        return all(low <= value <= high for value, (low, high) in zip(arguments, TARGET_LIMITS, strict=True))
    return what is not ModeRequest.INERTIAL or abs(math.hypot(*arguments) - 1.0) <= NORM_TOLERANCE
