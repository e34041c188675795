"""The base class for models of devices on a link of their own, which a kind of another package names.

A package derives from `UnitModel`; `smartsat new device` makes an example that works. Flight never imports a model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from hal.links.link import LinkError
from hal.saved import State, attributes, set_attributes
from sim.devices._device import stream_seed
from sim.devices._model import ScriptedModel
from sim.devices.fault_kind import FaultKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hal.vehicle.vehicle import Vehicle

CAPACITY = 4096  # octets that a unit's link holds for its reader


class UnitModel(ScriptedModel, ABC):
    """Base class of a unit's model: makes octets from the truth.

    It is made as `Class(name, vehicle, settings, seed)`: `settings` is the device of the vehicle file, and `rng` is a
    random stream of its own, seeded by the run and the name; it shifts no other device's noise. A class sets
    `period_ns` and `latency_ns`, and defines `measure`. `silent = True` removes its power. `FAULTS`, made with
    `sim.devices.fault_kind.device_fault`, is what can go wrong with it.
    """

    FAULTS: tuple[FaultKind, ...] = ()
    period_ns = 1_000_000_000
    latency_ns = 0

    def __init__(self, name: str, vehicle: Vehicle, settings: Any, seed: int) -> None:  # noqa: ANN401
        super().__init__(name, seed)
        self.vehicle, self.settings = vehicle, settings
        self.rng = np.random.Generator(np.random.PCG64(stream_seed(seed, name)))
        self.link = ModelLink(f"sim://{name}", self)
        self._next_ns = 0
        self._under_way: deque[tuple[int, bytes]] = deque()

    def save(self) -> State:
        """Return the state as plain data (`hal.saved`); a class with more than plain attributes extends it."""
        state: State = super().save()
        return state | {"under_way": list(self._under_way), "link": self.link.save()}

    def restore(self, state: State) -> None:
        """Continue from what a model with the same arguments saved."""
        super().restore(state)
        self._under_way = deque(state["under_way"])
        self.link.restore(state["link"])

    @abstractmethod
    def measure(self, truth: NDArray[Any]) -> bytes:
        """Return the octets of one report about `truth`, a record of `sim.physics.records.TruthRecord`: a view."""

    def receive(self, octets: bytes) -> None:
        """Take octets that flight sent; this class ignores them."""

    def cycle(self, truth: NDArray[Any]) -> None:
        """Measure when due, and put octets on the link whose latency has passed; called in each cycle of the world."""
        t_ns = int(truth["t_ns"])
        if t_ns >= self._next_ns:
            self._next_ns = (t_ns // self.period_ns + 1) * self.period_ns
            if not self.silent:
                self._under_way.append((t_ns + self.latency_ns, self.measure(truth)))
        while self._under_way and self._under_way[0][0] <= t_ns:
            self.link.put(self._under_way.popleft()[1])


class ModelLink:
    """Flight's end of a simulated unit's link (`hal.links.link.ByteLink`).

    What flight does not fetch is dropped by whole messages beyond `CAPACITY` octets, and counted.
    """

    def __init__(self, name: str, model: UnitModel) -> None:
        self._name, self._model = name, model
        self._waiting = b""
        self._open = True
        self.dropped = 0  # messages

    def put(self, message: bytes) -> None:
        """Put one message into the reader's buffer."""
        if len(self._waiting) + len(message) > CAPACITY:
            self.dropped += 1
        else:
            self._waiting += message

    def save(self) -> State:
        """Return what waits and what was dropped (`hal.saved`)."""
        return attributes(self, ("_waiting", "dropped"))

    def restore(self, state: State) -> None:
        """Take over what was saved."""
        set_attributes(self, ("_waiting", "dropped"), state)

    def write(self, octets: bytes) -> None:
        """Give octets to the unit; raise `LinkError` when the link is closed."""
        if not self._open:
            raise LinkError(f"{self._name}: write on a closed link")
        if not self._model.silent:
            self._model.receive(octets)

    def read(self) -> bytes:
        """Return everything that came since the last call; raise `LinkError` when the link is closed."""
        if not self._open:
            raise LinkError(f"{self._name}: read on a closed link")
        octets, self._waiting = self._waiting, b""
        return octets

    def close(self) -> None:
        """Close this end."""
        self._open = False
