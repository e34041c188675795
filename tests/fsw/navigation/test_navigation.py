"""SGP4 with the GNSS filter against an orbit integrated independently, and the interpolation between nodes."""

import math

import erfa
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from fsw.core.pool import Pool
from fsw.core.sections import TimeSection
from fsw.health.devices import Device
from fsw.health.sections import FdirSection
from fsw.navigation.frames import geodetic
from fsw.navigation.navigation import Navigation
from fsw.navigation.sections import EarthOrientationSection, NavigationSection, OrbitSection
from fsw.navigation.time_scales import SECOND_NS, julian_date_tt, julian_date_utc
from hal.vehicle.load import load_vehicle
from tests.fsw.sections import SamplesSection

MU = 3.986004415e14
RE = 6378136.3
J2, J3, J4 = 1.0826359e-3, -2.5323e-6, -1.6204e-6
T0 = 627_700_000 * SECOND_NS  # 2019-11-21, four days after the TLE's epoch
SECTIONS = [TimeSection, SamplesSection, EarthOrientationSection, NavigationSection, OrbitSection, FdirSection]


def acceleration(r):
    """Point mass with J2 to J4, z along the pole (Vallado 2013, 8.7.1: gradient of the zonal potential)."""
    x, y, z = r
    d = math.sqrt(x * x + y * y + z * z)
    s = z / d
    k2, k3, k4 = (MU * j * RE**n / d ** (n + 2) for n, j in ((2, J2), (3, J3), (4, J4)))
    # a = -mu r/d^3 + sum J_n (mu R^n / d^(n+2)) [((n+1) P_n + s P_n') u - P_n' k]
    p = (1.5 * s * s - 0.5, (5 * s**3 - 3 * s) / 2, (35 * s**4 - 30 * s * s + 3) / 8)
    dp = (3 * s, (15 * s * s - 3) / 2, (140 * s**3 - 60 * s) / 8)
    radial = sum(k * ((n + 1) * pn + s * dpn) for n, k, pn, dpn in zip((2, 3, 4), (k2, k3, k4), p, dp, strict=True))
    polar = -sum(k * dpn for k, dpn in zip((k2, k3, k4), dp, strict=True))
    return np.array([x, y, z]) / d * (radial - MU / d**2) + np.array([0, 0, polar])


class Truth:
    """An orbit integrated in true-of-date axes frozen at the start, next to flight's idea of it in GCRF."""

    def __init__(self, duration_s, offset_m=(400.0, -900.0, 300.0), offset_mps=(0.4, 0.3, -0.5)):
        flight = Flight(load_vehicle())
        flight.step(0.0)
        nav = flight.navigation
        self.pole = erfa.pnm06a(*julian_date_tt(T0))  # GCRF to true of date
        start = np.concatenate([self.pole @ (nav["pos_i_m"] + offset_m), self.pole @ (nav["vel_i_mps"] + offset_mps)])
        self.solution = solve_ivp(
            lambda _, y: np.concatenate([y[3:], acceleration(y[:3])]),
            (0.0, duration_s), start, method="DOP853", rtol=1e-11, atol=1e-6, dense_output=True,
        )  # fmt: skip

    def state_i(self, t_s):
        y = self.solution.sol(t_s)
        return self.pole.T @ y[:3], self.pole.T @ y[3:]

    def state_e(self, t_s):
        pos, vel = self.state_i(t_s)
        t = T0 + round(t_s * 1e9)
        c = erfa.c2t06a(*julian_date_tt(t), *julian_date_utc(t), 0.0, 0.0)
        pos_e = c @ pos
        return pos_e, c @ vel - np.cross([0, 0, 7.292115e-5], pos_e)


class Flight:
    """The application on a pool of its own."""

    def __init__(self, vehicle):
        self.pool = Pool(SECTIONS)
        self.time, self.samples, self.navigation, self.orbit = (
            self.pool.array(s) for s in (TimeSection, SamplesSection, NavigationSection, OrbitSection)
        )
        self.app = Navigation(self.pool, vehicle)

    def step(self, t_s):
        self.time["t_ns"] = round(t_s * 1e9)
        self.time["tick"] = round(t_s * 10)
        self.time["t_tai_ns"] = T0 + self.time["t_ns"]
        self.app.step()

    def gnss(self, t_s, pos_e_m, vel_e_mps, accuracy_m=8.7):
        sample = self.samples["gnss"]
        sample["t_tai_ns"] = T0 + round(t_s * 1e9)
        sample["pos_e_m"], sample["vel_e_mps"], sample["accuracy_m"] = pos_e_m, vel_e_mps, accuracy_m
        sample["valid"] = 1


def fly(truth, flight, seconds, start=0, gnss=True, seed=1):
    """Step at 1 Hz with a GNSS solution every 10 s, valid 0.3 s before it is seen; return errors and sigmas [m]."""
    rng = np.random.default_rng(seed)
    errors, sigmas = [], []
    for k in range(start, start + seconds):
        if gnss and k % 10 == 5:
            pos, vel = truth.state_e(k - 0.3)
            flight.gnss(k - 0.3, pos + rng.normal(0, 5.0, 3), vel + rng.normal(0, 0.05, 3))
        flight.step(float(k))
        errors.append(flight.navigation["pos_i_m"] - truth.state_i(k)[0])
        sigmas.append(float(flight.navigation["position_sigma_m"]))
    return np.linalg.norm(errors, axis=1), np.array(sigmas)


@pytest.fixture(scope="module")
def truth():
    return Truth(12_500.0)


def test_gnss_brings_the_orbit_within_20_m_and_the_sigma_is_honest(truth):
    flight = Flight(load_vehicle())
    errors, sigmas = fly(truth, flight, 6000)
    assert errors[0] > 900.0
    settled, sigma = errors[300:], sigmas[300:]
    assert settled.max() < 20.0
    ratio = settled / sigma
    assert 0.7 < math.sqrt(np.mean(ratio**2)) < 1.3
    assert flight.navigation["gnss_used"] == 600
    assert flight.navigation["gnss_rejected"] == 0
    velocity_error = flight.navigation["vel_i_mps"] - truth.state_i(5999.0)[1]
    assert np.linalg.norm(velocity_error) < 0.05


@pytest.mark.parametrize("lost_at_s", [1000, 3000, 6000])
def test_an_orbit_without_gnss_stays_within_a_kilometre(truth, lost_at_s):
    flight = Flight(load_vehicle())
    fly(truth, flight, lost_at_s)
    errors, sigmas = fly(truth, flight, 5700, start=lost_at_s, gnss=False)
    assert errors.max() < 1000.0
    assert (errors < 3.5 * sigmas).all()
    assert sigmas[-1] > sigmas[0]


def test_without_gnss_it_is_sgp4_with_the_uncertainty_of_a_tle(truth):
    flight = Flight(load_vehicle())
    errors, sigmas = fly(truth, flight, 60, gnss=False)
    assert (errors > 900.0).all()
    assert 5_000.0 < sigmas[0] < 20_000.0
    assert flight.navigation["valid"] == 1


def test_an_outlier_is_rejected_and_eight_in_a_row_of_a_receiver_in_use_are_believed(truth):
    flight = Flight(load_vehicle())
    fly(truth, flight, 600)
    pos, vel = truth.state_e(605.0)
    flight.gnss(605.0, pos + np.array([3000.0, 0, 0]), vel)
    flight.step(605.0)
    assert flight.navigation["gnss_rejected"] == 1
    assert np.linalg.norm(flight.navigation["pos_i_m"] - truth.state_i(605.0)[0]) < 20.0
    for k in range(615, 685, 10):
        pos, vel = truth.state_e(k)
        flight.gnss(k, pos + np.array([3000.0, 0, 0]), vel)
        flight.step(float(k))
    assert flight.navigation["gnss_rejected"] == 7
    assert flight.orbit["gnss_streak"] == 0
    assert np.linalg.norm(flight.navigation["pos_i_m"] - truth.state_i(675.0)[0]) == pytest.approx(3000, abs=30)


def test_an_excluded_receiver_is_judged_but_not_used(truth):
    flight = Flight(load_vehicle())
    fly(truth, flight, 600)
    used = int(flight.navigation["gnss_used"])
    flight.pool.array(FdirSection)["excluded"][Device.GNSS] = 1
    for k in range(605, 665, 10):
        pos, vel = truth.state_e(k)
        flight.gnss(k, pos + (k < 625) * np.array([3000.0, 0, 0]), vel)
        flight.step(float(k))
    assert flight.navigation["gnss_used"] == used
    assert flight.orbit["gnss_agreed"] == 4
    assert flight.orbit["gnss_miss_m"] < 30.0
    assert np.linalg.norm(flight.navigation["pos_i_m"] - truth.state_i(655.0)[0]) < 30.0


def test_a_late_or_invalid_solution_is_not_used(truth):
    flight = Flight(load_vehicle())
    fly(truth, flight, 100)
    used = int(flight.navigation["gnss_used"])
    flight.gnss(60.0, *truth.state_e(60.0))
    flight.step(101.0)
    assert (flight.navigation["gnss_used"], flight.navigation["gnss_rejected"]) == (used, 1)
    flight.gnss(101.5, *truth.state_e(101.5))
    flight.samples["gnss"]["valid"] = 0
    flight.step(102.0)
    assert (flight.navigation["gnss_used"], flight.navigation["gnss_rejected"]) == (used, 1)


def test_the_state_between_filtered_nodes_follows_the_orbit(truth):
    """Filtered nodes are integrated, so that velocity is the derivative of position to the interpolation error."""
    flight = Flight(load_vehicle())
    fly(truth, flight, 100)
    states = []
    for k in range(8):
        flight.step(100.0 + 0.1 * k)
        states.append((flight.navigation["pos_i_m"].copy(), flight.navigation["vel_i_mps"].copy()))
    for (before, _), (_, velocity), (after, _) in zip(states, states[1:], states[2:], strict=False):
        assert (after - before) / 0.2 == pytest.approx(velocity, abs=2e-4)


def test_ticks_between_nodes_agree_with_nodes_of_another_phase():
    # SGP4's velocity is the derivative of its position to about 0.01 m/s only, hence the tolerances.
    vehicle = load_vehicle()
    flight, other = Flight(vehicle), Flight(vehicle)
    flight.step(0.0)
    for k in (0.1, 0.5, 0.9):
        flight.step(k)
        other.orbit["nodes_valid"] = 0
        other.step(k)
        for name, tolerance in (
            ("pos_i_m", 2e-3), ("vel_i_mps", 2e-2), ("q_ei", 1e-11), ("sun_i", 1e-9), ("mag_i_tesla", 2e-10),
        ):  # fmt: skip
            assert flight.navigation[name] == pytest.approx(other.navigation[name], abs=tolerance), name
    assert flight.orbit["node_t_tai_ns"].tolist() == [T0, T0 + SECOND_NS]


def test_latitude_and_longitude_are_those_of_the_position(truth):
    flight = Flight(load_vehicle())
    flight.step(7.0)
    c = erfa.c2t06a(*julian_date_tt(T0 + 7 * SECOND_NS), *julian_date_utc(T0 + 7 * SECOND_NS), 0.0, 0.0)
    expected = geodetic(c @ flight.navigation["pos_i_m"])
    nav = flight.navigation
    found = (nav["latitude_rad"], nav["longitude_rad"], nav["altitude_m"])
    assert found == pytest.approx(expected, rel=1e-6)
    assert 480e3 < nav["altitude_m"] < 540e3


def test_after_a_long_outage_sgp4_takes_over(truth):
    flight = Flight(load_vehicle())
    fly(truth, flight, 100)
    assert flight.orbit["filter_valid"] == 1
    flight.orbit["p"][:] = np.diag([1e8, 1e8, 1e8, 1e2, 1e2, 1e2])
    sgp4 = Flight(load_vehicle())
    for k in range(100, 103):
        flight.step(float(k))
        sgp4.step(float(k))
    assert flight.orbit["filter_valid"] == 0
    assert flight.navigation["pos_i_m"] == pytest.approx(sgp4.navigation["pos_i_m"], abs=1e-3)
    assert flight.navigation["vel_i_mps"] == pytest.approx(sgp4.navigation["vel_i_mps"], abs=2e-2)


def test_the_correction_is_the_difference_from_sgp4(truth):
    flight, sgp4 = Flight(load_vehicle()), Flight(load_vehicle())
    fly(truth, flight, 600)
    t = (int(flight.orbit["filter_t_tai_ns"]) - T0) * 1e-9
    sgp4.step(600.0)
    flight.step(600.0)
    difference = flight.navigation["pos_i_m"] - sgp4.navigation["pos_i_m"]
    assert t < 600.0
    assert np.linalg.norm(flight.orbit["correction"][:3]) == pytest.approx(np.linalg.norm(difference), abs=25.0)


def test_a_snapshot_of_the_sections_is_the_whole_state(truth):
    vehicle = load_vehicle()
    flight, copy = Flight(vehicle), Flight(vehicle)
    fly(truth, flight, 203)
    copy.pool.memory[:] = flight.pool.memory
    for k in range(203, 260):
        for f in (flight, copy):
            if k % 10 == 5:
                f.gnss(k - 0.3, *truth.state_e(k - 0.3))
            f.step(k + 0.4)
    assert (copy.pool.memory == flight.pool.memory).all()


def test_time_may_jump():
    """After a jump of time, forward or back, the orbit is that of a new start at that time."""
    flight = Flight(load_vehicle())
    flight.step(0.0)
    flight.step(5000.0)
    assert flight.orbit["node_t_tai_ns"][0] == T0 + 5000 * SECOND_NS
    flight.step(4000.0)
    other = Flight(load_vehicle())
    other.step(4000.0)
    assert flight.navigation["pos_i_m"] == pytest.approx(other.navigation["pos_i_m"])


def test_a_clock_set_between_nodes_is_followed_and_the_nodes_keep_their_ticks():
    flight = Flight(load_vehicle())
    flight.step(0.0)
    flight.step(0.3)
    flight.time["t_tai_ns"] = T0 + 150_000_000  # set back by 0.25 s at the next tick
    flight.time["tick"] = 4
    flight.app.step()
    assert flight.orbit["node_t_tai_ns"][0] == T0
    expected = Flight(load_vehicle())
    expected.step(0.15)
    assert flight.navigation["pos_i_m"] == pytest.approx(expected.navigation["pos_i_m"], abs=1e-2)
    flight.time["t_tai_ns"] = T0 + 750_000_000
    flight.time["tick"] = 10
    flight.app.step()
    assert flight.orbit["node_t_tai_ns"].tolist() == [T0 + 750_000_000, T0 + 1_750_000_000]
