"""The kind of model of the gyro."""

from __future__ import annotations

from typing import Any

from sim.devices.gyro._gyro import Gyro
from sim.devices.kind import Making, ModelKind


def make(settings: Any, making: Making) -> Gyro:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return Gyro(settings, making.seed, making.errors, making.name)


MODEL = ModelKind("gyro", make, errors=Gyro.ERRORS, reads="gyro_counts")
