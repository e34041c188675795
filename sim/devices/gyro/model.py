"""The kind of model of the gyro."""

from __future__ import annotations

from typing import Any

from sim.devices.fault_kind import AXIS, bias, device_fault, noise
from sim.devices.gyro._gyro import Gyro
from sim.devices.kind import Making, ModelKind


def make(settings: Any, making: Making) -> Gyro:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return Gyro(settings, making.seed, making.errors, making.name)


WRONG = ("EXCESSIVE_RATE", "RATE_UNKNOWN")
FAULTS = (
    device_fault("dead", "does not answer: the board reads its rail and says that the sample is not valid",
                 acts="dead", safe_reasons=("RATE_UNKNOWN",)),
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


MODEL = ModelKind("gyro", make, errors=Gyro.ERRORS, reads="gyro_counts", faults=FAULTS)
