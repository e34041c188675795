"""Carries the estimate over a gap without gyro samples, with a covariance that grows accordingly.

The rate before the gap and the rate after it are known. Until their command time-out the boards hold the last command,
and the rate hardly changes. Then the actuators are off, wheel friction and disturbances act evenly, and the rate is
taken to change linearly from the one to the other. The change of the rate bounds the error of this assumption.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fsw.algebra import quaternion
from fsw.core.pool import Pool
from fsw.estimation.mekf import Mekf
from fsw.estimation.sections import HISTORY_DEPTH, BodySection, EstimatorHistorySection
from hal.exchange.time_recovery import HeardGyro
from hal.vehicle.vehicle import Vehicle

NS = 1_000_000_000
LONGEST_S = 60.0  # a longer gap ends the estimate
STEP_S = 0.1
MEAN_OF = 5  # increments before the gap
SHAPE = 0.1  # 1 sigma of the angle that a straight line misses, per change of rate and length of the gap
Array = NDArray[np.float64]


def bridge(pool: Pool, vehicle: Vehicle, heard: HeardGyro, acceleration_radps2: float) -> bool:
    """Carry the estimate on to `heard.t_ns`, before the first tick; False when there is none, or the gap is too long.

    `acceleration_radps2`: what flight itself may have asked of the body in the gap, 0 when it did not fly then.
    """
    ring, body = pool.array(EstimatorHistorySection), pool.array(BodySection)
    newest, count = int(ring["newest"]), int(ring["count"])
    gap_s = (heard.t_ns - int(ring["t_ns"][newest])) / NS
    if not (ring["initialised"] and count > 1 and 0.0 < gap_s <= LONGEST_S):
        return False
    before, after = _rate_before(ring, newest, count), _rate_after(vehicle, heard)
    fine = _filter(vehicle, ring["state"][newest])
    hold_s = min(vehicle.boards.adcs.command_timeout_ms * 1e-3, gap_s) if acceleration_radps2 == 0.0 else 0.0
    angle = SHAPE * float(np.linalg.norm(after - before)) * gap_s + 0.25 * acceleration_radps2 * gap_s**2
    steps = math.ceil(gap_s / STEP_S)
    dt_s = gap_s / steps
    for k in range(steps):
        share = max(0.0, ((k + 0.5) * dt_s - hold_s) / (gap_s - hold_s)) if gap_s > hold_s else (k + 0.5) / steps
        fine.propagate((before + share * (after - before)) * dt_s, dt_s, angle**2 / steps)
    ring["state"][0] = _packed(fine)
    ring["t_ns"][0], ring["newest"], ring["count"], ring["meas_count"][0] = heard.t_ns, 0, 1, 0
    body["gyro_t_ns"], body["gyro_dt_s"] = heard.t_ns, vehicle.boards.adcs.period_ms * 1e-3
    body["rate_bi_b_radps"] = after
    return True


def _rate_before(ring: NDArray[np.void], newest: int, count: int) -> Array:
    """Mean of the last increments over their intervals [rad/s], bias included, body axes."""
    last = [(newest - i) % HISTORY_DEPTH for i in range(min(count - 1, MEAN_OF))]
    span_ns = int(ring["t_ns"][newest]) - int(ring["t_ns"][(last[-1] - 1) % HISTORY_DEPTH])
    mean: Array = ring["dtheta_b_rad"][last].sum(axis=0) / (span_ns / NS)
    return mean


def _rate_after(vehicle: Vehicle, heard: HeardGyro) -> Array:
    """The same of the increments after the gap."""
    gyro = vehicle.of_kind("gyro")[0]
    c_bs = quaternion.to_matrix(quaternion.conjugate(gyro.q_sb))
    rate: Array = c_bs @ (np.array(heard.counts) * gyro.count_rad / (vehicle.boards.adcs.period_ms * 1e-3))
    return rate


def _filter(vehicle: Vehicle, state: Array) -> Mekf:
    """The filter in the state of one entry of the history (struct Mekf)."""
    gyro = vehicle.of_kind("gyro")[0]
    fine = Mekf(
        angle_random_walk=gyro.angle_random_walk_rad_sqrts,
        rate_random_walk=gyro.rate_random_walk_radps_sqrts,
    )
    p, upper = np.zeros((6, 6)), np.triu_indices(3)
    p[:3, :3][upper], p[3:, 3:][upper] = state[7:13], state[22:28]
    p[:3, 3:] = state[13:22].reshape(3, 3)
    fine.set(state[:4], state[4:7], np.triu(p) + np.triu(p, 1).T)
    return fine


def _packed(fine: Mekf) -> Array:
    """The state of a filter as an entry of the history holds it."""
    p, upper = fine.p, np.triu_indices(3)
    return np.concatenate((fine.q_bi, fine.bias_b_radps, p[:3, :3][upper], p[:3, 3:].ravel(), p[3:, 3:][upper]))
