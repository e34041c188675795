"""A MEKF whose measurements may arrive late: each is applied at its time of validity.

`MekfHistory` keeps the last `HISTORY_DEPTH` gyro intervals with their measurements and states. A late measurement is
filed in its interval and the states from there on are computed again: the result does not depend on the order of
arrival. The flight application uses the same kernel on the pool's `EstimatorHistorySection`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fsw.estimation._history import HistoryKernel
from fsw.estimation.mekf import FilterError, gate_threshold
from fsw.estimation.sections import HistoryStatus

__all__ = ["HistoryStatus", "MekfHistory"]

Array = NDArray[np.float64]


def _vector(name: str, value: ArrayLike, shape: tuple[int, ...]) -> Array:
    array = np.array(value, dtype=np.float64, order="C")
    if array.shape != shape or not np.isfinite(array).all():
        raise FilterError(f"{name} has shape {array.shape} or is not finite: expected {shape}, finite")
    return array


class MekfHistory(HistoryKernel):
    """Filter and history with memory of their own; settings as in `Mekf`, times in integer nanoseconds.

    `attitude_covariance` (3, 3) [rad²] is that of attitude measurements, body axes. All methods raise `FilterError`
    for arguments of a wrong shape, and for use before `start`.
    """

    def __init__(
        self,
        *,
        angle_random_walk: float,
        rate_random_walk: float,
        attitude_covariance: ArrayLike,
        scale_walk: float = 0.0,
        gate_probability: float = 1.0,
    ) -> None:
        self.configure(
            angle_random_walk**2,
            rate_random_walk**2,
            scale_walk,
            gate_threshold(gate_probability, 2),
            gate_threshold(gate_probability, 3),
            _vector("attitude_covariance", attitude_covariance, (3, 3)),
        )

    def start(self, t_ns: int, q_bi: ArrayLike, bias_b_radps: ArrayLike, p: ArrayLike) -> None:
        """Forget everything and start from attitude (4,), bias (3,) and covariance (6, 6) at `t_ns`."""
        self.restart(
            t_ns, _vector("q_bi", q_bi, (4,)), _vector("bias_b_radps", bias_b_radps, (3,)), _vector("p", p, (6, 6))
        )

    def resume(self, t_ns: int, q_bi: ArrayLike, bias_b_radps: ArrayLike, p: ArrayLike) -> HistoryStatus:
        """Start anew from a state known at `t_ns` within the history; later increments are kept."""
        self._newest()
        return HistoryStatus(
            self.begin(
                t_ns, _vector("q_bi", q_bi, (4,)), _vector("bias_b_radps", bias_b_radps, (3,)), _vector("p", p, (6, 6))
            )
        )

    def propagate(self, t_ns: int, dtheta_b_rad: ArrayLike, extra_variance_rad2: float = 0.0) -> None:
        """Advance to `t_ns` with the angle increment (3,) measured since the newest time."""
        if t_ns <= self._newest():
            raise FilterError(f"t_ns is {t_ns}: expected a time after the newest, {self._newest()}")
        self.push(t_ns, _vector("dtheta_b_rad", dtheta_b_rad, (3,)), extra_variance_rad2)

    def direction(
        self, t_ns: int, z_b: ArrayLike, r_i: ArrayLike, variance_rad2: float, weight: float = 1.0
    ) -> tuple[HistoryStatus, float]:
        """Apply a direction (unit vectors) valid at `t_ns`; return its status and NIS (NaN when not judged)."""
        self._newest()
        status, nis = self.insert_direction(
            t_ns, _vector("z_b", z_b, (3,)), _vector("r_i", r_i, (3,)), variance_rad2, weight * variance_rad2
        )
        return HistoryStatus(status), nis

    def attitude(self, t_ns: int, q_bi: ArrayLike) -> tuple[HistoryStatus, float]:
        """Apply an attitude valid at `t_ns`; return its status and NIS (NaN when not judged)."""
        self._newest()
        status, nis = self.insert_attitude(t_ns, _vector("q_bi", q_bi, (4,)))
        return HistoryStatus(status), nis

    def state(self) -> tuple[Array, Array, Array]:
        """Return `(q_bi, bias_b_radps, p)` at the newest time."""
        self._newest()
        q, bias, p = np.empty(4), np.empty(3), np.empty((6, 6))
        self.get_state(q, bias, p)
        return q, bias, p

    def _newest(self) -> int:
        span = self.span()
        if span is None:
            raise FilterError("the filter has no state: call start() first")
        return span[1]
