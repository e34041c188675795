"""The kind of model of the electrical power system."""

from __future__ import annotations

from typing import Any

from hal.devices.power.kind import MAX_ARRAYS
from sim.devices.fault_kind import Parameter, bias, device_fault, unit
from sim.devices.kind import Making, ModelKind, Suffering
from sim.devices.power._power import Power


def make(settings: Any, making: Making) -> Power:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return Power(settings, len(making.vehicle.units("reaction_wheels")), making.seed, making.errors, making.name)


REASONS = ("LOW_BATTERY", "POWER_FAULT")
FAULTS = (
    device_fault("array_loss", "an array gives less power",
                 unit("which array; all when it is not given", MAX_ARRAYS, optional=True),
                 Parameter("share", "1", "what is lost of it", default=1.0, low=0, high=1, idle=0),
                 safe_reasons=REASONS),
    device_fault("battery_loss", "cells fail and take their charge with them: the state of charge stays, what it is a "
                 "share of does not",
                 Parameter("share", "1", "what is lost", default=0.5, low=0, high=0.95, idle=0), safe_reasons=REASONS),
    device_fault("gauge_biased", "the gauge of the state of charge reads wrong",
                 bias("share", -0.2, "what is added, 1 is a full battery"), acts="biased", safe_reasons=REASONS),
    device_fault("gauge_stuck", "the gauge of the state of charge stays at its reading", acts="stuck"),
)  # fmt: skip


def lose(model: Power, suffering: Suffering) -> None:
    """Arrays and cells: each fault removes its share of what the others have left."""
    arrays = [1.0] * len(suffering.settings.arrays)
    capacity = 1.0
    for a in suffering.active:
        left, number = 1.0 - (a.values.get("share") or 0.0), a.values.get("unit")
        if a.fault == "battery_loss":
            capacity *= left
        elif a.fault == "array_loss":
            here = range(len(arrays)) if number is None else [int(number)]
            for k in here:
                arrays[k] *= left
    model.lose([1.0 - left for left in arrays], 1.0 - capacity)


MODEL = ModelKind(
    "power",
    make,
    errors=Power.ERRORS,
    units=lambda settings: len(settings.arrays),
    suffer=lose,
    faults=FAULTS,
)
