"""Torquers and wheel electronics."""

import numpy as np
import pytest

from hal.vehicle.load import load_vehicle
from sim.devices.magnetorquers._torquers import Torquers
from sim.devices.reaction_wheels._wheels import Wheels

VEHICLE = load_vehicle()
UNITS = VEHICLE.device("torquers").units


def test_dipole_is_counts_along_each_axis(helpers):
    torquers = Torquers(VEHICLE.device("torquers"), 1, helpers.only(Torquers))
    torquers.command([100, -200, 300])
    expected = sum(n * u.dipole_count_am2 * np.array(u.axis_b) for n, u in zip((100, -200, 300), UNITS, strict=True))
    np.testing.assert_allclose(torquers.dipole_driven_b_am2, expected, rtol=1e-12)
    assert torquers.dipole_residual_b_am2 == (0.0, 0.0, 0.0)


def test_a_torquer_saturates_at_its_largest_dipole(helpers):
    torquers = Torquers(VEHICLE.device("torquers"), 1, helpers.only(Torquers, "saturation"))
    torquers.command([32767, -32768, 0])
    np.testing.assert_allclose(torquers.dipole_driven_b_am2, [0.4, -0.4, 0.0], rtol=1e-12)
    torquers.switch("saturation", False)
    torquers.command([32767, -32768, 0])
    np.testing.assert_allclose(torquers.dipole_driven_b_am2, [0.65534, -0.65536, 0.0], rtol=1e-12)


def test_a_share_of_the_last_dipole_stays(helpers):
    torquers = Torquers(VEHICLE.device("torquers"), 1, helpers.only(Torquers, "residual"))
    torquers.command([10000, 0, -5000])
    expected = UNITS[0].residual_fraction * np.array(torquers.dipole_driven_b_am2)
    np.testing.assert_allclose(torquers.dipole_residual_b_am2, expected, rtol=1e-12)
    torquers.command([0, 0, 0])  # idle: the residual stays, whether or not the others are driven
    np.testing.assert_allclose(torquers.dipole_residual_b_am2, expected, rtol=1e-12)
    np.testing.assert_allclose(torquers.dipole_driven_b_am2, expected, rtol=1e-12)
    torquers.command([-20000, 0, 0])
    expected = UNITS[0].residual_fraction * np.array([-0.4, 0.0, -0.1])
    np.testing.assert_allclose(torquers.dipole_residual_b_am2, expected, rtol=1e-12)
    np.testing.assert_allclose(torquers.dipole_driven_b_am2, [-0.4, 0.0, expected[2]], rtol=1e-12)


def test_power_grows_with_the_square_of_the_dipole():
    torquers = Torquers(VEHICLE.device("torquers"), 1)
    torquers.command([20000, 10000, 0])
    assert torquers.drive_power_w == pytest.approx(UNITS[0].power_w + UNITS[1].power_w / 4)


def test_wheel_torque_is_counts_and_needs_power():
    wheels = Wheels(VEHICLE.units("reaction_wheels"), 1)
    counts = [1, -2, 20000, 30000]
    expected = [n * w.torque_count_nm for n, w in zip(counts, VEHICLE.units("reaction_wheels"), strict=True)]
    assert wheels.torques(counts) == pytest.approx(expected, rel=1e-12)
    assert wheels.torques(counts, powered=False) == [0.0] * 4


def test_tachometer_rounds_to_counts_and_saturates(helpers):
    wheels = Wheels(VEHICLE.units("reaction_wheels"), 1)
    truth = helpers.truth(wheel_speed_radps=[0.024, -0.026, 612.37, -1e6])
    assert wheels.read(truth) == [0, -1, 12247, -32768]


def test_absent_wheels_are_left_out(helpers):
    wheels = Wheels(VEHICLE.units("reaction_wheels")[:3], 1)
    assert len(wheels.read(helpers.truth())) == 3
    assert len(wheels.torques([5, 5, 5, 5])) == 3
