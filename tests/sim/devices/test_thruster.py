"""Thrusters: impulses in closed form, blow-down, valves that stick, on a flying satellite with a tank."""

import math

import numpy as np
import pytest

from ground.link.segment import GroundSegment
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from sim.devices.thruster._thruster import Thrusters
from sim.faults.catalogue import FaultError
from sim.mission import Mission
from sim.physics.actuation import Action
from sim.scenario.scenario import load_scenario

TICK_S = 0.1
G0 = 9.80665
FILE = """
name = "jets"
base = "reference"

[[device]]
kind = "thruster"
name = "jets"
board = "adcs"
propellant = "gas"
propellant_kg = 0.5
specific_impulse_s = 60.0
pressure_pa = 2e6
pulse_min_s = 0.005
pulse_count_s = 1e-4
pressure_count_pa = 100.0
valve_w = 2.0

[[device.unit]]
position_b_m = [0.1, 0.0, -0.15]
force_b = [0.0, 0.0, 1.0]
thrust_n = 0.05

[[device.unit]]
position_b_m = [-0.1, 0.05, -0.15]
force_b = [0.0, 0.6, 0.8]
thrust_n = 0.1
"""


@pytest.fixture
def loaded(tmp_path):
    """Load the vehicle with thrusters, with changes: `loaded(propellant='"liquid"')`."""

    def load(**changes):
        text = FILE
        for name, value in changes.items():
            lines = [line for line in text.splitlines() if line.startswith(f"{name} =")]
            text = (
                text.replace(lines[0], f"{name} = {value}")
                if lines
                else text.replace("valve_w", f"{name} = {value}\nvalve_w")
            )
        path = tmp_path / "jets.toml"
        path.write_text(text)
        return load_vehicle(path)

    return load


@pytest.fixture
def flying(loaded):
    """A mission of the vehicle, and its thrusters: `flying()`."""

    def fly(**changes):
        mission = Mission(loaded(**changes), load_scenario("nadir"), GroundSegment, seed=1)
        return mission, mission.world.devices["jets"]

    return fly


def thrust(vehicle, k):
    nozzle = vehicle.device("jets").units[k]
    return nozzle.thrust_n * np.array(nozzle.force_b), np.array(nozzle.position_b_m)


def test_a_pulse_pushes_and_turns_for_its_time(flying):
    """Mean force and torque of a cycle: thrust x share, r x F; the mass that leaves is thrust x time over Isp g0."""
    mission, jets = flying()
    mission.advance(1.0)
    world, before = mission.world, float(mission.world.truth["mass_kg"])
    jets.command([70, 1000])  # 7 ms, and the whole cycle
    mission.advance(TICK_S)
    (one, at_one), (two, at_two) = (thrust(world.vehicle, k) for k in (0, 1))
    np.testing.assert_allclose(world.truth["force_actuators_b_n"], 0.07 * one + two, rtol=1e-12)
    torque = 0.07 * np.cross(at_one, one) + np.cross(at_two, two)
    np.testing.assert_allclose(world.truth["torque_actuators_b_nm"], torque, rtol=1e-12)
    burnt = (0.05 * 0.007 + 0.1 * 0.1) / (60.0 * G0)
    assert before - float(world.truth["mass_kg"]) == pytest.approx(burnt, rel=1e-6)
    truth = world.device_truth["jets"]
    assert 0.5 - float(truth["propellant_kg"]) == pytest.approx(burnt, rel=1e-12)
    assert float(truth["impulse_ns"]) == pytest.approx(0.05 * 0.007 + 0.1 * 0.1, rel=1e-12)
    assert float(truth["open_share"]) == 1.0
    mission.advance(TICK_S)
    np.testing.assert_array_equal(world.truth["force_actuators_b_n"], 0.0)  # a command is one pulse


def test_a_valve_does_not_open_for_less_than_its_minimum(flying):
    mission, jets = flying()
    jets.command([49, 0])
    mission.advance(2 * TICK_S)
    assert float(mission.world.device_truth["jets"]["impulse_ns"]) == 0.0
    jets.command([50, 0])
    mission.advance(TICK_S)
    assert float(mission.world.device_truth["jets"]["impulse_ns"]) == pytest.approx(0.05 * 0.005)


@pytest.mark.parametrize("kind", ["gas", "liquid"])
def test_the_tank_blows_down(flying, kind):
    """Gas: p = p0 m/m0, so the mass falls exponentially. Liquid: p = p0 V0/V, with the room that the liquid leaves."""
    mission, jets = flying(propellant=f'"{kind}"', propellant_kg=0.01, ullage_share=0.4)
    truth = mission.world.device_truth["jets"]
    seconds, rate = 20, 0.1 / (60.0 * G0)  # of nozzle 1 at full pressure
    mission.advance(TICK_S)  # the first tick is at mission time 0
    for _ in range(seconds * 10):
        jets.command([0, 1000])
        mission.advance(TICK_S)
    left = float(truth["propellant_kg"])
    share = left / 0.01
    if kind == "gas":
        assert share == pytest.approx(math.exp(-rate * seconds / 0.01), rel=2e-3)
        expected = 2e6 * share
    else:  # m' = -k u / (u + (1-u)(1-m)), integrated: u (1-m) + (1-u)(1-m)^2 / 2 = u k t
        gone, u = 1.0 - share, 0.4
        assert u * gone + 0.5 * (1 - u) * gone**2 == pytest.approx(u * rate * seconds / 0.01, rel=5e-3)
        expected = 2e6 * u / (u + (1 - u) * gone)
    assert float(truth["pressure_pa"]) == pytest.approx(expected, rel=1e-12)
    assert jets.read() == round(expected / 100.0)


def test_an_empty_tank_pushes_no_more(flying):
    """All of the propellant leaves, and no more; momentum is what it carried at the exhaust velocity."""
    mission, jets = flying(propellant='"liquid"', propellant_kg=0.001, ullage_share=0.9)
    before = float(mission.world.truth["mass_kg"])
    for _ in range(100):
        jets.command([1000, 1000])
        mission.advance(TICK_S)
    truth = mission.world.device_truth["jets"]
    assert float(truth["propellant_kg"]) == 0.0
    assert before - float(mission.world.truth["mass_kg"]) == pytest.approx(0.001, rel=1e-9)
    assert float(truth["impulse_ns"]) == pytest.approx(0.001 * 60.0 * G0, rel=1e-9)
    np.testing.assert_array_equal(mission.world.truth["force_actuators_b_n"], 0.0)


def test_valves_stick_open_and_closed(flying):
    """Open pushes without a command and until cleared; closed ignores commands; both is closed."""
    mission, jets = flying()
    mission.advance(TICK_S)
    open_ = mission.inject("jets", "stuck_open", unit=1)
    mission.advance(TICK_S)
    force = mission.world.truth["force_actuators_b_n"].copy()
    np.testing.assert_allclose(force, thrust(mission.world.vehicle, 1)[0], rtol=1e-3)
    closed = mission.inject("jets", "stuck_closed", unit=1)
    jets.command([0, 1000])
    mission.advance(TICK_S)
    np.testing.assert_array_equal(mission.world.truth["force_actuators_b_n"], 0.0)
    mission.clear(closed)
    mission.clear(open_)
    mission.advance(TICK_S)
    np.testing.assert_array_equal(mission.world.truth["force_actuators_b_n"], 0.0)
    with pytest.raises(FaultError, match="jets stuck_open: parameter 'unit': found 2, the vehicle has units 0 to 1"):
        mission.inject("jets", "stuck_open", unit=2)


def test_an_outage_closes_the_valves_but_not_one_that_sticks(flying):
    mission, jets = flying()
    mission.advance(TICK_S)
    jets.silent = True
    mission.inject("jets", "stuck_open", unit=0)
    jets.command([0, 1000])
    mission.advance(TICK_S)
    np.testing.assert_allclose(
        mission.world.truth["force_actuators_b_n"], thrust(mission.world.vehicle, 0)[0], rtol=1e-3
    )


def test_open_valves_draw_power(flying):
    mission, jets = flying()
    mission.advance(1.0)
    load = float(mission.world.device_truth["power"]["load_power_w"])
    jets.command([500, 1000])
    mission.advance(TICK_S)
    assert float(mission.world.device_truth["power"]["load_power_w"]) - load == pytest.approx(3.0, abs=0.2)


def test_errors_have_their_declared_size(loaded):
    """Scale, misalignment and noise, each alone, over many tanks and pulses; all off: what is declared."""
    spec = loaded(thrust_sigma=0.02, misalignment_sigma_rad=0.01, noise=0.05).device("jets")
    scales, angles = [], []
    for seed in range(300):
        for error, out in (("thrust", scales), ("misalignment", angles)):
            jets = Thrusters(spec, seed, None, "jets")
            for name in jets.switches:
                jets.switch(name, name == error)
            force = impulse(jets, 1)
            out.append(
                np.linalg.norm(force) / 0.1 - 1.0 if error == "thrust" else np.cross(force / 0.1, spec.units[1].force_b)
            )
    assert np.std(scales) == pytest.approx(0.02, rel=0.15)
    assert np.std(np.array(angles)) * math.sqrt(3 / 2) == pytest.approx(0.01, rel=0.15)
    jets = Thrusters(spec, 1, None, "jets")
    jets.switch("thrust", False)
    jets.switch("misalignment", False)
    pulses = [np.linalg.norm(impulse(jets, 1)) / 0.1 for _ in range(600)]
    assert np.std(pulses) == pytest.approx(0.05, rel=0.12)
    assert np.mean(pulses) == pytest.approx(1.0, abs=0.01)


def impulse(jets, nozzle):
    """Force of one nozzle in a cycle in which it is open throughout [N], at full pressure."""
    counts = [0, 0]
    counts[nozzle] = 1000
    ratio = jets.read() * 100.0 / 2e6
    jets.command(counts)
    (action,) = jets.actions_of(100_000_000)
    assert isinstance(action, Action)
    return np.array(action.force_b_n) / ratio


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"propellant_kg": 12.0}, "found 12 kg in all tanks, expected less than spacecraft.mass_kg = 12"),
        ({"propellant": '"steam"'}, "found 'steam', expected one of: gas, liquid"),
        ({"pulse_min_s": 0.2}, "pulse_min_s: found 0.2, expected at most a cycle of the board, 0.1 s"),
        ({"pulse_count_s": 1e-6}, "pulse_count_s: found 1e-06, expected >= "),
        ({"pressure_pa": math.nan}, "pressure_pa: found nan"),
    ],
)
def test_tanks_that_cannot_be_are_refused_in_one_line(loaded, changes, words):
    with pytest.raises(SchemaError) as refused:
        loaded(**changes)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_satellite_with_thrusters_flies_and_goes_on_from_what_was_saved(flying):
    """A minute with pulses: no exception, the domain watch is content, and a saved tank continues bit for bit."""
    mission, jets = flying(noise=0.05)
    rng = np.random.default_rng(5)
    for _ in range(600):
        jets.command(rng.integers(0, 300, 2))
        mission.advance(TICK_S)
    assert not mission.flight.pool["executive.exceptions"].any()
    assert mission.left is None
    kept = jets.save()
    one = [impulse(jets, 0) for _ in range(3)]
    jets.restore(kept)
    np.testing.assert_array_equal(one, [impulse(jets, 0) for _ in range(3)])
