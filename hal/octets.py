"""Octets that cross the links in one exchange: (number of the link, `Direction`, octets), as in a recording."""

from __future__ import annotations

import enum
from collections.abc import Iterable

RADIO = 4  # number of the radio link, which the flight software notes beside those of the exchange
CLOCK = 5  # number of the clock: mission time of a look at the links that is not the tick's [ns; 8 octets, signed]


def link_numbers(names: Iterable[str]) -> dict[str, int]:
    """Return the number of each link of the exchange, as in `Exchange.octets`: 0 to 3, then from 6 on."""
    return {name: i if i < RADIO else i + 2 for i, name in enumerate(names)}


@enum.unique
class Direction(enum.IntEnum):
    """The direction of octets, as seen from the flight computer."""

    OUT = 0
    IN = 1
    OUT_FAILED = 2  # the link refused these octets
    IN_FAILED = 3  # the link could not be read; no octets
