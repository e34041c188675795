"""One fault of one flight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sim.devices._device import stream_seed
from sim.faults.kind import FaultKind


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

    def __str__(self) -> str:
        """Name the fault as messages do."""
        return f"{self.target} {self.fault}"
