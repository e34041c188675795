"""Frames: GCRF (i), ITRF (e), TEME and geodetic coordinates.

Precession is IAU 2006, nutation the 19 largest terms of IAU 2000B, Earth rotation the IERS Conventions 2010; GCRF to
ITRF errs by less than 0.1 arcsec plus what UT1 and the pole given are wrong by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fsw.navigation import _frames
from fsw.navigation.time_scales import tai_minus_utc_s

Array = NDArray[np.float64]


@dataclass(frozen=True)
class EarthOrientation:
    """UT1 - UTC [s] and the pole's coordinates [rad], as IERS Bulletin A gives them."""

    ut1_utc_s: float = 0.0
    polar_x_rad: float = 0.0
    polar_y_rad: float = 0.0


def q_ei(t_tai_ns: int, orientation: EarthOrientation | None = None) -> Array:
    """Quaternion (4,) from GCRF to ITRF at TAI `t_tai_ns` (since 2000-01-01T12:00:00 TAI)."""
    return _attitudes(t_tai_ns, orientation)[0]


def q_i_teme(t_tai_ns: int) -> Array:
    """Quaternion (4,) from TEME, the frame of SGP4, to GCRF (Vallado et al., AIAA 2006-6753, appendix C)."""
    return _attitudes(t_tai_ns, None)[1]


def geodetic(pos_e_m: ArrayLike) -> tuple[float, float, float]:
    """Latitude [rad], longitude [rad, east positive] and height [m] over WGS 84 of an ITRF position (3,) [m]."""
    out = np.empty(3)
    _frames.geodetic_coordinates(_vector(pos_e_m, "pos_e_m"), out)
    return float(out[0]), float(out[1]), float(out[2])


def _attitudes(t_tai_ns: int, orientation: EarthOrientation | None) -> tuple[Array, Array]:
    given = orientation or EarthOrientation()
    earth, teme = np.empty(4), np.empty(4)
    _frames.attitudes(
        t_tai_ns, tai_minus_utc_s(t_tai_ns), given.ut1_utc_s, given.polar_x_rad, given.polar_y_rad, earth, teme
    )
    return earth, teme


def _vector(value: ArrayLike, name: str) -> Array:
    array = np.ascontiguousarray(value, float)
    if array.shape != (3,):
        raise ValueError(f"{name}: found shape {array.shape}, expected (3,): give one vector")
    return array
