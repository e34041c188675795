"""Multiplicative extended Kalman filter for attitude and gyro bias (6 states), any mix of measurements.

Errors are body-frame: `q_true = δq(a) ⊗ q_bi`, `bias_true = bias_b + b`, state `[a (rad), b (rad/s)]`. The transition
and the process noise are exact for a constant rate over each interval. Sources: Lefferts, Markley & Shuster, *Kalman
filtering for spacecraft attitude estimation*, JGCD 5(5), 1982; Farrenkopf, *Analytic steady-state accuracy solutions
for two common spacecraft attitude estimators*, JGCD 1(4), 1978; Markley & Crassidis (2014), 6.2.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fsw.estimation._mekf_object import MekfKernel

Array = NDArray[np.float64]


class FilterError(ValueError):
    """A setting or state does not fit a filter; the message says what was found and expected."""


def chi_square_threshold(probability: float, dof: int) -> float:
    """Return the value that a chi-square variable of `dof` (2 or 3) stays below with `probability`.

    Bisection on the closed-form distribution; raise `FilterError` unless 0 < probability < 1. (`gate_threshold`
    also takes 1: no gate.)
    """
    if dof not in (2, 3):
        raise FilterError(f"dof is {dof}: expected 2 (a direction) or 3 (an attitude)")
    if not 0.0 < probability < 1.0:
        raise FilterError(f"probability is {probability}: expected a number between 0 and 1")
    if dof == 2:
        return -2.0 * math.log1p(-probability)
    low, high = 0.0, 200.0
    while high - low > 1e-13 * high:
        middle = 0.5 * (low + high)
        tail = math.erfc(math.sqrt(0.5 * middle)) + math.sqrt(2.0 * middle / math.pi) * math.exp(-0.5 * middle)
        low, high = (middle, high) if tail > 1.0 - probability else (low, middle)
    return 0.5 * (low + high)


def gate_threshold(probability: float, dof: int) -> float:
    """Return the gate on a normalised innovation squared: infinite for probability 1."""
    return math.inf if probability == 1.0 else chi_square_threshold(probability, dof)


class Mekf(MekfKernel):
    """One filter with memory of its own; the flight application keeps its filter in the pool instead.

    Process noise: `angle_random_walk` [rad/√s], `rate_random_walk` [rad/s/√s]; `scale_walk` [s] adds the angle
    variance `scale_walk · |ω|² · dt` for scale-factor and misalignment errors. `gate_probability` sets the χ² gates;
    1 switches them off. Raise `FilterError` for settings or states that do not fit.

    Inherited: `propagate(dtheta_b_rad, dt_s, extra_variance_rad2=0)`; `update_direction(z_b, r_i, variance_rad2,
    weight=1)` (unit vectors, 2 dof; the gate judges with the variance, the update weighs with `weight` times it);
    `update_vector(z_b, r_i, covariance_b)` (any length, 3x3 covariance, singular along the vector or not, 2 dof);
    `update_attitude(q_bi, covariance_b)` (3 dof), the updates returning `(nis, accepted)`; `step` and `run` (one
    propagation and two directions, once or over arrays).
    """

    def __init__(
        self,
        *,
        angle_random_walk: float,
        rate_random_walk: float,
        scale_walk: float = 0.0,
        gate_probability: float = 1.0,
    ) -> None:
        for name, value in (
            ("angle_random_walk", angle_random_walk),
            ("rate_random_walk", rate_random_walk),
            ("scale_walk", scale_walk),
        ):
            if not (math.isfinite(value) and value >= 0.0):
                raise FilterError(f"{name} is {value}: expected a finite number, not negative")
        self.configure(
            angle_random_walk**2,
            rate_random_walk**2,
            scale_walk,
            gate_threshold(gate_probability, 2),
            gate_threshold(gate_probability, 3),
        )

    def set(self, q_bi: ArrayLike, bias_b_radps: ArrayLike, p: ArrayLike) -> None:
        """Set attitude (4,), normalised here, bias (3,) [rad/s] and symmetric covariance (6, 6)."""
        q, bias, covariance = (np.array(x, dtype=np.float64, order="C") for x in (q_bi, bias_b_radps, p))
        for name, array, shape in (("q_bi", q, (4,)), ("bias_b_radps", bias, (3,)), ("p", covariance, (6, 6))):
            if array.shape != shape or not np.isfinite(array).all():
                raise FilterError(f"{name} has shape {array.shape} or is not finite: expected {shape}, finite")
        if not np.allclose(covariance, covariance.T, rtol=1e-9) or np.linalg.eigvalsh(covariance)[0] < 0.0:
            raise FilterError("p is not symmetric and positive semi-definite: expected a covariance")
        norm = float(np.linalg.norm(q))
        if norm == 0.0:
            raise FilterError("q_bi has norm zero: expected a quaternion")
        self.set_state(q / norm, bias, covariance)

    @property
    def q_bi(self) -> Array:
        """Attitude (4,), inertial to body, scalar last."""
        return self._state()[0]

    @property
    def bias_b_radps(self) -> Array:
        """Gyro bias (3,) [rad/s]."""
        return self._state()[1]

    @property
    def p(self) -> Array:
        """Covariance (6, 6) of attitude error [rad] and bias error [rad/s]."""
        return self._state()[2]

    def _state(self) -> tuple[Array, Array, Array]:
        q, bias, p = np.empty(4), np.empty(3), np.empty((6, 6))
        self.get_state(q, bias, p)
        return q, bias, p
