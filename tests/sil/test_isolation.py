"""FDIR-ISO: a faulty device is excluded, no other is, and knowledge and pointing degrade only as documented.

Flights of two minutes from nadir pointing, every error source on, judged on truth.
"""

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsw.guidance.modes import SafeReason, SystemMode
from fsw.health.devices import AttitudeSource, Device, Exclusion
from ground.link.segment import GroundSegment
from hal.vehicle.functions import Function
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import Telecommand, load_scenario

SCENARIO = dataclasses.replace(
    load_scenario("modes"), outage=(), telecommand=(Telecommand(function="nadir", offset_s=30.0),)
)
SETTLED_S = 180.0
CELLS = [Device.SUN_SENSOR_0 + k for k in range(6)]
# (target, fault, parameters) -> devices excluded, knowledge allowed at the end [deg] (docs/adr/0008).
CASES = [
    ("gyro", "dead", {}, {Device.GYRO}, 0.06),
    ("gyro", "stuck", {}, {Device.GYRO}, 0.06),
    ("gyro", "zero", {}, {Device.GYRO}, 0.06),
    ("gyro", "biased", {"bias_radps": 0.01}, {Device.GYRO}, 0.06),
    ("gyro", "biased", {"bias_radps": 0.001}, set(), 0.03),
    ("gyro", "biased", {"axis": 2, "bias_radps": 0.00125}, set(), 0.03),
    ("gyro", "noisy", {}, {Device.GYRO}, 0.06),
    ("magnetometer", "dead", {}, {Device.MAGNETOMETER}, 0.03),
    ("magnetometer", "stuck", {}, {Device.MAGNETOMETER}, 0.03),
    ("magnetometer", "biased", {}, {Device.MAGNETOMETER}, 0.03),
    ("magnetometer", "noisy", {}, {Device.MAGNETOMETER}, 0.03),
    ("star_tracker", "stuck", {}, {Device.STAR_TRACKER}, 0.3),
    ("star_tracker", "biased", {}, {Device.STAR_TRACKER}, 0.3),
    ("star_tracker", "noisy", {}, {Device.STAR_TRACKER}, 0.3),
    ("sun_sensors", "dead", {}, set(CELLS), 0.03),
    ("gnss", "biased", {}, {Device.GNSS}, 0.03),
    ("gnss", "stuck", {}, {Device.GNSS}, 0.03),
    ("wheels", "dead", {"unit": 1}, {Device.WHEEL_1}, 0.03),
    ("wheels", "stuck", {"unit": 2}, {Device.WHEEL_2}, 0.03),
    ("wheels", "friction", {"unit": 3}, {Device.WHEEL_3}, 0.03),
    ("torquers", "dead", {}, set(), 0.03),
]


class Flight:
    def __init__(self, seed=1):
        self.mission = Mission(load_vehicle(), SCENARIO, GroundSegment, seed=seed, duration_s=1e4)
        self.pool = self.mission.flight.pool
        self.ever = set()

    def advance(self, seconds):
        for _ in range(round(seconds)):
            self.mission.advance(1.0)
            self.ever |= self.excluded
        return self

    @property
    def excluded(self):
        return {Device(d) for d in np.flatnonzero(self.pool["fdir.excluded"])}

    def error(self):
        """Attitude error as a rotation vector in body axes [rad]: q_true = dq(a) q_est."""
        true, estimate = (
            Rotation.from_quat(np.array(q)).as_matrix().T  # frame rotations (fsw/CONVENTIONS.md)
            for q in (self.mission.world.truth["q_bi"], self.pool["attitude.q_bi"])
        )
        turn = true @ estimate.T  # I - [a x]
        return 0.5 * np.array([turn[1, 2] - turn[2, 1], turn[2, 0] - turn[0, 2], turn[0, 1] - turn[1, 0]])

    def knowledge_deg(self):
        return float(np.degrees(np.linalg.norm(self.error())))

    def nees(self):
        a = self.error()
        return float(a @ np.linalg.solve(np.array(self.pool["attitude.p"])[:3, :3], a))


@pytest.mark.parametrize(("target", "kind", "parameters", "devices", "knowledge_deg"), CASES)
def test_the_faulty_device_is_excluded_and_no_other(target, kind, parameters, devices, knowledge_deg):
    """FDIR-ISO-010: the device with the fault is excluded, no other, and the knowledge stays within its bound."""
    flight = Flight().advance(SETTLED_S)
    assert flight.ever == set()
    flight.mission.inject(target, kind, **parameters)
    flight.advance(120)
    assert flight.ever == devices
    assert flight.pool["mode.system"] is SystemMode.NOMINAL
    assert flight.pool["attitude.valid"] == 1
    assert flight.knowledge_deg() < knowledge_deg


def test_a_wheel_that_runs_away_when_left_alone_is_held_by_control():
    """FDIR-ISO-020: a wheel with an uncommanded torque is excluded, used again, kept, and compensated."""
    flight = Flight().advance(SETTLED_S)
    flight.mission.inject("wheels", "biased", unit=1, bias_nm=1e-4)
    flight.advance(120)
    assert flight.ever == {Device.WHEEL_1}
    assert flight.excluded == set()
    assert flight.pool["fdir.kept"][Device.WHEEL_1] == 1
    assert flight.mission.judge.pointing_deg < 0.1


def test_a_wheel_whose_noise_is_large_does_not_run_away():
    """FDIR-ISO-021: a noisy wheel is not taken for a runaway; it stays out, and the others balance it."""
    flight = Flight().advance(SETTLED_S)
    flight.mission.inject("wheels", "noisy", unit=2, noise_nm=1.4e-3)
    for _ in range(300):
        flight.advance(1)
        assert not flight.pool["fdir.kept"].any()
    assert flight.excluded == {Device.WHEEL_2}


@pytest.mark.parametrize(("noise_rad", "devices"), [(2e-4, set()), (7e-4, {Device.STAR_TRACKER})])
def test_noise_of_a_star_tracker_is_weighed_until_it_is_left_out(noise_rad, devices):
    """FDIR-ISO-030: some excess noise is weighed by the filter, much more excludes the star tracker."""
    flight = Flight().advance(SETTLED_S)
    flight.mission.inject("star_tracker", "noisy", noise_rad=noise_rad)
    nees = [flight.advance(1).nees() for _ in range(120)]
    assert flight.ever == devices
    assert flight.pool["attitude.initialisations"] == 1
    assert 0.3 < np.mean(nees) < 6.0
    if devices:
        assert flight.pool["fdir.reason"][Device.STAR_TRACKER] == Exclusion.DISAGREES


def test_noise_of_a_star_tracker_that_nothing_replaces_is_learnt():
    """FDIR-ISO-031: without gyro, 20 times the declared noise is weighed; the filter does not restart."""
    flight = Flight().advance(SETTLED_S)
    flight.mission.inject("gyro", "dead")
    flight.mission.inject("star_tracker", "noisy", noise_rad=1e-3)
    flight.advance(40)
    begun = flight.pool["attitude.initialisations"]
    nees = [flight.advance(1).nees() for _ in range(120)]
    assert flight.pool["attitude.initialisations"] == begun
    assert 0.5 < np.mean(nees) < 6.0
    assert flight.mission.judge.pointing_deg < 0.5


def test_a_star_tracker_that_jumps_back_leads_the_filter_back():
    """FDIR-ISO-032: kept when it jumps without magnetometer; once that is back, so is the truth."""
    flight = Flight().advance(SETTLED_S)
    dead = flight.mission.inject("magnetometer", "dead")
    flight.advance(10)
    biased = flight.mission.inject("star_tracker", "biased", axis=2, bias_rad=0.007)
    flight.advance(20)
    flight.mission.clear(dead)
    flight.advance(90)
    assert flight.knowledge_deg() > 0.3
    assert not flight.pool["fdir.kept"].any()
    flight.mission.clear(biased)
    flight.advance(20)
    assert flight.ever == {Device.MAGNETOMETER}
    assert flight.knowledge_deg() < 0.03


def test_an_attitude_that_drifts_is_not_held_against_the_magnetometer():
    """FDIR-ISO-040: a drift of the attitude, with star tracker away, excludes no magnetometer."""
    flight = Flight().advance(SETTLED_S)
    flight.mission.inject("star_tracker", "dead")
    flight.advance(20)
    flight.mission.inject("gyro", "biased", bias_radps=0.024)
    flight.advance(60)
    assert flight.ever == {Device.GYRO}


@pytest.mark.parametrize("delay_s", [0.25, 0.4])
def test_late_samples_of_the_board_are_not_held_against_the_star_tracker(delay_s):
    """FDIR-ISO-033: late gyro samples make the filter restart and exclude no star tracker."""
    flight = Flight().advance(SETTLED_S)
    flight.mission.inject("adcs.link", "delay", delay_s=delay_s)
    flight.advance(10)
    assert flight.mission.flight.modes.request(Function.SUN_POINTING).accepted
    begun = flight.pool["attitude.initialisations"]
    flight.advance(60)
    assert flight.pool["attitude.initialisations"] > begun
    assert flight.ever == set()


def test_without_gyro_the_knowledge_is_as_large_as_it_says():
    """FDIR-ISO-050: without gyro the mean NEES (3 dof) over three minutes is within a factor of two."""
    flight = Flight().advance(SETTLED_S)
    flight.mission.inject("gyro", "dead")
    flight.advance(20)
    assert flight.pool["attitude.sources"] & (AttitudeSource.GYRO | AttitudeSource.MODEL) == AttitudeSource.MODEL
    nees = [flight.advance(1).nees() for _ in range(180)]
    assert 0.5 < np.mean(nees) < 6.0
    assert flight.mission.judge.pointing_deg < 0.5


def test_a_device_that_agrees_again_is_used_again():
    """FDIR-ISO-060: when the fault ends, the device is used again."""
    flight = Flight().advance(SETTLED_S)
    injection = flight.mission.inject("gyro", "stuck")
    flight.advance(10)
    flight.mission.clear(injection)
    flight.advance(50)
    assert flight.excluded == {Device.GYRO}
    flight.advance(20)
    assert flight.excluded == set()
    assert flight.pool["fdir.exclusions"][Device.GYRO] == 1
    assert flight.pool["fdir.reason"][Device.GYRO] == Exclusion.STUCK
    assert flight.pool["attitude.sources"] & AttitudeSource.GYRO


def test_what_ground_excludes_stays_out_until_ground_admits_it():
    """FDIR-ISO-070: isolation does not take back a device that ground has excluded."""
    flight = Flight().advance(60)
    flight.mission.flight.exclusions.perform(Function.EXCLUDE_SENSOR, (Device.STAR_TRACKER,))
    flight.advance(90)
    assert flight.excluded == {Device.STAR_TRACKER}
    flight.mission.flight.exclusions.perform(Function.ADMIT_SENSOR, (Device.STAR_TRACKER,))
    assert flight.advance(5).excluded == set()


def test_two_wheels_out_lead_to_safe_and_back_when_one_is_admitted():
    """FDIR-ISO-080: SAFE cannot be left with two wheels out, and can with one."""
    flight = Flight().advance(60)
    exclusions, modes = flight.mission.flight.exclusions, flight.mission.flight.modes
    exclusions.perform(Function.EXCLUDE_SENSOR, (Device.WHEEL_0,))
    assert flight.advance(5).pool["mode.system"] is SystemMode.NOMINAL
    exclusions.perform(Function.EXCLUDE_SENSOR, (Device.WHEEL_2,))
    flight.advance(2)
    assert flight.pool["mode.safe_reason"] is SafeReason.WHEELS_FAILED
    assert not modes.request(Function.LEAVE_SAFE).accepted
    exclusions.perform(Function.ADMIT_SENSOR, (Device.WHEEL_2,))
    flight.advance(2)
    assert modes.request(Function.LEAVE_SAFE).accepted


def test_the_last_source_of_the_rate_is_kept():
    """FDIR-ISO-090: a vote against the only source of the rate excludes nothing; silence does."""
    flight = Flight().advance(60)
    exclusions = flight.mission.flight.exclusions
    exclusions.perform(Function.EXCLUDE_SENSOR, (Device.STAR_TRACKER,))
    exclusions.perform(Function.EXCLUDE_SENSOR, (Device.MAGNETOMETER,))
    assert not exclusions.exclude(Device.GYRO, Exclusion.DISAGREES)
    assert flight.pool["fdir.kept"][Device.GYRO] == 1
    assert exclusions.exclude(Device.GYRO, Exclusion.SILENT)
