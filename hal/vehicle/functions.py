"""The functions that may be asked of the satellite: their numbers, what they do and what arguments they take.

The one list of them. Telecommands of ST[08], modes, monitors of the vehicle file and scenarios take names, numbers and
ranges from here.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from typing import NamedTuple

from hal.bounds import is_within

NORM_TOLERANCE = 1e-3  # of a quaternion that is sent


class Argument(NamedTuple):
    """One argument: name, kind (a key of `hal.record.C_TYPES`), unit, lowest and highest value, and what it is."""

    name: str
    kind: str
    unit: str
    low: float
    high: float
    doc: str

    def fits(self, value: float) -> bool:
        """Whether `value` may be sent: a number in range, and whole if the kind is."""
        number = isinstance(value, int | float) and is_within(value, low=self.low, high=self.high)
        return number and (self.kind.startswith("f") or value == int(value))


TARGET = (
    Argument("latitude_rad", "f8", "rad", -math.pi / 2, math.pi / 2, "geodetic latitude"),
    Argument("longitude_rad", "f8", "rad", -math.pi, 2 * math.pi, "longitude, east"),
    Argument("height_m", "f8", "m", -1000.0, 10000.0, "height over the ellipsoid"),
)
ATTITUDE = tuple(Argument(f"q_bi_{axis}", "f8", "", -1.0, 1.0, f"q_bi, component {axis}") for axis in "xyzw")
DEVICE = (Argument("device", "u2", "", 0, 255, "number of the device"),)


@enum.unique
class Function(enum.IntEnum):
    """Function identifiers (16 bits). Numbers are for ever."""

    doc: str
    arguments: tuple[Argument, ...]

    def __new__(cls, number: int, doc: str, arguments: tuple[Argument, ...] = ()) -> Function:
        """Make the member `number`."""
        self = int.__new__(cls, number)
        self._value_ = number
        self.doc, self.arguments = doc, arguments
        return self

    DETUMBLE = 1, "stop the rotation, then acquire: Sun, then nadir"
    SUN_POINTING = 2, "point the solar arrays to the Sun and stay"
    NADIR = 3, "point the payload to nadir"
    TRACK_TARGET = 4, "point the payload to a target on the ground, back to nadir when it has set", TARGET
    HOLD_INERTIAL = 5, "hold an inertial attitude: q_bi, scalar last, of norm 1", ATTITUDE
    IDLE = 6, "switch attitude control off"
    ENTER_SAFE = 7, "enter SAFE"
    LEAVE_SAFE = 8, "leave SAFE when what led to it is over"
    EXCLUDE_SENSOR = 9, "do not use a sensor or wheel until ground admits it", DEVICE
    ADMIT_SENSOR = 10, "use a sensor or wheel again that was excluded", DEVICE


BY_NUMBER: dict[int, Function] = {int(function): function for function in Function}


def norm_fits(q: Sequence[float]) -> bool:
    """Say whether a quaternion is near enough to norm 1 to be one."""
    return is_within(math.hypot(*q), low=1.0 - NORM_TOLERANCE, high=1.0 + NORM_TOLERANCE)


def arguments_fit(function: Function, values: Sequence[float]) -> bool:
    """Say whether the arguments of a function are as many as they must be, numbers and in range."""
    expected = function.arguments
    if len(values) != len(expected) or not all(a.fits(v) for a, v in zip(expected, values, strict=True)):
        return False
    return function is not Function.HOLD_INERTIAL or norm_fits(values)
