"""The kind of model of the electrical power system."""

from __future__ import annotations

from typing import Any

from sim.devices.kind import Making, ModelKind
from sim.devices.power._power import Power


def make(settings: Any, making: Making) -> Power:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return Power(settings, len(making.vehicle.wheels), making.seed, making.errors, making.name)


MODEL = ModelKind("power", make, errors=Power.ERRORS, reads="bus_mv", drives="switches")
