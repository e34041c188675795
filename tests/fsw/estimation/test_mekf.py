"""The MEKF kernel against its NumPy twin, and its invariants."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from scipy.stats import chi2

from fsw.estimation.mekf import FilterError, Mekf, chi_square_threshold
from tests.fsw.estimation.mekf_twin import TwinMekf

seeds = st.integers(0, 2**32 - 1)


def random_state(rng: np.random.Generator, attitude: float = 0.1, bias: float = 1e-3):
    q = Rotation.random(rng=rng).as_quat()
    a = rng.standard_normal((6, 6)) * np.array([attitude] * 3 + [bias] * 3)[:, None]
    return q, rng.standard_normal(3) * bias, a @ a.T


def pair(rng: np.random.Generator, **settings_: float) -> tuple[Mekf, TwinMekf]:
    kernel = Mekf(angle_random_walk=1e-3, rate_random_walk=1e-4, **settings_)
    twin = TwinMekf(1e-6, 1e-8, settings_.get("scale_walk", 0.0))
    state = random_state(rng)
    kernel.set(*state)
    twin.q, twin.bias, twin.p = state
    return kernel, twin


def assert_agree(kernel: Mekf, twin: TwinMekf, rtol: float = 1e-9) -> None:
    assert abs(abs(kernel.q_bi @ twin.q) - 1.0) < 1e-13
    np.testing.assert_allclose(kernel.bias_b_radps, twin.bias, rtol=rtol, atol=1e-12)
    scale = np.sqrt(np.diag(twin.p))
    np.testing.assert_allclose(kernel.p / np.outer(scale, scale), twin.p / np.outer(scale, scale), atol=rtol * 10)


def unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v)


@given(seed=seeds, size=st.floats(-8, 0.6), dt=st.sampled_from([0.01, 0.1, 1.0, 10.0]))
@settings(max_examples=80, deadline=None)
def test_propagation_is_exact_for_a_constant_rate(seed, size, dt):
    """Transition and noise agree with matrix exponentials from 1e-8 rad to beyond 4 rad an interval."""
    rng = np.random.default_rng(seed)
    kernel, twin = pair(rng, scale_walk=1e-6)
    dtheta = unit(rng.standard_normal(3)) * 10**size
    kernel.propagate(dtheta, dt, 1e-9)
    twin.propagate(dtheta, dt, 1e-9)
    assert_agree(kernel, twin)


@given(seed=seeds, off=st.floats(0.0, 3.0), sigma=st.floats(-6, -1), weight=st.sampled_from([1.0, 7.0, 3000.0]))
@settings(max_examples=80, deadline=None)
def test_direction_update_agrees_with_the_twin(seed, off, sigma, weight):
    rng = np.random.default_rng(seed)
    kernel, twin = pair(rng)
    r_i = unit(rng.standard_normal(3))
    z_b = Rotation.from_rotvec(unit(rng.standard_normal(3)) * off).apply(
        Rotation.from_quat(kernel.q_bi).inv().apply(r_i)
    )
    nis, accepted = kernel.update_direction(z_b, r_i, 10 ** (2 * sigma), weight)
    assert accepted
    assert nis == pytest.approx(twin.update_direction(z_b, r_i, 10 ** (2 * sigma), weight), rel=1e-6, abs=1e-12)
    assert_agree(kernel, twin, rtol=1e-7)


@given(seed=seeds, length=st.floats(1e-6, 1e3), rank=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_vector_update_takes_any_length_and_a_singular_covariance(seed, length, rank):
    rng = np.random.default_rng(seed)
    kernel, twin = pair(rng)
    r_i = unit(rng.standard_normal(3)) * length
    z_b = Rotation.from_quat(kernel.q_bi).inv().apply(r_i) + 0.05 * length * rng.standard_normal(3)
    root = 0.02 * length * rng.standard_normal((3, rank))
    nis, accepted = kernel.update_vector(z_b, r_i, root @ root.T)
    assert accepted
    assert nis == pytest.approx(twin.update_vector(z_b, r_i, root @ root.T), rel=1e-6, abs=1e-9)
    assert_agree(kernel, twin, rtol=1e-7)


def test_quest_covariance_of_a_direction_equals_the_direction_update():
    """sigma^2 (I - b b^T), singular along the vector, says the same as sigma^2 across it."""
    rng = np.random.default_rng(5)
    first, _ = pair(rng)
    second = Mekf(angle_random_walk=1e-3, rate_random_walk=1e-4)
    second.set(first.q_bi, first.bias_b_radps, first.p)
    r_i = unit(rng.standard_normal(3))
    predicted = Rotation.from_quat(first.q_bi).inv().apply(r_i)
    z_b = unit(predicted + 0.01 * rng.standard_normal(3))
    first.update_direction(z_b, r_i, 1e-4)
    second.update_vector(z_b, r_i, 1e-4 * (np.eye(3) - np.outer(predicted, predicted)))
    np.testing.assert_allclose(first.q_bi, second.q_bi, atol=1e-13)
    np.testing.assert_allclose(first.p, second.p, atol=1e-13)


@given(seed=seeds, off=st.floats(0.0, 3.0))
@settings(max_examples=60, deadline=None)
def test_attitude_update_agrees_with_the_twin(seed, off):
    rng = np.random.default_rng(seed)
    kernel, twin = pair(rng)
    q = (Rotation.from_quat(kernel.q_bi) * Rotation.from_rotvec(unit(rng.standard_normal(3)) * off)).as_quat()
    root = 1e-3 * rng.standard_normal((3, 3))
    r = root @ root.T + 1e-10 * np.eye(3)
    nis, _ = kernel.update_attitude(q * rng.choice([-1.0, 1.0]), r)
    assert nis == pytest.approx(twin.update_attitude(q, r), rel=1e-6, abs=1e-9)
    assert_agree(kernel, twin, rtol=1e-6)


@given(seed=seeds, exponents=st.lists(st.floats(-6.5, 0.0), min_size=1, max_size=12))
@settings(max_examples=80, deadline=None)
def test_covariance_stays_positive_definite_and_the_norm_one(seed, exponents):
    """Any mix of steps, with noise down to 1e-13 of the prior variance, leaves P positive and q of unit norm."""
    rng = np.random.default_rng(seed)
    kernel = Mekf(angle_random_walk=1e-6, rate_random_walk=1e-9)
    q, bias, p = random_state(rng, attitude=1.0, bias=1e-2)
    kernel.set(q, bias, p)
    for exponent in exponents:
        sigma, kind = 10.0**exponent, rng.integers(4)
        truth = Rotation.from_quat(kernel.q_bi) * Rotation.from_rotvec(rng.standard_normal(3) * 0.3)
        r_i = unit(rng.standard_normal(3))
        if kind == 0:
            kernel.propagate(rng.standard_normal(3) * sigma, float(rng.choice([0.01, 0.1, 1.0])))
        elif kind == 1:
            kernel.update_direction(truth.inv().apply(r_i), r_i, sigma**2, float(rng.choice([1.0, 100.0])))
        elif kind == 2:
            kernel.update_attitude(truth.as_quat(), np.diag(sigma**2 * rng.uniform(0.1, 1.0, 3)))
        else:
            kernel.update_vector(truth.inv().apply(r_i), r_i, sigma**2 * np.eye(3))
        covariance = kernel.p
        scale = 1.0 / np.sqrt(np.diag(covariance))
        assert np.linalg.norm(kernel.q_bi) == pytest.approx(1.0, abs=1e-14)
        np.testing.assert_array_equal(covariance, covariance.T)
        np.linalg.cholesky(covariance * np.outer(scale, scale))


def test_gate_refuses_and_leaves_the_filter_untouched():
    rng = np.random.default_rng(7)
    kernel = Mekf(angle_random_walk=1e-4, rate_random_walk=1e-6, gate_probability=0.999)
    kernel.set(Rotation.random(rng=rng).as_quat(), np.zeros(3), np.diag([1e-6] * 3 + [1e-10] * 3))
    before = (kernel.q_bi, kernel.bias_b_radps, kernel.p)
    r_i = np.array([0.0, 0.0, 1.0])
    predicted = Rotation.from_quat(kernel.q_bi).inv().apply(r_i)
    across = unit(np.cross(predicted, [0.3, 0.5, 0.8]))
    sigma = math.sqrt(2e-6)
    limit = math.sqrt(chi2.ppf(0.999, 2)) * sigma
    for size, expected in ((limit * 1.001, False), (limit * 0.999, True)):
        nis, accepted = kernel.update_direction(Rotation.from_rotvec(across * size).apply(predicted), r_i, 1e-6)
        assert accepted is expected
        assert nis == pytest.approx((size / sigma) ** 2, rel=1e-6)
        if not expected:
            for value, then in zip((kernel.q_bi, kernel.bias_b_radps, kernel.p), before, strict=True):
                np.testing.assert_array_equal(value, then)
    far = (Rotation.from_quat(kernel.q_bi) * Rotation.from_rotvec([0.1, 0, 0])).as_quat()
    assert kernel.update_attitude(far, np.eye(3) * 1e-6)[1] is False


def test_not_a_number_never_enters_the_filter():
    kernel = Mekf(angle_random_walk=1e-4, rate_random_walk=1e-6)
    kernel.set([0, 0, 0, 1], np.zeros(3), np.eye(6) * 1e-4)
    nan = np.full(3, np.nan)
    assert kernel.update_direction(nan, [1.0, 0.0, 0.0], 1e-6)[1] is False
    assert kernel.update_vector(nan, np.array([1.0, 0.0, 0.0]), np.eye(3))[1] is False
    assert kernel.update_attitude(np.full(4, np.nan), np.eye(3))[1] is False
    np.testing.assert_array_equal(kernel.p, np.eye(6) * 1e-4)
    np.testing.assert_array_equal(kernel.q_bi, [0, 0, 0, 1])


def test_judging_variance_and_weight_are_separate():
    """A weight lowers the gain, not the NIS: time-correlated errors are gated by what one sample should show."""
    results = []
    for weight in (1.0, 1000.0):
        kernel = Mekf(angle_random_walk=1e-4, rate_random_walk=1e-6)
        kernel.set([0, 0, 0, 1], np.zeros(3), np.eye(6) * 1e-4)
        nis, _ = kernel.update_direction(unit(np.array([0.02, 0.0, 1.0])), [0.0, 0.0, 1.0], 1e-4, weight)
        results.append((nis, kernel.p[1, 1]))
    assert results[0][0] == results[1][0]
    assert results[0][1] == pytest.approx(0.5e-4)
    assert results[1][1] == pytest.approx(1e-4 * (1 - 1 / 1001))


def test_step_and_run_equal_single_calls():
    rng = np.random.default_rng(9)
    filters = [pair(np.random.default_rng(1))[0] for _ in range(3)]
    r1, r2 = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.6, 0.8])
    dtheta = 0.01 * rng.standard_normal((20, 3))
    z = [np.array([unit(r + 0.05 * rng.standard_normal(3)) for _ in range(20)]) for r in (r1, r2)]
    for k in range(20):
        filters[0].propagate(dtheta[k], 0.1)
        filters[0].update_direction(z[0][k], r1, 1e-4)
        filters[0].update_direction(z[1][k], r2, 4e-4)
        filters[1].step(tuple(dtheta[k]), 0.1, list(z[0][k]), r1, 1e-4, z[1][k], r2, 4e-4)
    filters[2].run(dtheta, 0.1, z[0], r1, 1e-4, z[1], r2, 4e-4)
    for other in filters[1:]:
        np.testing.assert_array_equal(other.q_bi, filters[0].q_bi)
        np.testing.assert_array_equal(other.p, filters[0].p)


@pytest.mark.parametrize("dof", [2, 3])
@pytest.mark.parametrize("probability", [1e-6, 0.5, 0.9, 0.997, 0.99999, 1 - 1e-9])
def test_gate_thresholds_agree_with_scipy(probability, dof):
    assert chi_square_threshold(probability, dof) == pytest.approx(chi2.ppf(probability, dof), rel=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Mekf(angle_random_walk=-1.0, rate_random_walk=0.0), "angle_random_walk is -1.0"),
        (lambda: Mekf(angle_random_walk=1.0, rate_random_walk=math.nan), "rate_random_walk is nan"),
        (lambda: Mekf(angle_random_walk=1.0, rate_random_walk=1.0, gate_probability=0.0), "probability is 0.0"),
        (lambda: chi_square_threshold(0.5, 1), "dof is 1"),
        (lambda: ready().set([0, 0, 0, 1], [0, 0], np.eye(6)), "bias_b_radps has shape (2,)"),
        (lambda: ready().set([0, 0, 0, 0], [0, 0, 0], np.eye(6)), "norm zero"),
        (lambda: ready().set([0, 0, 0, 1], [0, 0, 0], -np.eye(6)), "positive semi-definite"),
        (lambda: ready().propagate([0.0, 0.0, 0.0], 0.0), "dt_s is 0.0"),
        (lambda: ready().propagate([0.0, 0.0], 0.1), "vector of 2 elements: expected 3"),
        (lambda: ready().update_attitude(np.ones(4), np.eye(4)), "expected (3, 3)"),
    ],
)
def test_bad_input_is_a_typed_error(call, words):
    with pytest.raises(ValueError) as caught:
        call()
    assert words in str(caught.value)
    assert issubclass(FilterError, ValueError)


def ready() -> Mekf:
    return Mekf(angle_random_walk=1e-4, rate_random_walk=1e-6)
