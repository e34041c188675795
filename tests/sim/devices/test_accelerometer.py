"""Accelerometer: specific force at its place against the motion of that place, errors, faults."""

import numpy as np
import pytest

from ground.link.segment import GroundSegment
from hal.devices.accelerometer.kind import KIND
from hal.vehicle.load import load_vehicle
from sim.devices.accelerometer._accelerometer import Accelerometer
from sim.mission import Mission
from sim.physics.actuation import Action
from sim.physics.options import PhysicsOptions
from sim.physics.orbit import orbit_from_tle
from sim.physics.physics import Physics
from sim.scenario.scenario import load_scenario

COUNT = 1e-9


def spec(**changes):
    keys = {
        "kind": "accelerometer", "name": "accelerometer", "board": "adcs", "q_sb": (0.5, 0.5, 0.5, 0.5),
        "position_b_m": (0.3, -0.2, 0.4), "noise_mps2": 0.0, "bias_sigma_mps2": 0.0, "scale_factor_sigma": 0.0,
        "count_mps2": COUNT, "range_mps2": 2.0,
    }  # fmt: skip
    return KIND.settings(**keys | changes)


@pytest.fixture(scope="module")
def started():
    """A tumbling satellite with everything on: `started(rate)`."""

    def start(rate):
        vehicle, scenario = load_vehicle(), load_scenario("nadir")
        physics = Physics(vehicle, PhysicsOptions())
        t_tai_ns = scenario.epoch_tai_ns
        pos, vel = orbit_from_tle(vehicle.orbit.tle, t_tai_ns, physics.environment)
        physics.start(t_tai_ns, pos, vel, q_bi=(0.2, 0.1, -0.4, 0.88), rate_bi_b_radps=rate)
        return physics

    return start


def velocity_there(truth, place_b, c_bi):
    """Inertial velocity of a place of the body."""
    return truth["vel_i_mps"] + c_bi.T @ np.cross(truth["rate_bi_b_radps"], place_b)


@pytest.mark.parametrize("rate", [(0.0, 0.0, 0.0), (0.2, -0.1, 0.15)])
def test_it_measures_what_is_not_gravity_at_its_place(started, helpers, rate):
    """The change of the place's inertial velocity, less gravity, turned to the sensor: thrust, drag and rotation."""
    physics, place = started(rate), np.array([0.3, -0.2, 0.4])
    sensor = Accelerometer(spec(position_b_m=tuple(place)), 1)
    c_sb = helpers.frame_rotation((0.5, 0.5, 0.5, 0.5))
    push = Action(0, 10_000_000, (3.0, -2.0, 1.0), (0.02, 0.01, -0.03), (0.0, 0.0, 0.0), 1e-3)
    sensor.read(physics.truth, 0.01)
    for _ in range(20):
        before = physics.truth.copy()
        physics.advance(10_000_000, [push])
        truth = physics.truth
        c_0, c_1 = (helpers.frame_rotation(t["q_bi"]) for t in (before, truth))
        gravity = sum(t["accel_gravity_i_mps2"] + t["accel_third_body_i_mps2"] for t in (before, truth)) / 2
        felt_i = (velocity_there(truth, place, c_1) - velocity_there(before, place, c_0)) / 0.01 - gravity
        felt_s = c_sb @ (0.5 * (c_0 + c_1)) @ felt_i
        counts = np.array(sensor.read(truth, 0.01))
        np.testing.assert_allclose(counts * COUNT, felt_s, atol=3e-6)
        np.testing.assert_allclose(sensor.truth["force_s_mps2"], felt_s, atol=3e-6)
    assert np.linalg.norm(felt_s) > 0.2


def test_at_the_centre_of_mass_it_feels_the_air_alone(started, helpers):
    physics = started((0.3, 0.2, -0.1))
    sensor = Accelerometer(spec(position_b_m=(0.0, 0.0, 0.0), count_mps2=1e-12), 1)
    for _ in range(3):
        truth = physics.advance(100_000_000)
        counts = np.array(sensor.read(truth))
    c_bi, c_sb = helpers.frame_rotation(truth["q_bi"]), helpers.frame_rotation((0.5, 0.5, 0.5, 0.5))
    expected = c_sb @ c_bi @ (truth["force_drag_i_n"] + truth["force_solar_i_n"]) / 12.0
    assert np.linalg.norm(expected) > 1e-9
    np.testing.assert_allclose(counts * 1e-12, expected, atol=1e-12)


def test_errors_have_their_declared_size(helpers):
    """Bias, scale factor and noise, each alone."""
    errors = {"bias_sigma_mps2": 0.01, "scale_factor_sigma": 0.02, "noise_mps2": 0.003}
    still = helpers.truth(mass_kg=10.0)
    pushed = helpers.truth(mass_kg=10.0, force_actuators_b_n=[5.0, 5.0, 5.0])
    biases, scales, noises = [], [], []
    for seed in range(300):
        for name, truth, out in (("bias", still, biases), ("scale_factor", pushed, scales), ("noise", still, noises)):
            sensor = Accelerometer(spec(**errors), seed, helpers.only(Accelerometer, name))
            out.extend(np.array(sensor.read(truth)) * COUNT)
    assert np.std(biases) == pytest.approx(0.01, rel=0.1)
    assert np.std(np.array(scales) / 0.5) == pytest.approx(0.02, rel=0.1)
    assert np.mean(scales) == pytest.approx(0.5, rel=0.01)
    assert np.std(noises) == pytest.approx(0.003, rel=0.1)


def test_it_saturates_at_its_range(helpers):
    truth = helpers.truth(mass_kg=1.0, force_actuators_b_n=[50.0, -50.0, 0.0])
    assert sorted(Accelerometer(spec(), 1).read(truth)) == [-2_000_000_000, 0, 2_000_000_000]


def test_a_satellite_flies_with_it_and_faults_concern_it(tmp_path):
    """In a vehicle file, in truth and in the catalogue: two of them, each with its own stream."""
    keys = 'kind = "accelerometer"\nboard = "adcs"\nq_sb = [0, 0, 0, 1]\nposition_b_m = [0.1, 0, 0]\n'
    keys += (
        "noise_mps2 = 1e-5\nbias_sigma_mps2 = 1e-3\nscale_factor_sigma = 1e-3\ncount_mps2 = 1e-8\nrange_mps2 = 10.0\n"
    )
    path = tmp_path / "pair.toml"
    devices = "".join(f'[[device]]\nname = "{name}"\n{keys}' for name in ("one", "two"))
    path.write_text('name = "pair"\nbase = "reference"\n' + devices)
    mission = Mission(load_vehicle(path), load_scenario("nadir"), GroundSegment, seed=1)
    mission.advance(60.0)
    one, two = (mission.world.device_truth[name] for name in ("one", "two"))
    np.testing.assert_array_equal(one["force_s_mps2"], two["force_s_mps2"])
    assert not np.array_equal(one["bias_s_mps2"], two["bias_s_mps2"])
    assert not mission.flight.pool["executive.exceptions"].any()
    before = mission.world.devices["one"].read(mission.world.truth)
    mission.inject("one", "biased", axis=1, bias_mps2=0.5)
    after = mission.world.devices["one"].read(mission.world.truth)
    assert (after[1] - before[1]) * 1e-8 == pytest.approx(0.5, abs=1e-3)
    assert abs(after[0] - before[0]) * 1e-8 < 1e-3
