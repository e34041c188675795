"""Warnings about values in a vehicle file that are possible but doubtful, a line each.

Figures that hardly belong together, and devices that cannot do what is asked of them while the satellite flies on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hal.bounds import is_within
from hal.leap_seconds import DAY_S
from hal.schema import Defect
from hal.vehicle import tle
from hal.vehicle.physical_rules import USUAL_DENSITY_KGPM3, array_power_w, density_kgpm3

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

ROTOR_RADPS = (30.0, 3000.0)  # 300 to 29 000 rpm
LARGEST_FIELD_TESLA = 6.7e-5  # on the ground at the poles
FIELD_RADIUS_M = 6371.2e3
UNLOADED_WITHIN_S = DAY_S  # what turns a satellite one way goes on for a day or more: as long as Sun and orbit stay


def density(v: Vehicle) -> Iterator[Defect]:
    """Mass and inertia fit a satellite."""
    found, (low, high) = density_kgpm3(v), USUAL_DENSITY_KGPM3
    if not is_within(found, low=low, high=high):
        yield Defect(
            "spacecraft.mass_kg", f"found {v.spacecraft.mass_kg:g}, with its inertia as dense as {found:.3g} kg/m^3",
            f"{low:g} to {high:g} kg/m^3",
        )  # fmt: skip


def wheels(v: Vehicle) -> Iterator[Defect]:
    """The wheels' speeds are usual, and the wheels can do the slews that the file demands."""
    for i, w in enumerate(v.wheels):
        speed = w.momentum_max_nms / w.inertia_kgm2
        if not is_within(speed, low=ROTOR_RADPS[0], high=ROTOR_RADPS[1]):
            low, high = ROTOR_RADPS
            yield Defect(
                f"wheels[{i}].momentum_max_nms", f"found {w.momentum_max_nms:g}, which is a speed of {speed:.4g} rad/s",
                f"{low:g} to {high:g} rad/s",
            )  # fmt: skip
    largest = float(np.linalg.eigvalsh(np.array(v.spacecraft.inertia_b_kgm2))[-1])
    momentum, torque = (sum(getattr(w, name) for w in v.wheels) for name in ("momentum_max_nms", "torque_max_nm"))
    for where, wanted, limit in (
        ("control.slew_rate_max_radps", v.control.slew_rate_max_radps * largest, momentum),
        ("control.slew_acceleration_max_radps2", v.control.slew_acceleration_max_radps2 * largest, torque),
    ):
        if not wanted <= limit:
            value = wanted / largest
            yield Defect(where, f"found {value:g}", f"at most {limit / largest:.3g}, which all wheels together can do")


def star_tracker(v: Vehicle) -> Iterator[Defect]:
    """The star tracker can see stars in the attitudes that the mission uses."""
    boresight = _boresight(v.star_tracker.q_sb)
    radius_m = tle.EARTH_RADIUS_M / (tle.elements(v.orbit.tle).semi_major_m)
    limb = math.asin(min(radius_m, 1.0))
    for where, axis, half_angle, body in (
        ("star_tracker.earth_exclusion_rad", v.pointing.payload_axis_b, limb + v.star_tracker.earth_exclusion_rad,
         "the Earth while the payload points to nadir"),
        ("star_tracker.sun_exclusion_rad", v.pointing.sun_axis_b, v.star_tracker.sun_exclusion_rad,
         "the Sun while the satellite points to it"),
    ):  # fmt: skip
        angle = math.acos(max(-1.0, min(1.0, float(np.dot(boresight, axis)))))
        if angle < half_angle:
            yield Defect(
                where,
                f"found {angle:.3g} rad from the boresight to {body}",
                f"more than {half_angle:.3g}, or it sees no stars",
            )


def largest_field_tesla(v: Vehicle) -> float:
    """Return the largest flux density of the orbit: a dipole's over the pole, at the height of the perigee.

    It falls with the cube of the distance (Markley & Crassidis, *Fundamentals of Spacecraft Attitude Determination and
    Control*, 2014, 11.1).
    """
    ratio = FIELD_RADIUS_M / (tle.elements(v.orbit.tle).perigee_m + tle.EARTH_RADIUS_M)
    return LARGEST_FIELD_TESLA * ratio**3


def magnetometer(v: Vehicle) -> Iterator[Defect]:
    """The range of the magnetometer contains the field of this orbit."""
    field = largest_field_tesla(v)
    if not v.magnetometer.range_tesla >= field:
        found = v.magnetometer.range_tesla
        yield Defect("magnetometer.range_tesla", f"found {found:g}", f">= {field:.2g}, the largest field of this orbit")


def torquers(v: Vehicle) -> Iterator[Defect]:
    """The torquers can unload a wheel within a day, with their largest torque: dipole times duty times field."""
    field, wheel_nms = largest_field_tesla(v), max(w.momentum_max_nms for w in v.wheels)
    torque = v.torquers.duty * field * max(t.dipole_max_am2 for t in v.torquers.units)
    if not wheel_nms <= torque * UNLOADED_WITHIN_S:
        yield Defect(
            "torquers.units", f"found {torque:.2g} N m at most in the field of this orbit, {field:.2g} T, which takes "
            f"{wheel_nms / torque / DAY_S:.3g} days to unload a wheel", "at most a day: these torquers cannot unload",
        )  # fmt: skip


def rates(v: Vehicle) -> Iterator[Defect]:
    """The range of the gyro contains the rates at which flight reacts."""
    rate, largest = v.autonomy.detumble_enter_radps, v.gyro.range_radps
    if not rate <= largest:
        expected = f"at most gyro.range_radps = {largest:g}, beyond which it is not measured"
        yield Defect("autonomy.detumble_enter_radps", f"found {rate:g}", expected)


def power(v: Vehicle) -> Iterator[Defect]:
    """Pointed at the Sun, the satellite gets more power than it needs."""
    sunlit = float(array_power_w(v, np.array([v.pointing.sun_axis_b]))[0])
    needed = v.power.base_load_w + len(v.wheels) * v.power.wheel_load_w
    if not sunlit > needed:
        yield Defect(
            "power.arrays",
            f"found {sunlit:.3g} W turned to the Sun",
            f"more than {needed:.3g} W, the load of computer and wheels",
        )


WARNINGS: tuple[Callable[[Vehicle], Iterator[Defect]], ...] = (
    density, wheels, star_tracker, magnetometer, torquers, rates, power,
)  # fmt: skip


def _boresight(q_sb: tuple[float, ...]) -> NDArray[np.float64]:
    """Return +z of the sensor in body axes: the third row of C(q_sb), with Shuster's C(q)."""
    x, y, z, w = q_sb
    return np.array([2.0 * (x * z + w * y), 2.0 * (y * z - w * x), w * w - x * x - y * y + z * z])
