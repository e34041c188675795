"""The whole system against the same equations written anew in NumPy and integrated by SciPy's DOP853."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sim.physics.actuation import Action
from sim.physics.constants import GM_EARTH_M3PS2, RADIUS_EGM_M, ZONAL_J
from sim.physics.timescales import NS

TORQUE = np.array([3e-4, -2e-4, 1e-4, 5e-5])
DIPOLE = np.array([0.2, -0.1, 0.3])
DRIVEN = [Action(0, 70_000_000, dipole_b_am2=DIPOLE)]
RATE = (0.05, -0.06, 0.04)
SPEEDS = [120.0, -80.0, 40.0, 200.0]


def skew(v):
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])


class Twin:
    """State: position, velocity, q_bi, body rate, wheel speeds (textbook unknowns, unlike the kernel's momenta)."""

    def __init__(self, vehicle, physics, dcm):
        self.vehicle, self.environment, self.dcm = vehicle, physics.environment, dcm
        self.t0 = int(physics.truth["t_tai_ns"])
        self.axes = np.array([w.axis_b for w in vehicle.units("reaction_wheels")])
        self.rotor = np.array([w.inertia_kgm2 for w in vehicle.units("reaction_wheels")])
        self.inertia = np.array(vehicle.spacecraft.inertia_b_kgm2)
        self.whole = self.inertia + self.axes.T @ np.diag(self.rotor) @ self.axes

    def surfaces(self, c_bi, vel, env):
        """Force (inertial axes) and torque (body axes) of drag and light."""
        craft, force, torque = self.vehicle.spacecraft, np.zeros(3), np.zeros(3)
        wind = c_bi @ (vel - 7.292115e-5 * np.cross(env["pole_i"], env["pos_i_m"]))
        sun = c_bi @ np.array(env["sun_i"])
        light = env["sunlit"] * 1361.0 / 299792458.0 * (149597870700.0 / env["sun_distance_m"]) ** 2
        for face in craft.faces:
            n, arm = np.array(face.normal_b), np.array(face.center_b_m)
            into = max(n @ wind, 0.0)
            push = -0.5 * env["density_kgpm3"] * craft.drag_coefficient * face.area_m2 * into * wind
            cosine = max(n @ sun, 0.0)
            push = push - light * face.area_m2 * cosine * (
                (1 - face.specular) * sun + 2 * (face.specular * cosine + face.diffuse / 3) * n
            )
            force, torque = force + c_bi.T @ push, torque + np.cross(arm, push)
        return force, torque

    def __call__(self, t, y, dipole, force_b=(0.0, 0.0, 0.0), torque_b=(0.0, 0.0, 0.0), mass=None):
        pos, vel, q, rate, speed = np.split(y, [3, 6, 10, 13])
        mass = self.vehicle.spacecraft.mass_kg if mass is None else mass
        q = q / np.linalg.norm(q)
        env = self.environment.at(self.t0 + round(t * NS), pos.copy())
        c_bi, r, pole = self.dcm(q), np.linalg.norm(pos), np.array(env["pole_i"])
        u = pos @ pole / r
        accel = -GM_EARTH_M3PS2 * pos / r**3 + np.array(env["accel_third_body_i_mps2"])
        for n, j in ZONAL_J.items():
            basis = np.polynomial.Legendre.basis(n)
            k = GM_EARTH_M3PS2 / r**2 * j * (RADIUS_EGM_M / r) ** n
            accel += k * ((n + 1) * basis(u) * pos / r - basis.deriv()(u) * (pole - u * pos / r))
        force, torque = self.surfaces(c_bi, vel, env)
        force, torque = force + c_bi.T @ np.array(force_b), torque + np.array(torque_b)
        down = c_bi @ pos / r
        torque = torque + 3 * GM_EARTH_M3PS2 / r**3 * np.cross(down, self.whole @ down)
        moment = dipole + np.array(self.vehicle.spacecraft.residual_dipole_b_am2)
        torque = torque + np.cross(moment, c_bi @ np.array(env["mag_i_tesla"]))
        friction = np.array(
            [
                w.friction_coulomb_nm * np.sign(s) + w.friction_viscous_nms * s
                for w, s in zip(self.vehicle.units("reaction_wheels"), speed, strict=True)
            ]
        )
        net = TORQUE - friction
        momentum = self.whole @ rate + self.axes.T @ (self.rotor * speed)
        # whole body: whole w' + sum Jw Omega' a = T - w x H; each rotor: Jw (Omega' + a . w') = net
        rate_dot = np.linalg.solve(self.inertia, torque - np.cross(rate, momentum) - self.axes.T @ net)
        speed_dot = net / self.rotor - self.axes @ rate_dot
        xi = np.vstack([q[3] * np.eye(3) + skew(q[:3]), -q[:3]])
        return np.concatenate([vel, accel + force / mass, 0.5 * xi @ rate, rate_dot, speed_dot])


def unknowns(truth):
    body = [truth[k] for k in ("pos_i_m", "vel_i_mps", "q_bi", "rate_bi_b_radps")]
    return np.concatenate([*body, truth["wheel_speed_radps"][:4]])  # of the wheels that there are


def turn(q, other):
    """Angle between two attitudes [rad]."""
    return 2 * np.linalg.norm(np.cross(q[:3], other[:3]) + q[3] * other[:3] - other[3] * q[:3])


def everything():
    from sim.physics.options import PhysicsOptions

    return PhysicsOptions()


def after(twin, t, y, dt, dipole):
    """The unknowns `dt` after `t`: one step, unless it is not good enough."""
    options = {"rtol": 1e-12, "atol": 1e-12, "first_step": dt, "max_step": dt}
    return solve_ivp(lambda s, y: twin(t + s, y, dipole), (0.0, dt), y, "DOP853", **options).y[:, -1]


def test_all_together_agree_with_an_independent_integration(vehicle, started, dcm):
    """Sixty board cycles of a 5 deg/s tumble, everything on."""
    physics = started(vehicle, everything(), q_bi=[0.2, 0.1, -0.4, 0.88], rate=RATE, speeds=SPEEDS)
    twin, y, t = Twin(vehicle, physics, dcm), unknowns(physics.truth), 0.0
    for _ in range(60):
        physics.advance(100_000_000, DRIVEN, TORQUE)
        for dt, dipole in ((0.07, DIPOLE), (0.03, np.zeros(3))):
            y, t = after(twin, t, y, dt, dipole), t + dt
    ours = unknowns(physics.truth)
    np.testing.assert_allclose(ours[:3], y[:3], atol=1e-6)
    np.testing.assert_allclose(ours[3:6], y[3:6], atol=1e-8)
    assert turn(ours[6:10], y[6:10] / np.linalg.norm(y[6:10])) < 1e-8
    np.testing.assert_allclose(ours[10:13], y[10:13], atol=1e-9)
    np.testing.assert_allclose(ours[13:], y[13:], atol=1e-6)


def test_integration_is_of_fourth_order(vehicle, quiet, started):
    def flown(step):
        physics = started(vehicle, quiet(step_s=step), rate=(0.3, -0.4, 0.5), speeds=SPEEDS)
        for _ in range(20):
            physics.coast(1.0)
        return physics.truth["q_bi"].copy()

    best = flown(0.015625)
    errors = [turn(flown(step), best) for step in (0.5, 0.25, 0.125)]
    assert errors[0] / errors[1] == pytest.approx(16, rel=0.35)
    assert errors[1] / errors[2] == pytest.approx(16, rel=0.35)


def test_holding_the_environment_over_a_board_cycle_costs_nothing_that_matters(vehicle, started):
    """100 s of board cycles against the same flown with an environment evaluated every 5 ms; no wheel meets a limit."""
    flights = []
    for fine in (False, True):
        physics = started(vehicle, everything(), q_bi=[0.2, 0.1, -0.4, 0.88], rate=RATE, speeds=SPEEDS)
        for _ in range(1000):
            if fine:
                for k in range(20):
                    driven = [Action(0, 5_000_000, dipole_b_am2=DIPOLE)] if k < 14 else []
                    physics.advance(5_000_000, driven, 0.3 * TORQUE)
            else:
                physics.advance(100_000_000, DRIVEN, 0.3 * TORQUE)
        flights.append(unknowns(physics.truth))
    coarse, fine = flights
    assert np.linalg.norm(coarse[:3] - fine[:3]) < 1e-5
    assert turn(coarse[6:10], fine[6:10]) < 2e-7
    assert np.abs(coarse[10:13] - fine[10:13]).max() < 5e-9


def test_a_long_advance_is_cut_into_short_ones(vehicle, started):
    """A 30 s coast interpolates the environment over a second at most."""
    ends = []
    for pieces in (1, 30, 300):
        physics = started(vehicle, everything(), rate=(0.002, -0.003, 0.001))
        for _ in range(pieces):
            physics.coast(30.0 / pieces)
        ends.append(unknowns(physics.truth))
    assert np.linalg.norm(ends[0][:3] - ends[2][:3]) < 1e-5
    assert turn(ends[0][6:10], ends[2][6:10]) < 1e-7
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-11, atol=1e-11)
