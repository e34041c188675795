"""Drivers against the truth: with every error off, each sample says what is true, through the board's own C code."""

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hal.exchange.exchange import Exchange
from hal.vehicle.load import load_vehicle
from hal.wire import EpsSwitch
from sim.devices.listed import listed_devices
from sim.scenario.planning import Plan
from sim.scenario.scenario import Clocks, load_scenario
from sim.universe import Universe
from tests.fsw.sections import exchange_memory

VEHICLE = load_vehicle()
TICK_NS = 10**8
NO_PLAN = Plan((), (), None, {}, 5681.0, tick_s=0.1)


def all_off():
    """Every error source of every device off."""
    return {d.name: dict.fromkeys(d.model.errors, False) for d in listed_devices(load_vehicle())}


class Bench:
    """An exchange on a world, and the truth of every tick."""

    def __init__(self, errors, rate=(0.004, -0.006, 0.003), clocks=None):
        scenario = load_scenario()
        initial = dataclasses.replace(scenario.initial, q_bi=(0.5, -0.1, 0.7, 0.5), rate_bi_b_radps=rate)
        scenario = dataclasses.replace(scenario, initial=initial, errors=errors, clocks=clocks or scenario.clocks)
        self.universe = Universe(scenario.physics, scenario.epoch_tai_ns)
        self.world = self.universe.add("a", VEHICLE, scenario, 3, flight_plan=NO_PLAN)
        memory = exchange_memory()
        self.samples, self.command = memory["samples"], memory["command"]
        self.exchange = Exchange(VEHICLE, self.world.links, self.universe.clock, memory)
        self.history = []

    def tick(self, k):
        self.exchange.send(k * TICK_NS)
        self.universe.step(k * TICK_NS)
        self.exchange.exchange(k * TICK_NS)
        self.history.append(self.world.truth.copy())


@pytest.fixture(scope="module")
def flown():
    bench = Bench(all_off())
    bench.command["switches"] = EpsSwitch.WHEELS
    bench.command["actuators"]["valid"] = 1
    bench.command["actuators"]["wheel_torque_nm"][:4] = [1e-4, 2e-4, -1e-4, 3e-4]
    bench.command["actuators"]["dipole_am2"][:3] = [0.1, -0.2, 0.3]
    bench.gyro_sum = np.zeros(3)
    for k in range(205):
        bench.tick(k)
        if k >= 100:
            assert bench.samples["gyro"]["new"]
            bench.gyro_sum += bench.samples["gyro"]["dtheta_s_rad"]
    return bench


def c_sb(device):
    return Rotation.from_quat(device.q_sb).as_matrix().T


def c_bi(truth):
    return Rotation.from_quat(truth["q_bi"]).as_matrix().T


def test_gyro_increments_add_up_to_the_turn(flown):
    """Summed over 10.5 s against the truth's own integral of the rate; coning is below the tolerance here."""
    turn_b = sum(t["dtheta_b_rad"] for t in flown.history[100:])
    np.testing.assert_allclose(c_sb(VEHICLE.device("gyro")).T @ flown.gyro_sum, turn_b, atol=2e-6)


def test_magnetometer_reads_the_field(flown):
    reading_b = c_sb(VEHICLE.device("magnetometer")).T @ flown.samples["magnetometer"]["mag_s_tesla"]
    np.testing.assert_allclose(reading_b, flown.history[-1]["mag_b_tesla"], atol=5e-9)
    np.testing.assert_allclose(c_bi(flown.history[-1]).T @ reading_b, flown.history[-1]["mag_i_tesla"], atol=8e-9)


def test_sun_sensors_read_the_cosine(flown):
    truth = flown.history[-1]
    light = truth["sunlit"] * (149597870700.0 / truth["sun_distance_m"]) ** 2
    cosines = np.array([np.dot(s.normal_b, truth["sun_b"]) for s in VEHICLE.units("coarse_sun_sensors")])
    expected = light * np.where(cosines > np.cos(VEHICLE.units("coarse_sun_sensors")[0].half_angle_rad), cosines, 0.0)
    assert light > 0.9
    np.testing.assert_allclose(flown.samples["sun_sensors"]["ratio"][:6], expected, atol=1.3e-4)


def test_star_tracker_reads_the_attitude_at_its_time(flown):
    sample = flown.samples["star_tracker"]
    truth = next(t for t in flown.history if abs(int(t["t_ns"]) - int(sample["t_ns"])) < 10**6)
    c_si = Rotation.from_quat(sample["q_si"]).as_matrix().T
    np.testing.assert_allclose(c_si, c_sb(VEHICLE.device("star_tracker")) @ c_bi(truth), atol=1e-8)


def test_gnss_reads_position_velocity_and_time(flown):
    sample = flown.samples["gnss"]
    assert sample["valid"]
    truth = next(t for t in flown.history if abs(int(t["t_tai_ns"]) - int(sample["t_tai_ns"])) < 10**6)
    np.testing.assert_allclose(sample["pos_e_m"], truth["pos_e_m"], atol=0.012)
    np.testing.assert_allclose(sample["vel_e_mps"], truth["vel_e_mps"], atol=1.5e-3)


def test_wheels_and_torquers_do_what_was_asked(flown):
    truth = flown.history[-1]
    np.testing.assert_allclose(truth["wheel_torque_nm"][:4], [1e-4, 2e-4, -1e-4, 3e-4], atol=5e-8)
    np.testing.assert_allclose(flown.samples["wheels"]["speed_radps"], truth["wheel_speed_radps"], atol=0.026)
    np.testing.assert_allclose(truth["dipole_b_am2"], 0.7 * np.array([0.1, -0.2, 0.3]), atol=2e-5)
    np.testing.assert_allclose(flown.samples["torquers"]["dipole_am2"][:3], [0.1, -0.2, 0.3], atol=1e-5)


def test_power_gauges_read_the_circuit(flown):
    sample, truth = flown.samples["power"], flown.world.device_truth["power"]
    assert sample["state_of_charge"] == pytest.approx(float(truth["state_of_charge"]), abs=2e-4)
    assert sample["bus_voltage_v"] == pytest.approx(float(truth["bus_voltage_v"]), abs=2e-3)
    assert sample["battery_current_a"] == pytest.approx(float(truth["battery_current_a"]), abs=5e-3)
    assert sample["load_power_w"] == pytest.approx(float(truth["load_power_w"]), abs=0.05)


def test_every_error_on_moves_every_sample():
    """The same flight with errors on differs from the truth, by about the declared sigmas."""
    bench = Bench(None, rate=(0.0, 0.001, 0.0), clocks=Clocks())
    for k in range(130):
        bench.tick(k)
    truth = bench.history[-1]
    mag_error = (
        c_sb(VEHICLE.device("magnetometer")).T @ bench.samples["magnetometer"]["mag_s_tesla"] - truth["mag_b_tesla"]
    )
    assert 1e-8 < np.abs(mag_error).max() < 2e-6
    rate_error = (
        c_sb(VEHICLE.device("gyro")).T @ bench.samples["gyro"]["dtheta_s_rad"] * 10.0 - truth["rate_bi_b_radps"]
    )
    assert 1e-6 < np.abs(rate_error).max() < 2e-3
    sample = bench.samples["gnss"]
    at = next(t for t in bench.history if abs(int(t["t_tai_ns"]) - int(sample["t_tai_ns"])) < 10**6)
    assert 0.1 < np.linalg.norm(sample["pos_e_m"] - at["pos_e_m"]) < 40.0
