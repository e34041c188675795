"""The kind of model of thrusters."""

from __future__ import annotations

from hal.devices.thruster.kind import MAX_THRUSTERS
from sim.devices.fault_kind import device_fault, unit
from sim.devices.kind import ModelKind, Suffering, made_of, unit_count
from sim.devices.thruster._thruster import Thrusters


def stick(model: Thrusters, suffering: Suffering) -> None:
    """Valves stick; one that sticks closed and open is closed."""
    units = {name: [int(a.values["unit"] or 0) for a in suffering.active if a.fault == name] for name in STICKING}
    model.stick(units["stuck_open"], units["stuck_closed"])


NOZZLE = unit("which nozzle", MAX_THRUSTERS)
REASONS = ("EXCESSIVE_RATE",)
STICKING = ("stuck_open", "stuck_closed")
FAULTS = (
    device_fault("stuck_open", "its valve stays open: it pushes until the tank is empty", NOZZLE, safe_reasons=REASONS),
    device_fault("stuck_closed", "its valve stays closed", NOZZLE, safe_reasons=REASONS),
)

MODEL = ModelKind(
    "thruster", made_of(Thrusters), errors=Thrusters.ERRORS,
    units=unit_count, suffer=stick, faults=FAULTS,
)  # fmt: skip
