"""The sensor in flight: what arrives in the pool and on ground, judged on truth."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ground.link.segment import GroundSegment
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from my_device.model import rotation
from sim.mission import Mission
from sim.scenario.scenario import load_scenario

VEHICLE = Path(__file__).parents[1] / "my_device/vehicle.toml"


def mission(**options):
    return Mission(load_vehicle(VEHICLE), load_scenario(), GroundSegment, **options)


def test_the_sun_is_where_the_truth_has_it():
    """The satellite tumbles and the Sun crosses the field of view: time of validity and direction are both right."""
    flight = mission(seed=3)
    settings = flight.world.devices["my_device"].settings
    pool, truth, c_sb = flight.flight.pool, {}, rotation(settings.q_sb)
    errors = []
    for _ in range(3000):
        flight.advance(0.1)
        truth[flight.world.t_ns] = c_sb @ flight.world.truth["sun_b"]
        if pool["samples.my_device.new"] and pool["samples.my_device.valid"]:
            t_ns = pool["samples.my_device.t_ns"]
            nearest = min(truth, key=lambda t: abs(t - t_ns))
            assert abs(nearest - t_ns) <= 80_000_000  # the exchange looks once a tick
            errors.append(np.linalg.norm(np.cross(pool["samples.my_device.sun_s"], truth[nearest])))
    assert len(errors) > 100
    assert np.median(errors) < 0.01
    assert pool["samples.my_device_health.frames_bad"] == 0


def test_without_power_it_is_silent_and_comes_back():
    flight = mission(seed=3)
    flight.advance(10.0)
    assert flight.flight.pool["samples.my_device_health.silent"] == 0
    flight.world.devices["my_device"].silent = True
    flight.advance(5.0)
    assert flight.flight.pool["samples.my_device_health.silent"] == 1
    assert flight.flight.pool["samples.my_device.valid"] == 0
    flight.world.devices["my_device"].silent = False
    flight.advance(1.0)
    assert flight.flight.pool["samples.my_device_health.silent"] == 0


def test_settings_that_do_not_fit_are_one_line(tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(VEHICLE.read_text().replace("half_angle_rad = 1.05", "half_angle_rad = 2.0"))
    says = r'device\[8\] "my_device": half_angle_rad: found 2.0, expected a number > 0, < 1.5'
    with pytest.raises(SchemaError, match=says):
        Mission(load_vehicle(wrong), load_scenario(), GroundSegment)


def test_flight_imports_no_part_of_the_simulator():
    code = "import sys, my_device.driver; print([m for m in sys.modules if m.split('.')[0] in ('sim', 'ground')])"
    root = str(VEHICLE.parents[1])
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
