"""The kind of model of coarse Sun sensors."""

from __future__ import annotations

from typing import Any

from hal.samples import MAX_SUN_SENSORS
from sim.devices.coarse_sun_sensors._sun_sensors import SunSensors
from sim.devices.fault_kind import NO_ANSWER, bias, device_fault, noise, unit
from sim.devices.kind import Making, ModelKind, unit_count


def make(settings: Any, making: Making) -> SunSensors:  # noqa: ANN401 - keys of the vehicle file
    """Return the model of one device."""
    return SunSensors(settings.units, making.seed, making.errors, making.physics.albedo, making.name)


CELL = unit("which Sun sensor; all when it is not given", MAX_SUN_SENSORS, optional=True)
CELLS = (0, MAX_SUN_SENSORS)
FAULTS = (
    device_fault("dead", f"their converter {NO_ANSWER}", acts="dead"),
    device_fault("zero", "the cell sees no light, as if it were in the dark", CELL, acts="zero", channels=CELLS),
    device_fault("stuck", "the cell gives the same current again and again", CELL, acts="stuck", channels=CELLS),
    device_fault("biased", "a current is added to the true one", CELL,
                 bias("share", 0.3, "current that is added, in currents at full Sun"), acts="biased", channels=CELLS),
    device_fault("noisy", "white noise is added to every current", CELL,
                 noise("share", 0.1, "standard deviation of the added current, in currents at full Sun"),
                 acts="noisy", channels=CELLS),
)  # fmt: skip


MODEL = ModelKind(
    "coarse_sun_sensors",
    make,
    errors=SunSensors.ERRORS,
    units=unit_count,
    faults=FAULTS,
)
