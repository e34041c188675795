"""Statistical consistency of the filter: NEES and NIS of simulated truths lie within their chi-square bounds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.stats import chi2

from fsw.estimation.mekf import Mekf
from tests.fsw.estimation.attitude_truth import products
from tests.fsw.estimation.mekf_twin import TwinMekf

RUNS, STEPS, DT = 30, 60, 0.5
ANGLE_WALK, RATE_WALK = 2e-3, 3e-4
SIGMA_DIRECTION, SIGMA_ATTITUDE = 5e-3, np.array([2e-3, 2e-3, 8e-3])
P0 = np.diag([0.05**2] * 3 + [2e-3**2] * 3)


RATES = np.array([(0.05 * np.sin(0.1 * k), 0.08, -0.03) for k in range(STEPS)])
TURNS = products(np.array([0.0, 0.0, 0.0, 1.0]), Rotation.from_rotvec(RATES * DT).as_quat())[1:]  # since the start


def draw(seed: int, mix: str) -> tuple[Rotation, np.ndarray, np.ndarray, tuple, list]:
    """Truth: attitudes and biases after each step; the gyro's increments, the filter's start, measurements by kind."""
    rng = np.random.default_rng(seed)
    first, bias = Rotation.random(rng=rng), 0.01 * rng.standard_normal(3)
    error = np.linalg.cholesky(P0) @ rng.standard_normal(6)
    start = (first * Rotation.from_rotvec(error[:3]).inv()).as_quat(), bias - error[3:], P0
    truth = first * Rotation.from_quat(TURNS)
    # exact discrete gyro errors: Farrenkopf's model integrated over the interval (small rotation)
    walk = RATE_WALK * np.sqrt(DT) * rng.standard_normal((STEPS, 3))
    inner = RATE_WALK * np.sqrt(DT**3 / 12) * rng.standard_normal((STEPS, 3))
    noise = ANGLE_WALK * np.sqrt(DT) * rng.standard_normal((STEPS, 3))
    biases = bias + np.cumsum(walk, 0)
    dtheta = (RATES + biases - walk) * DT + 0.5 * walk * DT + inner + noise
    measured = []
    for kind in mix:
        if kind == "v":
            r_i = rng.standard_normal((STEPS, 3))
            r_i /= np.linalg.norm(r_i, axis=1, keepdims=True)
            off = Rotation.from_rotvec(SIGMA_DIRECTION * rng.standard_normal((STEPS, 3)))
            measured.append((kind, (truth * off).inv().apply(r_i), r_i))
        else:
            off = Rotation.from_rotvec(SIGMA_ATTITUDE * rng.standard_normal((STEPS, 3)))
            measured.append((kind, (truth * off).as_quat(), None))
    return truth, biases, dtheta, start, measured


def one_run(seed: int, mix: str, *, with_twin: bool) -> tuple[np.ndarray, list[float], list[float]]:
    """NEES of every step, NIS of directions and of attitudes; the twin, when flown, must agree."""
    truth, biases, dtheta, start, measured = draw(seed, mix)
    kernel, twin = Mekf(angle_random_walk=ANGLE_WALK, rate_random_walk=RATE_WALK), TwinMekf(ANGLE_WALK**2, RATE_WALK**2)
    kernel.set(*start)
    twin.q, twin.bias, twin.p = start
    quats, estimates, covariances = np.empty((STEPS, 4)), np.empty((STEPS, 3)), np.empty((STEPS, 6, 6))
    nis_direction, nis_attitude = [], []
    r_attitude = np.diag(SIGMA_ATTITUDE**2)
    for k in range(STEPS):
        kernel.propagate(dtheta[k], DT)
        if with_twin:
            twin.propagate(dtheta[k], DT)
        for kind, z, r_i in measured:
            if kind == "v":
                nis_direction.append(kernel.update_direction(z[k], r_i[k], SIGMA_DIRECTION**2)[0])
                if with_twin:
                    twin.update_direction(z[k], r_i[k], SIGMA_DIRECTION**2)
            else:
                nis_attitude.append(kernel.update_attitude(z[k], r_attitude)[0])
                if with_twin:
                    twin.update_attitude(z[k], r_attitude)
        quats[k], estimates[k], covariances[k] = kernel.q_bi, kernel.bias_b_radps, kernel.p
    if with_twin:
        assert abs(abs(kernel.q_bi @ twin.q) - 1.0) < 1e-12
        np.testing.assert_allclose(kernel.bias_b_radps, twin.bias, atol=1e-9)
    off = np.hstack([(Rotation.from_quat(quats).inv() * truth).as_rotvec(), biases - estimates])
    nees = np.einsum("ki,ki->k", off, np.linalg.solve(covariances, off[:, :, None])[:, :, 0])
    return nees, nis_direction, nis_attitude


@pytest.mark.parametrize("mix", ["v", "vv", "a", "va", "vav"])
def test_errors_and_innovations_are_as_large_as_the_filter_says(mix):
    runs = [one_run(1000 + seed, mix, with_twin=seed < 1) for seed in range(RUNS)]
    nees = np.array([run[0] for run in runs])
    low, high = chi2.ppf([1e-5, 1 - 1e-5], 6 * RUNS) / RUNS
    for k in (0, 5, 20, STEPS - 1):  # ensembles at fixed times: independent runs
        assert low < nees[:, k].mean() < high
    for index, dof in ((1, 2), (2, 3)):
        innovations = np.concatenate([run[index] for run in runs])
        if len(innovations):
            low_nis, high_nis = chi2.ppf([1e-5, 1 - 1e-5], dof * len(innovations)) / len(innovations)
            assert low_nis < innovations.mean() < high_nis
