"""Star tracker, a unit on a link of its own: keys of the vehicle file, and rules."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hal import tle
from hal.devices.device import Device, Vector
from hal.devices.kind import DeviceKind, Place
from hal.link_state import StarTrackerLinkState
from hal.samples import StarTrackerSample, UnitHealth
from hal.schema import Defect, key

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

TICKS_REMEMBERED = 14  # by the estimator, two less than its history has entries (fsw.estimation.sections)


@dataclass(frozen=True)
class StarTracker(Device):
    """Star tracker: a unit on its own link; boresight is +z of its frame."""

    q_sb: Vector = key(shape=(4,), unit_norm=True)
    rate_hz: int = key(low=1, high=100)
    noise_cross_rad: float = key(low=0, high=0.1, plausible=(1e-7, 5e-3), doc="about x and y, 1 sigma")
    noise_roll_rad: float = key(low=0, high=0.1, plausible=(1e-7, 2e-2), doc="about the boresight, 1 sigma")
    misalignment_sigma_rad: float = key(
        low=0, high=0.1, plausible=(1e-7, 0.02), doc="mounting error left after calibration, 1 sigma per axis"
    )
    rate_limit_radps: float = key(low=1e-5, high=10, plausible=(1e-3, 0.7))
    sun_exclusion_rad: float = key(low=0, high=3.1416, plausible=(0.1, 1.6), doc="half angle")
    earth_exclusion_rad: float = key(low=0, high=3.1416, plausible=(0.05, 1.2), doc="angle from boresight to the limb")
    latency_s: float = key(low=0, high=1, plausible=(1e-3, 1), doc="from validity to arrival")


def rate(v: Vehicle, tracker: StarTracker, at: Place) -> Iterator[Defect]:
    """Its rate divides the base rate."""
    if v.rates.base_hz % tracker.rate_hz:
        yield Defect(at("rate_hz"), f"found {tracker.rate_hz}", f"a divisor of rates.base_hz = {v.rates.base_hz}")


def lateness(v: Vehicle, tracker: StarTracker, at: Place) -> Iterator[Defect]:
    """A measurement arrives before the estimator has forgotten its time of validity."""
    reach_s = TICKS_REMEMBERED / v.rates.base_hz
    if not tracker.latency_s <= reach_s:
        expected = f"<= {reach_s:g}, {TICKS_REMEMBERED} ticks, which the estimator remembers"
        yield Defect(at("latency_s"), f"found {tracker.latency_s:g}", expected)


def sight(v: Vehicle, tracker: StarTracker, at: Place) -> Iterator[Defect]:
    """It can see stars in the attitudes that the mission uses."""
    boresight = _boresight(tracker.q_sb)
    radius_m = tle.EARTH_RADIUS_M / (tle.elements(v.orbit.tle).semi_major_m)
    limb = math.asin(min(radius_m, 1.0))
    for where, axis, half_angle, body in (
        ("earth_exclusion_rad", v.pointing.payload_axis_b, limb + tracker.earth_exclusion_rad,
         "the Earth while the payload points to nadir"),
        ("sun_exclusion_rad", v.pointing.sun_axis_b, tracker.sun_exclusion_rad,
         "the Sun while the satellite points to it"),
    ):  # fmt: skip
        angle = math.acos(max(-1.0, min(1.0, float(np.dot(boresight, axis)))))
        if angle < half_angle:
            yield Defect(
                at(where),
                f"found {angle:.3g} rad from the boresight to {body}",
                f"more than {half_angle:.3g}, or it sees no stars",
            )


def _boresight(q_sb: tuple[float, ...]) -> NDArray[np.float64]:
    """Return +z of the sensor in body axes: the third row of C(q_sb), with Shuster's C(q)."""
    x, y, z, w = q_sb
    return np.array([2.0 * (x * z + w * y), 2.0 * (y * z - w * x), w * w - x * x - y * y + z * z])


KIND = DeviceKind(
    "star_tracker",
    StarTracker,
    sample=StarTrackerSample,
    state=StarTrackerLinkState,
    health=UnitHealth,
    driver="hal.drivers.star_tracker:StarTrackerDriver",
    most=2,
    rules=(rate, lateness),
    warnings=(sight,),
)
