"""Three-axis rate-integrating gyro: keys of the vehicle file, and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hal.devices.channels import Channels, Readings
from hal.devices.checks import INT32_MAX, fits_counts
from hal.devices.device import Device, Vector
from hal.devices.kind import DeviceKind, Place
from hal.samples import GyroSample
from hal.schema import Defect, key
from hal.wire import Chip, CountType

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle


@dataclass(frozen=True)
class Gyro(Device):
    """Three-axis rate-integrating gyro."""

    q_sb: Vector = key(shape=(4,), unit_norm=True)
    angle_random_walk_rad_sqrts: float = key(low=0, high=1, plausible=(1e-8, 1e-3), doc="rad/sqrt(s)")
    rate_random_walk_radps_sqrts: float = key(low=0, high=1, plausible=(1e-12, 1e-4), doc="rad/s/sqrt(s)")
    bias_sigma_radps: float = key(low=0, high=1, plausible=(1e-8, 0.05), doc="turn-on bias, 1 sigma")
    scale_factor_sigma: float = key(low=0, high=0.5, plausible=(1e-7, 0.05))
    misalignment_sigma_rad: float = key(low=0, high=0.5, plausible=(1e-7, 0.05))
    count_rad: float = key(low=1e-12, high=0.1, plausible=(1e-11, 1e-4), doc="angle increment of one count")
    range_radps: float = key(low=1e-3, high=100, plausible=(0.02, 70))


def channels(v: Vehicle, gyro: Gyro) -> Channels:
    """Angle increments about three axes."""
    scale, largest = (gyro.count_rad,) * 3, (gyro.range_radps,) * 3
    return Channels(Readings(CountType.I4, "dtheta_s_rad", scale, largest, increment=True))


def counts(v: Vehicle, gyro: Gyro, at: Place) -> Iterator[Defect]:
    """The increments of a cycle fit the counts that cross the wire."""
    cycle_s = v.boards.adcs.period_ms / 1000.0
    yield from fits_counts(at("count_rad"), gyro.count_rad, gyro.range_radps * cycle_s, INT32_MAX)


def reaction(v: Vehicle, gyro: Gyro, at: Place) -> Iterator[Defect]:
    """The range contains the rates at which flight reacts."""
    rate, largest = v.autonomy.detumble_enter_radps, gyro.range_radps
    if not rate <= largest:
        yield Defect(
            at("range_radps"), f"found {largest:g}", f"at least autonomy.detumble_enter_radps = {rate:g}, "
            "or that rate is not measured",
        )  # fmt: skip


KIND = DeviceKind(
    "gyro", Gyro, sample=GyroSample, board="adcs", channels=channels, chips=(Chip.BMI088_GYRO,),
    rules=(counts,), warnings=(reaction,),
)  # fmt: skip
