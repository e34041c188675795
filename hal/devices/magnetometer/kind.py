"""Three-axis magnetometer: keys of the vehicle file, and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hal.devices.channels import Channels, Readings
from hal.devices.checks import INT16_MAX, fits_counts, largest_field_tesla
from hal.devices.device import Device, Vector
from hal.devices.kind import DeviceKind, Place
from hal.samples import MagSample
from hal.schema import Defect, key
from hal.wire import Chip, CountType

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle


@dataclass(frozen=True)
class Magnetometer(Device):
    """Three-axis magnetometer."""

    q_sb: Vector = key(shape=(4,), unit_norm=True)
    noise_tesla: float = key(low=0, high=1e-3, plausible=(1e-12, 1e-5), doc="1 sigma per axis and sample")
    hard_iron_sigma_tesla: float = key(
        low=0, high=1e-3, plausible=(1e-11, 2e-5), doc="residual after ground calibration, 1 sigma"
    )
    soft_iron_sigma: float = key(low=0, high=0.5, plausible=(1e-7, 0.2), doc="residual scale and cross terms, 1 sigma")
    torquer_coupling_tesla_per_am2: float = key(
        low=0, high=0.1, plausible=(1e-10, 2e-3), doc="field of a driven torquer at the sensor"
    )
    torquer_remanence_fraction: float = key(low=0, high=1, doc="share of that coupling left when sampled")
    count_tesla: float = key(low=1e-13, high=1e-5, plausible=(1e-12, 2e-6))
    range_tesla: float = key(low=1e-7, high=0.1, plausible=(5e-5, 2e-3))


def channels(v: Vehicle, mag: Magnetometer) -> Channels:
    """Flux density along three axes."""
    return Channels(Readings(CountType.I2, "mag_s_tesla", (mag.count_tesla,) * 3, (mag.range_tesla,) * 3))


def counts(v: Vehicle, mag: Magnetometer, at: Place) -> Iterator[Defect]:
    """The range fits the counts that cross the wire."""
    yield from fits_counts(at("count_tesla"), mag.count_tesla, mag.range_tesla, INT16_MAX)


def field_range(v: Vehicle, mag: Magnetometer, at: Place) -> Iterator[Defect]:
    """The range contains the field of this orbit."""
    field = largest_field_tesla(v)
    if not mag.range_tesla >= field:
        yield Defect(
            at("range_tesla"), f"found {mag.range_tesla:g}", f">= {field:.2g}, the largest field of this orbit"
        )


KIND = DeviceKind(
    "magnetometer", Magnetometer, sample=MagSample, board="adcs", channels=channels, chips=(Chip.RM3100,),
    rules=(counts,), warnings=(field_range,),
)  # fmt: skip
