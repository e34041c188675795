"""The orbit filter, which GNSS corrects: the kernels of navigation, callable on arrays.

Tapley, Schutz & Born, Statistical Orbit Determination (2004), 4.7; Clohessy & Wiltshire (1960).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fsw.navigation import _orbit_filter
from fsw.navigation.frames import _vector

Array = NDArray[np.float64]


def gravity(pos_i_m: ArrayLike, pole_i: ArrayLike) -> Array:
    """Acceleration (3,) [m/s^2] at `pos_i_m` (3,) [m]: point mass and J2 to J6 (EGM-96) about the unit `pole_i`."""
    out = np.empty(3)
    _orbit_filter.gravity_at(_vector(pos_i_m, "pos_i_m"), _vector(pole_i, "pole_i"), out)
    return out


def transition(n_radps: float, dt_s: float) -> Array:
    """Clohessy-Wiltshire transition matrix (6, 6) in the Hill frame, mean motion `n_radps`, over `dt_s`."""
    out = np.empty((6, 6))
    _orbit_filter.transition_over(n_radps, dt_s, out)
    return out


def update(p: ArrayLike, z: ArrayLike, r: ArrayLike, gate: float) -> tuple[float, Array, Array]:
    """Kalman update with the whole state measured: NIS, estimate (6,), covariance (6, 6).

    `p` (6, 6) is the covariance before, `z` (6,) the measured difference from the prediction, `r` (6,) its variances.
    When the NIS is above `gate` the estimate is zero and the covariance that before.
    """
    covariance = np.array(p, float, order="C")
    difference, variances = np.ascontiguousarray(z, float), np.ascontiguousarray(r, float)
    if covariance.shape != (6, 6) or difference.shape != (6,) or variances.shape != (6,):
        raise ValueError(
            f"p, z, r: found shapes {covariance.shape}, {difference.shape}, {variances.shape}, "
            "expected (6, 6), (6,), (6,)"
        )
    x = np.empty(6)
    return _orbit_filter.update_with(x, covariance, difference, variances, gate), x, covariance
