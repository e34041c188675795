"""Octets that cross the links in one exchange: (index of the link, `Direction`, octets), as in a recording."""

from __future__ import annotations

import enum

LINKS = ("adcs", "eps", "star_tracker", "gnss")  # names, in the order of the indices in `Exchange.octets`
RADIO = 4  # index of the radio link, which the flight software notes beside these
CLOCK = 5  # index of the clock: mission time of a look at the links that is not the tick's [ns; 8 octets, signed]
UNITS = 6  # index of the first extension unit; the others follow in the order of the vehicle file


@enum.unique
class Direction(enum.IntEnum):
    """The direction of octets, as seen from the flight computer."""

    OUT = 0
    IN = 1
    OUT_FAILED = 2  # the link refused these octets
    IN_FAILED = 3  # the link could not be read; no octets
