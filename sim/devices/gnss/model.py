"""The kind of model of the GNSS receiver."""

from __future__ import annotations

from typing import Any

from sim.devices.gnss._gnss import Gnss
from sim.devices.kind import Making, ModelKind


def make(settings: Any, making: Making) -> Gnss:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return Gnss(settings, making.seed, making.errors, making.name)


MODEL = ModelKind("gnss", make, errors=Gnss.ERRORS)
