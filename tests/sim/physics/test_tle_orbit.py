import erfa
import numpy as np
import pytest
from sgp4.api import Satrec

from sim.physics.environment import Environment
from sim.physics.options import PhysicsError, PhysicsOptions
from sim.physics.orbit import orbit_from_tle, tle_epoch_tai_ns
from sim.physics.timescales import NS, utc_from_tai


@pytest.mark.parametrize("hours", [0.0, 7.3])
def test_teme_to_gcrf_agrees_with_the_equinox_route(vehicle, hours):
    """TEME -> true of date by the equation of the equinoxes -> J2000 by IAU 1976/1980, all ERFA: within 0.1 arcsec."""
    t = tle_epoch_tai_ns(vehicle.orbit.tle) + round(hours * 3600 * NS)
    ut1_utc = -0.17
    pos, vel = orbit_from_tle(vehicle.orbit.tle, t, Environment(PhysicsOptions(ut1_utc_s=ut1_utc), t))
    tt = (t / NS + 32.184) / 86400
    equinoxes = erfa.eqeq94(2451545.0, tt)
    c, s = np.cos(equinoxes), np.sin(equinoxes)
    to_true = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    back = erfa.pnm80(2451545.0, tt).T
    utc = 2451545.0 + (t / NS - 37) / 86400
    _, pos_km, vel_kmps = Satrec.twoline2rv(*vehicle.orbit.tle).sgp4(utc, 0.0)
    # 40 microseconds of Julian date rounding are 0.3 m
    assert np.linalg.norm(pos - back @ to_true @ np.array(pos_km) * 1e3) < 4.0
    assert np.linalg.norm(vel - back @ to_true @ np.array(vel_kmps) * 1e3) < 4e-3


def test_polar_motion_does_not_tilt_the_orbit(vehicle):
    """TEME is inertial: the poles' motion cancels on the way through Earth-fixed axes."""
    t = tle_epoch_tai_ns(vehicle.orbit.tle)
    plain = orbit_from_tle(vehicle.orbit.tle, t, Environment(t_tai_ns=t))[0]
    options = PhysicsOptions(polar_x_rad=2e-6, polar_y_rad=-1e-6, ut1_utc_s=0.4)
    moved = orbit_from_tle(vehicle.orbit.tle, t, Environment(options, t))[0]
    assert np.linalg.norm(plain - moved) < 1e-3


def test_the_reference_orbit_is_the_published_one(vehicle):
    t = tle_epoch_tai_ns(vehicle.orbit.tle)
    assert utc_from_tai(t).isoformat()[:19] == "2019-11-18T13:13:19"
    env = Environment(t_tai_ns=t)
    pos, vel = orbit_from_tle(vehicle.orbit.tle, t, env)
    momentum = np.cross(pos, vel)
    pole = env.at(t, pos)["pole_i"]
    assert np.degrees(np.arccos(momentum @ pole / np.linalg.norm(momentum))) == pytest.approx(97.41, abs=0.02)
    assert np.linalg.norm(pos) == pytest.approx(6.878e6, abs=2.5e4)


def test_bad_lines_are_refused(vehicle):
    one, two = vehicle.orbit.tle
    env = Environment()
    with pytest.raises(PhysicsError, match="expected two lines of 69 characters"):
        tle_epoch_tai_ns([one])
    with pytest.raises(PhysicsError, match="checksum '3' in line 2, expected"):
        tle_epoch_tai_ns([one, two.replace("97.4135", "97.4136")])
    with pytest.raises(PhysicsError, match="SGP4 found"):
        orbit_from_tle([one, two], tle_epoch_tai_ns([one, two]) + 40_000 * 86400 * NS, env)
