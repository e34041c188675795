"""The kind of model of the magnetometer."""

from __future__ import annotations

from sim.devices.fault_kind import AXIS, NO_ANSWER, bias, device_fault, noise
from sim.devices.kind import ModelKind, made_of
from sim.devices.magnetometer._magnetometer import Magnetometer

FAULTS = (
    device_fault("dead", NO_ANSWER, acts="dead"),
    device_fault("stuck", "gives the same field again and again, as if it were valid", AXIS,
                 acts="stuck", channels=(0, 3)),
    device_fault("zero", "gives no field, as if it were valid", AXIS, acts="zero", channels=(0, 3)),
    device_fault("biased", "a field is added to the true one, before range and counts", AXIS,
                 bias("tesla", 2e-5, "flux density that is added"), acts="biased", channels=(0, 3)),
    device_fault("noisy", "white noise is added to every sample", AXIS,
                 noise("tesla", 5e-6, "standard deviation of the added flux density"), acts="noisy", channels=(0, 3)),
)  # fmt: skip


MODEL = ModelKind("magnetometer", made_of(Magnetometer), errors=Magnetometer.ERRORS, faults=FAULTS)
