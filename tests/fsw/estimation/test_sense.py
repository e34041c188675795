"""Mountings, the coarse Sun vector and validity, against geometry written out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from fsw.estimation.sections import BodySection, MagCalibrationSection
from fsw.estimation.sense import Sense, sun_solutions
from hal.vehicle.load import load_vehicle
from tests.fsw.estimation.attitude_truth import Memory
from tests.fsw.sections import SamplesSection

VEHICLE = load_vehicle()
NORMALS = np.array([cell.normal_b for cell in VEHICLE.units("coarse_sun_sensors")])


@pytest.fixture
def bench():
    memory = Memory()
    sense = Sense(memory, VEHICLE)
    samples = memory[SamplesSection]
    for name in ("gyro", "magnetometer", "sun_sensors", "wheels", "star_tracker"):
        samples[name]["new"] = samples[name]["valid"] = 1
        samples[name]["t_ns"] = 700_000_000
    samples["gyro"]["dt_ns"] = 100_000_000
    samples["star_tracker"]["q_si"] = [0, 0, 0, 1]
    return sense, samples, memory[BodySection], memory


def test_gyro_mounting_sign(bench):
    """The gyro's x axis lies on body y: a positive turn about sensor x is one about body +y; sensor y is body -x."""
    sense, samples, body, _ = bench
    samples["gyro"]["dtheta_s_rad"] = [1e-3, 2e-3, 3e-3]
    sense.step()
    np.testing.assert_allclose(body["dtheta_b_rad"], [-2e-3, 1e-3, 3e-3], atol=1e-18)
    np.testing.assert_allclose(body["rate_bi_b_radps"], [-2e-2, 1e-2, 3e-2], atol=1e-17)
    assert (body["gyro_valid"], body["gyro_t_ns"], body["gyro_dt_s"]) == (1, 700_000_000, 0.1)


def test_magnetometer_mounting_sign(bench):
    """The magnetometer's y axis lies on body z, its z axis on body -y."""
    sense, samples, body, _ = bench
    samples["magnetometer"]["mag_s_tesla"] = [1e-5, 2e-5, 3e-5]
    sense.step()
    np.testing.assert_allclose(body["mag_b_tesla"], [1e-5, -3e-5, 2e-5], atol=1e-20)


def test_magnetometer_correction_is_applied_in_body_axes(bench):
    sense, samples, body, memory = bench
    correction = memory[MagCalibrationSection]["correction_b_tesla"]
    correction[:] = np.arange(12).reshape(3, 4) * 1e-8
    samples["magnetometer"]["mag_s_tesla"] = [1e-5, 2e-5, 3e-5]
    sense.step()
    measured = np.array([1e-5, -3e-5, 2e-5])
    np.testing.assert_allclose(body["mag_b_tesla"], measured + correction @ np.append(1.0, measured / 4e-5), rtol=1e-13)


def test_star_tracker_mounting_sign(bench):
    """The boresight (sensor +z) points 10 deg from body -z towards -y; the tracker sees it where it looks."""
    sense, samples, body, _ = bench
    boresight_b = np.array([0.0, -np.sin(np.radians(10)), -np.cos(np.radians(10))])
    truth = Rotation.from_rotvec([0.3, -0.7, 1.1])  # body axes in inertial axes
    # sensor axes in body axes: x stays, z on the boresight
    sensor = Rotation.from_matrix(np.stack([[1.0, 0, 0], np.cross(boresight_b, [1.0, 0, 0]), boresight_b], 1))
    samples["star_tracker"]["q_si"] = -(truth * sensor).as_quat() * 1.001
    sense.step()
    assert body["str_valid"] == 1
    assert abs(body["q_bi_str"] @ truth.as_quat()) == pytest.approx(1.0, abs=1e-12)


def test_wheel_momentum_sums_the_wheels(bench):
    sense, samples, body, _ = bench
    samples["wheels"]["speed_radps"] = [100.0, 0.0, 0.0, 50.0]
    sense.step()
    axis, inertia = 1 / np.sqrt(3), VEHICLE.units("reaction_wheels")[0].inertia_kgm2
    np.testing.assert_allclose(
        body["wheel_momentum_b_nms"], axis * inertia * np.array([100 + 50, 100 - 50, 100 + 50]), rtol=1e-12
    )
    samples["wheels"]["valid"] = 0
    sense.step()
    assert body["wheels_valid"] == 0


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_sun_vector_without_earth_light_is_good_to_its_noise(seed):
    rng = np.random.default_rng(seed)
    memory = Memory()
    sense = Sense(memory, VEHICLE)
    sun_b = rng.standard_normal(3)
    sun_b /= np.linalg.norm(sun_b)
    css = memory[SamplesSection]["sun_sensors"]
    css["new"] = css["valid"] = 1
    css["ratio"] = np.clip(NORMALS @ sun_b, 0, None) + 0.01 * rng.random(6)
    sense.step()
    body = memory[BodySection]
    assert body["sun_valid"] == 1
    assert body["sun_strength"] == pytest.approx(1.0, abs=0.05)
    assert np.degrees(np.arccos(min(1.0, body["sun_b"] @ sun_b))) < 9.0  # cells below the threshold are left out


def test_cells_lit_by_the_earth_alone_are_left_out(bench):
    """The Sun on +x and +z, the Earth on -z and -y: only the sunlit cells count."""
    sense, samples, body, _ = bench
    samples["sun_sensors"]["ratio"] = [0.8, 0.0, 0.0, 0.12, 0.6, 0.25]
    sense.step()
    assert body["sun_valid"] == 1
    assert body["sun_b"] @ np.array([0.8, 0.0, 0.6]) > np.cos(np.radians(8))
    assert body["sun_b"][2] > 0.58


@pytest.mark.parametrize("ratio", [[0.0] * 6, [0, 0, 0, 0, 0.3, 0.05], [0.05] * 6, [1.2, 0, 1.2, 0, 1.2, 0]])
def test_eclipse_earth_light_and_impossible_light_give_no_sun(bench, ratio):
    sense, samples, body, _ = bench
    samples["sun_sensors"]["ratio"] = ratio
    sense.step()
    assert body["sun_valid"] == 0


def test_one_lit_cell_is_enough_only_when_dark_cells_watch_the_rest():
    """Six faces: one lit cell fixes the Sun. Without the cells across, it does not."""
    noise = np.full(6, 0.01)
    inverse, usable = sun_solutions(NORMALS, noise)
    assert usable[0b000001] == 1
    np.testing.assert_allclose(inverse[0b000001] @ [1, 0, 0, 0, 0, 0], [1, 0, 0], atol=1e-12)
    assert usable[0] == 0
    _, without = sun_solutions(NORMALS[[0, 1, 2, 4]], noise[:4])  # no -y, no -z
    assert without[0b0001] == 0
    assert without[0b1101] == 1


def test_only_new_valid_and_finite_samples_count(bench):
    sense, samples, body, _ = bench
    names = (("gyro", "gyro"), ("magnetometer", "mag"), ("sun_sensors", "sun"), ("star_tracker", "str"))
    samples["sun_sensors"]["ratio"] = [1, 0, 0, 0, 0, 0]
    sense.step()
    assert [body[f"{out}_valid"] for _, out in names] == [1, 1, 1, 1]
    for flag in ("new", "valid"):
        for name, out in names:
            samples[name][flag] = 0
            sense.step()
            assert body[f"{out}_valid"] == 0
            samples[name][flag] = 1
    for name, out, key in (
        ("gyro", "gyro", "dtheta_s_rad"),
        ("magnetometer", "mag", "mag_s_tesla"),
        ("sun_sensors", "sun", "ratio"),
        ("star_tracker", "str", "q_si"),
    ):
        then = samples[name][key].copy()
        samples[name][key][1] = np.nan
        sense.step()
        assert body[f"{out}_valid"] == 0
        samples[name][key] = then
    samples["star_tracker"]["q_si"] = 0.0
    samples["gyro"]["dt_ns"] = 0
    sense.step()
    assert body["str_valid"] == 0
    assert body["gyro_valid"] == 0
    assert np.isfinite(body["dtheta_b_rad"]).all()


def test_a_vehicle_with_three_wheels_and_cells_is_served():
    vehicle = VEHICLE.changed("wheels", units=VEHICLE.units("reaction_wheels")[:3]).changed(
        "sun_sensors", units=VEHICLE.units("coarse_sun_sensors")[::2]
    )
    memory = Memory()
    samples = memory[SamplesSection]
    samples["wheels"]["valid"] = samples["sun_sensors"]["new"] = samples["sun_sensors"]["valid"] = 1
    samples["wheels"]["speed_radps"] = [0.0, 0.0, 0.0, 1e6]
    samples["sun_sensors"]["ratio"] = [0.6, 0.48, 0.64, 9.0, 9.0, 9.0]
    Sense(memory, vehicle).step()
    np.testing.assert_array_equal(memory[BodySection]["wheel_momentum_b_nms"], 0.0)
    np.testing.assert_allclose(memory[BodySection]["sun_b"], [0.6, 0.48, 0.64], atol=1e-12)
