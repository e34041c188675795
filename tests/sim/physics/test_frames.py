from datetime import UTC, datetime

import erfa
import numpy as np
import pytest

from sim.physics.constants import ASTRONOMICAL_UNIT_M, EARTH_RATE_RADPS
from sim.physics.environment import Environment, load_nutation
from sim.physics.options import PhysicsError, PhysicsOptions
from sim.physics.timescales import NS, jd_tt, tai_from_utc

ARCSEC = np.pi / 648000
TIMES = [
    tai_from_utc(datetime(year, month, 7, 3, 11, 29, 123457, tzinfo=UTC))
    for year in range(2019, 2031)
    for month in (1, 4, 7, 11)
]


def erfa_c_ei(t_tai_ns, dut1=0.0, xp=0.0, yp=0.0):
    """The full IAU 2006/2000A chain; TAI - UTC is 37 s throughout."""
    tt, ut1 = (t_tai_ns / NS + 32.184) / 86400, (t_tai_ns / NS - 37 + dut1) / 86400
    sp = erfa.sp00(2451545.0, tt)
    return erfa.c2tcio(erfa.c2i06a(2451545.0, tt), erfa.era00(2451545.0, ut1), erfa.pom00(xp, yp, sp))


@pytest.mark.parametrize("t", TIMES)
def test_earth_fixed_axes_agree_with_erfa_to_decimetres(t):
    dut1, xp, yp = -0.21, 0.17 * ARCSEC, 0.41 * ARCSEC
    ours = Environment(PhysicsOptions(ut1_utc_s=dut1, polar_x_rad=xp, polar_y_rad=yp), t).c_ei(t)
    theirs = erfa_c_ei(t, dut1, xp, yp)
    assert np.abs(ours @ theirs.T - np.eye(3)).max() * 7e6 < 0.1  # metres at 7000 km
    np.testing.assert_allclose(ours @ ours.T, np.eye(3), atol=4e-15)


@pytest.mark.parametrize(
    ("option", "value", "metres"),
    [("ut1_utc_s", 0.2, 93.1), ("polar_x_rad", 1e-6, 6.378), ("polar_y_rad", 1e-6, 6.378)],
)
def test_earth_orientation_inputs_move_the_axes(option, value, metres):
    t = TIMES[5]
    change = Environment(PhysicsOptions(**{option: value}), t).c_ei(t) @ Environment(t_tai_ns=t).c_ei(t).T - np.eye(3)
    assert np.abs(change).max() * 6.378137e6 == pytest.approx(metres, rel=2e-3)


def test_the_earth_turns_eastward_at_its_rate():
    env, t = Environment(t_tai_ns=TIMES[0]), TIMES[0]
    star = np.array([1.0, 0.0, 0.0])
    before, after = (np.arctan2(*(env.c_ei(t + dt) @ star)[1::-1]) for dt in (0, 10 * NS))
    assert before - after == pytest.approx(10 * EARTH_RATE_RADPS, rel=1e-6)  # a star moves west


def test_the_sun_stands_over_greenwich_at_noon():
    t = tai_from_utc(datetime(2021, 6, 21, 12, tzinfo=UTC))
    env = Environment(t_tai_ns=t)
    sun_e = env.c_ei(t) @ env.sun_and_moon_i_m(t)[0]
    assert abs(np.degrees(np.arctan2(sun_e[1], sun_e[0]))) < 1.0  # equation of time: -2 minutes
    assert np.degrees(np.arcsin(sun_e[2] / np.linalg.norm(sun_e))) == pytest.approx(23.44, abs=0.02)  # solstice


@pytest.mark.parametrize("t", TIMES)
def test_sun_within_a_hundredth_of_a_degree_of_erfa(t):
    earth = erfa.epv00(*jd_tt(t))[0]["p"]
    sun = Environment(t_tai_ns=t).sun_and_moon_i_m(t)[0] / ASTRONOMICAL_UNIT_M
    assert np.degrees(np.linalg.norm(np.cross(sun, -earth)) / (sun @ -earth)) < 0.004
    assert np.linalg.norm(sun) == pytest.approx(np.linalg.norm(earth), abs=2e-5)


@pytest.mark.parametrize("t", TIMES)
def test_moon_within_arcminutes_of_erfa(t):
    moon98 = erfa.moon98(*jd_tt(t))["p"] * ASTRONOMICAL_UNIT_M
    moon = Environment(t_tai_ns=t).sun_and_moon_i_m(t)[1]
    assert np.linalg.norm(np.cross(moon, moon98)) / (moon @ moon98) < 8 / 60 * np.pi / 180
    assert np.linalg.norm(moon) == pytest.approx(np.linalg.norm(moon98), abs=7e5)


def test_interpolation_of_slow_parts_is_exact_to_a_millimetre():
    """Half way between the nodes of the 60 s grid, against ERFA's difference to a node."""
    node = TIMES[3] // (60 * NS) * 60 * NS
    env = Environment(t_tai_ns=node)
    errors = [env.c_ei(t) @ erfa_c_ei(t).T for t in (node, node + 30 * NS)]
    assert np.abs(errors[1] - errors[0]).max() * 7e6 < 1e-3


def test_order_of_calls_does_not_matter():
    one, other = Environment(t_tai_ns=TIMES[0]), Environment(t_tai_ns=TIMES[0])
    times = [TIMES[0] + k * 45 * NS for k in range(8)]
    forward = [one.c_ei(t) for t in times]
    backward = [other.c_ei(t) for t in reversed(times)]
    np.testing.assert_array_equal(forward, backward[::-1])


def test_ut1_runs_on_through_a_leap_second():
    before = tai_from_utc(datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC))
    env = Environment(t_tai_ns=before)
    turned = [env.c_ei(before + k * NS)[0] for k in range(4)]
    angles = [np.arccos(turned[k] @ turned[k + 1]) for k in range(3)]
    np.testing.assert_allclose(angles, EARTH_RATE_RADPS, rtol=1e-3)
    ut1 = (before / NS - 36) / 86400
    assert erfa.era00(2451545.0, ut1) == pytest.approx(
        np.arctan2(env.c_ei(before)[0, 1], env.c_ei(before)[0, 0]) % (2 * np.pi), abs=1e-5
    )


def test_a_damaged_nutation_table_is_refused(tmp_path):
    np.savetxt(tmp_path / "short.txt", load_nutation()[:70])
    with pytest.raises(PhysicsError, match=r"short.txt: found a table of \(70, 11\), expected \(77, 11\)"):
        load_nutation(tmp_path / "short.txt")
