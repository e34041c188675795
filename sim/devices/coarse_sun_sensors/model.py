"""The kind of model of coarse Sun sensors."""

from __future__ import annotations

from typing import Any

from sim.devices.coarse_sun_sensors._sun_sensors import SunSensors
from sim.devices.kind import Making, ModelKind


def make(settings: Any, making: Making) -> SunSensors:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return SunSensors(settings.units, making.seed, making.errors, making.physics.albedo, making.name)


MODEL = ModelKind("coarse_sun_sensors", make, errors=SunSensors.ERRORS, reads="css_counts")
