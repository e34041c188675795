"""Attitude from two or more vector pairs: TRIAD and the least-squares solution of Wahba's problem.

Vectors are given in body axes as measured and in inertial axes as modelled; they are normalised here. `sigma_rad` is
the 1-sigma direction error per axis of each pair, measurement and model together (QUEST measurement model). Sources:
Shuster & Oh, *Three-axis attitude determination from vector observations*, J. Guidance and Control 4(1), 1981;
Markley & Crassidis, *Fundamentals of Spacecraft Attitude Determination and Control* (2014), chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fsw.estimation import _wahba

Array = NDArray[np.float64]


class WahbaError(ValueError):
    """The vectors do not fit or do not determine an attitude; the message says which and why."""


@dataclass(frozen=True)
class AttitudeFix:
    """One attitude without history."""

    q_bi: Array  # (4,), inertial to body, scalar last, w >= 0
    covariance: Array  # (3, 3) of the body-frame attitude error [rad^2]
    loss: float  # Wahba's loss, sum of |b - C r|^2 / (2 sigma^2); 0 for TRIAD


def _units(name: str, value: ArrayLike, shape: tuple[int, ...]) -> Array:
    vectors = np.array(value, dtype=np.float64, order="C")
    if vectors.ndim != len(shape) or any(n not in (-1, m) for n, m in zip(shape, vectors.shape, strict=True)):
        expected = ", ".join("n" if n < 0 else str(n) for n in shape)
        raise WahbaError(f"{name} has shape {vectors.shape}: expected ({expected})")
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    if not (np.isfinite(norms).all() and (norms > 0).all()):
        raise WahbaError(f"{name} holds a vector of norm zero or not finite: expected directions")
    units: Array = vectors / norms
    return units


def _variances(sigma_rad: ArrayLike, n: int) -> Array:
    sigma = np.asarray(sigma_rad, dtype=np.float64)
    if sigma.shape != (n,) or not (np.isfinite(sigma).all() and (sigma > 0).all()):
        raise WahbaError(f"sigma_rad is {sigma_rad!r}: expected {n} positive numbers, one for each pair")
    return sigma**2


def triad(
    first_b: ArrayLike, second_b: ArrayLike, first_i: ArrayLike, second_i: ArrayLike, sigma_rad: ArrayLike
) -> AttitudeFix:
    """Return the attitude that honours the first pair exactly and the second as far as it goes.

    Vectors (3,), `sigma_rad` (2,). Raise `WahbaError` for bad shapes and for directions within 1e-7 rad of parallel.
    Shuster & Oh 1981, eqs. 9-18 (attitude) and 101 (covariance).
    """
    b1, b2 = _units("first_b", first_b, (3,)), _units("second_b", second_b, (3,))
    r1, r2 = _units("first_i", first_i, (3,)), _units("second_i", second_i, (3,))
    variance = _variances(sigma_rad, 2)
    q_bi, covariance = np.empty(4), np.empty((3, 3))
    if _wahba.triad(b1, b2, r1, r2, variance[0], variance[1], q_bi, covariance):
        raise WahbaError("the two vectors are parallel: expected directions that differ by more than 1e-7 rad")
    return AttitudeFix(q_bi, covariance, 0.0)


def solve(vectors_b: ArrayLike, vectors_i: ArrayLike, sigma_rad: ArrayLike) -> AttitudeFix:
    """Return the attitude that minimises Wahba's loss over all pairs (Davenport's q method, Jacobi eigenvectors).

    `vectors_b`, `vectors_i` (n, 3), n >= 2, `sigma_rad` (n,). Raise `WahbaError` for bad shapes or when the vectors
    do not determine the attitude. Markley & Crassidis 2014, 5.3.1 (solution) and 5.5.1 (covariance).
    """
    b, r = _units("vectors_b", vectors_b, (-1, 3)), _units("vectors_i", vectors_i, (-1, 3))
    if b.shape != r.shape or len(b) < 2:
        raise WahbaError(f"{len(b)} body and {len(r)} inertial vectors: expected equal numbers, at least two")
    q_bi, covariance = np.empty(4), np.empty((3, 3))
    status, loss = _wahba.davenport(b, r, _variances(sigma_rad, len(b)), q_bi, covariance)
    if status:
        raise WahbaError("the vectors are parallel: expected at least two different directions")
    return AttitudeFix(q_bi, covariance, loss)
