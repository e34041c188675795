"""Quaternion algebra, one at a time or vectorised; conventions in `fsw/CONVENTIONS.md`.

Quaternions are `[x, y, z, w]`, scalar last; `q_bi` maps inertial to body and `v_b = C(q_bi) v_i`. The product is
Shuster's, `C(p ⊗ q) = C(p) C(q)`. Leading dimensions broadcast as in NumPy; results are new float64 arrays.
All functions raise `QuaternionError` when a shape does not fit. Source: Markley & Crassidis, *Fundamentals of
Spacecraft Attitude Determination and Control* (2014), 2.7 to 2.9.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fsw.algebra import _quaternion

Array = NDArray[np.float64]


class QuaternionError(ValueError):
    """An argument is no quaternion, vector or matrix of the expected shape."""


def _rows(name: str, value: ArrayLike, shape: tuple[int, ...]) -> Array:
    array = np.asarray(value, dtype=np.float64)
    if array.shape[array.ndim - len(shape) :] != shape or array.ndim < len(shape):
        expected = ", ".join(str(n) for n in shape)
        raise QuaternionError(f"{name} has shape {array.shape}: expected (..., {expected})")
    return array


def _pair(a: Array, b: Array) -> tuple[Array, Array, tuple[int, ...]]:
    try:
        lead = np.broadcast_shapes(a.shape[:-1], b.shape[:-1])
    except ValueError:
        raise QuaternionError(f"shapes {a.shape} and {b.shape} do not broadcast: give equal leading sizes") from None
    flat_a = np.ascontiguousarray(np.broadcast_to(a, lead + a.shape[-1:])).reshape(-1, a.shape[-1])
    flat_b = np.ascontiguousarray(np.broadcast_to(b, lead + b.shape[-1:])).reshape(-1, b.shape[-1])
    return flat_a, flat_b, lead


def multiply(p: ArrayLike, q: ArrayLike) -> Array:
    """Return the product `p ⊗ q` (..., 4): rotation q, then p, as in `q_bi = q_bo ⊗ q_oi`."""
    flat_p, flat_q, lead = _pair(_rows("p", p, (4,)), _rows("q", q, (4,)))
    out = np.empty(flat_p.shape)
    _quaternion.multiply(flat_p, flat_q, out)
    return out.reshape((*lead, 4))


def conjugate(q: ArrayLike) -> Array:
    """Return the inverse of unit quaternions (..., 4): `q_ib` from `q_bi`."""
    out: Array = _rows("q", q, (4,)) * np.array([-1.0, -1.0, -1.0, 1.0])
    return out


def normalise(q: ArrayLike) -> Array:
    """Return `q / |q|` (..., 4); raise `QuaternionError` when a norm is zero or not finite."""
    rows = _rows("q", q, (4,))
    out = np.empty((rows.size // 4, 4))
    if not _quaternion.normalise(np.ascontiguousarray(rows).reshape(-1, 4), out):
        raise QuaternionError("q has a norm of zero or not finite: expected a non-zero quaternion")
    return out.reshape(rows.shape)


def from_rotation_vector(rotation_rad: ArrayLike) -> Array:
    """Return `[e sin(φ/2), cos(φ/2)]` (..., 4) of rotation vectors `e φ` (..., 3) in rad."""
    rows = _rows("rotation_rad", rotation_rad, (3,))
    out = np.empty((rows.size // 3, 4))
    _quaternion.from_rotation_vector(np.ascontiguousarray(rows).reshape(-1, 3), out)
    return out.reshape((*rows.shape[:-1], 4))


def to_rotation_vector(q: ArrayLike) -> Array:
    """Return the rotation vectors `e φ` (..., 3) in rad of unit quaternions, the shorter way, `φ <= π`."""
    rows = _rows("q", q, (4,))
    out = np.empty((rows.size // 4, 3))
    _quaternion.to_rotation_vector(np.ascontiguousarray(rows).reshape(-1, 4), out)
    return out.reshape((*rows.shape[:-1], 3))


def apply_small_angle(angle_b_rad: ArrayLike, q_bi: ArrayLike) -> Array:
    """Return normalised `[a/2, 1] ⊗ q_bi` (..., 4) for small body-frame angles `a` (..., 3): third-order exact."""
    flat_a, flat_q, lead = _pair(_rows("angle_b_rad", angle_b_rad, (3,)), _rows("q_bi", q_bi, (4,)))
    out = np.empty(flat_q.shape)
    _quaternion.apply_small_angle(flat_a, flat_q, out)
    return out.reshape((*lead, 4))


def to_matrix(q: ArrayLike) -> Array:
    """Return `C(q)` (..., 3, 3), the frame rotation: the transpose of SciPy's matrix for the same numbers."""
    rows = _rows("q", q, (4,))
    out = np.empty((rows.size // 4, 3, 3))
    _quaternion.to_matrix(np.ascontiguousarray(rows).reshape(-1, 4), out)
    return out.reshape((*rows.shape[:-1], 3, 3))


def from_matrix(c: ArrayLike) -> Array:
    """Return the quaternions (..., 4), `w >= 0`, of rotation matrices (..., 3, 3); Shepperd's method."""
    rows = _rows("c", c, (3, 3))
    out = np.empty((rows.size // 9, 4))
    _quaternion.from_matrix(np.ascontiguousarray(rows).reshape(-1, 3, 3), out)
    return out.reshape((*rows.shape[:-2], 4))


def rotate(q_bi: ArrayLike, v_i: ArrayLike) -> Array:
    """Return `v_b = C(q_bi) v_i` (..., 3)."""
    flat_q, flat_v, lead = _pair(_rows("q_bi", q_bi, (4,)), _rows("v_i", v_i, (3,)))
    out = np.empty(flat_v.shape)
    _quaternion.rotate(flat_q, flat_v, out)
    return out.reshape((*lead, 3))


def angle_between(q: ArrayLike, p: ArrayLike) -> Array:
    """Return the total rotation angle (...) in rad between attitudes `q` and `p`, 0 to π."""
    return np.asarray(np.linalg.norm(to_rotation_vector(multiply(q, conjugate(p))), axis=-1), dtype=np.float64)
