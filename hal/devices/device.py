"""What every `[[device]]` of a vehicle file has; the settings of a kind add its own keys."""

from __future__ import annotations

from dataclasses import dataclass

from hal.schema import key

Vector = tuple[float, ...]


@dataclass(frozen=True)
class Device:
    """Base class of the settings of all kinds: a device is on a board or on a link of its own."""

    kind: str = key(doc="a kind of an installed package, or the object that declares one, as package.module:OBJECT")
    name: str = key(doc="its name everywhere: samples, faults, telemetry; its random stream is seeded by it")
    board: str | None = key(default=None, doc="the board that reads and drives it, as in boards")
    link: str | None = key(default=None, doc="link URL of its own, in the place of a board")
