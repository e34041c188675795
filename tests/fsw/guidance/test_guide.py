"""Reference attitudes against NumPy and SciPy on a circular orbit known in closed form; slews by their limits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from fsw.core.pool import Pool
from fsw.estimation.sections import AttitudeSection
from fsw.guidance.guide import Guide
from fsw.guidance.modes import AdcsMode
from fsw.guidance.sections import Goal, GuidanceSection, GuideSection, ModeSection
from fsw.navigation.sections import NavigationSection
from hal.vehicle.load import load_vehicle

VEHICLE = load_vehicle()
CONTROL = VEHICLE.control
H = 0.1
MU = 3.986004415e14
RADIUS = 6.878e6
N = math.sqrt(MU / RADIUS**3)
EARTH_RATE = 7.2921151467e-5
SECTIONS = [ModeSection, NavigationSection, AttitudeSection, GuidanceSection, GuideSection]


def matrix(q):
    """C(q): SciPy's matrix is the transpose (fsw/CONVENTIONS.md)."""
    return Rotation.from_quat(q).as_matrix().T


def quaternion(c):
    return Rotation.from_matrix(np.asarray(c).T).as_quat()


def unit(v):
    return np.asarray(v) / np.linalg.norm(v)


def angle_between(q, p):
    return (Rotation.from_quat(q) * Rotation.from_quat(p).inv()).magnitude()


class World:
    """A circular orbit over a turning Earth, in closed form."""

    def __init__(self, inclination=1.7, node=0.6, phase=0.2, earth=0.9, sun=(0.3, -0.8, -0.4)):
        ci, si, cn, sn = math.cos(inclination), math.sin(inclination), math.cos(node), math.sin(node)
        self.p = np.array([cn, sn, 0.0])
        self.q = np.array([-sn * ci, cn * ci, si])
        self.phase, self.earth, self.sun = phase, earth, unit(sun)

    def orbit(self, t):
        c, s = math.cos(N * t + self.phase), math.sin(N * t + self.phase)
        return RADIUS * (c * self.p + s * self.q), RADIUS * N * (c * self.q - s * self.p)

    def q_ei(self, t):
        half = 0.5 * (self.earth + EARTH_RATE * t)
        return np.array([0.0, 0.0, math.sin(half), math.cos(half)])

    def over(self, t, off_deg=0.0):
        """Latitude and longitude (sphere) `off_deg` beside the ground track at t."""
        r, v = self.orbit(t)
        away = math.radians(off_deg)
        u = matrix(self.q_ei(t)) @ (math.cos(away) * unit(r) + math.sin(away) * unit(np.cross(r, v)))
        return math.asin(u[2]), math.atan2(u[1], u[0])


class Flight:
    """The application, an ideal estimate that follows its reference, and the world."""

    def __init__(self, world, vehicle=VEHICLE, q_bi=(0.0, 0.0, 0.0, 1.0), rate=(0.0, 0.0, 0.0)):
        self.pool = Pool(SECTIONS)
        self.mode, self.navigation, self.attitude, self.out, self.state = (self.pool.array(s) for s in SECTIONS)
        self.app = Guide(self.pool, vehicle)
        self.world, self.t = world, 0.0
        self.attitude["q_bi"], self.attitude["rate_bi_b_radps"], self.attitude["valid"] = q_bi, rate, 1
        self.navigation["valid"] = 1

    def aim(self, t, off_deg=0.0, height=0.0):
        self.mode["target_lat_rad"], self.mode["target_lon_rad"] = self.world.over(t, off_deg)
        self.mode["target_alt_m"] = height

    def step(self, mode):
        """One tick; the ideal body then is where the reference wanted it."""
        nav = self.navigation
        nav["pos_i_m"], nav["vel_i_mps"] = self.world.orbit(self.t)
        nav["q_ei"], nav["sun_i"] = self.world.q_ei(self.t), self.world.sun
        self.mode["adcs"] = mode
        self.app.step()
        now = self.t
        self.t = round(self.t + H, 6)
        if self.out["valid"]:
            self.attitude["q_bi"], self.attitude["rate_bi_b_radps"] = (
                self.out["q_bi_ref"], self.out["rate_ref_b_radps"],
            )  # fmt: skip
        return now + H  # the time that the reference is for

    def fly(self, mode, seconds):
        """Steps for a time; the references as arrays."""
        rows = []
        for _ in range(round(seconds / H)):
            self.step(mode)
            o = self.out
            rows.append([o["q_bi_ref"].copy(), o["rate_ref_b_radps"].copy(), o["accel_ref_b_radps2"].copy()])
        return tuple(np.array(column) for column in zip(*rows, strict=True))


def triad(primary_i, secondary_i, primary_b, secondary_b):
    """NumPy twin of the goal: C_bi from two directions."""

    def frame(a, b):
        z = unit(a)
        y = unit(b - z * (z @ b))
        return np.array([np.cross(y, z), y, z])

    return frame(np.asarray(primary_b, float), np.asarray(secondary_b, float)).T @ frame(primary_i, secondary_i)


def target_i(flight, t):
    """The target on the ellipsoid, GCRF, independent of flight's formula."""
    import erfa

    m = flight.mode
    place = erfa.gd2gc(1, m["target_lon_rad"], m["target_lat_rad"], m["target_alt_m"])
    return matrix(flight.world.q_ei(t)).T @ place


def test_nadir_is_the_lvlh_frame_at_the_time_of_application():
    flight = Flight(World())
    applied = flight.step(AdcsMode.NADIR)
    r, v = flight.world.orbit(applied)
    c = matrix(flight.out["q_bi_goal"])
    assert c @ -unit(r) == pytest.approx([0, 0, 1], abs=1e-9)
    assert c @ -unit(np.cross(r, v)) == pytest.approx([0, 1, 0], abs=1e-9)
    assert c @ unit(v) == pytest.approx([1, 0, 0], abs=1e-9)


def test_in_nadir_the_body_turns_backwards_about_y_at_the_orbit_rate():
    flight = Flight(World())
    flight.fly(AdcsMode.NADIR, 250)
    assert flight.out["slewing"] == 0
    assert flight.out["rate_ref_b_radps"] == pytest.approx([0, -N, 0], abs=1e-9)
    assert flight.out["accel_ref_b_radps2"] == pytest.approx([0, 0, 0], abs=1e-9)


def test_sun_pointing_puts_the_sun_on_its_axis_and_stands_still():
    flight = Flight(World())
    flight.fly(AdcsMode.SUN_POINTING, 250)
    c = matrix(flight.out["q_bi_ref"])
    assert c @ flight.world.sun == pytest.approx(VEHICLE.pointing.sun_axis_b, abs=1e-6)
    r, v = flight.world.orbit(flight.t)
    expected = triad(flight.world.sun, unit(np.cross(r, v)), VEHICLE.pointing.sun_axis_b, [1, 0, 0])
    assert c == pytest.approx(expected, abs=1e-6)
    assert flight.out["rate_ref_b_radps"] == pytest.approx([0, 0, 0], abs=1e-9)


def test_sun_pointing_is_defined_when_the_sun_is_on_the_orbit_normal():
    world = World()
    world.sun = unit(np.cross(*world.orbit(0.0)) + 1e-9)
    flight = Flight(world)
    flight.fly(AdcsMode.SUN_POINTING, 250)
    assert flight.state["sun_alternate"] == 1
    assert matrix(flight.out["q_bi_ref"]) @ world.sun == pytest.approx(VEHICLE.pointing.sun_axis_b, abs=1e-6)


def test_inertial_is_what_the_mode_section_says_whatever_its_norm():
    flight = Flight(World())
    q = np.array([0.1, -0.5, 0.3, 0.8])
    flight.mode["q_bi_inertial"] = q * 1.1
    flight.fly(AdcsMode.INERTIAL, 250)
    assert angle_between(flight.out["q_bi_ref"], q / np.linalg.norm(q)) < 1e-5
    flight.mode["q_bi_inertial"] = 0.0
    flight.step(AdcsMode.INERTIAL)
    assert flight.out["valid"] == 0


@pytest.mark.parametrize("off_deg", [0.0, 3.0, -8.0])
def test_target_is_on_the_payload_axis_throughout_a_pass(off_deg):
    flight = Flight(World())
    flight.aim(300.0, off_deg, height=350.0)
    passed = settled = 0
    for tick in range(5500):
        applied = flight.step(AdcsMode.TARGET)
        settled = settled + 1 if flight.state["goal"] == Goal.TARGET and not flight.out["slewing"] else 0
        if settled < 2:  # in the tick of capture the reference still is up to 2e-7 rad from the goal
            continue
        passed += 1
        if tick % 4 and settled > 20:
            continue
        r, v = flight.world.orbit(applied)
        c = matrix(flight.out["q_bi_ref"])
        line = unit(target_i(flight, applied) - r)
        assert np.linalg.norm(np.cross(c @ line, [0, 0, 1])) < 2e-8
        assert (c @ line)[2] > 0
        assert (c @ -unit(np.cross(r, v)))[0] == pytest.approx(0.0, abs=1e-8)  # y as near to minus the normal as can be
        assert (c @ -unit(np.cross(r, v)))[1] > 0
    assert passed > 2000


def test_elevation_is_that_above_the_ellipsoid_and_ends_the_tracking():
    flight = Flight(World())
    flight.aim(400.0, 4.0)
    goals = []
    for tick in range(7500):
        now = flight.t
        flight.step(AdcsMode.TARGET)
        if tick % 3:
            continue
        r, _ = flight.world.orbit(now)
        place = target_i(flight, now)
        up = matrix(flight.world.q_ei(now)).T @ np.array([
            math.cos(flight.mode["target_lat_rad"]) * math.cos(flight.mode["target_lon_rad"]),
            math.cos(flight.mode["target_lat_rad"]) * math.sin(flight.mode["target_lon_rad"]),
            math.sin(flight.mode["target_lat_rad"]),
        ])  # fmt: skip
        elevation = math.asin(unit(r - place) @ up)
        assert flight.out["target_elevation_rad"] == pytest.approx(elevation, abs=1e-9)
        goals.append((elevation, int(flight.state["goal"])))
    tracked = [e for e, g in goals if g == Goal.TARGET]
    assert tracked[0] == pytest.approx(0.0, abs=1e-3)  # begins at the horizon
    assert tracked[-1] == pytest.approx(VEHICLE.pointing.mask_elevation_rad, abs=1e-3)  # ends at the mask
    assert max(tracked) > math.radians(40)
    assert goals[0][1] == Goal.NADIR
    assert goals[-1][1] == Goal.NADIR


def test_the_reference_of_a_pass_is_consistent_with_its_rates_and_accelerations():
    flight = Flight(World())
    flight.aim(300.0, 2.0)
    q, rate, accel = flight.fly(AdcsMode.TARGET, 550)
    assert np.linalg.norm(rate, axis=1).max() > math.radians(0.7)
    assert_consistent(q, rate, accel)


def assert_consistent(q, rate, accel):
    """q advances by the mean rate, the rate by the acceleration."""
    assert np.linalg.norm(q, axis=1) == pytest.approx(1.0, abs=1e-12)
    # q_next = dq (x) q_now: in SciPy's product the order is the reverse of Shuster's.
    turn = (Rotation.from_quat(q[:-1]).inv() * Rotation.from_quat(q[1:])).as_rotvec()
    assert np.abs(turn / H - (rate[1:] + rate[:-1]) / 2).max() < 3e-6
    assert np.abs((rate[1:] - rate[:-1]) / H - accel[:-1]).max() < 6e-5


quaternions = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 0.01).map(unit)
rates = st.tuples(*[st.floats(-0.02, 0.02)] * 3)


@settings(max_examples=25, deadline=None)
@given(quaternions, rates, st.sampled_from([AdcsMode.SUN_POINTING, AdcsMode.NADIR, AdcsMode.INERTIAL]))
def test_any_slew_starts_at_the_estimate_keeps_its_limits_and_arrives(q, rate, mode):
    flight = Flight(World(), q_bi=q, rate=rate)
    flight.mode["q_bi_inertial"] = [0.5, -0.5, 0.5, 0.5]
    references, turned, accels = flight.fly(mode, 330)
    assert angle_between(references[0], q) < 1.05 * H * np.linalg.norm(rate) + 1e-9
    assert flight.out["slewing"] == 0
    assert flight.out["slew_remaining_rad"] == 0
    assert angle_between(flight.out["q_bi_ref"], flight.out["q_bi_goal"]) < 1e-9
    limit = max(CONTROL.slew_rate_max_radps, np.linalg.norm(rate) + 1e-9)
    assert np.linalg.norm(turned, axis=1).max() < limit * 1.001
    # The frame in which the slew is planned turns with the goal: a Coriolis term comes on top of the limit.
    assert np.linalg.norm(accels, axis=1).max() < CONTROL.slew_acceleration_max_radps2 + 2 * N * limit
    assert_consistent(references, turned, accels)


def test_a_90_degree_slew_is_a_trapezoid_about_one_axis():
    flight = Flight(World())
    axis = unit([1.0, 2.0, -0.5])
    flight.mode["q_bi_inertial"] = [*(axis * math.sin(math.pi / 4)), math.cos(math.pi / 4)]
    _, rate, accel = flight.fly(AdcsMode.INERTIAL, 130)
    rate_max, accel_max = CONTROL.slew_rate_max_radps, CONTROL.slew_acceleration_max_radps2
    size = np.linalg.norm(rate, axis=1)
    assert size.max() == pytest.approx(rate_max, rel=1e-6)
    assert np.linalg.norm(accel, axis=1).max() <= accel_max * (1 + 1e-9)
    moving = size > 1e-6
    assert rate[moving] / size[moving, None] == pytest.approx(np.tile(axis, (moving.sum(), 1)), abs=1e-6)
    shortest = (math.pi / 2) / rate_max + rate_max / accel_max
    assert shortest < moving.sum() * H < shortest + 12.0


def test_the_goal_may_change_during_a_slew_without_a_step_in_the_reference():
    flight = Flight(World())
    flight.aim(900.0)
    before = flight.fly(AdcsMode.SUN_POINTING, 30)
    after = flight.fly(AdcsMode.NADIR, 30)
    assert_consistent(*(np.concatenate(pair) for pair in zip(before, after, strict=True)))


def test_a_goal_that_jumps_is_slewed_to_and_a_small_correction_is_taken_at_once():
    flight = Flight(World())
    flight.mode["q_bi_inertial"] = [0, 0, 0, 1]
    flight.fly(AdcsMode.INERTIAL, 1)
    assert flight.out["slewing"] == 0
    flight.mode["q_bi_inertial"] = [0, 0, 1e-4, 1]
    flight.step(AdcsMode.INERTIAL)
    assert flight.out["slewing"] == 0
    assert flight.out["q_bi_ref"][2] == pytest.approx(1e-4, rel=1e-6)
    flight.mode["q_bi_inertial"] = [0, 0, 0.2, 1]
    flight.step(AdcsMode.INERTIAL)
    assert flight.out["slewing"] == 1
    assert flight.out["slew_remaining_rad"] == pytest.approx(2 * math.atan(0.2) - 2e-4, abs=1e-4)


@pytest.mark.parametrize("mode", [AdcsMode.IDLE, AdcsMode.DETUMBLE])
def test_modes_without_a_reference_have_none(mode):
    flight = Flight(World())
    flight.step(mode)
    assert flight.out["valid"] == 0
    assert np.linalg.norm(flight.out["q_bi_ref"]) == pytest.approx(1.0)


def test_without_attitude_or_orbit_there_is_no_reference():
    flight = Flight(World())
    flight.fly(AdcsMode.NADIR, 1)
    assert flight.out["valid"] == 1
    flight.navigation["valid"] = 0
    flight.step(AdcsMode.NADIR)
    assert flight.out["valid"] == 0
    flight.mode["q_bi_inertial"] = [0, 0, 0, 1]
    flight.step(AdcsMode.INERTIAL)
    assert flight.out["valid"] == 1
    flight.attitude["valid"] = 0
    flight.step(AdcsMode.INERTIAL)
    assert flight.out["valid"] == 0


def test_a_payload_on_another_axis_points_as_well():
    import dataclasses

    pointing = dataclasses.replace(VEHICLE.pointing, payload_axis_b=(0.0, -1.0, 0.0))
    flight = Flight(World(), dataclasses.replace(VEHICLE, pointing=pointing))
    applied = flight.step(AdcsMode.NADIR)
    r, v = flight.world.orbit(applied)
    expected = triad(-r, -np.cross(r, v), [0, -1, 0], [1, 0, 0])
    assert matrix(flight.out["q_bi_goal"]) == pytest.approx(expected, abs=1e-9)


def test_a_copy_of_the_sections_is_the_whole_state():
    flight = Flight(World())
    flight.aim(300.0)
    flight.fly(AdcsMode.TARGET, 150)
    other = Flight(World())
    other.pool.memory[:] = flight.pool.memory
    other.t = flight.t
    for one, two in zip(flight.fly(AdcsMode.TARGET, 20), other.fly(AdcsMode.TARGET, 20), strict=True):
        assert (one == two).all()
