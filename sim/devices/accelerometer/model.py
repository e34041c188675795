"""The kind of model of the accelerometer."""

from __future__ import annotations

from sim.devices.accelerometer._accelerometer import Accelerometer
from sim.devices.fault_kind import AXIS, NO_ANSWER, bias, device_fault, noise
from sim.devices.kind import ModelKind, made_of

FAULTS = (
    device_fault("dead", NO_ANSWER, acts="dead"),
    device_fault("stuck", "gives the same specific force again and again, as if it were valid", AXIS,
                 acts="stuck", channels=(0, 3)),
    device_fault("zero", "gives no force, as if it were valid", AXIS, acts="zero", channels=(0, 3)),
    device_fault("biased", "a specific force is added to the true one, before range and counts", AXIS,
                 bias("mps2", 0.01, "specific force that is added"), acts="biased", channels=(0, 3)),
    device_fault("noisy", "white noise is added to every sample", AXIS,
                 noise("mps2", 0.01, "standard deviation of the added specific force"),
                 acts="noisy", channels=(0, 3)),
)  # fmt: skip

MODEL = ModelKind("accelerometer", made_of(Accelerometer), errors=Accelerometer.ERRORS, faults=FAULTS)
