"""Coarse Sun sensors, an array of cosine cells: keys of the vehicle file, and rules."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hal.devices.channels import Channels, Readings
from hal.devices.checks import UINT16_MAX, fits_counts
from hal.devices.device import Device, Vector
from hal.devices.kind import DeviceKind, Place
from hal.samples import MAX_SUN_SENSORS, CssSample
from hal.schema import Defect, key
from hal.wire import CountType

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

# A normalised photocurrent above this is a broken cell, and up to this it fits the counts: full sunlight at perihelion
# is 1.034, albedo adds at most about 0.5 to a cell that faces both, the rest is noise.
FULL_SCALE = 2.0


@dataclass(frozen=True)
class SunSensor:
    """One coarse Sun sensor: a cosine cell."""

    normal_b: Vector = key(shape=(3,), unit_norm=True)
    half_angle_rad: float = key(low=0.01, high=1.5707964, plausible=(0.3, 1.5707964))
    noise: float = key(low=0, high=1, plausible=(1e-6, 0.2), doc="1 sigma of the normalised current")
    count: float = key(low=1e-6, high=0.5, plausible=(1e-6, 0.05), doc="normalised current of one count")


@dataclass(frozen=True)
class CoarseSunSensors(Device):
    """Coarse Sun sensors on one converter."""

    units: tuple[SunSensor, ...] = key(name="unit", count=(1, MAX_SUN_SENSORS))


def channels(v: Vehicle, sensors: CoarseSunSensors) -> Channels:
    """One current a cell."""
    scale = tuple(cell.count for cell in sensors.units)
    return Channels(Readings(CountType.U2, "ratio", scale, (FULL_SCALE,) * len(scale)))


def counts(v: Vehicle, sensors: CoarseSunSensors, at: Place) -> Iterator[Defect]:
    """The currents fit the counts that cross the wire."""
    for i, cell in enumerate(sensors.units):
        yield from fits_counts(at(f"unit[{i}].count"), cell.count, FULL_SCALE, UINT16_MAX)


def sun_axis(v: Vehicle, sensors: CoarseSunSensors, at: Place) -> Iterator[Defect]:
    """With its Sun axis at the Sun, the satellite sees the Sun."""
    axis = np.array(v.pointing.sun_axis_b)
    if not any(float(np.dot(axis, c.normal_b)) > math.cos(c.half_angle_rad) for c in sensors.units):
        yield Defect("pointing.sun_axis_b", "found an axis that no Sun sensor sees", "one in the view of a Sun sensor")


KIND = DeviceKind(
    "coarse_sun_sensors", CoarseSunSensors, sample=CssSample, board="adcs", channels=channels, most=1,
    rules=(counts, sun_axis),
)  # fmt: skip
