"""Streams and switches that all devices share."""

import zlib

import numpy as np
import pytest

from hal.vehicle.load import load_vehicle
from sim.devices.gyro._gyro import Gyro
from sim.devices.magnetometer._magnetometer import Magnetometer

VEHICLE = load_vehicle()


def test_stream_is_numpys_pcg64_seeded_by_run_and_name():
    """The first turn-on values are what NumPy's own Generator draws for this seed and name."""
    mag = Magnetometer(VEHICLE.device("magnetometer"), 7)
    seed = np.random.SeedSequence([7, zlib.crc32(b"magnetometer")])
    drawn = np.random.Generator(np.random.PCG64(seed)).standard_normal((3, 4))
    assert mag.hard_iron_s_tesla == tuple(VEHICLE.device("magnetometer").hard_iron_sigma_tesla * drawn[:, 0])
    np.testing.assert_array_equal(mag.soft_iron_s, VEHICLE.device("magnetometer").soft_iron_sigma * drawn[:, 1:])


def test_a_device_does_not_shift_another(helpers):
    """The magnetometer's numbers are the same whether or not a gyro draws in between."""
    alone, beside = Magnetometer(VEHICLE.device("magnetometer"), 3), Magnetometer(VEHICLE.device("magnetometer"), 3)
    gyro = Gyro(VEHICLE.device("gyro"), 3)
    for k in range(50):
        truth = helpers.truth(t_ns=k * 10**8, mag_b_tesla=[2e-5, 1e-5, -3e-5])
        gyro.read(truth)
        assert beside.read(truth) == alone.read(truth)


def test_names_and_seeds_give_different_streams(helpers):
    truth = helpers.truth(mag_b_tesla=[2e-5, 1e-5, -3e-5])
    spec = VEHICLE.device("magnetometer")
    readings = [Magnetometer(spec, 1).read(truth), Magnetometer(spec, 2).read(truth),
                Magnetometer(spec, 1, name="second").read(truth)]  # fmt: skip
    assert len({tuple(r) for r in readings}) == 3


def test_switching_one_error_off_leaves_the_others_numbers(helpers):
    """With hard iron off, readings differ by exactly the hard iron (in counts, up to rounding)."""
    full, partial = Magnetometer(VEHICLE.device("magnetometer"), 5), Magnetometer(VEHICLE.device("magnetometer"), 5)
    partial.switch("hard_iron", False)
    assert partial.switches == {"hard_iron": False, "soft_iron": True, "noise": True, "torquer_coupling": True}
    expected = np.array(full.hard_iron_s_tesla) / VEHICLE.device("magnetometer").count_tesla
    for _ in range(100):
        truth = helpers.truth(mag_b_tesla=[2e-5, 1e-5, -3e-5])
        np.testing.assert_allclose(np.subtract(full.read(truth), partial.read(truth)), expected, atol=1.0)


def test_unknown_error_source_is_refused():
    gyro = Gyro(VEHICLE.device("gyro"), 1)
    with pytest.raises(KeyError, match=r"gyro has no error source 'drift': expected one of bias, angle_random_walk"):
        gyro.switch("drift", True)


def test_a_record_of_another_size_is_refused():
    with pytest.raises(ValueError, match="record of 8 octets: expected"):
        Gyro(VEHICLE.device("gyro"), 1).read(np.zeros(1))
