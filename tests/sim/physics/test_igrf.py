from datetime import UTC, datetime

import numpy as np
import ppigrf
import pytest

from hal.vehicle.load import VEHICLES
from sim.physics.environment import Environment, load_igrf
from sim.physics.options import PhysicsError
from sim.physics.timescales import tai_from_utc

NANOTESLA = 1e-9


def tai(*date):
    return tai_from_utc(datetime(*date, tzinfo=UTC))


@pytest.fixture(scope="module")
def env():
    return Environment()


def oracle_e_tesla(pos_e_m, date):
    """ppigrf's spherical components at positions (n, 3), turned to Earth-fixed axes."""
    x, y, z = pos_e_m.T
    r, theta, phi = np.linalg.norm(pos_e_m, axis=1), np.arctan2(np.hypot(x, y), z), np.arctan2(y, x)
    b_up, b_south, b_east = (
        b.ravel() for b in ppigrf.igrf_gc(r / 1e3, np.degrees(theta), np.degrees(phi), datetime(*date))
    )
    up = np.array([x, y, z]) / r
    south = np.array([np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), -np.sin(theta)])
    east = np.array([-np.sin(phi), np.cos(phi), 0.0 * phi])
    return (b_up * up + b_south * south + b_east * east).T * NANOTESLA


# between epochs, on epochs, and after 2025 along the secular variation
@pytest.mark.parametrize(
    "date",
    [
        (2002, 4, 9),
        (2015, 1, 1),
        (2019, 11, 18),
        (2022, 7, 2),
        (2025, 1, 1),
        (2026, 3, 4),
        (2028, 8, 15),
        (2029, 12, 30),
    ],
)
def test_field_agrees_with_ppigrf(env, date):
    rng = np.random.default_rng(7)
    direction = rng.normal(size=(40, 3))
    pos = direction / np.linalg.norm(direction, axis=1)[:, None] * rng.uniform(6.4e6, 7.4e6, (40, 1))
    ours = [env.mag_e_tesla(tai(*date), p) for p in pos]
    np.testing.assert_allclose(ours, oracle_e_tesla(pos, date), atol=1e-3 * NANOTESLA)


def test_extrapolation_beyond_2030_keeps_the_secular_variation(env):
    pos = np.array([3.1e6, -2.7e6, 5.5e6])
    days = [(datetime(year, 1, 1) - datetime(2025, 1, 1)).days for year in (2030, 2032)]
    start, end, beyond = (env.mag_e_tesla(tai(year, 1, 1), pos) for year in (2025, 2030, 2032))
    np.testing.assert_allclose(beyond - start, (end - start) * days[1] / days[0], rtol=1e-6)
    assert np.linalg.norm(beyond - end) > 100 * NANOTESLA


def test_field_is_smooth_through_the_poles_and_free_of_curl_and_divergence(env):
    t = tai(2020, 6, 1)
    for pos in (np.array([0.0, 0.0, 6.9e6]), np.array([0.0, 0.0, -6.9e6]), np.array([4e6, 3e6, 4.5e6])):
        step = 500.0
        slope = np.array(
            [
                (env.mag_e_tesla(t, pos + step * axis) - env.mag_e_tesla(t, pos - step * axis)) / (2 * step)
                for axis in np.eye(3)
            ]
        )
        size = np.abs(slope).max()
        assert abs(np.trace(slope)) < 1e-6 * size
        assert np.abs(slope - slope.T).max() < 1e-6 * size


def test_a_compass_points_north_at_the_equator_and_down_in_the_arctic(env):
    t = tai(2020, 1, 1)
    equator = env.mag_e_tesla(t, np.array([0.0, 6.9e6, 0.0]))
    assert 2e-5 < equator[2] < 4e-5
    arctic = env.mag_e_tesla(t, np.array([0.0, 0.0, 6.8e6]))
    assert -6e-5 < arctic[2] < -4e-5


def test_the_data_file_holds_the_published_numbers():
    coefficients, _ = load_igrf()
    g, h = ppigrf.ppigrf.read_shc()
    assert coefficients.shape == (len(g), 2, 14, 14)
    for degree, order in g.columns:
        np.testing.assert_array_equal(coefficients[:, 0, degree, order], g[degree, order])
        np.testing.assert_array_equal(coefficients[:, 1, degree, order], h[degree, order])


def test_a_truncated_data_file_is_refused(tmp_path):
    lines = (VEHICLES.parent / "reference" / "igrf14.shc").read_text().splitlines()
    (tmp_path / "igrf.shc").write_text("\n".join(lines[:-3]))
    with pytest.raises(PhysicsError, match=r"igrf\.shc: found 192 coefficients, expected 195"):
        load_igrf(tmp_path / "igrf.shc")
