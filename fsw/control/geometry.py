"""Geometry of the actuators, computed once from the vehicle file as constants of the kernels."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from hal.vehicle.vehicle import Vehicle

Array = NDArray[np.float64]
IDLE_MOMENTUM_SHARE = 0.15  # of a wheel's capacity: where wheels idle, off the zero crossings of their friction


class GeometryError(ValueError):
    """The actuators cannot turn the body about every axis."""


def wheel_axes(vehicle: Vehicle) -> Array:
    """Spin axes in body axes as columns (3, wheels): wheel torques T put -A T on the body."""
    axes = np.array([wheel.axis_b for wheel in vehicle.units("reaction_wheels")]).reshape(-1, 3).T
    if axes.shape[1] >= 3 and np.linalg.matrix_rank(axes, tol=1e-3) < 3:
        raise GeometryError("wheels: their axes lie in one plane: give axes that span all three")
    return axes


def wheel_inverse(vehicle: Vehicle) -> Array:
    """Moore-Penrose inverse (wheels, 3) of the axes: the wheel torques of smallest norm for a body torque."""
    return axes_inverse(wheel_axes(vehicle))


def axes_inverse(axes: Array) -> Array:
    """Moore-Penrose inverse (n, 3) of axes as columns (3, n)."""
    if axes.shape[1] < 3:  # they turn the body about their own axes only
        return np.asarray(np.linalg.pinv(axes) if axes.size else np.zeros((0, 3)), np.float64)
    return axes.T @ np.linalg.inv(axes @ axes.T)


def wheel_null(axes: Array) -> Array:
    """Unit vector (n,) of wheel torques that do not turn the body, first element positive; zero up to three wheels.

    `axes`: spin axes as columns (3, n), which span all three. Of four wheels the elements are the signed determinants
    of the other three axes (Cramer's rule). More wheels have a space of such vectors: of the projections of all
    patterns of signs on it the one that leaves the slowest wheel the fastest, as no wheel is to idle near zero.
    """
    count = axes.shape[1]
    if count <= 3:
        return np.zeros(count)
    if count == 4:
        null = np.array([(-1) ** k * np.linalg.det(np.delete(axes, k, axis=1)) for k in range(count)])
    else:
        project = np.eye(count) - axes.T @ np.linalg.inv(axes @ axes.T) @ axes
        found = [project @ (1.0, *signs) for signs in itertools.product((1.0, -1.0), repeat=count - 1)]
        null = max(found, key=_slowest_share)
    first = null[np.flatnonzero(np.abs(null) > 1e-9)[0]]
    out: Array = null / np.linalg.norm(null) * np.sign(first)
    return out


def _slowest_share(null: Array) -> float:
    """Return the smallest element over the norm, to nine digits: alike patterns keep their order on every host."""
    norm = float(np.linalg.norm(null))
    return round(float(np.abs(null).min()) / norm, 9) if norm > 1e-9 else -1.0


def wheel_arrangements(vehicle: Vehicle) -> dict[int, tuple[Array, Array, float]]:
    """Inverse (wheels, 3), null vector (wheels,) and idle momentum [N m s] for each mask of wheels that are left out.

    Masks that leave axes in one plane are not there. Wheels that are out have zeros; three that are left do not idle.
    """
    axes = wheel_axes(vehicle)
    count = axes.shape[1]
    capacity = min((wheel.momentum_max_nms for wheel in vehicle.units("reaction_wheels")), default=0.0)
    found = {}
    for out in range(1 << count):
        used = [k for k in range(count) if not out >> k & 1]
        left = axes[:, used]
        if out and (len(used) < 3 or np.linalg.matrix_rank(left, tol=1e-3) < 3):
            continue
        inverse, null = np.zeros((count, 3)), np.zeros(count)
        inverse[used], null[used] = axes_inverse(left), wheel_null(left)
        largest = float(np.abs(null).max(initial=0.0))
        found[out] = (inverse, null, IDLE_MOMENTUM_SHARE * capacity / largest if largest else 0.0)
    return found


def torquer_matrices(vehicle: Vehicle) -> tuple[Array, Array]:
    """Torquer axes, (n, 3), and the rows that map a body dipole to each torquer, (n, 3).

    One or two give what they can of a dipole; more than three share it with the least sum of squares.
    """
    axes: Array = np.array([t.axis_b for t in vehicle.units("magnetorquers")], np.float64).reshape(-1, 3)
    if len(axes) >= 3 and np.linalg.svd(axes, compute_uv=False)[2] < 1e-3:
        raise GeometryError("torquers.units: their axes lie in one plane: give axes that span all three")
    if len(axes) == 3:
        return axes, np.asarray(np.linalg.inv(axes.T), np.float64)
    return axes, np.asarray(np.linalg.pinv(axes.T), np.float64).reshape(-1, 3)
