"""One fault of one flight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hal.saved import State, attributes, set_attributes
from sim.devices._device import bits_of, plain_of, stream_seed
from sim.devices.fault_kind import FaultKind

REMEMBERED = ("target", "start_s", "end_s", "count", "state")


@dataclass(eq=False)
class Injection:
    """One fault of one flight, as `Mission.inject` returns it.

    `start_s`, `end_s`: mission time [s], `end_s` None: until it is cleared. `state`: waiting, active or over.
    """

    target: str
    kind: FaultKind
    values: Mapping[str, float | None]
    start_s: float
    end_s: float | None
    count: int  # injections of the same target and fault before it in this flight
    state: str = "waiting"
    _bits: dict[str, np.random.PCG64] = field(default_factory=dict, repr=False)

    @property
    def fault(self) -> str:
        """The fault's name."""
        return self.kind.name

    def number(self, name: str) -> float:
        """Return a parameter that has a value."""
        value = self.values[name]
        if value is None:
            raise KeyError(name)
        return value

    def bits(self, seed: int, part: str = "") -> np.random.PCG64:
        """Return a random stream of this fault, from the run's seed, its name, its number, and a part of it."""
        if part not in self._bits:
            name = f"fault/{self.target}/{self.fault}/{self.count}/{part}"
            self._bits[part] = np.random.PCG64(stream_seed(seed, name))
        return self._bits[part]

    def save(self) -> State:
        """Return the fault, its state and its random streams, as plain data (`hal.saved`)."""
        streams = {part: plain_of(bits) for part, bits in self._bits.items()}
        return attributes(self, REMEMBERED) | {"fault": self.fault, "values": dict(self.values), "streams": streams}

    def restore(self, state: State) -> None:
        """Continue from what this fault saved; `restore_streams` follows when it is in force."""
        set_attributes(self, REMEMBERED, state)
        self.values = state["values"]

    def restore_streams(self, state: State, seed: int) -> None:
        """Let its random streams, of a flight with that seed, go on where they were: devices may have drawn since."""
        for part, stream in state["streams"].items():
            self.bits(seed, part).state = bits_of(stream)

    def __str__(self) -> str:
        """Name the fault as messages do."""
        return f"{self.target} {self.fault}"
