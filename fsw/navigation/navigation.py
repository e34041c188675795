"""The navigation application: SGP4 corrected by GNSS, Sun, shadow and geomagnetic field, interpolated every tick."""

from __future__ import annotations

from collections.abc import Callable

from sgp4.api import WGS72, Satrec  # type: ignore[import-untyped]

from fsw.core.pool import Pool
from fsw.navigation import _navigation
from fsw.navigation.geomagnetic import shipped_igrf
from fsw.navigation.time_scales import DAY_S, JD_EPOCH, LEAP_TAI_NS, SECOND_NS, TAI_MINUS_UTC_S, tai_minus_utc_s
from hal.vehicle.vehicle import Vehicle


class NavigationError(ValueError):
    """The vehicle's orbit cannot be flown."""


class Navigation:
    """Writes `NavigationSection` every tick from `OrbitSection`, its state.

    Every `1 / vehicle.rates.navigation_hz` seconds it computes a node one period ahead: the orbit, the Earth's
    attitude, the Sun, its conical shadow and the field of IGRF-14. The orbit is SGP4 (the vehicle's TLE, WGS 72) until
    the first GNSS solution. From then on a filter integrates the orbit under J2 to J6, and each GNSS solution updates
    it at its time of validity, behind a gate. After eight refused solutions in a row the filter starts anew. Solutions
    of an excluded receiver are compared and not used. When GNSS has been silent for so long that SGP4 alone is better,
    SGP4 is used again. `position_sigma_m` is that of the filter, or that of a TLE of this age. Between nodes, position
    and velocity follow the cubic Hermite polynomial; Sun, field and shadow are linear; `q_ei` is analytic. The Earth's
    orientation comes from `EarthOrientationSection`, zeros at start.

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
            satellite,
            utc_ns + tai_minus_utc_s(utc_ns) * SECOND_NS,
            vehicle.rates,
            next(iter(vehicle.of_kind("gnss")), None),
            shipped_igrf(),
            (LEAP_TAI_NS, TAI_MINUS_UTC_S),
        )
        kernel.bind(pool)
        self.step = kernel.step
