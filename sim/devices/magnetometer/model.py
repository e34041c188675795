"""The kind of model of the magnetometer."""

from __future__ import annotations

from typing import Any

from sim.devices.fault_kind import AXIS, bias, device_fault, noise
from sim.devices.kind import Making, ModelKind
from sim.devices.magnetometer._magnetometer import Magnetometer


def make(settings: Any, making: Making) -> Magnetometer:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return Magnetometer(settings, making.seed, making.errors, making.name)


FAULTS = (
    device_fault("dead", "does not answer: the board reads its rail and says that the sample is not valid",
                 acts="dead"),
    device_fault("stuck", "gives the same field again and again, as if it were valid", AXIS,
                 acts="stuck", channels=(0, 3)),
    device_fault("zero", "gives no field, as if it were valid", AXIS, acts="zero", channels=(0, 3)),
    device_fault("biased", "a field is added to the true one, before range and counts", AXIS,
                 bias("tesla", 2e-5, "flux density that is added"), acts="biased", channels=(0, 3)),
    device_fault("noisy", "white noise is added to every sample", AXIS,
                 noise("tesla", 5e-6, "standard deviation of the added flux density"), acts="noisy", channels=(0, 3)),
)  # fmt: skip


MODEL = ModelKind("magnetometer", make, errors=Magnetometer.ERRORS, reads="mag_counts", faults=FAULTS)
