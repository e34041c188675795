"""The kind of model of the gyro."""

from __future__ import annotations

from sim.devices.fault_kind import AXIS, NO_ANSWER, bias, device_fault, noise
from sim.devices.gyro._gyro import Gyro
from sim.devices.kind import ModelKind, made_of

WRONG = ("EXCESSIVE_RATE", "RATE_UNKNOWN")
FAULTS = (
    device_fault("dead", NO_ANSWER, acts="dead", safe_reasons=("RATE_UNKNOWN",)),
    device_fault("stuck", "gives the same angle increment again and again, as if it were valid", AXIS,
                 acts="stuck", channels=(0, 3), safe_reasons=WRONG),
    device_fault("zero", "gives no rotation, as if it were valid", AXIS,
                 acts="zero", channels=(0, 3), safe_reasons=WRONG),
    device_fault("biased", "a rate is added to the true one, before range and counts", AXIS,
                 bias("radps", 0.01, "rate that is added"), acts="biased", channels=(0, 3), safe_reasons=WRONG),
    device_fault("noisy", "white noise is added to the mean rate of every sample", AXIS,
                 noise("radps", 0.01, "standard deviation of the added rate"),
                 acts="noisy", channels=(0, 3), safe_reasons=WRONG),
)  # fmt: skip


MODEL = ModelKind("gyro", made_of(Gyro), errors=Gyro.ERRORS, faults=FAULTS)
