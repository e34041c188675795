"""Magnetorquers, an array with a common drive: keys of the vehicle file, and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hal.devices.channels import Channels, Outputs
from hal.devices.checks import INT16_MAX, fits_counts, largest_field_tesla, limit_counts, spans
from hal.devices.device import Device, Vector
from hal.devices.kind import DeviceKind, Place
from hal.leap_seconds import DAY_S
from hal.samples import MAX_TORQUERS, TorquerSample
from hal.schema import Defect, key
from hal.wire import OutputType

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

UNLOADED_WITHIN_S = DAY_S  # what turns a satellite one way goes on for a day or more: as long as Sun and orbit stay


@dataclass(frozen=True)
class Torquer:
    """One magnetorquer."""

    axis_b: Vector = key(shape=(3,), unit_norm=True)
    dipole_max_am2: float = key(low=1e-5, high=5000, plausible=(0.002, 500))
    residual_fraction: float = key(low=0, high=1, doc="dipole left after switching off, of the last driven")
    dipole_count_am2: float = key(low=1e-10, high=100, plausible=(1e-8, 1), doc="dipole of one command count")
    power_w: float = key(low=0, high=1000, plausible=(0.01, 50), doc="at full dipole")


@dataclass(frozen=True)
class Torquers(Device):
    """Magnetorquers with a common drive."""

    duty: float = key(low=0.01, high=0.95, doc="share of a board cycle in which they are driven; the rest is to settle")
    units: tuple[Torquer, ...] = key(name="unit", count=(1, MAX_TORQUERS))


def channels(v: Vehicle, torquers: Torquers) -> Channels:
    """Dipoles, which the board tells as it drives them."""
    scale = tuple(t.dipole_count_am2 for t in torquers.units)
    limit = tuple(limit_counts(t.dipole_max_am2, t.dipole_count_am2) for t in torquers.units)
    return Channels(
        outputs=Outputs(
            OutputType.DRIVEN, "command.actuators", "dipole_am2", scale, limit, told="dipole_am2",
            limit_key="unit[{}].dipole_count_am2",
        )
    )  # fmt: skip


def axes(v: Vehicle, torquers: Torquers, at: Place) -> Iterator[Defect]:
    """Three torquers or more act about all three axes."""
    yield from spans(at("unit"), [t.axis_b for t in torquers.units])


def counts(v: Vehicle, torquers: Torquers, at: Place) -> Iterator[Defect]:
    """The dipoles fit the counts that cross the wire."""
    for i, t in enumerate(torquers.units):
        yield from fits_counts(at(f"unit[{i}].dipole_count_am2"), t.dipole_count_am2, t.dipole_max_am2, INT16_MAX)


def unloading(v: Vehicle, torquers: Torquers, at: Place) -> Iterator[Defect]:
    """They can unload a wheel within a day, with their largest torque: dipole times duty times field."""
    field = largest_field_tesla(v)
    wheel_nms = max((w.momentum_max_nms for w in v.units("reaction_wheels")), default=0.0)
    torque = torquers.duty * field * max(t.dipole_max_am2 for t in torquers.units)
    if not wheel_nms <= torque * UNLOADED_WITHIN_S:
        yield Defect(
            at("unit"), f"found {torque:.2g} N m at most in the field of this orbit, {field:.2g} T, which takes "
            f"{wheel_nms / torque / DAY_S:.3g} days to unload a wheel", "at most a day: these torquers cannot unload",
        )  # fmt: skip


KIND = DeviceKind(
    "magnetorquers", Torquers, sample=TorquerSample, board="adcs", channels=channels, most=1,
    rules=(axes, counts), warnings=(unloading,),
)  # fmt: skip
