"""Quaternion algebra: conventions pinned against SciPy, all branches, both faces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.spatial.transform import Rotation

from fsw.algebra import quaternion
from fsw.algebra.quaternion import QuaternionError

finite = st.floats(-10.0, 10.0, allow_nan=False)
vectors = st.tuples(finite, finite, finite).map(np.array)
unit_quaternions = (
    st.tuples(finite, finite, finite, finite).map(np.array).filter(lambda q: np.linalg.norm(q) > 1e-3)
).map(lambda q: q / np.linalg.norm(q))


def random_quaternions(*shape: int) -> np.ndarray:
    q = np.random.default_rng(20240101).standard_normal((*shape, 4))
    return q / np.linalg.norm(q, axis=-1, keepdims=True)


def skew(v: np.ndarray) -> np.ndarray:
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])


def twin_matrix(q: np.ndarray) -> np.ndarray:
    """Readable twin of C(q), for q = [e sin(phi/2), cos(phi/2)]."""
    v, w = q[:3], q[3]
    return (w**2 - v @ v) * np.eye(3) - 2 * w * skew(v) + 2 * np.outer(v, v)


def twin_multiply(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Readable twin of Shuster's product."""
    return np.append(p[3] * q[:3] + q[3] * p[:3] - np.cross(p[:3], q[:3]), p[3] * q[3] - p[:3] @ q[:3])


def test_matrix_is_the_transpose_of_scipys_for_the_same_four_numbers():
    q = random_quaternions(50)
    scipy_matrix = Rotation.from_quat(q).as_matrix()
    np.testing.assert_allclose(quaternion.to_matrix(q), np.swapaxes(scipy_matrix, 1, 2), atol=1e-14)


def test_a_quarter_turn_of_the_frame_about_z_moves_x_to_minus_y():
    """Turning body axes by +90 deg about z, an inertial x vector is seen along body -y."""
    q_bi = np.array([0.0, 0.0, np.sin(np.pi / 4), np.cos(np.pi / 4)])
    np.testing.assert_allclose(quaternion.rotate(q_bi, [1.0, 0.0, 0.0]), [0.0, -1.0, 0.0], atol=1e-15)


def test_product_composes_matrices_and_reverses_scipys_order():
    p, q = random_quaternions(2, 40)
    product = quaternion.multiply(p, q)
    np.testing.assert_allclose(
        quaternion.to_matrix(product), quaternion.to_matrix(p) @ quaternion.to_matrix(q), atol=1e-14
    )
    scipy_product = (Rotation.from_quat(q) * Rotation.from_quat(p)).as_quat()
    np.testing.assert_allclose(np.abs(np.sum(product * scipy_product, axis=1)), 1.0, atol=1e-14)


def test_kinematics_follow_the_body_rate():
    """dq/dt = 1/2 [w; 0] (x) q integrates to exp(-[w x] t) in C(q)."""
    rate_b, dt, q_bi = np.array([0.3, -0.2, 0.5]), 0.7, random_quaternions(1)[0]
    later = quaternion.multiply(quaternion.from_rotation_vector(rate_b * dt), q_bi)
    np.testing.assert_allclose(
        quaternion.to_matrix(later), expm(-skew(rate_b) * dt) @ quaternion.to_matrix(q_bi), atol=1e-14
    )


@given(p=unit_quaternions, q=unit_quaternions, v=vectors)
@settings(max_examples=60, deadline=None)
def test_kernels_agree_with_their_twins(p, q, v):
    np.testing.assert_allclose(quaternion.multiply(p, q), twin_multiply(p, q), atol=1e-14)
    np.testing.assert_allclose(quaternion.to_matrix(q), twin_matrix(q), atol=1e-14)
    np.testing.assert_allclose(quaternion.rotate(q, v), twin_matrix(q) @ v, atol=1e-13)
    np.testing.assert_allclose(quaternion.rotate(quaternion.conjugate(q), quaternion.rotate(q, v)), v, atol=1e-13)


@given(rotation=vectors)
@settings(max_examples=60, deadline=None)
def test_rotation_vectors_agree_with_scipy(rotation):
    q = quaternion.from_rotation_vector(rotation)
    assert abs(abs(q @ Rotation.from_rotvec(rotation).as_quat()) - 1.0) < 1e-14
    np.testing.assert_allclose(quaternion.to_rotation_vector(q), Rotation.from_quat(q).as_rotvec(), atol=1e-9)


@pytest.mark.parametrize("angle", [0.0, 1e-300, 1e-12, 1e-6, 0.0999, 0.1001, 1.0, 3.14])
def test_rotation_vector_round_trip_keeps_every_digit(angle):
    rotation = angle * np.array([0.36, -0.48, 0.8])
    q = quaternion.from_rotation_vector(rotation)
    np.testing.assert_allclose(np.linalg.norm(q), 1.0, rtol=4e-16)
    for sign in (1.0, -1.0):
        np.testing.assert_allclose(quaternion.to_rotation_vector(sign * q), rotation, rtol=1e-14, atol=0)


@pytest.mark.parametrize("axis", [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.6, 0.8, 0], [0, -0.6, 0.8], [-0.48, 0.6, 0.64]])
@pytest.mark.parametrize("angle", [0.0, 0.5, 2.0, 3.0, np.pi, 4.0, 6.0])
def test_from_matrix_in_every_branch(axis, angle):
    c = twin_matrix(np.append(np.sin(angle / 2) * np.array(axis, float), np.cos(angle / 2)))
    q = quaternion.from_matrix(c)
    assert q[3] >= 0.0
    np.testing.assert_allclose(np.linalg.norm(q), 1.0, rtol=1e-15)
    np.testing.assert_allclose(quaternion.to_matrix(q), c, atol=2e-15)


def test_small_angle_is_right_to_third_order():
    q = random_quaternions(1)[0]
    for size in (1e-3, 1e-2):
        angle = size * np.array([0.6, 0.0, 0.8])
        exact = quaternion.multiply(quaternion.from_rotation_vector(angle), q)
        error = quaternion.angle_between(quaternion.apply_small_angle(angle, q), exact)
        assert error == pytest.approx(size**3 / 12, rel=1e-3, abs=1e-15)


def test_faces_broadcast_and_agree_with_single_calls():
    *p, q, v = random_quaternions(4, 3)
    p, v = np.array(p), v[:, :3]
    product, turned = quaternion.multiply(p, q), quaternion.rotate(p, v)
    assert product.shape == (2, 3, 4)
    assert turned.shape == (2, 3, 3)
    for i in range(2):
        for j in range(3):
            np.testing.assert_array_equal(product[i, j], quaternion.multiply(p[i, j], q[j]))
            np.testing.assert_array_equal(turned[i, j], quaternion.rotate(p[i, j], v[j]))
    np.testing.assert_allclose(quaternion.normalise(3.0 * p), p, atol=1e-15)
    np.testing.assert_allclose(quaternion.from_matrix(quaternion.to_matrix(p)) * np.sign(p[..., 3:]), p, atol=1e-14)


def test_angle_between_attitudes():
    q = random_quaternions(1)[0]
    turned = quaternion.multiply(quaternion.from_rotation_vector([0.0, 0.02, 0.0]), q)
    assert float(quaternion.angle_between(turned, -q)) == pytest.approx(0.02, abs=1e-15)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: quaternion.multiply([1, 0, 0], [0, 0, 0, 1]), "p has shape (3,): expected (..., 4)"),
        (lambda: quaternion.rotate([0, 0, 0, 1], [1, 2]), "v_i has shape (2,): expected (..., 3)"),
        (lambda: quaternion.from_matrix(np.eye(4)), "expected (..., 3, 3)"),
        (lambda: quaternion.normalise([0, 0, 0, 0]), "norm of zero"),
        (lambda: quaternion.normalise([np.nan, 0, 0, 0]), "not finite"),
        (lambda: quaternion.multiply(np.ones((2, 4)), np.ones((3, 4))), "do not broadcast"),
        (lambda: quaternion.to_matrix(1.0), "expected (..., 4)"),
    ],
)
def test_wrong_shapes_are_typed_errors(call, words):
    with pytest.raises(QuaternionError) as caught:
        call()
    assert words in str(caught.value)
