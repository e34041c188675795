"""Signs worked out by hand, each axis by itself; the pointing law against NumPy; allocation by its properties."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from fsw.control.controller import Controller, bdot_gain_nms, pointing_gains
from fsw.control.geometry import (
    GeometryError,
    torquer_matrices,
    wheel_arrangements,
    wheel_axes,
    wheel_inverse,
    wheel_null,
)
from fsw.control.sections import ControllerSection, ControlSection
from fsw.core.pool import Pool
from fsw.core.sections import TimeSection
from fsw.estimation.sections import AttitudeSection, BodySection
from fsw.guidance.modes import AdcsMode, SystemMode
from fsw.guidance.sections import GuidanceSection, ModeSection
from fsw.health.devices import Device, fitted
from fsw.health.sections import FdirSection
from fsw.navigation.sections import NavigationSection
from hal.vehicle.load import load_vehicle
from tests.fsw.sections import SamplesSection

VEHICLE = load_vehicle()
INERTIA = np.array(VEHICLE.spacecraft.inertia_b_kgm2)
X, Y, Z = np.eye(3)
SECTIONS = [TimeSection, ModeSection, SamplesSection, BodySection, AttitudeSection, GuidanceSection,
            ControlSection, ControllerSection, FdirSection, NavigationSection]  # fmt: skip


class Flight:
    """The controller on sections that the test writes."""

    def __init__(self, vehicle=VEHICLE, mode=AdcsMode.INERTIAL, system=SystemMode.NOMINAL):
        self.pool = Pool(SECTIONS, fitted=fitted(VEHICLE))
        (self.time, self.mode, self.samples, self.body, self.attitude, self.guidance, self.out,
         self.state, self.fdir, self.navigation) = (self.pool.array(s) for s in SECTIONS)  # fmt: skip
        self.app = Controller(self.pool, vehicle)
        self.mode["system"], self.mode["adcs"] = system, mode
        self.attitude["q_bi"] = self.guidance["q_bi_ref"] = [0, 0, 0, 1]
        self.attitude["valid"] = self.guidance["valid"] = 1
        self.guidance["slewing"] = 1  # keeps the integral out of it
        self.time["t_ns"] = 1_000_000_000

    def field(self, mag_b_tesla, after_s=0.1):
        self.time["t_ns"] += round(after_s * 1e9)
        self.body["mag_t_ns"], self.body["mag_valid"] = self.time["t_ns"], 1
        self.body["mag_b_tesla"] = mag_b_tesla

    def step(self):
        self.app.step()
        return self.out


def body_torque(out):
    """What the wheels put on the body: the opposite of every motor torque along its axis."""
    return -sum(
        t * np.array(w.axis_b) for w, t in zip(VEHICLE.units("reaction_wheels"), out["wheel_torque_nm"], strict=True)
    )


# ---------------------------------------------------------------- signs, by hand


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_body_turned_too_far_about_an_axis_is_turned_back(axis):
    """q = [e sin(f/2), cos(f/2)] has turned the body axes by +f about e: the torque must be about -e."""
    flight = Flight()
    q = np.zeros(4)
    q[axis], q[3] = math.sin(0.05), math.cos(0.05)
    flight.attitude["q_bi"] = q
    out = flight.step()
    assert out["error_b_rad"] == pytest.approx(0.1 * np.eye(3)[axis])
    assert out["error_rad"] == pytest.approx(0.1)
    torque = body_torque(out)
    assert torque[axis] < 0
    assert np.delete(torque, axis) == pytest.approx([0, 0], abs=1e-12)
    assert torque == pytest.approx(out["torque_b_nm"], abs=1e-12)
    for wheel, motor in zip(VEHICLE.units("reaction_wheels"), out["wheel_torque_nm"], strict=True):
        assert math.copysign(1, motor) == math.copysign(1, wheel.axis_b[axis])  # rotors take up what the body gives


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_body_that_turns_too_fast_is_slowed(axis):
    flight = Flight()
    flight.attitude["rate_bi_b_radps"] = 1e-3 * np.eye(3)[axis]
    assert body_torque(flight.step())[axis] < 0


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_reference_that_accelerates_is_fed_forward(axis):
    flight = Flight()
    flight.guidance["accel_ref_b_radps2"] = 1e-3 * np.eye(3)[axis]
    flight.guidance["rate_ref_b_radps"] = 1.5e-4 * np.eye(3)[axis]  # what the body will turn at when it acts
    flight.guidance["q_bi_ref"] = [*(0.5e-5 * np.eye(3)[axis]), 1.0]
    torque = body_torque(flight.step())
    assert torque[axis] == pytest.approx(1e-3 * INERTIA[axis, axis], rel=1e-3)


@pytest.mark.parametrize(("turns", "spins", "needs"), [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
def test_wheel_momentum_that_is_carried_round_is_paid_for(turns, spins, needs):
    """To turn momentum h about w takes the torque w x h: x with y gives z, and so on round."""
    flight = Flight()
    rate = 0.01 * np.eye(3)[turns]
    flight.attitude["rate_bi_b_radps"] = flight.guidance["rate_ref_b_radps"] = rate
    flight.guidance["q_bi_ref"] = [*(0.5 * 0.1 * rate), 1.0]
    flight.body["wheel_momentum_b_nms"] = 5e-3 * np.eye(3)[spins]
    torque = body_torque(flight.step())
    assert torque[needs] == pytest.approx(5e-5, rel=1e-3)


@pytest.mark.parametrize(("dipole", "field", "torque"), [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
def test_momentum_is_unloaded_by_the_dipole_that_opposes_it(dipole, field, torque):
    """A dipole along x in a field along y gives a torque along z (and round): +z momentum needs a dipole along -x."""
    flight = Flight()
    flight.body["wheels_valid"] = 1
    flight.body["wheel_momentum_b_nms"] = 2e-3 * np.eye(3)[torque]
    flight.field(4e-5 * np.eye(3)[field])
    out = flight.step()
    expected = -VEHICLE.control.unload_gain_per_s * 2e-3 / 4e-5
    assert out["dipole_b_am2"] == pytest.approx(expected * np.eye(3)[dipole])
    # The torquers now put k h about -torque on the body, and the wheels balance it.
    assert body_torque(out)[torque] == pytest.approx(VEHICLE.control.unload_gain_per_s * 2e-3)


@pytest.mark.parametrize(("spin", "field", "answer"), [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
def test_b_dot_answers_a_spin_with_the_dipole_that_brakes_it(spin, field, answer):
    """A body that turns about +z sees a field along x turn towards -y; a dipole along +y then gives y x x = -z."""
    flight = Flight(mode=AdcsMode.DETUMBLE)
    rate, across = 0.01, (spin + 2) % 3
    for k in range(60):
        angle = rate * 0.1 * (k - 59)
        seen = math.cos(angle) * np.eye(3)[field] - math.sin(angle) * np.eye(3)[across]
        flight.field(3e-5 * seen)
        out = flight.step()
    assert answer == across
    assert out["bdot_b_tps"][across] == pytest.approx(-rate * 3e-5, rel=0.02)
    assert out["dipole_b_am2"][across] == pytest.approx(bdot_gain_nms(VEHICLE) * rate / 3e-5, rel=0.03)
    assert abs(out["dipole_b_am2"][field]) < 0.02 * out["dipole_b_am2"][across]
    assert np.cross(out["dipole_b_am2"], flight.body["mag_b_tesla"])[spin] < 0
    assert (out["wheel_torque_nm"] == 0).all()


@pytest.mark.parametrize(("axis", "sun", "turn"), [(X, Y, Z), (Y, Z, X), (Z, X, Y), (X, Z, -Y)])
def test_the_sun_axis_is_turned_towards_the_sun(axis, sun, turn):
    """To bring x to y a body turns about +z."""
    pointing = dataclasses.replace(VEHICLE.pointing, sun_axis_b=tuple(axis))
    flight = Flight(dataclasses.replace(VEHICLE, pointing=pointing), AdcsMode.SUN_POINTING)
    flight.attitude["valid"] = flight.guidance["valid"] = 0
    flight.body["gyro_valid"] = flight.body["sun_valid"] = 1
    flight.body["sun_b"], flight.body["sun_t_ns"] = sun, flight.time["t_ns"]
    out = flight.step()
    assert out["error_rad"] == pytest.approx(math.pi / 2)
    torque = body_torque(out)
    assert torque @ turn > 1e-4
    assert np.cross(torque, turn) == pytest.approx([0, 0, 0], abs=1e-12)


# ---------------------------------------------------------------- the law

vectors = st.tuples(*[st.floats(-1, 1)] * 3).map(np.array)


@settings(max_examples=60, deadline=None)
@given(vectors, vectors, vectors, vectors, vectors, vectors, vectors)
def test_the_pointing_law_is_that_of_its_numpy_twin(attitude, off, rate, off_rate, accel, wheel, field):
    flight = Flight()
    q = Rotation.from_rotvec(3 * attitude)
    rate, off_rate, accel, wheel, field = 0.02 * rate, 1e-3 * off_rate, 1e-3 * accel, 5e-3 * wheel, 4e-5 * field
    c_br = Rotation.from_rotvec(0.05 * off)  # SciPy composes the other way round: see fsw/CONVENTIONS.md
    flight.attitude["q_bi"], flight.attitude["rate_bi_b_radps"] = q.as_quat(), rate
    flight.guidance["q_bi_ref"] = (q * c_br).as_quat()
    flight.guidance["rate_ref_b_radps"], flight.guidance["accel_ref_b_radps2"] = rate + off_rate, accel
    flight.body["wheel_momentum_b_nms"] = wheel
    flight.state["integral_b_rads"] = integral = [0.05, -0.02, 0.01]
    flight.field(field)
    out = flight.step()

    h = 0.1
    predicted_c = Rotation.from_rotvec(h * (rate + h * accel)).as_matrix().T @ q.as_matrix().T
    predicted = rate + 1.5 * h * accel
    c_error = predicted_c @ (q * c_br).as_matrix()  # C(q_body) C(q_ref)^T
    error = Rotation.from_matrix(c_error.T).as_rotvec()
    assert out["error_b_rad"] == pytest.approx(error, abs=1e-9)
    rate_ref, accel_ref = c_error @ (rate + off_rate), c_error @ accel
    kp, ki, kd = pointing_gains(VEHICLE.control.bandwidth_radps, VEHICLE.control.damping)
    share = min(1.0, VEHICLE.control.slew_rate_max_radps * kd / kp / max(np.linalg.norm(error), 1e-12))
    wanted = accel_ref + np.cross(rate_ref, predicted) - kp * share * error - kd * (predicted - rate_ref)
    wanted -= ki * np.array(integral)
    torque = INERTIA @ wanted + np.cross(predicted, INERTIA @ predicted + wheel)
    torque -= np.cross(out["dipole_b_am2"], field)
    assert out["torque_b_nm"] == pytest.approx(torque, abs=1e-12)


def test_the_gains_put_the_poles_where_they_should_be():
    kp, ki, kd = pointing_gains(0.1, 0.8)
    poles = sorted(np.roots([1.0, kd, kp, ki]), key=abs)
    assert poles[0] == pytest.approx(-0.02)
    assert np.abs(poles[1:]) == pytest.approx([0.1, 0.1])
    assert np.real(poles[1:]) == pytest.approx([-0.08, -0.08])


def test_the_integral_stops_while_slewing_and_at_its_limit():
    flight = Flight()
    flight.attitude["q_bi"] = [5e-4, 0, 0, 1]
    flight.step()
    assert (flight.state["integral_b_rads"] == 0).all()
    flight.guidance["slewing"] = 0
    flight.step()
    assert flight.state["integral_b_rads"] == pytest.approx([1e-4, 0, 0], rel=1e-3)
    flight.state["integral_b_rads"] = [1e6, 0, 0]
    flight.step()
    ki = pointing_gains(VEHICLE.control.bandwidth_radps, VEHICLE.control.damping).ki_per_s3
    assert flight.state["integral_b_rads"][0] * ki == pytest.approx(5e-4)


# ---------------------------------------------------------------- when nothing must be done


@pytest.mark.parametrize(("mode", "system"), [(AdcsMode.IDLE, SystemMode.NOMINAL), (AdcsMode.NADIR, SystemMode.BOOT)])
def test_idle_and_boot_demand_nothing(mode, system):
    flight = Flight(mode=mode, system=system)
    flight.attitude["rate_bi_b_radps"] = [0.1, 0.1, 0.1]
    flight.field([3e-5, 0, 0])
    out = flight.step()
    assert (out["wheel_torque_nm"] == 0).all()
    assert (out["dipole_b_am2"] == 0).all()
    assert out["momentum_b_nms"] == pytest.approx(INERTIA @ [0.1, 0.1, 0.1])


def test_without_attitude_there_is_no_wheel_torque():
    flight = Flight(mode=AdcsMode.NADIR)
    flight.attitude["rate_bi_b_radps"] = [0.1, 0.1, 0.1]
    for section in (flight.attitude, flight.guidance):
        section["valid"] = 0
        assert (flight.step()["wheel_torque_nm"] == 0).all()
        section["valid"] = 1
    assert (flight.step()["wheel_torque_nm"] != 0).all()


def test_an_old_field_drives_no_torquer():
    """An old field measurement drives no torquer, and after a new one the filter settles first."""
    flight = Flight(mode=AdcsMode.DETUMBLE)
    for k in range(60):
        flight.field([3e-5 * math.cos(0.01 * k), 3e-5 * math.sin(0.01 * k), 0])
        out = flight.step()
    assert np.abs(out["dipole_b_am2"]).max() > 0.1
    flight.body["mag_valid"] = 0
    flight.time["t_ns"] += 1_500_000_000
    assert (flight.step()["dipole_b_am2"] == 0).all()
    flight.field([3e-5, 0, 0])  # the filter starts anew and must settle first
    assert (flight.step()["dipole_b_am2"] == 0).all()


# ---------------------------------------------------------------- allocation


@settings(max_examples=100, deadline=None)
@given(vectors, st.floats(1e-5, 0.05))
def test_wheels_give_the_torque_asked_for_or_a_shorter_one_in_its_direction(direction, size):
    flight = Flight()
    flight.attitude["rate_bi_b_radps"] = size * direction
    out = flight.step()
    asked, given_ = np.array(out["torque_b_nm"]), body_torque(out)
    assert np.abs(out["wheel_torque_nm"]).max() <= VEHICLE.units("reaction_wheels")[0].torque_max_nm * (1 + 1e-12)
    if out["saturated"]:
        assert np.abs(out["wheel_torque_nm"]).max() == pytest.approx(VEHICLE.units("reaction_wheels")[0].torque_max_nm)
        assert np.cross(asked, given_) == pytest.approx([0, 0, 0], abs=1e-12)
        assert 0 < given_ @ asked < asked @ asked
    else:
        assert given_ == pytest.approx(asked, abs=1e-12)


def test_wheels_make_up_for_friction_and_idle_off_zero():
    flight = Flight()
    speed = np.array([100.0, -80.0, 60.0, 0.0])
    flight.samples["wheels"]["speed_radps"], flight.samples["wheels"]["valid"] = speed, 1
    motor = flight.step()["wheel_torque_nm"]
    wheel = VEHICLE.units("reaction_wheels")[0]
    friction = wheel.friction_coulomb_nm * np.sign(speed) + wheel.friction_viscous_nms * speed
    rest = motor - friction
    null = np.array([1, -1, 1, -1])
    assert rest == pytest.approx(null * rest[0], abs=1e-12)  # what else they do does not turn the body
    assert rest[0] == pytest.approx((2 * 3e-3 - 0.5 * wheel.inertia_kgm2 * 240.0) / 20.0 * 0.5, rel=1e-6)


def test_a_wheel_that_stands_is_freed_by_a_quarter_of_its_friction():
    """At rest friction has the sign of the demand; in motion that of the speed, whatever the demand."""
    wheel = VEHICLE.units("reaction_wheels")[0]
    for speed, demand_share, sign in ((0.0, 0.5, 1), (0.0, -0.1, -1), (0.1, -0.5, -1), (0.25, 0.5, 1), (0.5, -1.0, 1)):
        flight = Flight()
        flight.samples["wheels"]["speed_radps"], flight.samples["wheels"]["valid"] = speed, 1
        beside = own_torque(flight.step())
        asked = wheel_axes(VEHICLE)[:, 0] * demand_share * wheel.friction_coulomb_nm
        flight.guidance["accel_ref_b_radps2"] = -np.linalg.inv(VEHICLE.spacecraft.inertia_b_kgm2) @ asked
        out = flight.step()
        demand = -wheel_inverse(VEHICLE) @ np.array(out["torque_b_nm"])
        still = np.clip(speed / 0.5, -1, 1)
        part = still + (1 - abs(still)) * np.clip(demand / (0.25 * wheel.friction_coulomb_nm), -1, 1)
        assert own_torque(out) - beside == pytest.approx(wheel.friction_coulomb_nm * (part - still), abs=1e-12)
        assert np.sign(part[0]) == sign


def own_torque(out):
    """What the wheels are commanded beside the torque for the body."""
    return out["wheel_torque_nm"] + wheel_inverse(VEHICLE) @ np.array(out["torque_b_nm"])


def test_the_others_make_up_for_what_a_wheel_left_out_takes_from_the_body():
    """The change of its momentum, seen by its tachometer, is put back by the three; its own motor gets nothing."""
    flight = Flight()
    wheel, axes = VEHICLE.units("reaction_wheels")[1], wheel_axes(VEHICLE)
    flight.fdir["excluded"][Device.WHEEL_1] = 1
    samples = flight.samples["wheels"]
    samples["speed_radps"], samples["valid"], samples["t_ns"] = [90.0, -80.0, 70.0, -60.0], 1, 10**9
    quiet = np.array(flight.step()["torque_b_nm"])
    samples["speed_radps"][1], samples["t_ns"] = -78.0, 11 * 10**8
    out = flight.step()
    assert np.array(out["torque_b_nm"]) - quiet == pytest.approx(axes[:, 1] * wheel.inertia_kgm2 * 2.0 / 0.1, rel=1e-9)
    assert out["wheel_torque_nm"][1] == 0.0
    samples["speed_radps"][1], samples["t_ns"] = -60.0, 31 * 10**8  # after a gap nothing is known of it
    assert np.array(flight.step()["torque_b_nm"]) == pytest.approx(quiet, abs=1e-15)


def test_a_wheel_kept_though_it_errs_is_commanded_against_its_excess():
    flight = Flight()
    bare = flight.step()["wheel_torque_nm"].copy()
    flight.fdir["kept"][Device.WHEEL_2] = 1
    flight.fdir["wheel_excess_nm"] = [5e-5, 5e-5, 5e-5, 5e-5]
    assert flight.step()["wheel_torque_nm"] - bare == pytest.approx([0, 0, -5e-5, 0], abs=1e-15)


def test_a_wheel_at_its_speed_limit_is_not_driven_on():
    flight = Flight()
    limit = (
        VEHICLE.limits.wheel_speed_fraction
        * VEHICLE.units("reaction_wheels")[0].momentum_max_nms
        / VEHICLE.units("reaction_wheels")[0].inertia_kgm2
    )
    flight.samples["wheels"]["valid"] = 1
    flight.samples["wheels"]["speed_radps"] = [limit * 1.01, -100, 100, -100]
    wheel = VEHICLE.units("reaction_wheels")[0]
    friction = wheel.friction_coulomb_nm * np.array([1, -1, 1, -1]) + wheel.friction_viscous_nms * np.array(
        [limit * 1.01, -100, 100, -100]
    )
    flight.attitude["q_bi"] = [0.05, 0, 0, 1]  # needs wheel 0, whose axis has +x, driven forward
    out = flight.step()
    assert out["saturated"] == 1
    assert body_torque(out) == pytest.approx(body_torque({"wheel_torque_nm": friction}), abs=1e-12)
    flight.attitude["q_bi"] = [-0.05, 0, 0, 1]
    out = flight.step()
    assert out["saturated"] == 0
    assert body_torque(out)[0] > body_torque({"wheel_torque_nm": friction})[0] + 1e-4


def test_geometry_of_the_reference_vehicle():
    axes = wheel_axes(VEHICLE)
    assert axes @ wheel_inverse(VEHICLE) == pytest.approx(np.eye(3))
    assert wheel_inverse(VEHICLE) == pytest.approx(np.linalg.pinv(axes))
    assert axes @ wheel_null(axes) == pytest.approx([0, 0, 0])
    assert wheel_null(axes) == pytest.approx([0.5, -0.5, 0.5, -0.5])
    three = VEHICLE.changed("wheels", units=VEHICLE.units("reaction_wheels")[:3])
    assert wheel_axes(three) @ wheel_inverse(three) == pytest.approx(np.eye(3))
    assert (wheel_null(wheel_axes(three)) == 0).all()


def many_wheels(count, seed):
    """The reference vehicle with wheels about random axes."""
    axes = np.random.default_rng(seed).normal(size=(count, 3))
    wheel = VEHICLE.units("reaction_wheels")[0]
    units = tuple(dataclasses.replace(wheel, axis_b=tuple(a / np.linalg.norm(a))) for a in axes)
    return VEHICLE.changed("wheels", units=units)


@pytest.mark.parametrize(("count", "seed"), [(5, 1), (5, 2), (6, 3), (7, 4), (8, 5), (8, 6)])
def test_up_to_eight_wheels_idle_off_zero_without_turning_the_body(count, seed):
    """The null vector turns nothing, and no wheel has less than a share that a random one of the space mostly lacks."""
    axes = wheel_axes(many_wheels(count, seed))
    null = wheel_null(axes)
    assert axes @ null == pytest.approx([0, 0, 0], abs=1e-12)
    assert np.linalg.norm(null) == pytest.approx(1.0)
    basis = np.linalg.svd(axes)[2][3:]
    others = np.random.default_rng(0).normal(size=(200, count - 3)) @ basis
    shares = np.abs(others).min(axis=1) / np.linalg.norm(others, axis=1)
    assert np.abs(null).min() > np.median(shares)


def test_any_wheels_may_be_left_out_as_long_as_the_others_turn_the_body():
    """Of eight wheels five may fail: each mask has its own inverse, in which those that are out have no part."""
    vehicle = many_wheels(8, 7)
    axes, found = wheel_axes(vehicle), wheel_arrangements(vehicle)
    assert len(found) == sum(math.comb(8, n) for n in range(6))
    for out, (inverse, null, _) in found.items():
        assert axes @ inverse == pytest.approx(np.eye(3), abs=1e-9)
        assert axes @ null == pytest.approx([0, 0, 0], abs=1e-9)
        gone = [k for k in range(8) if out >> k & 1]
        assert not inverse[gone].any()
        assert not null[gone].any()


def test_three_wheels_fly_too():
    vehicle = VEHICLE.changed("wheels", units=VEHICLE.units("reaction_wheels")[:3])
    flight = Flight(vehicle)
    flight.attitude["q_bi"] = [1e-3, 2e-3, -1e-3, 1]
    out = flight.step()
    assert body_torque(out) == pytest.approx(out["torque_b_nm"], abs=1e-12)
    assert out["wheel_torque_nm"][3] == 0


def test_actuators_in_one_plane_are_refused():
    flat = VEHICLE.changed("wheels", units=(VEHICLE.units("reaction_wheels")[0],) * 3)
    with pytest.raises(GeometryError, match="wheels: their axes lie in one plane"):
        wheel_axes(flat)
    units = (VEHICLE.device("torquers").units[0],) * 3
    flat = VEHICLE.changed("torquers", units=units)
    with pytest.raises(GeometryError, match=r"torquers\.units: their axes lie in one plane"):
        torquer_matrices(flat)
