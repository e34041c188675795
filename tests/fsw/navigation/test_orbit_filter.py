"""The filter's kernels, through the application's sections, against a textbook Kalman filter in NumPy."""

import numpy as np
import pytest
from scipy.linalg import expm

from fsw.navigation.orbit_filter import gravity, transition, update

MU, RE = 3.986004415e14, 6378136.3
J = {2: 1.0826266835e-3, 3: -2.5326564853e-6, 4: -1.6196215914e-6, 5: -2.2729608287e-7, 6: 5.4068123911e-7}


def test_transition_is_the_exponential_of_the_clohessy_wiltshire_equations():
    n, dt = 1.1e-3, 900.0
    a = np.zeros((6, 6))
    a[:3, 3:] = np.eye(3)
    a[3, 0], a[3, 4], a[4, 3], a[5, 2] = 3 * n * n, 2 * n, -2 * n, -n * n
    assert transition(n, dt) == pytest.approx(expm(a * dt), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("pole", [(0.0, 0.0, 1.0), (0.002, -0.001, 0.9999975)])
def test_gravity_is_the_gradient_of_the_zonal_potential(pole):
    pole = np.array(pole) / np.linalg.norm(pole)

    def potential(r):
        d = np.linalg.norm(r)
        zonals = sum(j * (RE / d) ** n * np.polynomial.legendre.Legendre.basis(n)(r @ pole / d) for n, j in J.items())
        return MU / d * (1.0 - zonals)

    for r in ([7e6, 0, 0], [3e6, -4e6, 4.8e6], [1e5, 2e5, -6.9e6]):
        position = np.array(r, float)
        h = 50.0
        gradient = [(potential(position + d) - potential(position - d)) / (2 * h) for d in h * np.eye(3)]
        assert gravity(position, pole) == pytest.approx(gradient, abs=2e-7)


def test_update_is_the_joint_kalman_update():
    rng = np.random.default_rng(3)
    root = rng.normal(size=(6, 6))
    p = root @ root.T
    z, r = rng.normal(size=6), rng.uniform(0.5, 2.0, 6)
    s = p + np.diag(r)
    gain = p @ np.linalg.inv(s)
    nis, x, after = update(p, z, r, gate=1e9)
    assert nis == pytest.approx(z @ np.linalg.inv(s) @ z)
    assert x == pytest.approx(gain @ z)
    assert after == pytest.approx((np.eye(6) - gain) @ p)


def test_the_gate_leaves_everything_as_it_was():
    p = np.diag([4.0, 5.0, 6.0, 1.0, 2.0, 3.0])
    nis, x, after = update(p, np.full(6, 10.0), np.ones(6), gate=33.11)
    assert nis > 33.11
    assert (x == 0).all()
    assert (after == p).all()
