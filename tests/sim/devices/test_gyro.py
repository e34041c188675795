"""Gyro errors, each against a statistical or analytic case of its own."""

import dataclasses
import math

import numpy as np
import pytest

from hal.vehicle.load import load_vehicle
from sim.devices.gyro._gyro import Gyro

SPEC = load_vehicle().device("gyro")
DT_NS = 10**8
DT = 0.1
LSB = SPEC.count_rad


def fly(gyro, truth, samples, dt_ns=DT_NS):
    """Increments [rad] of `samples` intervals at a constant truth, after the first sample."""
    out = np.empty((samples, 3))
    for k in range(samples + 1):
        truth["t_ns"] = k * dt_ns
        counts = gyro.read(truth)
        if k:
            out[k - 1] = counts
    return out * LSB


def test_first_sample_has_no_increment(helpers):
    assert Gyro(SPEC, 1).read(helpers.truth(t_ns=5)) == [0, 0, 0]


def test_increment_is_the_rotation_between_samples_through_the_mounting(helpers):
    """0.01 rad about body +y: the reference mounting has sensor x on body y."""
    gyro = Gyro(SPEC, 1, helpers.only(Gyro))
    gyro.read(helpers.truth())
    counts = gyro.read(helpers.truth(t_ns=DT_NS, q_bi=helpers.about([0, 1, 0], 0.01)))
    np.testing.assert_allclose(np.array(counts) * LSB, [0.01, 0, 0], atol=0.5001 * LSB)


def test_coning_motion_gives_the_exact_attitude_change(helpers):
    """Composing the increments of a tumbling, coning body restores its attitude: nothing is lost to commutation."""
    from scipy.spatial.transform import Rotation

    gyro = Gyro(SPEC, 1, helpers.only(Gyro))
    c_sb = helpers.frame_rotation(SPEC.q_sb)
    attitude = None  # SciPy: inertial from body
    for k in range(601):
        t = k * DT  # spin about body z after precession about inertial z, nutation 20 deg
        c_bi = np.eye(3)
        for axis, angle in (([0, 0, 1], 0.087 * t), ([1, 0, 0], 0.35), ([0, 0, 1], 0.15 * t)):
            c_bi = helpers.frame_rotation(helpers.about(axis, angle)) @ c_bi
        true = Rotation.from_matrix(c_bi.T)
        counts = gyro.read(helpers.truth(t_ns=k * DT_NS, q_bi=true.as_quat()))
        if attitude is None:
            attitude = true
        attitude = attitude * Rotation.from_rotvec(c_sb.T @ (np.array(counts) * LSB))
    assert (attitude.inv() * true).magnitude() < 60 * LSB  # 600 increments, each within half a count


def test_either_sign_of_the_quaternion_is_the_same_attitude(helpers):
    gyro = Gyro(SPEC, 1, helpers.only(Gyro))
    gyro.read(helpers.truth(q_bi=helpers.about([1, 0, 0], 0.2)))
    counts = gyro.read(helpers.truth(t_ns=DT_NS, q_bi=-helpers.about([1, 0, 0], 0.21)))
    np.testing.assert_allclose(np.array(counts) * LSB, [0, -0.01, 0], atol=0.5001 * LSB)


def test_turn_on_bias_is_constant_and_has_the_declared_spread(helpers):
    gyro = Gyro(SPEC, 4, helpers.only(Gyro, "bias"))
    total = fly(gyro, helpers.truth(), 500).sum(axis=0)
    np.testing.assert_allclose(total, np.array(gyro.bias_s_radps) * 50.0, atol=LSB)
    biases = np.array([Gyro(SPEC, seed).bias_s_radps for seed in range(400)]).ravel()
    # chi-square of 1200 values: its 1 sigma is sqrt(2 / 1200) of the variance
    assert np.mean(biases**2) / SPEC.bias_sigma_radps**2 == pytest.approx(1.0, abs=5 * math.sqrt(2 / 1200))


def allan_variance(theta, dt, m):
    """Overlapping Allan variance of rates from accumulated angles at m samples (IEEE Std 952-1997, annex C)."""
    angle = np.concatenate(([0.0], np.cumsum(theta)))
    second = angle[2 * m :] - 2.0 * angle[m:-m] + angle[: -2 * m]
    return np.mean(second**2) / (2.0 * (m * dt) ** 2)


def test_angle_random_walk_has_allan_slope_minus_one(helpers):
    """Allan variance N^2 / tau, N the declared angle random walk."""
    theta = fly(Gyro(SPEC, 11, helpers.only(Gyro, "angle_random_walk")), helpers.truth(), 20000)
    for m in (1, 4, 16, 64):
        expected = SPEC.angle_random_walk_rad_sqrts**2 / (m * DT)
        for axis in range(3):
            assert allan_variance(theta[:, axis], DT, m) == pytest.approx(expected, rel=6 * math.sqrt(m / 20000))


def test_rate_random_walk_has_allan_slope_plus_one(helpers):
    """Allan variance K^2 tau / 3, K the declared rate random walk (raised here, so that counts do not hide it)."""
    spec = dataclasses.replace(SPEC, rate_random_walk_radps_sqrts=2e-4)
    theta = fly(Gyro(spec, 12, helpers.only(Gyro, "rate_random_walk")), helpers.truth(), 20000)
    for m in (8, 32, 128):
        expected = 2e-4**2 * (m * DT) / 3.0
        values = [allan_variance(theta[:, axis], DT, m) for axis in range(3)]
        assert np.mean(values) == pytest.approx(expected, rel=6 * math.sqrt(m / 60000))


def test_scale_factor_grows_with_the_rate(helpers):
    axis_b = helpers.frame_rotation(SPEC.q_sb).T @ np.array([1.0, 0.0, 0.0])
    errors = []
    for angle in (0.1, 0.2):
        gyro = Gyro(SPEC, 21, helpers.only(Gyro, "scale_factor"))
        gyro.read(helpers.truth())
        errors.append(gyro.read(helpers.truth(t_ns=DT_NS, q_bi=helpers.about(axis_b, angle)))[0] * LSB - angle)
    assert abs(errors[0]) > 10 * LSB
    assert errors[1] == pytest.approx(2 * errors[0], abs=2 * LSB)
    drawn = [np.diag(np.array(Gyro(SPEC, s).matrix_sb) @ helpers.frame_rotation(SPEC.q_sb).T) - 1 for s in range(400)]
    assert np.mean(np.square(drawn)) / SPEC.scale_factor_sigma**2 == pytest.approx(1.0, abs=5 * math.sqrt(2 / 1200))


def test_misalignment_couples_other_axes(helpers):
    gyro = Gyro(SPEC, 22, helpers.only(Gyro, "misalignment"))
    skew = np.array(gyro.matrix_sb) @ helpers.frame_rotation(SPEC.q_sb).T - np.eye(3)
    np.testing.assert_allclose(np.diag(skew), 0.0, atol=1e-12)
    gyro.read(helpers.truth())
    axis_b = helpers.frame_rotation(SPEC.q_sb).T @ np.array([0.0, 0.0, 1.0])
    counts = gyro.read(helpers.truth(t_ns=DT_NS, q_bi=helpers.about(axis_b, 0.3)))
    np.testing.assert_allclose(np.array(counts[:2]) * LSB, 0.3 * skew[:2, 2], atol=LSB)
    drawn = np.array([np.array(Gyro(SPEC, s).matrix_sb) @ helpers.frame_rotation(SPEC.q_sb).T for s in range(300)])
    off = drawn[:, ~np.eye(3, dtype=bool)]
    assert np.mean(off**2) / SPEC.misalignment_sigma_rad**2 == pytest.approx(1.0, abs=5 * math.sqrt(2 / 1800))


def test_quantisation_loses_no_angle(helpers):
    """A rate of 0.3 counts a sample: most samples read 0, the sum is right at every time."""
    gyro = Gyro(SPEC, 1, helpers.only(Gyro))
    total = np.zeros(3)
    for k in range(1001):
        angle = 0.3 * LSB * k
        total += gyro.read(helpers.truth(t_ns=k * DT_NS, q_bi=helpers.about([1, 0, 0], angle)))
        assert abs(total[1] + 0.3 * k) <= 0.5001  # body x is sensor -y


def test_range_clips_the_rate_and_loses_what_is_beyond(helpers):
    gyro = Gyro(SPEC, 1, helpers.only(Gyro, "range"))
    gyro.read(helpers.truth())
    axis_b = helpers.frame_rotation(SPEC.q_sb).T @ np.array([0.0, 1.0, 0.0])
    counts = gyro.read(helpers.truth(t_ns=DT_NS, q_bi=helpers.about(axis_b, 0.9)))  # 9 rad/s
    assert counts[1] * LSB == pytest.approx(SPEC.range_radps * DT, abs=LSB)
    assert gyro.read(helpers.truth(t_ns=2 * DT_NS, q_bi=helpers.about(axis_b, 0.9)))[1] == 0


def test_same_seed_same_counts(helpers):
    a, b = Gyro(SPEC, 9), Gyro(SPEC, 9)
    np.testing.assert_array_equal(fly(a, helpers.truth(), 200), fly(b, helpers.truth(), 200))
