"""The kind of model of reaction wheels."""

from __future__ import annotations

from typing import Any

from sim.devices.kind import Making, ModelKind
from sim.devices.reaction_wheels._wheels import Wheels


def make(settings: Any, making: Making) -> Wheels:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return Wheels(settings.units, making.seed, making.errors, making.name, making.first_rotor)


MODEL = ModelKind(
    "reaction_wheels",
    make,
    errors=Wheels.ERRORS,
    reads="wheel_counts",
    drives="wheel_torque_counts",
    rotors=lambda settings: len(settings.units),
)
