"""The estimator on a self-made truth: accuracy, starts, dropouts, refusals, snapshots."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.stats import chi2

from fsw.core.sections import TimeSection
from fsw.estimation.estimator import Estimator
from fsw.estimation.mekf import FilterError
from fsw.estimation.sections import AttitudeSection, EstimatorHistorySection, MagCalibrationSection
from fsw.navigation.sections import NavigationSection
from hal.vehicle.load import load_vehicle
from tests.fsw.estimation.attitude_truth import DT, Flight, Memory, slew_profile
from tests.fsw.sections import SamplesSection

VEHICLE = load_vehicle()
ALIGNED = VEHICLE.changed("star_tracker", misalignment_sigma_rad=0.0)
SETTLED, SLEW, LOST, END = 1200, (3000, 900), 20000, 26000


@dataclass
class Log:
    flight: Flight
    error_deg: np.ndarray  # (n,) total knowledge error
    scaled: np.ndarray  # (n, 3) error over its sigma
    sigma_deg: np.ndarray  # (n,)
    valid: np.ndarray
    nis_str: np.ndarray


def fly(flight: Flight, n: int, **conditions) -> Log:
    """Fly n ticks; each condition is a value or a function of the tick."""
    valid, nis_str, sigma = np.zeros(n, bool), np.zeros(n), np.full(n, np.nan)
    q, scale = np.tile([0.0, 0.0, 0.0, 1.0], (n, 1)), np.full((n, 3), np.nan)
    attitude = flight.memory[AttitudeSection]
    q_bi, variance = attitude["q_bi"], np.einsum("ii->i", attitude["p"])[:3]  # views
    for k in range(n):
        flight.step(k, **{name: v(k) if callable(v) else v for name, v in conditions.items()})
        valid[k], nis_str[k] = attitude["valid"], attitude["nis_str"]
        if valid[k]:
            q[k], scale[k], sigma[k] = q_bi, variance, attitude["sigma_rad"]
    error = (Rotation.from_quat(q).inv() * flight.truth[:n]).as_rotvec()
    error[~valid] = np.nan
    return Log(
        flight, np.degrees(np.linalg.norm(error, axis=1)), error / np.sqrt(scale), np.degrees(sigma), valid, nis_str
    )


@pytest.fixture(scope="module")
def mission() -> Log:
    """Nadir-like flight with a 1 deg/s slew; the star tracker is lost for ten minutes at the end."""
    flight = Flight(VEHICLE, slew_profile(END, [(*SLEW, (0.010, 0.012, -0.008))]), seed=5)
    return fly(flight, END, tracker=lambda k: k < LOST)


def test_knowledge_with_the_star_tracker(mission):
    """99.73 % below 0.02 deg, with every error source on, slew included, 150 ms latency."""
    assert mission.valid.all()
    assert np.percentile(mission.error_deg[SETTLED:LOST], 99.73) < 0.02
    during = slice(SLEW[0], SLEW[0] + SLEW[1])
    assert np.percentile(mission.error_deg[during], 99.73) < 0.02


def test_knowledge_with_an_aligned_star_tracker():
    """Mounting error apart, 99.73 % below 0.015 deg; the sigma is right; NIS has the mean of 3 dof, slewing or not."""
    n = 9000
    flight = Flight(ALIGNED, slew_profile(n, [(4000, 900, (0.010, 0.012, -0.008))]), seed=8)
    log = fly(flight, n)
    assert np.percentile(log.error_deg[SETTLED:], 99.73) < 0.015
    assert 0.8 < np.mean(log.scaled[SETTLED:] ** 2) < 1.2
    for part in (slice(SETTLED, 4000, 2), slice(4000, 4900, 2)):
        assert 2.5 < np.mean(log.nis_str[part]) < 3.5


def test_knowledge_ten_minutes_without_star_tracker(mission):
    """The calibrated magnetometer holds 99.73 % below 0.2 deg, and the error stays within its 3 sigma."""
    assert np.percentile(mission.error_deg[LOST:], 99.73) < 0.2
    assert np.abs(mission.scaled[LOST:]).max() < 3.5
    attitude = mission.flight.memory[AttitudeSection]
    assert attitude["str_age_s"] == pytest.approx((END - LOST) * DT, abs=0.5)
    assert attitude["mag_rejected"] == 0


def test_magnetometer_offset_is_learned(mission):
    calibration = mission.flight.memory[MagCalibrationSection]
    sigma = np.sqrt(calibration["p"][0])
    assert sigma < 0.4 * VEHICLE.device("magnetometer").hard_iron_sigma_tesla
    np.testing.assert_allclose(calibration["correction_b_tesla"][:, 0], -mission.flight.hard_iron, atol=4 * sigma)
    assert np.linalg.norm(mission.flight.hard_iron) > 5 * np.linalg.norm(
        calibration["correction_b_tesla"][:, 0] + mission.flight.hard_iron
    )


def test_bias_is_found():
    """After 3000 s the gyro bias is within 1.5e-5 rad/s of the true one."""
    flight = Flight(VEHICLE, slew_profile(3000, []), seed=2)
    fly(flight, 3000)
    attitude = flight.memory[AttitudeSection]
    sigma = np.sqrt(np.diag(attitude["p"])[3:])
    np.testing.assert_allclose(attitude["bias_b_radps"], flight.bias[-1], atol=1.5e-5)
    assert (sigma < 5e-6).all()
    np.testing.assert_allclose(attitude["rate_bi_b_radps"], flight.rate[-1], atol=8e-4)


def test_start_from_field_and_sun_and_then_the_star_tracker():
    """TRIAD starts at the first tick, field vectors keep it, and the star tracker takes over without a restart."""
    flight = Flight(VEHICLE, slew_profile(1500, []), seed=3)
    log = fly(flight, 1500, tracker=lambda k: k >= 1000)
    assert log.valid.all()
    assert log.error_deg[0] < 25.0
    assert np.abs(log.scaled[:1000]).max() < 5.0
    assert log.error_deg[1300:].max() < 0.03
    attitude = flight.memory[AttitudeSection]
    assert attitude["initialisations"] == 1
    assert attitude["str_rejected"] == 0


def test_field_alone_finds_the_attitude():
    """From TRIAD without any star tracker, through a quarter of an orbit: to about a degree, and known to be so."""
    flight = Flight(VEHICLE, slew_profile(14000, []), seed=6)
    log = fly(flight, 14000, tracker=False)
    assert log.error_deg[12000:].max() < 1.5
    assert log.sigma_deg[-1] < 1.5
    assert np.abs(log.scaled).max() < 5.0


def test_no_start_in_eclipse_without_star_tracker():
    flight = Flight(VEHICLE, slew_profile(60, []), seed=1)
    assert not fly(flight, 60, tracker=False, sunlit=0.0).valid.any()
    np.testing.assert_allclose(flight.memory[AttitudeSection]["rate_bi_b_radps"], flight.rate[-1], atol=2e-3)


def test_nothing_is_valid_before_the_gyro():
    flight = Flight(VEHICLE, slew_profile(40, []), seed=1)
    log = fly(flight, 40, gyro=lambda k: k >= 20)
    assert not log.valid[:20].any()
    assert log.valid[25:].all()


def test_star_tracker_starts_the_filter_in_the_dark():
    flight = Flight(VEHICLE, slew_profile(200, []), seed=4)
    log = fly(flight, 200, sunlit=0.0)
    assert log.valid[5:].all()
    assert log.error_deg[5] < 0.1


def test_gyro_dropouts_are_bridged_and_a_long_silence_ends_the_estimate():
    """Up to five seconds without gyro leave the estimate valid; six end it; it starts again by itself."""
    flight = Flight(VEHICLE, slew_profile(1200, []), seed=7)
    silent = set(range(600, 605)) | set(range(700, 701)) | set(range(800, 860))
    log = fly(flight, 1200, gyro=lambda k: k not in silent)
    assert log.valid[:845].all()
    assert log.error_deg[300:800].max() < 0.04
    assert not log.valid[852:859].any()
    assert log.valid[865:].all()
    assert log.error_deg[1100:].max() < 0.04
    assert flight.memory[AttitudeSection]["initialisations"] == 2


def test_a_lost_packet_advances_the_estimate_by_the_last_rate():
    """During a steady turn the published attitude keeps up in the tick without a gyro sample."""
    quiet = Flight(VEHICLE, slew_profile(300, []) + np.array([0.0, 0.0, 0.02]), seed=7, errors=False)
    log = fly(quiet, 300, gyro=lambda k: k != 250)
    assert log.error_deg[249:253].max() < 2e-3


def test_persistent_refusal_restarts_from_the_star_tracker():
    """The attitude jumps by 2 deg (an error no noise explains): thirty refusals, then the star tracker is believed."""
    flight = Flight(VEHICLE, slew_profile(900, []), seed=9)
    jump = Rotation.from_rotvec([0.0, np.radians(2.0), 0.0])
    flight.str_q[500:] = (Rotation.from_quat(flight.str_q[500:]) * jump).as_quat()
    fly(flight, 900)
    attitude = flight.memory[AttitudeSection]
    assert attitude["str_rejected"] == 30
    assert attitude["initialisations"] == 2
    assert np.degrees(np.linalg.norm(flight.error(899))) == pytest.approx(2.0, abs=0.05)


def test_single_outliers_are_refused_without_harm():
    flight = Flight(VEHICLE, slew_profile(1500, []), seed=10)
    rng = np.random.default_rng(0)
    wild = range(600, 1400, 20)
    for k in wild:
        flight.str_q[k] = Rotation.random(rng=rng).as_quat()
        flight.mag_s[k] = 5e-5 * rng.standard_normal(3)
    log = fly(flight, 1500)
    attitude = flight.memory[AttitudeSection]
    assert attitude["str_rejected"] >= len(wild)
    assert attitude["initialisations"] == 1
    assert log.error_deg[600:].max() < 0.03


def test_wrong_start_is_undone_by_the_field_alone():
    """A false field model at the start, no star tracker: field vectors refused for 30 s restart the filter."""
    flight = Flight(VEHICLE, slew_profile(1500, []), seed=11)
    flight.mag_model_i[0] = Rotation.from_rotvec(1.2 * flight.sun_i).apply(flight.mag_model_i[0])
    log = fly(flight, 1500, tracker=False)
    assert log.error_deg[0] > 30.0
    assert flight.memory[AttitudeSection]["initialisations"] == 2
    assert log.error_deg[-1] < 25.0


def test_output_is_finite_whatever_valid_samples_say():
    """Extreme but finite values flagged as valid: refused or survived, never NaN in the pool."""
    flight = Flight(VEHICLE, slew_profile(400, []), seed=12)
    rng = np.random.default_rng(1)
    for k in range(50, 300):
        flight.mag_s[k] = rng.choice([0.0, 1e-300, 1e300, 1e-4]) * rng.standard_normal(3)
        flight.css[k] = rng.choice([0.0, 1e300, 1.0], 6)
        flight.str_q[k] = rng.standard_normal(4) * rng.choice([0.0, 1e-200, 1.0, 1e200])
        flight.mag_model_i[k] *= rng.choice([0.0, 1.0, 1e200])
        flight.step(k)
        attitude = flight.memory[AttitudeSection]
        for name in ("q_bi", "p", "rate_bi_b_radps", "bias_b_radps", "sigma_rad"):
            assert np.isfinite(attitude[name]).all(), name
        assert np.isfinite(flight.memory[MagCalibrationSection]["correction_b_tesla"]).all()


def test_late_measurements_beyond_the_history_are_dropped_and_counted():
    flight = Flight(VEHICLE, slew_profile(100, []), seed=13)
    for k in range(100):
        flight.write(k)
        star = flight.memory[SamplesSection]["star_tracker"]
        if k > 50 and star["new"]:
            star["t_ns"] -= 3_000_000_000
        flight.sense.step()
        flight.estimator.step()
    attitude = flight.memory[AttitudeSection]
    assert attitude["dropped"] > 20
    assert attitude["str_rejected"] == 0


def test_a_snapshot_is_the_complete_state():
    """Restored into new applications at tick 500, the rest of the flight is the same byte for byte."""
    first = Flight(VEHICLE, slew_profile(800, []), seed=14)
    fly(first, 500)
    octets = first.memory.snapshot()
    for k in range(500, 800):
        first.step(k)
    second = Flight(VEHICLE, slew_profile(800, []), seed=14)
    second.memory.restore(octets)
    for k in range(500, 800):
        second.step(k)
    assert second.memory.snapshot() == first.memory.snapshot()


def test_published_attitude_is_that_of_the_tick_when_the_gyro_is_stamped_early():
    """A gyro sample stamped 20 ms before the tick: the output is carried on to the tick at the estimated rate."""
    flight = Flight(VEHICLE, slew_profile(10, []) + np.array([0.0, 0.1, 0.0]), seed=15, errors=False)
    for k in range(10):
        flight.write(k)
        if k == 9:
            flight.memory[TimeSection]["t_ns"] += 20_000_000
        flight.sense.step()
        flight.estimator.step()
    lead = (Rotation.from_quat(flight.memory[AttitudeSection]["q_bi"]).inv() * flight.truth[9]).as_rotvec()
    np.testing.assert_allclose(lead, -flight.rate[9] * 0.02, atol=2e-5)


def test_sections_and_kernels_agree_on_names():
    """The history and the calibration are sections written by the estimator alone."""
    assert {cls.writer for cls in (AttitudeSection, EstimatorHistorySection, MagCalibrationSection)} == {"estimate"}
    assert NavigationSection.writer != "estimate"


def test_a_latency_beyond_the_history_is_a_typed_error():
    vehicle = dataclasses.replace(VEHICLE, rates=dataclasses.replace(VEHICLE.rates, base_hz=100))
    with pytest.raises(FilterError, match=r"latency_s is 0.15: expected at most 0.14 s"):
        Estimator(Memory(), vehicle)


def test_gates_have_the_declared_probability():
    """Honest innovations are refused as often as the vehicle file says: lower the gate and count."""
    vehicle = dataclasses.replace(ALIGNED, estimation=dataclasses.replace(VEHICLE.estimation, gate_probability=0.95))
    flight = Flight(vehicle, slew_profile(6000, []), seed=16)
    fly(flight, 6000)
    attitude = flight.memory[AttitudeSection]
    total = int(attitude["str_accepted"] + attitude["str_rejected"])
    low, high = chi2.ppf([1e-4, 1 - 1e-4], 2 * 0.05 * total) / 2
    assert low < attitude["str_rejected"] < high * 1.3
