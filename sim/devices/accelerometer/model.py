"""The kind of model of the accelerometer."""

from __future__ import annotations

from typing import Any

from sim.devices.accelerometer._accelerometer import Accelerometer
from sim.devices.fault_kind import AXIS, bias, device_fault, noise
from sim.devices.kind import Making, ModelKind


def make(settings: Any, making: Making) -> Accelerometer:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return Accelerometer(settings, making.seed, making.errors, making.name)


FAULTS = (
    device_fault("dead", "does not answer: the board reads its rail and says that the sample is not valid",
                 acts="dead"),
    device_fault("stuck", "gives the same specific force again and again, as if it were valid", AXIS,
                 acts="stuck", channels=(0, 3)),
    device_fault("zero", "gives no force, as if it were valid", AXIS, acts="zero", channels=(0, 3)),
    device_fault("biased", "a specific force is added to the true one, before range and counts", AXIS,
                 bias("mps2", 0.01, "specific force that is added"), acts="biased", channels=(0, 3)),
    device_fault("noisy", "white noise is added to every sample", AXIS,
                 noise("mps2", 0.01, "standard deviation of the added specific force"),
                 acts="noisy", channels=(0, 3)),
)  # fmt: skip

MODEL = ModelKind("accelerometer", make, errors=Accelerometer.ERRORS, reads="accel_counts", faults=FAULTS)
