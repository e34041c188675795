"""The truth's environment: frames, ephemerides, geomagnetic field, atmosphere, eclipse and geometry.

Models: IAU 2006 precession and IAU 2000B nutation (GCRF to ITRF within 0.1 m at 7000 km of the full IAU
2006/2000A chain), Sun within 13 arcsec and Moon within a few arcminutes, IGRF-14 to degree 13, Harris-Priester density,
conical shadow, WGS84. Directions are geometric: no aberration, no light time. The kernels name the source of each.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hal.vehicle.load import VEHICLES
from sim.physics import constants
from sim.physics._environment import Environment as _Environment
from sim.physics._environment import geodetic_from_itrf, plate_view_factor, visible_sun
from sim.physics._field import Field
from sim.physics._frames import Frames
from sim.physics.options import PhysicsError, PhysicsOptions
from sim.physics.timescales import NS, tai_from_utc_jd, tai_minus_utc_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Environment", "geodetic_from_itrf", "load_igrf", "load_nutation", "plate_view_factor", "visible_sun"]

IGRF_FILE = VEHICLES.parent / "reference" / "igrf14.shc"
NUTATION_FILE = Path(__file__).parent / "iau2000b.txt"
IGRF_DEGREE = 13


def load_nutation(path: Path = NUTATION_FILE) -> NDArray[np.float64]:
    """Return the IAU 2000B series (77, 11) as the file describes it."""
    table = np.loadtxt(path)
    if table.shape != (77, 11):
        raise PhysicsError(f"{path.name}: found a table of {table.shape}, expected (77, 11): restore the shipped file")
    return table


def load_igrf(path: Path = IGRF_FILE) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Schmidt coefficients (epochs, 2, 14, 14) [nT], g and h by degree and order, and epochs [TAI s].

    Raises `PhysicsError` when the file is not complete to degree 13.
    """
    text = path.read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    years = [float(year) for year in lines[1]]
    epochs_s = np.array([_tai_of_year_s(year) for year in years])
    out = np.zeros((len(years), 2, IGRF_DEGREE + 1, IGRF_DEGREE + 1))
    for row in lines[2:]:
        degree, order = int(row[0]), int(row[1])
        out[:, int(order < 0), degree, abs(order)] = [float(value) for value in row[2:]]
    if len(lines) - 2 != IGRF_DEGREE * (IGRF_DEGREE + 2):
        raise PhysicsError(f"{path.name}: found {len(lines) - 2} coefficients, expected 195: restore the shipped file")
    return out, epochs_s


@cache
def _shipped() -> tuple[NDArray[np.float64], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the shipped tables, read once: nobody writes to them."""
    return load_nutation(), load_igrf()


def _tai_of_year_s(year: float) -> float:
    """Return TAI seconds of 1 January; before 1972 UTC is taken as TAI - 10 s, far below what the field notices."""
    jd = np.datetime64(f"{int(year)}-01-01", "D").astype(float) + 2440587.5
    if year < 1972:
        return float(jd - 2451545.0) * 86400.0 + 10.0
    return tai_from_utc_jd(float(jd), 0.0) / NS


class Environment(_Environment):
    """The environment with the switches and Earth orientation of `options`: immutable, to be shared.

    UT1 - UTC of the options holds at `t_tai_ns`; UT1 - TAI stays constant from there, through leap seconds too.
    Python methods: `c_ei(t_tai_ns)`, `sun_and_moon_i_m(t_tai_ns)`, `mag_e_tesla(t_tai_ns, pos_e_m)`,
    `at(t_tai_ns, pos_i_m)`, `limb_angle_rad(...)`, `albedo_on(...)`.
    """

    def __init__(self, options: PhysicsOptions | None = None, t_tai_ns: int = 0) -> None:
        self.options = options or PhysicsOptions()
        nutation, (coefficients, epochs_s) = _shipped()
        super().__init__(
            Frames(nutation, self.options.polar_x_rad, self.options.polar_y_rad, constants.ASTRONOMICAL_UNIT_M),
            Field(coefficients, epochs_s, constants.RADIUS_IGRF_M),
            self.options,
            round(self.options.ut1_utc_s * NS) - tai_minus_utc_s(t_tai_ns) * NS,
        )
