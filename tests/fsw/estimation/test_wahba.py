"""TRIAD and the Wahba solver against SciPy, the SVD method and Markley's twelve cases."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from fsw.algebra import quaternion
from fsw.estimation import wahba
from fsw.estimation.wahba import WahbaError

CASES = json.loads((Path(__file__).parent / "wahba_cases.json").read_text())
MARKLEY = CASES["markley_cases"]
C_TRUE = np.array(MARKLEY["A_true"])


def unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def svd_solution(b: np.ndarray, r: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Markley's SVD method (1988): the twin of the Davenport kernel by another road."""
    u, _, vt = np.linalg.svd((b / sigma[:, None] ** 2).T @ r)
    return u @ np.diag([1.0, 1.0, np.linalg.det(u) * np.linalg.det(vt)]) @ vt


def fisher_covariance(b: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Inverse of the sum of (I - b b^T) / sigma^2."""
    return np.linalg.inv(sum((np.eye(3) - np.outer(v, v)) / s**2 for v, s in zip(b, sigma, strict=True)))


def noisy(rng: np.random.Generator, c: np.ndarray, r: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Body vectors with direction noise sigma across each vector."""
    b = r @ c.T
    return unit(b + np.cross(rng.standard_normal(b.shape) * sigma[:, None], b))


def body_error(q_bi: np.ndarray, c_true: np.ndarray) -> np.ndarray:
    """Rotation vector a of C_true = C(dq(a)) C(q_bi)."""
    return Rotation.from_matrix((c_true @ quaternion.to_matrix(q_bi).T).T).as_rotvec()


@pytest.mark.parametrize("case", MARKLEY["cases"])
def test_markley_cases(case):
    """Errors of each case follow the predicted covariance: mean of e^T P^-1 e over 300 draws is about 3."""
    reference, sigma = unit(np.array(MARKLEY["cases"][case]["ref"], float)), np.array(MARKLEY["cases"][case]["sigma"])
    rng = np.random.default_rng(int(case))
    exact = wahba.solve(reference @ C_TRUE.T, reference, sigma)
    np.testing.assert_allclose(quaternion.to_matrix(exact.q_bi), C_TRUE, atol=2e-7)
    np.testing.assert_allclose(exact.covariance, fisher_covariance(reference @ C_TRUE.T, sigma), rtol=1e-5, atol=1e-20)
    scores = []
    for _ in range(300):
        fix = wahba.solve(noisy(rng, C_TRUE, reference, sigma), reference, sigma)
        error = body_error(fix.q_bi, C_TRUE)
        scores.append(error @ np.linalg.solve(fix.covariance, error))
    if case in ("8", "9"):  # 0.01 rad noise on vectors 0.01 rad apart: beyond a linear covariance
        assert np.isfinite(scores).all()
    else:
        assert 2.4 < np.mean(scores) < 3.7


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 8), scale=st.floats(-6, -1))
@settings(max_examples=60, deadline=None)
def test_solution_agrees_with_svd_and_scipy(seed, n, scale):
    rng = np.random.default_rng(seed)
    r, c = unit(rng.standard_normal((n, 3))), Rotation.random(rng=rng).as_matrix()
    sigma = 10.0**scale * rng.uniform(0.5, 2.0, n)
    b = noisy(rng, c, r, sigma)
    fix = wahba.solve(b, r, sigma)
    spread = np.sqrt(np.linalg.eigvalsh(fix.covariance)[-1])
    np.testing.assert_allclose(quaternion.to_matrix(fix.q_bi), svd_solution(b, r, sigma), atol=1e-9 + 1e-6 * spread)
    scipy_rotation, _ = Rotation.align_vectors(b, r, weights=1 / sigma**2)  # maps r to b: its matrix is C
    np.testing.assert_allclose(quaternion.to_matrix(fix.q_bi), scipy_rotation.as_matrix(), atol=1e-9 + 1e-6 * spread)
    residual = b - r @ quaternion.to_matrix(fix.q_bi).T
    assert fix.loss == pytest.approx(0.5 * np.sum((residual / sigma[:, None]) ** 2), rel=1e-6, abs=1e-9)


def test_published_two_vector_example():
    case = CASES["triad_two_vector"]
    body, inertial = np.array(case["body"]), np.array(case["inertial"])
    fix = wahba.triad(body[0], body[1], inertial[0], inertial[1], [0.01, 0.01])
    np.testing.assert_allclose(quaternion.to_matrix(fix.q_bi), case["TRIAD_R_b_from_n"], atol=2e-4)
    best = wahba.solve(body, inertial, [1.0, 1.0])
    np.testing.assert_allclose(quaternion.to_matrix(best.q_bi), case["wahba_equal_weights_R_scipy"], atol=2e-4)


def test_triad_honours_the_first_pair_exactly():
    rng = np.random.default_rng(3)
    r, c = unit(rng.standard_normal((2, 3))), Rotation.random(rng=rng).as_matrix()
    b = noisy(rng, c, r, np.array([0.01, 0.1]))
    fix = wahba.triad(b[0], b[1], r[0], r[1], [0.01, 0.1])
    np.testing.assert_allclose(quaternion.rotate(fix.q_bi, r[0]), b[0], atol=1e-14)
    assert np.cross(b[0], b[1]) @ quaternion.rotate(fix.q_bi, np.cross(r[0], r[1])) > 0.0


@pytest.mark.parametrize("separation", [0.3, 1.2, 2.4])
def test_triad_covariance_is_that_of_its_errors(separation):
    rng = np.random.default_rng(4)
    sigma, c = np.array([0.001, 0.004]), Rotation.random(rng=rng).as_matrix()
    r = np.array([[1.0, 0.0, 0.0], [np.cos(separation), np.sin(separation), 0.0]])
    b = r @ c.T
    covariance = wahba.triad(b[0], b[1], r[0], r[1], sigma).covariance
    drawn = b + np.cross(rng.standard_normal((4000, 2, 3)) * sigma[:, None], b)
    fixes = [wahba.triad(first, second, r[0], r[1], sigma).q_bi for first, second in unit(drawn)]
    # SciPy's matrix is the transpose: C_true = C(dq(a)) C(q_bi).
    errors = (Rotation.from_quat(fixes).inv() * Rotation.from_matrix(c.T)).as_rotvec()
    scale = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(
        np.cov(errors.T) / np.outer(scale, scale), covariance / np.outer(scale, scale), atol=0.08
    )


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_triad_of_nearly_parallel_vectors_is_refused_or_right(side):
    """Within 1e-7 rad of a line it is refused; beyond, the covariance is within 6 % of the formula."""
    sigma = np.array([0.01, 0.02])
    for angle in np.geomspace(1e-10, 1e-5, 500):
        pair = [1.0, 0.0, 0.0], [side * np.cos(angle), np.sin(angle), 0.0]
        if angle < 0.99e-7:
            with pytest.raises(WahbaError, match="parallel"):
                wahba.triad(*pair, *pair, sigma)
        elif angle > 1.01e-7:
            covariance = wahba.triad(*pair, *pair, sigma).covariance
            first, second = sigma**2
            about_first = first + (second - first + 2.0 * first * np.cos(angle) ** 2) / np.sin(angle) ** 2
            np.testing.assert_allclose(covariance[0, 0], about_first, rtol=0.06)
            np.testing.assert_allclose(covariance[0, 1], side * first / np.tan(angle), rtol=0.06)
            assert np.linalg.eigvalsh(covariance).min() > 0.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: wahba.solve([[1, 0, 0]], [[1, 0, 0]], [0.1]), "at least two"),
        (lambda: wahba.solve([[1, 0, 0], [2, 0, 0]], [[1, 0, 0], [1, 0, 0]], [0.1, 0.1]), "parallel"),
        (lambda: wahba.solve(np.eye(3), np.eye(3)[:2], [0.1, 0.1, 0.1]), "equal numbers"),
        (lambda: wahba.solve(np.eye(3), np.eye(3), [0.1, 0.0, 0.1]), "positive"),
        (lambda: wahba.solve(np.eye(3), np.eye(3), 0.1), "3 positive numbers"),
        (lambda: wahba.solve(np.eye(3) * np.nan, np.eye(3), [0.1] * 3), "not finite"),
        (lambda: wahba.solve(np.eye(2), np.eye(2), [0.1] * 2), "expected (n, 3)"),
        (lambda: wahba.triad([1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [0.1, 0.1]), "parallel"),
        (lambda: wahba.triad([1, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [0.1, 0.1]), "first_b has shape"),
        (lambda: wahba.triad([0, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [0.1, 0.1]), "norm zero"),
    ],
)
def test_bad_input_is_a_typed_error(call, words):
    with pytest.raises(WahbaError) as caught:
        call()
    assert words in str(caught.value)
