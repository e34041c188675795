"""The devices of a vehicle with their models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from hal.devices.registry import kind_of
from hal.links.link import scheme_of
from hal.links.urls import innermost
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
    """Return all devices with a model, in their order; raise `SchemaError` for one that lacks its model."""
    return [
        Listed(d.name, d, find_model(kind_of(d), vehicle.file, vehicle.place(d, "kind")), d.board or "")
        for d in vehicle.devices if not is_real(d)
    ]  # fmt: skip


def is_real(device: Any) -> bool:  # noqa: ANN401 - keys of the vehicle file
    """Whether a device of another package is no model: its link is not one of the simulator's."""
    own = bool(kind_of(device).model) or ":" in device.kind
    return own and device.link is not None and scheme_of(innermost(device.link)) != "sim"
