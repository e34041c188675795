"""The kind of model of the magnetometer."""

from __future__ import annotations

from typing import Any

from sim.devices.kind import Making, ModelKind
from sim.devices.magnetometer._magnetometer import Magnetometer


def make(settings: Any, making: Making) -> Magnetometer:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return Magnetometer(settings, making.seed, making.errors, making.name)


MODEL = ModelKind("magnetometer", make, errors=Magnetometer.ERRORS, reads="mag_counts")
