"""What a board reads and drives for one device: counts on the wire, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

from hal.wire import CountType, OutputType


@dataclass(frozen=True)
class Readings:
    """Counts that a board reads: `value = count * scale` goes into a field of the device's sample (`f8`).

    `type`: of one count. `field`: of the sample. `scale`, `largest`: one each, in SI; beyond the largest magnitude a
    value is out of range. `increment`: the values are increments over a cycle; several in one exchange add up,
    `largest` is a rate per second, and the sample has `dt_ns`.
    """

    type: CountType
    field: str
    scale: tuple[float, ...]
    largest: tuple[float, ...]
    increment: bool = False


@dataclass(frozen=True)
class Outputs:
    """Outputs that a board drives: `count = value / scale`, rounded and clamped, from a field of a command (`f8`).

    `command`: the record ("command.actuators") and `field` of it. `scale`: value of one count; `limit`: largest counts,
    of PULSE outputs the longest; `safe`: counts when the board's outputs are safe, zeros if empty; `guard`: of COUNT
    outputs, the counts of the device's own readings beyond which only outputs against their sign pass. `told`: of
    DRIVEN outputs, the field of the sample that gets what the board drives. `limit_key`,
    `guard_key`: the keys from which limits and guards come, with {} for the number of a unit: for errors.
    """

    type: OutputType
    command: str
    field: str
    scale: tuple[float, ...]
    limit: tuple[int, ...]
    safe: tuple[int, ...] = ()
    guard: tuple[int, ...] = ()
    told: str = ""
    limit_key: str = ""
    guard_key: str = ""


@dataclass(frozen=True)
class Channels:
    """What a board reads and drives for one device; None: nothing."""

    readings: Readings | None = None
    outputs: Outputs | None = None
