"""Reaction wheels, an array: keys of the vehicle file, and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hal.bounds import is_within
from hal.devices.channels import Channels, Outputs, Readings
from hal.devices.checks import INT16_MAX, fits_counts, limit_counts, spans
from hal.devices.device import Device, Vector
from hal.devices.kind import DeviceKind, Place
from hal.samples import MAX_WHEELS, WheelSample
from hal.schema import Defect, key
from hal.wire import CountType, OutputType

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

FASTEST_RADPS = 2e4  # no wheel turns faster: 190 000 rpm
# Wheels pass their rated speed for a moment; a tachometer that reads half as much again is broken.
SPEED_MARGIN = 1.5
USUAL_RADPS = (30.0, 3000.0)  # 300 to 29 000 rpm


@dataclass(frozen=True)
class Wheel:
    """One reaction wheel."""

    axis_b: Vector = key(shape=(3,), unit_norm=True)
    inertia_kgm2: float = key(low=1e-10, high=10, plausible=(1e-8, 0.5), doc="rotor, about its spin axis")
    momentum_max_nms: float = key(low=1e-7, high=1e4, plausible=(1e-4, 200))
    torque_max_nm: float = key(low=1e-8, high=100, plausible=(1e-6, 5))
    friction_coulomb_nm: float = key(low=0, high=10, plausible=(1e-9, 0.05))
    friction_viscous_nms: float = key(low=0, high=1, plausible=(1e-11, 1e-3), doc="N m per rad/s")
    torque_count_nm: float = key(low=1e-13, high=10, plausible=(1e-11, 1e-2), doc="torque of one command count")
    speed_count_radps: float = key(low=1e-7, high=100, plausible=(1e-5, 10), doc="speed of one tachometer count")


@dataclass(frozen=True)
class ReactionWheels(Device):
    """Reaction wheels that flight commands together."""

    units: tuple[Wheel, ...] = key(name="unit", count=(1, MAX_WHEELS))


def channels(v: Vehicle, wheels: ReactionWheels) -> Channels:
    """Spin rates; motor torques, which above the rated speed only brake."""
    rated = [w.momentum_max_nms / w.inertia_kgm2 for w in wheels.units]
    return Channels(
        Readings(
            CountType.I2, "speed_radps", tuple(w.speed_count_radps for w in wheels.units),
            tuple(SPEED_MARGIN * speed for speed in rated),
        ),
        Outputs(
            OutputType.COUNT, "command.actuators", "wheel_torque_nm", tuple(w.torque_count_nm for w in wheels.units),
            tuple(limit_counts(w.torque_max_nm, w.torque_count_nm) for w in wheels.units),
            guard=tuple(limit_counts(s, w.speed_count_radps) for s, w in zip(rated, wheels.units, strict=True)),
            limit_key="unit[{}].torque_count_nm", guard_key="unit[{}].speed_count_radps",
        ),
    )  # fmt: skip


def axes(v: Vehicle, wheels: ReactionWheels, at: Place) -> Iterator[Defect]:
    """Three wheels or more act about all three axes."""
    yield from spans(at("unit"), [w.axis_b for w in wheels.units])


def counts(v: Vehicle, wheels: ReactionWheels, at: Place) -> Iterator[Defect]:
    """Torques and speeds fit the counts that cross the wire."""
    for i, w in enumerate(wheels.units):
        yield from fits_counts(at(f"unit[{i}].torque_count_nm"), w.torque_count_nm, w.torque_max_nm, INT16_MAX)
        speed = w.momentum_max_nms / w.inertia_kgm2
        yield from fits_counts(at(f"unit[{i}].speed_count_radps"), w.speed_count_radps, speed, INT16_MAX)


def friction(v: Vehicle, wheels: ReactionWheels, at: Place) -> Iterator[Defect]:
    """The motor of a wheel overcomes its friction, and its rotor survives its speed."""
    for i, w in enumerate(wheels.units):
        speed = w.momentum_max_nms / w.inertia_kgm2
        drag = w.friction_coulomb_nm + w.friction_viscous_nms * speed
        if not w.friction_coulomb_nm < w.torque_max_nm:
            yield Defect(
                at(f"unit[{i}].friction_coulomb_nm"), f"found {w.friction_coulomb_nm:g}",
                f"< torque_max_nm = {w.torque_max_nm:g}, or the wheel never turns",
            )  # fmt: skip
        elif not drag < w.torque_max_nm:
            yield Defect(
                at(f"unit[{i}].friction_viscous_nms"),
                f"found {w.friction_viscous_nms:g}, at full speed {drag:.3g} N m",
                f"friction below torque_max_nm = {w.torque_max_nm:g}, or the wheel never gets there",
            )  # fmt: skip
        if not speed <= FASTEST_RADPS:
            yield Defect(
                at(f"unit[{i}].momentum_max_nms"),
                f"found {w.momentum_max_nms:g}, which is a speed of {speed:.4g} rad/s",
                f"at most {FASTEST_RADPS:g} rad/s of a rotor of {w.inertia_kgm2:g} kg m^2",
            )  # fmt: skip


def rotors(v: Vehicle, wheels: ReactionWheels, at: Place) -> Iterator[Defect]:
    """The rotors fit into the body: the moments about their transverse axes are less than the body's.

    No body of revolution has less about such an axis than half of what it has about its own.
    """
    body, across = np.array(v.spacecraft.inertia_b_kgm2), np.zeros((3, 3))
    for wheel in wheels.units:
        across += 0.5 * wheel.inertia_kgm2 * (np.eye(3) - np.outer(wheel.axis_b, wheel.axis_b))
    if not float(np.linalg.eigvalsh(body - across).min()) > 0.0:
        largest = max(wheel.inertia_kgm2 for wheel in wheels.units)
        yield Defect(
            at("unit"), f"found rotors of up to {largest:g} kg m^2, more than the whole satellite has",
            "rotors whose own inertia fits into spacecraft.inertia_b_kgm2",
        )  # fmt: skip


def usual_speed(v: Vehicle, wheels: ReactionWheels, at: Place) -> Iterator[Defect]:
    """The wheels' speeds are usual."""
    low, high = USUAL_RADPS
    for i, w in enumerate(wheels.units):
        speed = w.momentum_max_nms / w.inertia_kgm2
        if not is_within(speed, low=low, high=high):
            yield Defect(
                at(f"unit[{i}].momentum_max_nms"),
                f"found {w.momentum_max_nms:g}, which is a speed of {speed:.4g} rad/s",
                f"{low:g} to {high:g} rad/s",
            )


def slews(v: Vehicle, wheels: ReactionWheels, at: Place) -> Iterator[Defect]:
    """The wheels can do the slews that the file demands."""
    largest = float(np.linalg.eigvalsh(np.array(v.spacecraft.inertia_b_kgm2))[-1])
    momentum, torque = (sum(getattr(w, name) for w in wheels.units) for name in ("momentum_max_nms", "torque_max_nm"))
    for where, wanted, limit in (
        ("control.slew_rate_max_radps", v.control.slew_rate_max_radps * largest, momentum),
        ("control.slew_acceleration_max_radps2", v.control.slew_acceleration_max_radps2 * largest, torque),
    ):
        if not wanted <= limit:
            value = wanted / largest
            yield Defect(where, f"found {value:g}", f"at most {limit / largest:.3g}, which all wheels together can do")


KIND = DeviceKind(
    "reaction_wheels", ReactionWheels, sample=WheelSample, board="adcs", channels=channels, most=1,
    rules=(axes, counts, friction, rotors), warnings=(usual_speed, slews),
)  # fmt: skip
