"""The navigation application: SGP4 corrected by GNSS, Sun, shadow and geomagnetic field, interpolated every tick."""

from __future__ import annotations

from collections.abc import Callable

from sgp4.api import WGS72, Satrec

from fsw.core.pool import Pool
from fsw.navigation import _navigation
from fsw.navigation.geomagnetic import load_igrf
from fsw.navigation.time_scales import DAY_S, JD_EPOCH, LEAP_TAI_NS, SECOND_NS, TAI_MINUS_UTC_S, tai_minus_utc_s
from hal.vehicle import Vehicle


class NavigationError(ValueError):
    """The vehicle's orbit cannot be flown."""


class Navigation:
    """Writes `NavigationSection` every tick from `OrbitSection`, its state.

    Once every `1 / vehicle.rates.navigation_hz` seconds it evaluates SGP4 (the vehicle's TLE, WGS 72, one call), the
    Sun, the conical shadow and IGRF-14 at a node one period ahead, and feeds a new GNSS solution, at its time of
    validity, to a six-state Clohessy-Wiltshire Kalman filter of the correction to SGP4 (Hill frame, NIS gate, five
    rejections in a row start it anew). Between nodes, position and velocity follow the cubic Hermite polynomial, the
    field, Sun and shadow are linear, and `q_ei` is analytic. The Earth's orientation comes from
    `EarthOrientationSection`, zeros at start. Without GNSS, `position_sigma_m` is that of a TLE of its age.

    Reads `TimeSection`, `SamplesSection`, `EarthOrientationSection`. Raises `NavigationError` for a TLE that SGP4
    does not take.
    """

    step: Callable[[], None]

    def __init__(self, pool: Pool, vehicle: Vehicle) -> None:
        satellite = Satrec.twoline2rv(*vehicle.orbit.tle, WGS72)
        if satellite.error:
            raise NavigationError(f"orbit.tle: SGP4 reports error {satellite.error}: give a valid two-line element set")
        days = satellite.jdsatepoch - JD_EPOCH + satellite.jdsatepochF
        utc_ns = int(days * DAY_S) * SECOND_NS
        kernel = _navigation.Navigation(
            pool,
            satellite,
            utc_ns + tai_minus_utc_s(utc_ns) * SECOND_NS,
            SECOND_NS // vehicle.rates.navigation_hz,
            vehicle.gnss,
            load_igrf(),
            (LEAP_TAI_NS, TAI_MINUS_UTC_S),
        )
        self.step = kernel.step
