"""The kind of model of magnetorquers."""

from __future__ import annotations

from typing import Any

from sim.devices.kind import Making, ModelKind
from sim.devices.magnetorquers._torquers import Torquers


def make(settings: Any, making: Making) -> Torquers:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return Torquers(settings, making.seed, making.errors, making.name)


MODEL = ModelKind("magnetorquers", make, errors=Torquers.ERRORS, drives="dipole_counts")
