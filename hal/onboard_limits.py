"""On-board parameters: where the vehicle file has them, what each may be, and what they must be to each other.

The one home of these facts: `hal.vehicle` takes the ranges of its keys from here, `fsw.core.sections` the limits of
what ground may set, and both judge the relations by `relation_defects`. Imports nothing compiled: the build reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from hal.schema import Defect

Value = Callable[[str], float]  # the value of a key of the vehicle file, as in "limits.safe_rate_radps"


class Limit(NamedTuple):
    """One on-board parameter: its key in the vehicle file, and the range of its value."""

    key: str
    low: float
    high: float


LIMITS = {
    "detumble_exit_radps": Limit("control.detumble_exit_radps", 1e-4, 1.0),
    "detumble_enter_radps": Limit("autonomy.detumble_enter_radps", 1e-4, 10.0),
    "rate_hold_s": Limit("autonomy.rate_hold_s", 0.0, 3600.0),
    "fine_sigma_rad": Limit("autonomy.fine_sigma_rad", 1e-6, 1.0),
    "fine_hold_s": Limit("autonomy.fine_hold_s", 0.0, 36000.0),
    "settled_error_rad": Limit("autonomy.settled_error_rad", 1e-5, 1.0),
    "settled_hold_s": Limit("autonomy.settled_hold_s", 0.0, 36000.0),
    "attitude_lost_s": Limit("autonomy.attitude_lost_s", 0.0, 36000.0),
    "mask_elevation_rad": Limit("pointing.mask_elevation_rad", 0.0, 1.5),
    "safe_rate_radps": Limit("limits.safe_rate_radps", 1e-3, 10.0),
    "safe_rate_hold_s": Limit("autonomy.safe_rate_hold_s", 0.0, 600.0),
    "safe_state_of_charge": Limit("limits.safe_state_of_charge", 0.0, 1.0),
    "safe_state_of_charge_hold_s": Limit("autonomy.safe_state_of_charge_hold_s", 0.0, 3600.0),
    "board_silent_s": Limit("limits.board_silent_s", 0.2, 3600.0),
}


def relation_defects(value: Value) -> Iterator[Defect]:
    """Yield what parameters get wrong beside each other, with `value` giving each by its key in the vehicle file.

    Ordinary flight does not cross the safety limits; a board between two cycles is not silent.
    """
    below = (
        ("control.detumble_exit_radps", "limits.safe_rate_radps"),
        ("control.detumble_exit_radps", "autonomy.detumble_enter_radps"),
        ("control.slew_rate_max_radps", "limits.safe_rate_radps"),
        ("limits.safe_rate_radps", "gyro.range_radps"),
    )
    for lower, upper in below:
        if not value(lower) < value(upper):
            yield Defect(lower, f"found {value(lower):g}", f"< {upper} = {value(upper):g}")
    for period in ("boards.adcs.period_ms", "boards.eps.period_ms"):
        if not value("limits.board_silent_s") * 1000.0 > value(period):
            silent = value("limits.board_silent_s")
            yield Defect("limits.board_silent_s", f"found {silent:g}", f"> {period} = {value(period):g}")
