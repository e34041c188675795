"""The kind of model of the star tracker."""

from __future__ import annotations

from typing import Any

from sim.devices.kind import Making, ModelKind
from sim.devices.star_tracker._star_tracker import StarTracker


def make(settings: Any, making: Making) -> StarTracker:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return StarTracker(settings, making.seed, making.errors, making.name)


MODEL = ModelKind("star_tracker", make, errors=StarTracker.ERRORS)
