"""Checks that the rules of several kinds share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hal import tle
from hal.bounds import is_within
from hal.schema import Defect

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

INT16_MAX, INT32_MAX, UINT16_MAX = 2**15 - 1, 2**31 - 1, 2**16 - 1
LARGEST_FIELD_TESLA = 6.7e-5  # on the ground at the poles
FIELD_RADIUS_M = 6371.2e3
BEYOND = 2**31 - 1  # counts that no command, limit or configuration has on the wire
SPAN_MINIMUM = 0.1  # least singular value of a set of unit axes that still controls all three


def fits_counts(where: str, count: float, largest: float, limit: int) -> Iterator[Defect]:
    """The whole range of a device, `largest`, fits the counts that cross the wire, and is at least one."""
    if not largest <= count * limit:
        yield Defect(where, f"found {count:g}", f">= {largest / limit:.4g}, so that {largest:.4g} fits {limit} counts")
    elif largest < count:
        yield Defect(where, f"found {count:g}", f"<= {largest:.4g}, the whole range")


def limit_counts(largest: float, count: float) -> int:
    """Return the largest whole number of counts within `largest`; a rounding error of the quotient costs no count.

    `BEYOND` when there are more, or when the two are no numbers that have such a quotient.
    """
    counts = largest / count + 1e-6 if count > 0.0 else math.inf
    return math.floor(counts) if is_within(counts, low=0.0, high=BEYOND) else BEYOND


def spans(where: str, axes: Sequence[Sequence[float]]) -> Iterator[Defect]:
    """Three axes or more act about all three; fewer cannot, and what is possible without is said at load."""
    if len(axes) < 3:
        return
    least = float(np.linalg.svd(np.array(axes), compute_uv=False)[2])
    if least < SPAN_MINIMUM:
        yield Defect(where, f"found axes whose least singular value is {least:.3g}", f">= {SPAN_MINIMUM}: span 3 axes")


def largest_field_tesla(v: Vehicle) -> float:
    """Return the largest flux density of the orbit: a dipole's over the pole, at the height of the perigee.

    It falls with the cube of the distance (Markley & Crassidis, *Fundamentals of Spacecraft Attitude Determination and
    Control*, 2014, 11.1).
    """
    ratio = FIELD_RADIUS_M / (tle.elements(v.orbit.tle).perigee_m + tle.EARTH_RADIUS_M)
    return LARGEST_FIELD_TESLA * ratio**3
