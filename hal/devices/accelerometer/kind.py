"""Three-axis accelerometer: keys of the vehicle file, and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hal.devices.channels import Channels, Readings
from hal.devices.checks import INT32_MAX, fits_counts
from hal.devices.device import Device, Vector
from hal.devices.kind import DeviceKind, Place
from hal.record import field
from hal.samples import Sample
from hal.schema import Defect, key
from hal.wire import CountType

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle


class AccelerometerSample(Sample):
    """Specific force at the sensor, mean over a cycle."""

    force_s_mps2 = field("f8", 3, unit="m/s^2", doc="specific force, sensor axes")


@dataclass(frozen=True)
class Accelerometer(Device):
    """Three-axis accelerometer, which measures what is not gravity at its place."""

    q_sb: Vector = key(shape=(4,), unit_norm=True)
    position_b_m: Vector = key(shape=(3,), low=-50, high=50, plausible=(0, 5), doc="from the centre of mass")
    noise_mps2: float = key(low=0, high=10, plausible=(1e-9, 0.1), doc="1 sigma of a sample")
    bias_sigma_mps2: float = key(low=0, high=10, plausible=(1e-9, 0.5), doc="turn-on bias, 1 sigma")
    scale_factor_sigma: float = key(low=0, high=0.5, plausible=(1e-7, 0.05))
    count_mps2: float = key(low=1e-15, high=1, plausible=(1e-12, 1e-2), doc="specific force of one count")
    range_mps2: float = key(low=1e-6, high=1000, plausible=(1e-3, 500))


def channels(v: Vehicle, accelerometer: Accelerometer) -> Channels:
    """Specific force along three axes."""
    scale, largest = (accelerometer.count_mps2,) * 3, (accelerometer.range_mps2,) * 3
    return Channels(Readings(CountType.I4, "force_s_mps2", scale, largest))


def counts(v: Vehicle, accelerometer: Accelerometer, at: Place) -> Iterator[Defect]:
    """The range fits the counts that cross the wire."""
    yield from fits_counts(at("count_mps2"), accelerometer.count_mps2, accelerometer.range_mps2, INT32_MAX)


KIND = DeviceKind(
    "accelerometer", Accelerometer, sample=AccelerometerSample, board="adcs", channels=channels, rules=(counts,)
)
