"""The Sun as flight models it: an analytic ephemeris good to 0.01 deg, and the Earth's conical shadow."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fsw.navigation import _sun
from fsw.navigation.frames import _vector


def sun_position_i_m(t_tai_ns: int) -> NDArray[np.float64]:
    """Geocentric apparent position (3,) [m] of the Sun in GCRF axes at TAI `t_tai_ns` (Meeus 1998, chapter 25)."""
    out = np.empty(3)
    _sun.position(t_tai_ns, out)
    return out


def sunlit_fraction(pos_i_m: ArrayLike, sun_i_m: ArrayLike) -> float:
    """Share of the Sun's disk seen from `pos_i_m` (3,) [m]: 1 in sunlight, 0 in umbra (Montenbruck & Gill 3.4.2).

    `sun_i_m` (3,) [m] is the Sun's geocentric position in the same axes. The Earth is a sphere without atmosphere.
    """
    return _sun.fraction(_vector(pos_i_m, "pos_i_m"), _vector(sun_i_m, "sun_i_m"))
