"""The estimate carried over a gap, against SciPy's integration of the same rates."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.estimation.bridge import LONGEST_S, bridge
from fsw.estimation.sections import HISTORY_DEPTH, EstimatorHistorySection
from hal.exchange.time_recovery import HeardGyro
from hal.vehicle.load import load_vehicle

VEHICLE = load_vehicle()
NS = 1_000_000_000
T0_NS = 500 * NS
BEFORE, AFTER = np.array([0.001, -0.0011, 0.002]), np.array([0.004, 0.002, -0.001])  # true rates, body axes
BIAS = np.array([2e-4, -1e-4, 3e-4])
HOLD_S = VEHICLE.boards.adcs.command_timeout_ms * 1e-3


def pool_before():
    """A filter that has followed a steady rate, knows its bias and looks along the axes."""
    pool = Pool(flight_sections())
    ring = pool.array(EstimatorHistorySection)
    for k in range(HISTORY_DEPTH):
        ring["t_ns"][k] = T0_NS - (HISTORY_DEPTH - 1 - k) * 100_000_000
        ring["dtheta_b_rad"][k] = (BEFORE + BIAS) * 0.1
    state = np.zeros(28)
    state[3], state[4:7] = 1.0, BIAS
    state[[7, 10, 12]], state[[22, 25, 27]] = 1e-10, 1e-12
    ring["state"][HISTORY_DEPTH - 1] = state
    ring["newest"], ring["count"], ring["initialised"] = HISTORY_DEPTH - 1, HISTORY_DEPTH, 1
    return pool


def heard(gap_s, rate_b):
    """What the gyro says after the gap, in its own axes (`q_sb` turns body axes to them)."""
    in_sensor = Rotation.from_quat(VEHICLE.device("gyro").q_sb).inv().apply(rate_b + BIAS)
    period_s = VEHICLE.boards.adcs.period_ms * 1e-3
    return HeardGyro(T0_NS + round(gap_s * NS), tuple(in_sensor * period_s / VEHICLE.device("gyro").count_rad))


def turned(gap_s, hold_s):
    """Body axes after the gap: the rate held, then straight to the other, in a thousand steps."""
    attitude, n = Rotation.identity(), 1000
    for k in range(n):
        t_s = (k + 0.5) * gap_s / n
        share = max(0.0, (t_s - hold_s) / (gap_s - hold_s))
        attitude = attitude * Rotation.from_rotvec((BEFORE + share * (AFTER - BEFORE)) * gap_s / n)
    return attitude


def newest(pool):
    ring = pool.array(EstimatorHistorySection)
    return ring, ring["state"][ring["newest"]]


@pytest.mark.parametrize("gap_s", [1.5, 5.0, 11.0])
def test_it_turns_as_the_rates_say(gap_s):
    """Over a gap the attitude turns by the integral of the assumed rate."""
    pool = pool_before()
    assert bridge(pool, VEHICLE, heard(gap_s, AFTER), 0.0)
    ring, state = newest(pool)
    assert (ring["count"], ring["t_ns"][ring["newest"]]) == (1, T0_NS + round(gap_s * NS))
    error = Rotation.from_quat(state[:4]).inv() * turned(gap_s, HOLD_S)  # scalar last; frame rotation is the inverse
    assert error.magnitude() < 2e-5
    assert state[4:7] == pytest.approx(BIAS)
    np.testing.assert_allclose(pool["body.rate_bi_b_radps"], AFTER + BIAS, atol=1e-9)


def test_its_covariance_covers_what_a_straight_line_misses():
    """Were all of the change at once, at either end of the gap, the error would be half of change times gap."""
    pool, gap_s = pool_before(), 8.0
    bridge(pool, VEHICLE, heard(gap_s, AFTER), 0.0)
    sigma = np.sqrt(newest(pool)[1][[7, 10, 12]])
    change = float(np.linalg.norm(AFTER - BEFORE)) * gap_s
    assert (sigma > 0.5 * change / 6.0).all()
    assert (sigma < 0.5 * change).all()
    steady = pool_before()
    bridge(steady, VEHICLE, heard(gap_s, BEFORE), 0.0)
    assert (np.sqrt(newest(steady)[1][[7, 10, 12]]) < 1e-3).all()


def test_a_flight_that_nobody_remembers_is_less_certain():
    pool = pool_before()
    bridge(pool, VEHICLE, heard(10.0, BEFORE), VEHICLE.control.slew_acceleration_max_radps2)
    assert (np.sqrt(newest(pool)[1][[7, 10, 12]]) > 0.03).all()


@pytest.mark.parametrize("gap_s", [LONGEST_S + 1.0, -1.0, 0.0])
def test_what_cannot_be_bridged_is_left_alone(gap_s):
    pool = pool_before()
    before = pool.array(EstimatorHistorySection).tobytes()
    assert not bridge(pool, VEHICLE, heard(gap_s, AFTER), 0.0)
    assert pool.array(EstimatorHistorySection).tobytes() == before
