"""The kind of model of reaction wheels."""

from __future__ import annotations

import math
from typing import Any

from hal.samples import MAX_WHEELS
from sim.devices.fault_kind import Parameter, bias, device_fault, noise, unit
from sim.devices.kind import Making, ModelKind, Suffering, unit_count
from sim.devices.reaction_wheels._wheels import Wheels


def make(settings: Any, making: Making) -> Wheels:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return Wheels(settings.units, making.seed, making.errors, making.name, making.first_rotor)


WHEEL = unit("which wheel", MAX_WHEELS)
TACHOMETERS, MOTORS = (0, MAX_WHEELS), (MAX_WHEELS, MAX_WHEELS)
REASONS = ("EXCESSIVE_RATE", "WHEELS_FAILED")
FAULTS = (
    device_fault("dead", "its motor gives no torque; it coasts, and its tachometer reads on", WHEEL,
                 acts="zero", channels=MOTORS, safe_reasons=REASONS),
    device_fault("stuck", "its bearing seizes: it stops within a second, and the body takes its momentum", WHEEL,
                 safe_reasons=REASONS),
    device_fault("friction", "its bearing has many times its friction, Coulomb and viscous", WHEEL,
                 Parameter("factor", "1", "times the friction", default=20.0, low=0, high=1e4, idle=1),
                 safe_reasons=REASONS),
    device_fault("biased", "its motor gives a torque beside the commanded one", WHEEL,
                 bias("nm", 5e-4, "torque that is added"), acts="biased", channels=MOTORS, safe_reasons=REASONS),
    device_fault("noisy", "its motor's torque is noisy", WHEEL,
                 noise("nm", 5e-4, "standard deviation of the added torque"),
                 acts="noisy", channels=MOTORS, safe_reasons=REASONS),
    device_fault("tachometer_stuck", "its tachometer gives the same speed again and again", WHEEL,
                 acts="stuck", channels=TACHOMETERS, safe_reasons=REASONS),
    device_fault("tachometer_zero", "its tachometer reads no speed", WHEEL,
                 acts="zero", channels=TACHOMETERS, safe_reasons=REASONS),
)  # fmt: skip


def wear(model: Wheels, suffering: Suffering) -> None:
    """Bearings: friction factors multiply; one seizure is enough."""
    for k, wheel in enumerate(suffering.settings.units):
        here = [a for a in suffering.active if a.fault in {"stuck", "friction"} and a.values["unit"] == k]
        factor = math.prod(a.values["factor"] or 0.0 for a in here if a.fault == "friction")
        seized = any(a.fault == "stuck" for a in here)
        suffering.body.worsen_bearing(model.first + k, wheel, suffering.options, factor, seized)


MODEL = ModelKind(
    "reaction_wheels",
    make,
    errors=Wheels.ERRORS,
    rotors=unit_count,
    units=unit_count,
    suffer=wear,
    faults=FAULTS,
)
