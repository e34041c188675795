"""Magnetometer errors, each against a case of its own."""

import math

import numpy as np
import pytest

from hal.vehicle.load import load_vehicle
from sim.devices.magnetometer._magnetometer import Magnetometer

SPEC = load_vehicle().device("magnetometer")
LSB = SPEC.count_tesla
FIELD_B = np.array([2.1e-5, -1.3e-5, 3.7e-5])


def many(device, truth, n, **kwargs):
    return np.array([device.read(truth, **kwargs) for _ in range(n)]) * LSB


def test_without_errors_it_reads_the_field_in_its_frame(helpers):
    """The reference mounting: sensor y on body z, sensor z on body -y."""
    reading = many(Magnetometer(SPEC, 1, helpers.only(Magnetometer)), helpers.truth(mag_b_tesla=FIELD_B), 1)[0]
    np.testing.assert_allclose(reading, [FIELD_B[0], FIELD_B[2], -FIELD_B[1]], atol=0.5001 * LSB)


def test_noise_is_white_with_the_declared_sigma(helpers):
    device = Magnetometer(SPEC, 2, helpers.only(Magnetometer, "noise"))
    values = many(device, helpers.truth(), 20000)
    variance = SPEC.noise_tesla**2 + LSB**2 / 12  # of noise and of rounding
    assert np.mean(values**2, axis=0) / variance == pytest.approx(np.ones(3), abs=5 * math.sqrt(2 / 20000))
    lag_one = np.mean(values[1:] * values[:-1], axis=0) / variance
    assert lag_one == pytest.approx(np.zeros(3), abs=5 / math.sqrt(20000))
    cross = np.corrcoef(values.T)[np.triu_indices(3, 1)]
    assert cross == pytest.approx(np.zeros(3), abs=5 / math.sqrt(20000))


def test_hard_iron_is_added_whatever_the_field(helpers):
    device = Magnetometer(SPEC, 3, helpers.only(Magnetometer, "hard_iron"))
    for sign in (1.0, -1.0):
        reading = many(device, helpers.truth(mag_b_tesla=sign * FIELD_B), 1)[0]
        ideal = sign * np.array([FIELD_B[0], FIELD_B[2], -FIELD_B[1]])
        np.testing.assert_allclose(reading - ideal, device.hard_iron_s_tesla, atol=0.5001 * LSB)
    drawn = np.array([Magnetometer(SPEC, s).hard_iron_s_tesla for s in range(400)])
    assert np.mean(drawn**2) / SPEC.hard_iron_sigma_tesla**2 == pytest.approx(1.0, abs=5 * math.sqrt(2 / 1200))


def test_soft_iron_is_linear_in_the_field(helpers):
    device = Magnetometer(SPEC, 4, helpers.only(Magnetometer, "soft_iron"))
    ideal = np.array([FIELD_B[0], FIELD_B[2], -FIELD_B[1]])
    reading = many(device, helpers.truth(mag_b_tesla=FIELD_B), 1)[0]
    np.testing.assert_allclose(reading - ideal, np.array(device.soft_iron_s) @ ideal, atol=0.5001 * LSB)
    drawn = np.array([Magnetometer(SPEC, s).soft_iron_s for s in range(200)])
    assert np.mean(drawn**2) / SPEC.soft_iron_sigma**2 == pytest.approx(1.0, abs=5 * math.sqrt(2 / 1800))


def test_a_driven_torquer_couples_and_its_remanence_stays(helpers):
    """0.4 A m^2 along body +x: 2 uT at the sensor while driven, the declared share when sampled after it."""
    device = Magnetometer(SPEC, 5, helpers.only(Magnetometer, "torquer_coupling"))
    full = 0.4 * SPEC.torquer_coupling_tesla_per_am2
    driven = many(device, helpers.truth(), 1, dipole_b_am2=(0.4, 0, 0), driven=True)[0]
    np.testing.assert_allclose(driven, [full, 0, 0], atol=0.5001 * LSB)
    after = many(device, helpers.truth(), 1, dipole_b_am2=(0.4, 0, 0))[0]
    np.testing.assert_allclose(after, [SPEC.torquer_remanence_fraction * full, 0, 0], atol=0.5001 * LSB)
    device.switch("torquer_coupling", False)
    assert device.read(helpers.truth(), dipole_b_am2=(0.4, 0, 0), driven=True) == [0, 0, 0]


def test_it_saturates_at_its_range(helpers):
    device = Magnetometer(SPEC, 6, helpers.only(Magnetometer))
    reading = many(device, helpers.truth(mag_b_tesla=[9.0, -9.0, 0.0]), 1)[0]
    np.testing.assert_allclose(reading, [SPEC.range_tesla, 0.0, SPEC.range_tesla], atol=LSB)
