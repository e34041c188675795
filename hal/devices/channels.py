"""What a board reads and drives for one device: counts on the wire, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

from hal.wire import CountType, OutputType


def _require_alike(name: str, scale: tuple[float, ...], **others: tuple[float, ...]) -> None:
    """Raise `ValueError` unless there is one of everything for each count, and at least one count."""
    for what, values in others.items():
        if not scale or len(values) != len(scale):
            found = f"channels of {name}: found {len(values)} of {what}"
            raise ValueError(f"{found}, expected one for each of {len(scale)} counts, and at least one")


@dataclass(frozen=True)
class Readings:
    """Counts that a board reads: `value = count * scale` goes into a field of the device's sample (`f8`).

    Raises `ValueError` when it has not one of everything for each count.

    `type`: of one count. `field`: of the sample. `scale`, `largest`: one each, in SI; beyond the largest magnitude a
    value is out of range. `increment`: the values are increments over a cycle; several in one exchange add up,
    `largest` is a rate per second, and the sample has `dt_ns`.
    """

    type: CountType
    field: str
    scale: tuple[float, ...]
    largest: tuple[float, ...]
    increment: bool = False

    def __post_init__(self) -> None:
        _require_alike(self.field, self.scale, largest=self.largest)


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

    def __post_init__(self) -> None:
        _require_alike(self.field, self.scale, limit=self.limit)
        _require_alike(self.field, self.scale, safe=self.safe or self.limit, guard=self.guard or self.limit)


@dataclass(frozen=True)
class Channels:
    """What a board reads and drives for one device; None: nothing."""

    readings: Readings | None = None
    outputs: Outputs | None = None
