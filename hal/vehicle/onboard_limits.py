"""Ranges of on-board parameters, and the relations between them.

The one home of these facts. `hal.vehicle.vehicle` takes the ranges of its keys from here, `fsw.core.sections` the
limits of what ground may set, and both judge by `Relation`. Imports nothing compiled: the build reads it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from typing import NamedTuple

from hal.bounds import is_within
from hal.schema import Defect

Value = Callable[[str], float | None]  # of a key, as in "limits.safe_rate_radps"; None: no such device
Place = Callable[[str], str]  # where the key stands in the file


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


@enum.unique
class Relation(enum.IntEnum):
    """A relation between two keys of the vehicle file: `lower` * `scale` < `upper`. Numbers never change.

    Ordinary flight does not cross the safety limits; a board between two cycles is not silent; flight does not start
    below its own SAFE limit.
    """

    lower: str
    upper: str
    scale: float  # of the lower's unit in the upper's
    blamed: str  # of the two, the one that a file is told of

    def __new__(cls, number: int, lower: str, upper: str, scale: float = 1.0, blamed: str = "") -> Relation:
        """Make the member `number`."""
        self = int.__new__(cls, number)
        self._value_ = number
        self.lower, self.upper, self.scale, self.blamed = lower, upper, scale, blamed or lower
        return self

    DETUMBLE_EXIT_BELOW_SAFE_RATE = 1, "control.detumble_exit_radps", "limits.safe_rate_radps"
    DETUMBLE_EXIT_BELOW_DETUMBLE_ENTER = 2, "control.detumble_exit_radps", "autonomy.detumble_enter_radps"
    SLEW_RATE_BELOW_SAFE_RATE = 3, "control.slew_rate_max_radps", "limits.safe_rate_radps"
    SAFE_RATE_BELOW_GYRO_RANGE = 4, "limits.safe_rate_radps", "gyro.range_radps"
    ADCS_PERIOD_BELOW_BOARD_SILENT = 5, "boards.adcs.period_ms", "limits.board_silent_s", 1e-3, "limits.board_silent_s"
    EPS_PERIOD_BELOW_BOARD_SILENT = 6, "boards.eps.period_ms", "limits.board_silent_s", 1e-3, "limits.board_silent_s"
    SAFE_CHARGE_BELOW_INITIAL_CHARGE = (
        7, "limits.safe_state_of_charge", "power.initial_state_of_charge", 1.0, "power.initial_state_of_charge",
    )  # fmt: skip

    def holds(self, value: Value) -> bool:
        """Return whether the relation holds; `value` returns the value of a key. NaN makes it false.

        A relation to the key of a device that the vehicle does not have holds.
        """
        low, high = value(self.lower), value(self.upper)
        return low is None or high is None or is_within(low * self.scale, below=high)

    @property
    def keys(self) -> tuple[str, str]:
        """Both keys."""
        return self.lower, self.upper


def relation_defects(value: Value, place: Place) -> Iterator[Defect]:
    """Yield the relations that two keys violate; `value` returns the value of a key, `place` where it stands."""
    for relation in Relation:
        if not relation.holds(value):
            blamed, sign = relation.blamed, "<" if relation.blamed == relation.lower else ">"
            other = relation.upper if sign == "<" else relation.lower
            yield Defect(place(blamed), f"found {value(blamed):g}", f"{sign} {place(other)} = {value(other):g}")
