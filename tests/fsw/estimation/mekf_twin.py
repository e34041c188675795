"""NumPy twin of the MEKF kernel, written for reading, from the differential equations and Joseph's form.

Propagation integrates the linear error equations by matrix exponentials (Van Loan 1978), not by the kernel's closed
forms; updates solve the full 6-state equations with Joseph's form, not the kernel's factored downdates.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import expm
from scipy.spatial.transform import Rotation


def skew(v: np.ndarray) -> np.ndarray:
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])


def matrix(q: np.ndarray) -> np.ndarray:
    """C(q): the transpose of SciPy's matrix."""
    return Rotation.from_quat(q).as_matrix().T


def turned(a: np.ndarray, q: np.ndarray) -> np.ndarray:
    """dq(a) (x) q; SciPy composes the other way round."""
    return (Rotation.from_quat(q) * Rotation.from_rotvec(a)).as_quat()


@dataclass
class TwinMekf:
    angle_walk: float  # [rad^2/s]
    rate_walk: float  # [rad^2/s^3]
    scale_walk: float = 0.0  # [s]
    gate_direction: float = np.inf
    gate_attitude: float = np.inf
    q: np.ndarray = field(default_factory=lambda: np.array([0.0, 0.0, 0.0, 1.0]))
    bias: np.ndarray = field(default_factory=lambda: np.zeros(3))
    p: np.ndarray = field(default_factory=lambda: np.eye(6))

    def transition_and_noise(self, rate: np.ndarray, dt: float) -> tuple[np.ndarray, np.ndarray]:
        """Van Loan: expm([[-F, Q], [0, F^T]] dt) holds the transition and the integrated noise."""
        f = np.zeros((6, 6))
        f[:3, :3], f[:3, 3:] = -skew(rate), -np.eye(3)
        angle = self.angle_walk + self.scale_walk * rate @ rate
        q = np.diag([angle] * 3 + [self.rate_walk] * 3)
        big = expm(np.block([[-f, q], [np.zeros((6, 6)), f.T]]) * dt)
        phi = big[6:, 6:].T
        return phi, phi @ big[:6, 6:]

    def propagate(self, dtheta: np.ndarray, dt: float, extra: float = 0.0) -> None:
        rate = dtheta / dt - self.bias
        phi, noise = self.transition_and_noise(rate, dt)
        self.q = turned(rate * dt, self.q)
        self.p = phi @ self.p @ phi.T + noise
        self.p[:3, :3] += extra * np.eye(3)

    def update(self, y: np.ndarray, h: np.ndarray, r: np.ndarray, gate: float, weight: float = 1.0) -> float:
        """Linear update with innovation y = h x + noise(r); Joseph's form."""
        nis = float(y @ np.linalg.solve(h @ self.p @ h.T + r, y))
        if nis <= gate:
            r = weight * r
            k = self.p @ h.T @ np.linalg.inv(h @ self.p @ h.T + r)
            keep = np.eye(6) - k @ h
            self.p = keep @ self.p @ keep.T + k @ r @ k.T
            self.q, self.bias = turned((k @ y)[:3], self.q), self.bias + (k @ y)[3:]
        return nis

    def plane(self, z: np.ndarray, r_i: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """Innovation along the great circle and its Jacobian in an orthonormal basis across the prediction."""
        predicted = matrix(self.q) @ r_i
        length = np.linalg.norm(predicted)
        predicted = predicted / length
        basis = np.linalg.svd(predicted[None, :])[2][1:]  # two unit vectors across it
        axis = np.cross(z, predicted)  # turning body axes by a about it takes the prediction to z
        sine, cosine = np.linalg.norm(axis), z @ predicted
        a = axis / sine * np.arctan2(sine, cosine) if sine > 0 else np.zeros(3)
        return basis @ a, np.hstack([basis, np.zeros((2, 3))]), np.cross(basis, predicted), length

    def update_direction(self, z: np.ndarray, r_i: np.ndarray, variance: float, weight: float = 1.0) -> float:
        y, h, _, _ = self.plane(z, r_i)
        return self.update(y, h, variance * np.eye(2), self.gate_direction, weight)

    def update_vector(self, z: np.ndarray, r_i: np.ndarray, r: np.ndarray) -> float:
        # an error n of z moves the apparent attitude by (n x z') / |z'| along each axis of the basis
        y, h, across, length = self.plane(z, r_i)
        jacobian = -across / length
        return self.update(y, h, jacobian @ r @ jacobian.T, self.gate_direction)

    def update_attitude(self, q: np.ndarray, r: np.ndarray) -> float:
        y = (Rotation.from_quat(self.q).inv() * Rotation.from_quat(q)).as_rotvec()
        return self.update(y, np.hstack([np.eye(3), np.zeros((3, 3))]), r, self.gate_attitude)
