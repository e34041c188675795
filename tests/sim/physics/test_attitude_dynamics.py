"""Attitude and wheels: conservation, analytic motions, friction, limits, libration."""

import numpy as np
import pytest

from sim.physics.actuation import Action
from sim.physics.constants import GM_EARTH_M3PS2
from sim.physics.timescales import NS

CYCLE_NS = 100_000_000
BOARD_CYCLE = [Action(0, 70_000_000), Action(70_000_000, CYCLE_NS)]
THREE_AXES = [
    {"axis_b": axis, "friction_coulomb_nm": 0.0, "friction_viscous_nms": 0.0}
    for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
]


def momentum_b(vehicle, truth):
    """Total angular momentum from rates and speeds, in NumPy [N m s]."""
    out = np.array(vehicle.spacecraft.inertia_b_kgm2) @ truth["rate_bi_b_radps"]
    for wheel, speed in zip(vehicle.units("reaction_wheels"), truth["wheel_speed_radps"], strict=False):
        axis = np.array(wheel.axis_b)
        out += wheel.inertia_kgm2 * (speed + axis @ truth["rate_bi_b_radps"]) * axis
    return out


def energy(vehicle, truth):
    """Kinetic energy of rotation, rotors included [J]."""
    rate = truth["rate_bi_b_radps"]
    out = 0.5 * rate @ np.array(vehicle.spacecraft.inertia_b_kgm2) @ rate
    for wheel, speed in zip(vehicle.units("reaction_wheels"), truth["wheel_speed_radps"], strict=False):
        out += 0.5 * wheel.inertia_kgm2 * (speed + np.array(wheel.axis_b) @ rate) ** 2
    return out


def test_angular_momentum_is_conserved_over_an_hour(vehicle, quiet, started, dcm):
    """Motors and friction at work, tumbling at 5 deg/s: 1e-12 of the initial momentum, in inertial axes."""
    physics = started(
        vehicle, quiet(wheel_friction=True, wheel_limits=True), rate=(0.05, -0.06, 0.04), speeds=[120, -80, 40, 200.0]
    )
    truth = physics.truth
    start = dcm(truth["q_bi"]).T @ momentum_b(vehicle, truth)
    np.testing.assert_allclose(truth["momentum_b_nms"], momentum_b(vehicle, truth), rtol=1e-13)
    worst = 0.0
    for k in range(36000):
        torque = 4e-4 * np.array([np.sin(0.01 * k), np.cos(0.013 * k), -np.sin(0.017 * k), np.cos(0.02 * k)])
        physics.advance(CYCLE_NS, BOARD_CYCLE, torque)
        if k % 600 == 599:
            now = dcm(truth["q_bi"]).T @ momentum_b(vehicle, truth)
            worst = max(worst, np.linalg.norm(now - start))
    assert np.ptp(truth["wheel_speed_radps"]) > 10
    assert worst < 1e-12 * np.linalg.norm(start)


def test_energy_of_a_torque_free_tumble_is_conserved(vehicle, quiet, started):
    physics = started(vehicle, quiet(), rate=(0.05, -0.06, 0.04), speeds=[120, -80, 40, 200.0])
    start = energy(vehicle, physics.truth)
    for _ in range(360):
        physics.coast(10.0)
    assert energy(vehicle, physics.truth) == pytest.approx(start, rel=1e-9)


def test_motors_and_friction_change_the_energy_by_their_work(vehicle, quiet, started):
    """dT/dt = sum (u - friction) Omega; the body's share is included because motor torque is internal."""
    physics = started(vehicle, quiet(wheel_friction=True), rate=(0.02, 0.03, -0.05), speeds=[120, -80, 140, 200.0])
    truth, torque = physics.truth, np.array([3e-4, 1e-4, -2e-4, -1e-4])
    start, power = energy(vehicle, truth), []
    power.append((torque - truth["wheel_friction_nm"][:4]) @ truth["wheel_speed_radps"][:4])
    for _ in range(100):
        physics.advance(CYCLE_NS, BOARD_CYCLE, torque)
        power.append((torque - truth["wheel_friction_nm"][:4]) @ truth["wheel_speed_radps"][:4])
    work = 0.1 * (np.sum(power) - 0.5 * (power[0] + power[-1]))
    assert energy(vehicle, truth) - start == pytest.approx(work, rel=1e-5)


def test_an_axisymmetric_body_precesses_as_euler_says(rebuilt, quiet, started, dcm):
    """J = diag(A, A, C): the rate's transverse part turns at (C - A)/A w_z (Markley & Crassidis 2014, 3.3.3)."""
    a, c = 0.2, 0.07
    craft = rebuilt(wheels=[{"inertia_kgm2": 1e-15}] * 3, inertia_b_kgm2=np.diag([a, a, c]).tolist())
    wx, wz, t = 0.05, 0.1, 300.0
    physics = started(craft, quiet(step_s=0.05), rate=(wx, 0, wz))
    physics.coast(t)
    nutation = (c - a) / a * wz
    expected = [wx * np.cos(nutation * t), wx * np.sin(nutation * t), wz]
    np.testing.assert_allclose(physics.truth["rate_bi_b_radps"], expected, atol=2e-9)
    # attitude: precession about the momentum at |H|/A, spin about the axis at -nutation
    momentum = np.array([a * wx, 0, c * wz])
    rate = np.linalg.norm(momentum) / a
    precessed = spin(momentum / np.linalg.norm(momentum), rate * t).T
    c_bi = (precessed @ spin([0, 0, 1.0], -nutation * t).T).T
    np.testing.assert_allclose(dcm(physics.truth["q_bi"]), c_bi, atol=1e-7)


def spin(axis, angle):
    """Frame rotation about `axis`: cos I - sin [e x] + (1 - cos) e e^T."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.cos(angle) * np.eye(3) - np.sin(angle) * cross + (1 - np.cos(angle)) * np.outer(axis, axis)


def test_a_spin_turns_the_axes_the_right_way(vehicle, quiet, started, dcm):
    """0.1 rad/s about +z for 5 s: the body's x axis moves towards the inertial y axis."""
    physics = started(vehicle, quiet(), rate=(0, 0, 0.1))
    physics.coast(5.0)
    x_b_in_i = dcm(physics.truth["q_bi"])[0]
    np.testing.assert_allclose(x_b_in_i, [np.cos(0.5), np.sin(0.5), 0], atol=1e-9)
    np.testing.assert_allclose(physics.truth["dtheta_b_rad"], [0, 0, 0.5], atol=1e-12)


def test_the_angle_increment_is_the_integral_of_the_rate(vehicle, quiet, started):
    """What a rate-integrating gyro counts, coning included: against Simpson's rule on a hundred times finer steps."""
    coarse = started(vehicle, quiet(), rate=(0.3, -0.5, 0.4), speeds=[300, 0, 0, -300.0])
    fine = started(vehicle, quiet(), rate=(0.3, -0.5, 0.4), speeds=[300, 0, 0, -300.0])
    coarse.advance(CYCLE_NS, BOARD_CYCLE)
    rates = [fine.truth["rate_bi_b_radps"].copy()]
    for _ in range(100):
        fine.coast(0.001)
        rates.append(fine.truth["rate_bi_b_radps"].copy())
    rates = np.array(rates)
    integral = 0.001 / 3 * (rates[0] + rates[-1] + 4 * rates[1:-1:2].sum(axis=0) + 2 * rates[2:-1:2].sum(axis=0))
    np.testing.assert_allclose(coarse.truth["dtheta_b_rad"], integral, atol=1e-9)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_body_turns_against_its_wheel(rebuilt, quiet, started, axis):
    """Motor torque u > 0: the rotor gains u t about its axis, the body loses it."""
    craft = rebuilt(wheels=THREE_AXES)
    physics = started(craft, quiet())
    torque = np.zeros(3)
    torque[axis] = 1e-3
    for _ in range(10):
        physics.advance(CYCLE_NS, BOARD_CYCLE, torque)
    inertia = craft.spacecraft.inertia_b_kgm2[axis][axis]
    body = np.zeros(3)
    body[axis] = -1e-3 / inertia
    np.testing.assert_allclose(physics.truth["rate_bi_b_radps"], body, atol=1e-12)
    assert physics.truth["wheel_speed_radps"][axis] == pytest.approx(1e-3 / 3.2e-5 + 1e-3 / inertia, rel=1e-9)
    np.testing.assert_allclose(physics.truth["torque_wheel_b_nm"], -torque, atol=1e-18)


def test_turning_a_spinning_wheel_needs_a_gyroscopic_torque(rebuilt, quiet, started):
    """Wheel momentum h along +z, body turning slowly about +x: the torque -w x h = +y h w acts on the body."""
    craft = rebuilt(wheels=THREE_AXES)
    physics = started(craft, quiet(), rate=(1e-3, 0, 0), speeds=[0, 0, 500.0])
    physics.coast(0.1)
    h = 3.2e-5 * 500
    assert physics.truth["rate_bi_b_radps"][1] == pytest.approx(h * 1e-3 * 0.1 / 0.13, rel=1e-3)


def test_viscous_friction_spins_a_wheel_down_exponentially(rebuilt, quiet, started):
    drag = {"axis_b": (0.0, 0.0, 1.0), "friction_coulomb_nm": 0.0, "friction_viscous_nms": 1e-6}
    physics = started(rebuilt(wheels=[drag, *THREE_AXES[:2]]), quiet(wheel_friction=True), speeds=[100.0, 0, 0])
    physics.coast(30.0)
    decay = 1e-6 * (1 / 3.2e-5 + 1 / 0.06)
    assert physics.truth["wheel_speed_radps"][0] == pytest.approx(100 * np.exp(-decay * 30), rel=1e-8)
    assert physics.truth["rate_bi_b_radps"][2] > 0  # the wheel drags the body along


def test_coulomb_friction_stops_a_wheel_and_holds_it(rebuilt, quiet, started):
    grip = {"axis_b": (0.0, 0.0, 1.0), "friction_coulomb_nm": 2e-5, "friction_viscous_nms": 0.0}
    physics = started(rebuilt(wheels=[grip, *THREE_AXES[:2]]), quiet(wheel_friction=True), speeds=[-5.0, 0, 0])
    physics.coast(4.0)
    slope = 2e-5 * (1 / 3.2e-5 + 1 / 0.06)
    assert physics.truth["wheel_speed_radps"][0] == pytest.approx(-5 + 4 * slope, rel=1e-6)
    assert physics.truth["wheel_friction_nm"][0] == pytest.approx(-2e-5)
    physics.coast(10.0)
    assert abs(physics.truth["wheel_speed_radps"][0]) < 1e-6
    for _ in range(50):  # a motor torque below the breakaway torque moves it no further than the width
        physics.advance(CYCLE_NS, BOARD_CYCLE, [1.5e-5, 0, 0])
    assert abs(physics.truth["wheel_speed_radps"][0]) < 0.3


def test_wheel_torque_and_speed_stay_within_their_limits(vehicle, quiet, started):
    physics = started(vehicle, quiet(wheel_limits=True, wheel_friction=True))
    limit = vehicle.units("reaction_wheels")[0].momentum_max_nms / vehicle.units("reaction_wheels")[0].inertia_kgm2
    fastest = 0.0
    for k in range(150):
        physics.advance(CYCLE_NS, BOARD_CYCLE, [0.01, -0.01, 0.01, -0.01])
        fastest = max(fastest, np.abs(physics.truth["wheel_speed_radps"]).max())
        if k == 0:
            np.testing.assert_allclose(physics.truth["wheel_torque_nm"][:4], [0.002, -0.002, 0.002, -0.002])
    assert fastest < 1.0005 * limit
    np.testing.assert_allclose(np.abs(physics.truth["wheel_speed_radps"][:4]), limit, rtol=1e-4)
    friction = physics.truth["wheel_friction_nm"]
    np.testing.assert_allclose(physics.truth["wheel_torque_nm"], friction, atol=2e-7)
    physics.advance(CYCLE_NS, BOARD_CYCLE, [-0.01, 0.01, -0.01, 0.01])  # braking is never refused
    np.testing.assert_allclose(physics.truth["wheel_torque_nm"][:4], [-0.002, 0.002, -0.002, 0.002])


def test_pitch_librates_at_the_gravity_gradient_frequency(rebuilt, quiet, started):
    """w = n sqrt(3 (Jx - Jz)/Jy) for small pitch on a circular orbit (Wertz 1978, 18.3), z down, y across."""
    jx, jy, jz = 0.13, 0.17, 0.06
    craft = rebuilt(wheels=[{"inertia_kgm2": 1e-12}] * 3, inertia_b_kgm2=np.diag([jx, jy, jz]).tolist())
    radius = 7e6
    n = np.sqrt(GM_EARTH_M3PS2 / radius**3)
    # equatorial orbit: LVLH x along +y_i, y along -z_i, z along -x_i
    c_oi = np.array([[0, 1.0, 0], [0, 0, -1.0], [-1.0, 0, 0]])
    from scipy.spatial.transform import Rotation

    pitch = 0.02
    q_bi = Rotation.from_matrix((spin([0, 1.0, 0], pitch) @ c_oi).T).as_quat()
    state = np.array([radius, 0, 0]), np.array([0, n * radius, 0])
    physics = started(craft, quiet(gravity_gradient=True, step_s=1.0), q_bi, rate=(0, -n, 0), state=state)
    times, pitches = [], []
    for _ in range(1600):
        truth = physics.coast(10.0)
        up_i = truth["pos_i_m"] / radius
        up_b = Rotation.from_quat(truth["q_bi"]).as_matrix().T @ up_i
        pitches.append(np.arctan2(up_b[0], -up_b[2]))
        times.append(float(truth["t_ns"]) / NS)
    pitches = np.array(pitches)
    cuts = np.nonzero(np.diff(np.sign(pitches)))[0]
    zeros = [times[k] - pitches[k] * 10.0 / (pitches[k + 1] - pitches[k]) for k in cuts]
    measured = np.pi * (len(zeros) - 1) / (zeros[-1] - zeros[0])
    assert len(zeros) > 5
    assert np.abs(pitches).max() == pytest.approx(pitch, rel=0.02)
    assert measured == pytest.approx(n * np.sqrt(3 * (jx - jz) / jy), rel=1e-3)
