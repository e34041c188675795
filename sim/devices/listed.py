"""The devices of a vehicle with their models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from hal.devices.registry import kind_of
from sim.devices.registry import find_model

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle
    from sim.devices.kind import ModelKind


@dataclass(frozen=True)
class Listed:
    """A device of the vehicle's list with its kind of model."""

    name: str
    settings: Any
    model: ModelKind
    board: str  # "" when it is on a link of its own

    def switches(self, off: Mapping[str, bool]) -> SimpleNamespace:
        """Return the switches of all error sources, on unless a table of the scenario file says otherwise."""
        return SimpleNamespace(**{name: off.get(name, True) for name in self.model.errors})


def listed_devices(vehicle: Vehicle) -> list[Listed]:
    """Return all devices but extension units, in their order; raise `SchemaError` for one without a model."""
    return [
        Listed(device.name, device, find_model(kind_of(device).name), device.board or "")
        for device in vehicle.devices if device not in vehicle.unit
    ]  # fmt: skip
