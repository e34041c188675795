"""The initial orbit from a TLE: SGP4 gives TEME, the truth's own frames give GCRF."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from sgp4.api import SGP4_ERRORS, WGS72, Satrec  # type: ignore[import-untyped]

from sim.physics.options import PhysicsError
from sim.physics.timescales import NS, tai_from_utc_jd, tai_minus_utc_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.physics.environment import Environment

DAY_NS = 86400 * NS


def tle_epoch_tai_ns(tle: Sequence[str]) -> int:
    """Return the TLE's epoch in TAI nanoseconds; raise `PhysicsError` when the lines are not a TLE."""
    satellite = _satellite(tle)
    return tai_from_utc_jd(satellite.jdsatepoch, satellite.jdsatepochF)


def orbit_from_tle(
    tle: Sequence[str], t_tai_ns: int, environment: Environment
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return position [m] and velocity [m/s] in GCRF at `t_tai_ns`; raise `PhysicsError` if SGP4 cannot say.

    TEME becomes ITRF by Greenwich mean sidereal time (IAU 1982, with the environment's UT1) and polar motion, as in
    Vallado, Crawford, Hujsak & Kelso (2006, AIAA 2006-6753, appendix C), and GCRF by the environment's frames.
    """
    satellite = _satellite(tle)
    utc_ns = t_tai_ns - tai_minus_utc_s(t_tai_ns) * NS
    error, pos_km, vel_kmps = satellite.sgp4(*_julian(t_tai_ns))
    if error:
        raise PhysicsError(f"tle: SGP4 found {SGP4_ERRORS[error]!r}, expected a current orbit: use newer lines")
    options = environment.options
    ut1_s = (utc_ns / NS) + options.ut1_utc_s
    angle = _mean_sidereal_time_rad(ut1_s)
    c, s = math.cos(angle), math.sin(angle)
    xp, yp = options.polar_x_rad, options.polar_y_rad
    polar = np.array([[1.0, 0.0, xp], [0.0, 1.0, -yp], [-xp, yp, 1.0]])
    c_i_teme = environment.c_ei(t_tai_ns).T @ polar @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    return c_i_teme @ np.array(pos_km) * 1e3, c_i_teme @ np.array(vel_kmps) * 1e3


def sgp4_error(tle: Sequence[str], t_tai_ns: int) -> str:
    """Return in words why SGP4 has no orbit at `t_tai_ns`; empty when it has."""
    code = _satellite(tle).sgp4(*_julian(t_tai_ns))[0]
    return str(SGP4_ERRORS[code]) if code else ""


def _julian(t_tai_ns: int) -> tuple[float, float]:
    """Return UTC as a Julian date in two parts."""
    days, rest = divmod(t_tai_ns - tai_minus_utc_s(t_tai_ns) * NS, DAY_NS)
    return 2451545.0 + days, rest / DAY_NS


def _mean_sidereal_time_rad(ut1_s: float) -> float:
    """Return GMST of 1982 (Aoki et al. 1982) at UT1 seconds since 2000-01-01T12:00:00."""
    t = ut1_s / (36525.0 * 86400.0)
    turns = (67310.54841 + t * (8640184.812866 + t * (0.093104 - t * 6.2e-6))) / 86400.0
    return 2.0 * math.pi * math.fmod(turns + math.fmod(ut1_s, 86400.0) / 86400.0, 1.0)


def _satellite(tle: Sequence[str]) -> Satrec:
    """Return the parsed lines after checking their checksums."""
    lines = [line.rstrip() for line in tle]
    if len(lines) != 2 or any(len(line) != 69 or line[0] != str(k + 1) for k, line in enumerate(lines)):
        raise PhysicsError(f"tle: found {list(tle)!r}, expected two lines of 69 characters that begin with 1 and 2")
    for line in lines:
        total = sum(int(c) if c.isdigit() else int(c == "-") for c in line[:68]) % 10
        if str(total) != line[68]:
            raise PhysicsError(f"tle: found checksum {line[68]!r} in line {line[0]}, expected {total}: check the line")
    return Satrec.twoline2rv(lines[0], lines[1], WGS72)
