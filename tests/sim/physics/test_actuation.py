"""What actuators do: edges anywhere, sums, closed forms, and balances of momentum, mass and energy."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from sim.physics.actuation import Action
from sim.physics.timescales import NS
from tests.sim.physics.test_integration import RATE, SPEEDS, TORQUE, Twin, everything, turn, unknowns

TICK_NS = NS // 10
STANDARD_GRAVITY_MPS2 = 9.80665


def edges(longest_ns=TICK_NS):
    return st.tuples(st.integers(0, longest_ns - 1), st.integers(1, longest_ns)).filter(lambda e: e[0] < e[1])


def vectors(largest):
    return st.tuples(*[st.floats(-largest, largest)] * 3)


ACTIONS = st.lists(
    st.builds(
        lambda at, force, torque, dipole, flow: Action(*at, force, torque, dipole, flow),
        edges(), vectors(2.0), vectors(1e-5), vectors(1.0), st.floats(0.0, 0.01),
    ),
    max_size=12,
)  # fmt: skip


def total(actions, name):
    """Time integral of a quantity of all actions."""
    return sum((np.array(getattr(a, name)) * (a.to_ns - a.from_ns) / NS for a in actions), np.zeros(3))


@given(actions=ACTIONS)
def test_impulse_and_mass_are_sums_over_time_whatever_the_edges(vehicle, quiet, started, actions):
    """Without a field: momentum = torque x time, mass = flow x time, means as recorded; the body hardly turns."""
    physics = started(vehicle, quiet())
    truth = physics.advance(TICK_NS, actions)
    torque = total(actions, "torque_b_nm")
    np.testing.assert_allclose(truth["momentum_b_nms"], torque, atol=1e-10)
    np.testing.assert_allclose(truth["force_actuators_b_n"] * 0.1, total(actions, "force_b_n"), atol=1e-12)
    np.testing.assert_allclose(truth["torque_actuators_b_nm"] * 0.1, torque, atol=1e-13)
    np.testing.assert_allclose(truth["dipole_b_am2"] * 0.1, total(actions, "dipole_b_am2"), atol=1e-13)
    burnt = float(sum(a.mass_flow_kgps * (a.to_ns - a.from_ns) for a in actions)) / NS
    assert truth["mass_kg"] == pytest.approx(vehicle.spacecraft.mass_kg - burnt, abs=1e-12)
    assert truth["angular_impulse_nms"] >= np.linalg.norm(torque) * (1 - 1e-12)


@given(actions=ACTIONS, at=st.permutations(range(12)))
def test_the_order_of_actions_is_no_matter(vehicle, quiet, started, actions, at):
    mixed = [actions[k] for k in at if k < len(actions)]
    one, other = (
        started(vehicle, quiet(magnetic_field=True, torquers=True)).advance(TICK_NS, a) for a in (actions, mixed)
    )
    np.testing.assert_allclose(unknowns(one), unknowns(other), rtol=1e-13, atol=1e-15)


@given(cuts=st.lists(st.integers(1, TICK_NS - 1), min_size=1, max_size=20, unique=True))
def test_an_action_in_pieces_is_the_action(vehicle, quiet, started, cuts):
    """The same force, torque and flow from edge to edge: equal edges merge, and pieces add nothing but rounding."""
    ends = [0, *sorted(cuts), TICK_NS]
    push = {"force_b_n": (1.0, -0.5, 0.2), "torque_b_nm": (0.01, 0.0, -0.02), "mass_flow_kgps": 1e-3}
    whole = [Action(0, TICK_NS, **push)]
    pieces = [Action(a, b, **push) for a, b in pairwise(ends)]
    one, other = (started(vehicle, quiet(), rate=RATE, speeds=SPEEDS).advance(TICK_NS, a) for a in (whole, pieces))
    np.testing.assert_allclose(unknowns(one), unknowns(other), rtol=1e-9, atol=1e-8)
    assert float(one["mass_kg"]) == pytest.approx(float(other["mass_kg"]), abs=1e-13)


def test_a_valve_pulse_of_seven_milliseconds_acts_for_seven(vehicle, quiet, started):
    """Anywhere in the cycle, and no step goes beyond an edge: the impulse is exact, however long the step may be."""
    for start_ns in (0, 1, 13_333_333, TICK_NS - 7_000_000):
        physics = started(vehicle, quiet(step_s=0.1))
        truth = physics.advance(TICK_NS, [Action(start_ns, start_ns + 7_000_000, force_b_n=(0.0, 0.0, 3.0))])
        gained = 3.0 * 0.007 / vehicle.spacecraft.mass_kg
        np.testing.assert_allclose(truth["dvel_actuators_i_mps"], [0, 0, gained], rtol=1e-12, atol=1e-18)
        free = started(vehicle, quiet(step_s=0.1)).advance(TICK_NS)
        np.testing.assert_allclose(truth["vel_i_mps"] - free["vel_i_mps"], [0, 0, gained], atol=2e-12)


def test_the_rocket_equation(rebuilt, quiet, started):
    """Tsiolkovsky: dv = ve ln(m0 / m); a sixth of the mass leaves in ten minutes, far from gravity's share."""
    craft, flow, exhaust_mps = rebuilt(mass_kg=12.0), 1 / 300, 70.0 * STANDARD_GRAVITY_MPS2
    physics = started(craft, quiet())
    burn = [Action(0, TICK_NS, force_b_n=(0.0, 0.0, flow * exhaust_mps), mass_flow_kgps=flow)]
    for _ in range(6000):
        truth = physics.advance(TICK_NS, burn)
    assert float(truth["mass_kg"]) == pytest.approx(10.0, abs=1e-9)
    expected = exhaust_mps * np.log(1.2)
    np.testing.assert_allclose(truth["dvel_actuators_i_mps"], [0, 0, expected], rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_constant_torque_about_a_principal_axis(rebuilt, quiet, started, dcm, axis):
    """rate = T t / J, angle = T t^2 / 2 J."""
    inertia, torque = (0.1, 0.2, 0.3), np.zeros(3)
    torque[axis] = 2e-3
    physics = started(rebuilt(wheels=[], inertia_b_kgm2=np.diag(inertia).tolist()), quiet())
    for _ in range(100):
        truth = physics.advance(TICK_NS, [Action(0, TICK_NS, torque_b_nm=torque)])
    np.testing.assert_allclose(truth["rate_bi_b_radps"], torque * 10.0 / inertia[axis], rtol=1e-12, atol=1e-18)
    angle = 2e-3 * 50.0 / inertia[axis]
    c_bi = dcm(truth["q_bi"])
    assert np.arccos((np.trace(c_bi) - 1) / 2) == pytest.approx(angle % (2 * np.pi), abs=1e-7)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_wheels_than_three_tumble_as_euler_says(rebuilt, quiet, started, count):
    """J = diag(A, A, C) without a torque: the transverse rate turns at (C - A)/A w_z, with however few rotors."""
    a, c, t = 0.2, 0.07, 100.0
    craft = rebuilt(wheels=[{"inertia_kgm2": 1e-15}] * count, inertia_b_kgm2=np.diag([a, a, c]).tolist())
    physics = started(craft, quiet(step_s=0.05), rate=(0.05, 0, 0.1), speeds=[0.0] * count)
    physics.coast(t)
    nutation = (c - a) / a * 0.1
    expected = [0.05 * np.cos(nutation * t), 0.05 * np.sin(nutation * t), 0.1]
    np.testing.assert_allclose(physics.truth["rate_bi_b_radps"], expected, atol=2e-9)


def test_actions_agree_with_an_independent_integration(vehicle, started, dcm):
    """Random forces, torques, dipoles and flows for 6 s of a tumble, everything on, against DOP853 in pieces."""
    rng = np.random.default_rng(23)
    physics = started(vehicle, everything(), q_bi=[0.2, 0.1, -0.4, 0.88], rate=RATE, speeds=SPEEDS)
    twin, y, t, mass = Twin(vehicle, physics, dcm), unknowns(physics.truth), 0.0, vehicle.spacecraft.mass_kg
    for _ in range(60):
        actions = [
            Action(*sorted(rng.choice(TICK_NS, 2, replace=False).tolist()), rng.normal(size=3),
                   0.02 * rng.normal(size=3), 0.3 * rng.normal(size=3), float(rng.uniform(0, 0.01)))
            for _ in range(rng.integers(0, 6))
        ]  # fmt: skip
        physics.advance(TICK_NS, actions, TORQUE)
        ends = sorted({0, TICK_NS, *(a.from_ns for a in actions), *(a.to_ns for a in actions)})
        for begin, end in pairwise(ends):
            on = [a for a in actions if a.from_ns <= begin and end <= a.to_ns]
            force, torque, dipole = (
                sum((np.array(getattr(a, n)) for a in on), np.zeros(3))
                for n in ("force_b_n", "torque_b_nm", "dipole_b_am2")
            )
            flow, dt = sum(a.mass_flow_kgps for a in on), (end - begin) / NS
            y = solve_ivp(
                lambda s, z, t=t, d=dipole, f=force, q=torque, m=mass, w=flow: twin(t + s, z, d, f, q, m - w * s),
                (0.0, dt), y, "DOP853", rtol=1e-12, atol=1e-12, first_step=dt, max_step=dt,
            ).y[:, -1]  # fmt: skip
            t, mass = t + dt, mass - flow * dt
    ours = unknowns(physics.truth)
    assert float(physics.truth["mass_kg"]) == pytest.approx(mass, abs=1e-12)
    assert np.linalg.norm(physics.truth["dvel_actuators_i_mps"]) > 0.02
    np.testing.assert_allclose(ours[:3], y[:3], atol=1e-6)
    np.testing.assert_allclose(ours[3:6], y[3:6], atol=1e-7)
    assert turn(ours[6:10], y[6:10] / np.linalg.norm(y[6:10])) < 1e-7
    np.testing.assert_allclose(ours[10:13], y[10:13], atol=1e-8)
    np.testing.assert_allclose(ours[13:], y[13:], atol=1e-5)


def test_a_snapshot_keeps_mass_and_impulse(vehicle, started):
    burn = [Action(0, TICK_NS, force_b_n=(0.0, 0.0, 3.0), torque_b_nm=(1e-3, 0, 0), mass_flow_kgps=1e-3)]
    physics = started(vehicle, everything(), rate=RATE)
    physics.advance(TICK_NS, burn)
    kept = physics.snapshot()
    expected = physics.advance(TICK_NS, burn).tobytes()
    assert float(physics.truth["mass_kg"]) == pytest.approx(vehicle.spacecraft.mass_kg - 2e-4)
    other = started(vehicle, everything())
    other.restore(kept)
    assert other.advance(TICK_NS, burn).tobytes() == expected
