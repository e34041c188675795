"""What counts on the wire are worth, from the vehicle file: for drivers, board configuration and simulator."""

from __future__ import annotations

import math

# A normalised photocurrent above this is a broken cell: full sunlight at perihelion is 1.034, albedo adds at most
# about 0.5 to a cell that faces both, the rest is noise.
SUN_SENSOR_RANGE = 2.0
# Wheels pass their rated speed for a moment; a tachometer that reads half as much again is broken.
SPEED_MARGIN = 1.5


def limit_counts(largest: float, count: float) -> int:
    """Return the largest whole number of counts within `largest`; rounding errors of the quotient do not cost one."""
    return math.floor(largest / count + 1e-6)
