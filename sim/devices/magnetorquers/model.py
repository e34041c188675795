"""The kind of model of magnetorquers."""

from __future__ import annotations

from hal.samples import MAX_TORQUERS
from sim.devices.fault_kind import bias, device_fault, noise, unit
from sim.devices.kind import ModelKind, made_of, unit_count
from sim.devices.magnetorquers._torquers import Torquers

TORQUER = unit("which torquer", MAX_TORQUERS)
ALL = (0, MAX_TORQUERS)
REASONS = ("EXCESSIVE_RATE",)
FAULTS = (
    device_fault("dead", "it gives no dipole", TORQUER, acts="zero", channels=ALL, safe_reasons=REASONS),
    device_fault("stuck", "it keeps its present dipole, also while the others are off: the magnetometer sees it",
                 TORQUER, acts="stuck", channels=ALL, safe_reasons=REASONS),
    device_fault("biased", "a dipole is added to the commanded one, while it is driven", TORQUER,
                 bias("am2", 0.1, "dipole that is added"), acts="biased", channels=ALL, safe_reasons=REASONS),
    device_fault("noisy", "its dipole is noisy, while it is driven", TORQUER,
                 noise("am2", 0.1, "standard deviation of the added dipole"),
                 acts="noisy", channels=ALL, safe_reasons=REASONS),
)  # fmt: skip


MODEL = ModelKind(
    "magnetorquers",
    made_of(Torquers),
    errors=Torquers.ERRORS,
    units=unit_count,
    faults=FAULTS,
)
