"""The orbit: gravity against its potential, motion against Kepler and the secular theory, tides of Sun and Moon."""

import numpy as np
import pytest
from numpy.polynomial import legendre
from scipy.optimize import brentq

from sim.physics.constants import (
    GM_EARTH_M3PS2,
    GM_MOON_M3PS2,
    GM_SUN_M3PS2,
    RADIUS_EGM_M,
    ZONAL_J,
)  # fmt: skip
from sim.physics.timescales import NS, jd_tt


def kepler(pos, vel, dt):
    """Two-body motion by Kepler's equation, from the textbook's f and g (Vallado 2013, 2.3)."""
    gm, r0 = GM_EARTH_M3PS2, np.linalg.norm(pos)
    a = 1 / (2 / r0 - vel @ vel / gm)
    n = np.sqrt(gm / a**3)
    c, s = 1 - r0 / a, pos @ vel / np.sqrt(gm * a)
    x = brentq(lambda e: e - c * np.sin(e) + s * (1 - np.cos(e)) - n * dt, n * dt - 1, n * dt + 1, xtol=1e-15)
    r = a * (1 - c * np.cos(x) + s * np.sin(x))
    f, g = 1 - a / r0 * (1 - np.cos(x)), dt - (x - np.sin(x)) / n
    fd, gd = -np.sqrt(gm * a) / (r * r0) * np.sin(x), 1 - a / r * (1 - np.cos(x))
    return f * pos + g * vel, fd * pos + gd * vel


def test_two_body_motion_follows_kepler(vehicle, quiet, started):
    state = np.array([5e6, -4e6, 3e6]), np.array([3e3, 6e3, 3.9e3])
    physics = started(vehicle, quiet(), state=state)
    for dt in (600, 3000, 5400):
        physics.coast(dt)
    pos, vel = kepler(*state, 9000.0)
    np.testing.assert_allclose(physics.truth["pos_i_m"], pos, atol=1e-4)
    np.testing.assert_allclose(physics.truth["vel_i_mps"], vel, atol=1e-7)


def gradient(function, pos, step=100.0):
    """Central differences of fourth order."""
    out = np.empty(3)
    for k, axis in enumerate(np.eye(3) * step):
        out[k] = (
            8 * (function(pos + axis) - function(pos - axis)) - function(pos + 2 * axis) + function(pos - 2 * axis)
        ) / (12 * step)
    return out


@pytest.mark.parametrize("degree", [2, 3, 4, 5, 6])
def test_each_zonal_is_the_gradient_of_its_potential(vehicle, quiet, started, degree):
    lower = 0 if degree == 2 else degree - 1
    for pos in (
        np.array([7e6, 0, 0]),
        np.array([2e6, -3e6, 6e6]),
        np.array([1e5, 0, -6.9e6]),
        np.array([3e6, 5e6, 4e6]),
    ):
        accel = []
        for top in (lower, degree):
            physics = started(vehicle, quiet(zonal_degree=top), state=(pos, [0, 7e3, 0]))
            accel.append(physics.truth["accel_gravity_i_mps2"].copy())
        pole = physics.environment.at(int(physics.truth["t_tai_ns"]), pos.astype(float))["pole_i"]

        def potential(x, pole=pole):
            r = np.linalg.norm(x)
            term = legendre.legval(x @ pole / r, np.eye(degree + 1)[degree])
            return -GM_EARTH_M3PS2 / r * ZONAL_J[degree] * (RADIUS_EGM_M / r) ** degree * term

        expected = gradient(potential, pos.astype(float))
        np.testing.assert_allclose(accel[1] - accel[0], expected, atol=2e-8 * np.linalg.norm(expected) + 1e-14)


def test_the_flattened_earth_pulls_harder_over_the_equator(vehicle, quiet, started):
    pulls = [
        np.linalg.norm(started(vehicle, quiet(zonal_degree=2), state=(pos, [0, 7e3, 0])).truth["accel_gravity_i_mps2"])
        for pos in ([7e6, 0, 0], [0, 0, 7e6])
    ]
    point = GM_EARTH_M3PS2 / 7e6**2
    assert pulls[0] > point > pulls[1]
    # J2 = (C - A) / (M R^2): on the equator 3/2 J2 (R/r)^2 more, over the pole 3 J2 (R/r)^2 less
    assert pulls[0] / point - 1 == pytest.approx(1.5 * 1.0826e-3 * (RADIUS_EGM_M / 7e6) ** 2, rel=1e-3)
    assert 1 - pulls[1] / point == pytest.approx(3 * 1.0826e-3 * (RADIUS_EGM_M / 7e6) ** 2, rel=1e-3)


def elements(pos, vel, pole):
    """Right ascension of the node and argument of perigee about `pole` [rad]."""
    x = np.cross([0.0, 1.0, 0.0], pole)
    x /= np.linalg.norm(x)
    axes = np.array([x, np.cross(pole, x), pole])
    pos, vel = axes @ pos, axes @ vel
    h = np.cross(pos, vel)
    e = np.cross(vel, h) / GM_EARTH_M3PS2 - pos / np.linalg.norm(pos)
    node = np.array([-h[1], h[0], 0.0])
    perigee = np.arctan2(np.cross(node, e) @ h / np.linalg.norm(h), node @ e)
    return np.array([np.arctan2(node[1], node[0]), perigee])


def test_j2_turns_node_and_perigee_at_the_secular_rates(vehicle, quiet, started):
    """Kozai (1959): dOmega/dt = -3/2 n J2 (R/p)^2 cos i, domega/dt = 3/4 n J2 (R/p)^2 (4 - 5 sin^2 i)."""
    a, e, inclination = 8.0e6, 0.1, 0.8
    r, v = a * (1 - e), np.sqrt(GM_EARTH_M3PS2 / a * (1 + e) / (1 - e))
    state = np.array([r, 0, 0]), v * np.array([0, np.cos(inclination), np.sin(inclination)])
    physics = started(
        vehicle,
        quiet(
            zonal_degree=2,
        ),
        state=state,
    )
    pole = physics.environment.at(int(physics.truth["t_tai_ns"]), state[0])["pole_i"]
    n = np.sqrt(GM_EARTH_M3PS2 / a**3)
    samples, times = [], []
    step = 2 * np.pi / n / 20
    for k in range(10 * 20):
        samples.append(elements(physics.truth["pos_i_m"], physics.truth["vel_i_mps"], pole))
        times.append(k * step)
        physics.coast(step)
    rates = np.polyfit(times, np.unwrap(samples, axis=0), 1)[0]
    k = n * ZONAL_J[2] * (RADIUS_EGM_M / (a * (1 - e**2))) ** 2
    expected = [-1.5 * k * np.cos(inclination), 0.75 * k * (4 - 5 * np.sin(inclination) ** 2)]
    np.testing.assert_allclose(rates, expected, rtol=0.015)


@pytest.mark.parametrize("body", ["sun", "moon"])
def test_tides_of_sun_and_moon_against_erfa(vehicle, quiet, started, epoch, body):
    erfa = pytest.importorskip("erfa")
    au = 149597870700.0
    far = -erfa.epv00(*jd_tt(epoch))[0]["p"] * au if body == "sun" else erfa.moon98(*jd_tt(epoch))["p"] * au
    gm = GM_SUN_M3PS2 if body == "sun" else GM_MOON_M3PS2
    for pos in (np.array([6.9e6, 0, 0]), np.array([0, -4e6, 6e6])):
        physics = started(vehicle, quiet(**{f"{body}_gravity": True}), state=(pos, [0, 7e3, 0]))
        expected = gm * ((far - pos) / np.linalg.norm(far - pos) ** 3 - far / np.linalg.norm(far) ** 3)
        accel = physics.truth["accel_third_body_i_mps2"]
        assert np.linalg.norm(accel - expected) < 0.01 * np.linalg.norm(expected)


def test_tides_stretch_along_the_line_and_squeeze_across(vehicle, quiet, started, epoch):
    physics = started(vehicle, quiet(sun_gravity=True))
    sun = physics.environment.sun_and_moon_i_m(epoch)[0]
    along = sun / np.linalg.norm(sun)
    across = np.cross(along, [0, 0, 1.0])
    across /= np.linalg.norm(across)
    tide = GM_SUN_M3PS2 / np.linalg.norm(sun) ** 3 * 7e6
    for direction, factor in ((along, 2.0), (-along, 2.0), (across, -1.0)):
        accel = started(vehicle, quiet(sun_gravity=True), state=(7e6 * direction, [0, 7e3, 0])).truth[
            "accel_third_body_i_mps2"
        ]
        assert accel @ direction == pytest.approx(factor * tide, rel=1e-3)


def test_third_bodies_act_on_the_motion(vehicle, quiet, started, orbit):
    """The velocity gained in 10 s over the unperturbed motion is the tabled acceleration times 10 s."""
    plain, tidal = started(vehicle, quiet()), started(vehicle, quiet(sun_gravity=True, moon_gravity=True))
    before = tidal.truth["accel_third_body_i_mps2"].copy()
    gained = tidal.coast(10)["vel_i_mps"] - plain.coast(10)["vel_i_mps"]
    mean = 0.5 * (before + tidal.truth["accel_third_body_i_mps2"])
    np.testing.assert_allclose(gained, 10 * mean, atol=1e-10)
    assert int(tidal.truth["t_ns"]) == 10 * NS
