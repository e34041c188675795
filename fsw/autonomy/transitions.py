"""Modes as data: the conditions (monitors) and the transitions they guard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fsw.autonomy.exclusions import WHEELS_NEEDED
from fsw.autonomy.monitors import Action, Monitor
from fsw.autonomy.sections import Condition
from fsw.guidance.modes import AdcsMode, SafeReason, SystemMode
from hal.samples import BoardIdentity
from hal.vehicle.capabilities import knows_rate, lacking
from hal.vehicle.vehicle import Vehicle

ABOVE, BELOW, EQUAL = Condition.ABOVE, Condition.BELOW, Condition.EQUAL
RATE = "attitude.rate_bi_b_radps"
RATE_VALID = ("attitude.rate_valid", 1)
IN_SUN_POINTING = ("mode.adcs", int(AdcsMode.SUN_POINTING))
IN_TARGET = ("mode.adcs", int(AdcsMode.TARGET))
RATE_UNKNOWN_S = 30.0
ELEVATION = "guidance.target_elevation_rad"


def monitors(vehicle: Vehicle, of_its_file: Sequence[Monitor] = ()) -> tuple[Monitor, ...]:
    """Return all monitors: those that every satellite needs for SAFE, those of its file, and guards of transitions."""
    tick_s = 1.0 / vehicle.rates.base_hz
    spare_wheels = len(vehicle.units("reaction_wheels")) - WHEELS_NEEDED
    boards = vehicle.boards_in_use
    of_rates = Monitor(
        "rate_unknown", "attitude.rate_valid", EQUAL, 0, RATE_UNKNOWN_S,
        action=Action.SAFE, argument=SafeReason.RATE_UNKNOWN,
    )  # fmt: skip
    of_wheels = Monitor(
        "wheels_failed", "fdir.wheels_out", ABOVE, spare_wheels,
        action=Action.SAFE, argument=SafeReason.WHEELS_FAILED,
    )  # fmt: skip
    return (
        *(
            Monitor(
                f"{board}_silent", f"samples.{board}_health.silent_ticks", ABOVE, "board_silent_s", scale=tick_s,
                action=Action.SAFE, argument=SafeReason.BOARD_SILENT,
            )
            for board in boards
        ),
        Monitor(
            "application_failed", "executive.failed", EQUAL, 1,
            action=Action.SAFE, argument=SafeReason.APPLICATION_FAILED,
        ),
        *((of_rates,) if knows_rate(vehicle) else ()),
        *((of_wheels,) if spare_wheels >= 0 else ()),
        *of_its_file,
        *(
            Monitor(
                f"{board}_ready", f"samples.{board}_health.identity", EQUAL, BoardIdentity.ACCEPTED, 1.0,
                (f"samples.{board}_health.silent", 0),
            )
            for board in boards
        ),
        Monitor("rate_low", RATE, BELOW, "detumble_exit_radps", "rate_hold_s", RATE_VALID),
        Monitor("rate_high", RATE, ABOVE, "detumble_enter_radps", "rate_hold_s", RATE_VALID),
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


def possible_modes(vehicle: Vehicle) -> frozenset[AdcsMode]:
    """Return the modes that the devices of the satellite allow."""
    return frozenset(AdcsMode) - {AdcsMode[name] for name in lacking(vehicle)}


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
