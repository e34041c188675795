"""Two-axis digital Sun sensor: keys of the vehicle file, and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hal.devices.channels import Channels, Readings
from hal.devices.checks import INT16_MAX, fits_counts
from hal.devices.device import Device, Vector
from hal.devices.kind import DeviceKind, Place
from hal.record import field
from hal.samples import Sample
from hal.schema import Defect, key
from hal.wire import CountType

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

NOISE_SIGMAS = 5.0  # an angle at the edge of the field of view may be as much beyond it


class DigitalSunSample(Sample):
    """Two angles of the Sun; valid when the sensor sees it."""

    angle_s_rad = field("f8", 2, unit="rad", doc="atan2(x, z) and atan2(y, z) of the Sun in sensor axes")


@dataclass(frozen=True)
class DigitalSunSensor(Device):
    """Two-axis Sun sensor, whose boresight is +z of its frame."""

    q_sb: Vector = key(shape=(4,), unit_norm=True)
    half_angle_rad: float = key(low=0.01, high=1.5, plausible=(0.2, 1.4), doc="of the square field of view, each axis")
    noise_rad: float = key(low=0, high=0.5, plausible=(1e-6, 0.05), doc="1 sigma of an angle")
    misalignment_sigma_rad: float = key(low=0, high=0.5, plausible=(1e-7, 0.05), doc="about each axis, 1 sigma")
    albedo_share: float = key(
        default=1.0, low=0, high=1, doc="how far the light of the Earth moves the centroid: 1 as much as its power says"
    )
    count_rad: float = key(low=1e-7, high=0.1, plausible=(1e-6, 0.05), doc="angle of one count")


def channels(v: Vehicle, sensor: DigitalSunSensor) -> Channels:
    """Two angles; without the Sun both are no measurement."""
    largest = sensor.half_angle_rad + NOISE_SIGMAS * (sensor.noise_rad + sensor.misalignment_sigma_rad)
    return Channels(Readings(CountType.I2, "angle_s_rad", (sensor.count_rad,) * 2, (largest,) * 2))


def counts(v: Vehicle, sensor: DigitalSunSensor, at: Place) -> Iterator[Defect]:
    """The field of view fits the counts that cross the wire."""
    yield from fits_counts(at("count_rad"), sensor.count_rad, sensor.half_angle_rad, INT16_MAX)


KIND = DeviceKind(
    "digital_sun_sensor", DigitalSunSensor, sample=DigitalSunSample, board="adcs", channels=channels, rules=(counts,)
)
