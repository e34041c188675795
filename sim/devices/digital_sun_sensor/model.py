"""The kind of model of the two-axis Sun sensor."""

from __future__ import annotations

from typing import Any

from sim.devices.digital_sun_sensor._digital_sun_sensor import DigitalSunSensor
from sim.devices.fault_kind import NO_ANSWER, Parameter, bias, device_fault, noise
from sim.devices.kind import Making, ModelKind


def make(settings: Any, making: Making) -> DigitalSunSensor:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return DigitalSunSensor(settings, making.seed, making.errors, making.physics.albedo, making.name)


ANGLE = Parameter("axis", "", "which angle, 0 or 1; both when not given", low=0, high=1, whole=True, optional=True)
FAULTS = (
    device_fault("dead", NO_ANSWER, acts="dead"),
    device_fault("blind", "sees no Sun, as if it were in the dark", acts="zero", channels=(2, 1)),
    device_fault("stuck", "gives the same angle again and again, as if it were valid", ANGLE,
                 acts="stuck", channels=(0, 2)),
    device_fault("biased", "an angle is added to the true one", ANGLE,
                 bias("rad", 0.02, "angle that is added"), acts="biased", channels=(0, 2)),
    device_fault("noisy", "white noise is added to every angle", ANGLE,
                 noise("rad", 0.01, "standard deviation of the added angle"), acts="noisy", channels=(0, 2)),
)  # fmt: skip

MODEL = ModelKind(
    "digital_sun_sensor", make, errors=DigitalSunSensor.ERRORS, faults=FAULTS
)  # fmt: skip
