"""Eclipse, albedo, limb, density and geodetic position against independent geometry."""

import erfa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.navigation.sun import sunlit_fraction
from sim.physics.constants import HARRIS_PRIESTER, RADIUS_EARTH_M, RADIUS_SUN_M
from sim.physics.environment import Environment, geodetic_from_itrf, plate_view_factor, visible_sun
from sim.physics.options import PhysicsOptions

SUN = 1.5e11 * np.array([0.6, -0.64, 0.48])
SUN_DIRECTION = SUN / np.linalg.norm(SUN)
ACROSS = np.cross(SUN_DIRECTION, [0.0, 0.0, 1.0]) / np.linalg.norm(np.cross(SUN_DIRECTION, [0.0, 0.0, 1.0]))


def traced(pos, sun):
    """Share of rays from points spread evenly over the Sun's disc that miss the Earth's sphere."""
    k = np.arange(20000) + 0.5
    r, turn = RADIUS_SUN_M * np.sqrt(k / 20000), np.pi * (1 + 5**0.5) * k
    axis = (sun - pos) / np.linalg.norm(sun - pos)
    x = np.cross(axis, [0.3, 0.5, 0.81])
    x /= np.linalg.norm(x)
    points = sun + np.outer(r * np.cos(turn), x) + np.outer(r * np.sin(turn), np.cross(axis, x))
    rays = points - pos
    rays /= np.linalg.norm(rays, axis=1)[:, None]
    along = -rays @ pos
    closest = np.linalg.norm(pos + along[:, None] * rays, axis=1)
    return np.mean((closest > RADIUS_EARTH_M) | (along < 0))


@pytest.mark.parametrize("behind", [2.5e6, 4.2e7, 3.8e8, 2.0e9])
def test_eclipse_agrees_with_traced_rays(behind):
    """Across the shadow from its axis to full light, in low orbit, high orbit, at the Moon, beyond the umbra."""
    spread = RADIUS_SUN_M / 1.5e11 * behind
    offsets = np.concatenate([[0.0], np.linspace(RADIUS_EARTH_M - 1.6 * spread, RADIUS_EARTH_M + 1.6 * spread, 25)])
    for offset in offsets:
        pos = -behind * SUN_DIRECTION + abs(offset) * ACROSS
        if np.linalg.norm(pos) > RADIUS_EARTH_M:
            assert visible_sun(pos, SUN) == pytest.approx(traced(pos, SUN), abs=2e-3)


@pytest.mark.parametrize("share", [visible_sun, sunlit_fraction])
@pytest.mark.parametrize("radius_m", [6.6e6, 6.9e6, 4.2e7])
@pytest.mark.parametrize("contact", [-1.0, 1.0])
def test_near_first_and_last_contact_the_share_is_one(share, radius_m, contact):
    """It stays between 0 and 1 and falls towards the shadow, however near the limbs touch; of truth and of flight."""
    to_sun = SUN / np.linalg.norm(SUN)

    def at(angle_rad):  # off the axis of the shadow
        pos = radius_m * (-np.cos(angle_rad) * to_sun + np.sin(angle_rad) * ACROSS)
        return share(pos, SUN)

    low, high = 0.0, 0.5 * np.pi
    for _ in range(200):  # the angle of the contact, from both sides
        middle = 0.5 * (low + high)
        touched = at(middle) < 1.0 if contact > 0 else at(middle) <= 0.0
        low, high = (middle, high) if touched else (low, middle)
    steps = np.concatenate([[0.0], np.geomspace(1e-16, 1e-3, 4000)])
    for side in (-1.0, 1.0):
        shares = np.array([at(low + side * step) for step in steps])
        assert np.all((shares >= 0.0) & (shares <= 1.0))
        assert np.all(side * np.diff(shares) > -1e-9)


def test_day_night_and_annular():
    """The sunlit share is 1 by day, 0 in umbra, and between them far behind the Earth."""
    assert visible_sun(7e6 * SUN_DIRECTION, SUN) == 1.0
    assert visible_sun(-7e6 * SUN_DIRECTION, SUN) == 0.0
    assert visible_sun(7e6 * ACROSS, SUN) == 1.0
    assert 0.0 < visible_sun(-2e9 * SUN_DIRECTION, SUN) < 1.0


@pytest.mark.parametrize("tilt_deg", [0, 20, 60, 68, 80, 90, 110, 150, 170])
def test_view_factor_against_a_sum_over_the_visible_cap(tilt_deg):
    h = 1.08
    z = (np.arange(1500) + 0.5) / 1500 * (1 - 1 / h) + 1 / h  # cosine of the angle from the sub-satellite point
    az = (np.arange(720) + 0.5) / 720 * 2 * np.pi
    z, az = np.meshgrid(z, az)
    normal = np.array([np.sqrt(1 - z**2) * np.cos(az), np.sqrt(1 - z**2) * np.sin(az), z])
    ray = normal - np.array([0, 0, h])[:, None, None]  # from the plate to the ground
    d2 = (ray**2).sum(axis=0)
    tilt = np.radians(tilt_deg)
    plate = np.array([np.sin(tilt), 0, -np.cos(tilt)])
    out = np.maximum(np.einsum("i,ijk->jk", plate, ray), 0)
    back = np.maximum(-(ray * normal).sum(axis=0), 0)
    area = (1 - 1 / h) / 1500 * 2 * np.pi / 720
    expected = (out * back / (np.pi * d2**2)).sum() * area
    assert plate_view_factor(np.cos(tilt), h) == pytest.approx(expected, abs=3e-4)


def test_albedo_shines_from_the_lit_earth_only(epoch):
    env = Environment(PhysicsOptions(albedo=0.3), epoch)
    sun = env.sun_and_moon_i_m(epoch)[0]
    up = sun / np.linalg.norm(sun)
    noon, night = 6.9e6 * up, -6.9e6 * up
    au = 149597870700.0 / (np.linalg.norm(sun) - 6.9e6)
    nadir = env.albedo_on(epoch, noon, -up)
    assert nadir == pytest.approx(0.3 * au**2 * (RADIUS_EARTH_M / 6.9e6) ** 2, rel=1e-6)
    side = np.cross(up, [0, 0, 1.0])
    side /= np.linalg.norm(side)
    assert env.albedo_on(epoch, noon, up) == 0.0
    assert 0.0 < env.albedo_on(epoch, noon, side) < 0.5 * nadir
    assert env.albedo_on(epoch, night, up) == 0.0
    dusk = 6.9e6 * (np.cos(1.2) * up + np.sin(1.2) * side)
    assert env.albedo_on(epoch, dusk, -dusk / 6.9e6) == pytest.approx(nadir * np.cos(1.2), rel=1e-3)


def test_limb_angle(epoch):
    """The angle to the Earth's limb agrees with its geometry."""
    env = Environment(t_tai_ns=epoch)
    pos = np.array([0.0, 7e6, 0.0])
    earth = np.arcsin(RADIUS_EARTH_M / 7e6)
    for angle in (0.0, 0.3, earth, 2.0, np.pi):
        direction = np.array([np.sin(angle), -np.cos(angle), 0.0])
        assert env.limb_angle_rad(epoch, pos, direction) == pytest.approx(angle - earth, abs=1e-7)


def test_density_at_bulge_and_antipode_is_the_table(epoch):
    env = Environment(t_tai_ns=epoch)
    sun = env.sun_and_moon_i_m(epoch)[0]
    ra, dec = np.arctan2(sun[1], sun[0]), np.arcsin(sun[2] / np.linalg.norm(sun))
    lag = np.radians(30)  # the bulge lags the Sun: local solar time 14 h
    for sign, column in ((1.0, 2), (-1.0, 1)):
        bulge = sign * np.array([np.cos(dec) * np.cos(ra + lag), np.cos(dec) * np.sin(ra + lag), np.sin(dec)])
        for low, high in ((400, 420), (500, 520), (840, 880)):
            table = {row[0]: row[column] * 1e-12 for row in HARRIS_PRIESTER}
            for height, expected in ((low, table[low]), (0.5 * (low + high), np.sqrt(table[low] * table[high]))):
                found = env.at(epoch, at_height(env, epoch, bulge, height * 1e3))["density_kgpm3"]
                assert found == pytest.approx(expected, rel=1e-6)


def at_height(env, t, direction, height_m):
    """The position along a direction at a geodetic height."""
    low, high = 6.3e6, 8e6
    for _ in range(60):
        mid = 0.5 * (low + high)
        low, high = (mid, high) if env.at(t, mid * direction)["altitude_m"] < height_m else (low, mid)
    return low * direction


def test_density_by_day_by_night_and_at_the_edges(epoch):
    env = Environment(t_tai_ns=epoch)
    sun = env.sun_and_moon_i_m(epoch)[0] / 1.5e11
    equal_height = 6.9e6 / np.hypot(sun[0], sun[1])
    east = equal_height * np.array([-sun[1], sun[0], 0.0])  # dusk, 18 h
    west = -east  # dawn, 6 h
    assert env.at(epoch, east)["density_kgpm3"] > 1.5 * env.at(epoch, west)["density_kgpm3"]
    assert env.at(epoch, np.array([0, 0, 8e6]))["density_kgpm3"] == 0.0
    assert env.at(epoch, np.array([6.38e6, 0, 0]))["density_kgpm3"] == pytest.approx(4.974e-7)


@settings(max_examples=100)
@given(st.floats(-np.pi / 2, np.pi / 2), st.floats(-3.14159, 3.14159), st.floats(-5e3, 4e7))
def test_geodetic_agrees_with_erfa(lat, lon, alt):
    pos = erfa.gd2gc(1, lon, lat, alt)
    found = geodetic_from_itrf(np.array(pos))
    assert found[0] == pytest.approx(lat, abs=1e-11)
    assert found[2] == pytest.approx(alt, abs=1e-5)
    if abs(lat) < 1.57:
        assert found[1] == pytest.approx(lon, abs=1e-9)


def test_sub_satellite_point_and_earth_fixed_velocity(vehicle, started, epoch):
    physics = started(vehicle, PhysicsOptions())
    before = physics.truth["pos_e_m"].copy()
    lon, lat, alt = erfa.gc2gd(1, before)
    assert float(physics.truth["longitude_rad"]) == pytest.approx(lon, abs=1e-12)
    assert float(physics.truth["latitude_rad"]) == pytest.approx(lat, abs=1e-12)
    assert float(physics.truth["altitude_m"]) == pytest.approx(alt, abs=1e-6)
    middle = physics.coast(0.1)["vel_e_mps"].copy()
    after = physics.coast(0.1)["pos_e_m"]
    np.testing.assert_allclose(middle, (after - before) / 0.2, atol=1e-3)
