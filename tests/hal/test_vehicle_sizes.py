"""Satellites of other sizes than the reference: all are sound, and nothing in them is unusual."""

from __future__ import annotations

import copy
import tomllib

import pytest

from hal.schema import to_table
from hal.vehicle.load import VEHICLES, vehicle_from_table, vehicle_warnings

REFERENCE = tomllib.loads((VEHICLES / "reference.toml").read_text())
SIZES = {
    "1U": {
        "spacecraft": {"mass_kg": 1.2, "inertia": (0.0020, 0.0021, 0.0019), "area": 0.01},
        "wheels": {"inertia_kgm2": 1.5e-6, "momentum_max_nms": 1.0e-3, "torque_max_nm": 1.0e-4,
                   "friction_coulomb_nm": 2.0e-6, "friction_viscous_nms": 1.0e-9, "torque_count_nm": 1.0e-8},
        "torquers": {"dipole_max_am2": 0.05, "dipole_count_am2": 2.0e-6, "power_w": 0.15},
        "power": {"capacity_wh": 10.0, "base_load_w": 0.8, "radio_load_w": 1.5, "payload_load_w": 0.5,
                  "wheel_load_w": 0.05, "voltage_empty_v": 6.0, "voltage_full_v": 8.4},
        "arrays": 0.06, "reflex": 5e3,
    },
    "3U": {
        "spacecraft": {"mass_kg": 4.0, "inertia": (0.042, 0.041, 0.0075), "area": 0.03},
        "wheels": {"inertia_kgm2": 1.0e-5, "momentum_max_nms": 5.0e-3, "torque_max_nm": 6.0e-4,
                   "friction_coulomb_nm": 1.0e-5, "friction_viscous_nms": 1.0e-8, "torque_count_nm": 5.0e-8},
        "torquers": {"dipole_max_am2": 0.2, "dipole_count_am2": 1.0e-5, "power_w": 0.3},
        "power": {"capacity_wh": 40.0, "base_load_w": 3.0, "radio_load_w": 4.0, "wheel_load_w": 0.15},
        "arrays": 0.4, "reflex": 5e4,
    },
    "microsat of 100 kg": {
        "spacecraft": {"mass_kg": 100.0, "inertia": (8.0, 7.0, 6.0), "area": 0.6},
        "wheels": {"inertia_kgm2": 1.5e-3, "momentum_max_nms": 0.8, "torque_max_nm": 0.03,
                   "friction_coulomb_nm": 5.0e-4, "friction_viscous_nms": 3.0e-6, "torque_count_nm": 1.0e-6},
        "torquers": {"dipole_max_am2": 10.0, "dipole_count_am2": 5.0e-4, "power_w": 3.0},
        "power": {"capacity_wh": 600.0, "base_load_w": 60.0, "radio_load_w": 30.0, "payload_load_w": 60.0,
                  "wheel_load_w": 4.0, "voltage_empty_v": 24.0, "voltage_full_v": 33.6},
        "arrays": 6.0, "reflex": 4e6,
    },
    "half a ton": {
        "spacecraft": {"mass_kg": 500.0, "inertia": (180.0, 160.0, 120.0), "area": 2.5},
        "wheels": {"inertia_kgm2": 0.03, "momentum_max_nms": 12.0, "torque_max_nm": 0.1,
                   "friction_coulomb_nm": 5.0e-3, "friction_viscous_nms": 5.0e-5, "torque_count_nm": 5.0e-6},
        "torquers": {"dipole_max_am2": 140.0, "dipole_count_am2": 5.0e-3, "power_w": 6.0},
        "power": {"capacity_wh": 2000.0, "base_load_w": 200.0, "radio_load_w": 60.0, "payload_load_w": 150.0,
                  "wheel_load_w": 10.0, "voltage_empty_v": 24.0, "voltage_full_v": 33.6},
        "arrays": 12.0, "reflex": 1e8,
    },
}  # fmt: skip


def vehicle_of(size):
    """The reference with other mass, wheels, torquers and power."""
    table = copy.deepcopy(REFERENCE) | {"name": "other"}
    craft = table["spacecraft"]
    craft["mass_kg"] = size["spacecraft"]["mass_kg"]
    craft["inertia_b_kgm2"] = [[j if k == i else 0.0 for k in range(3)]
                               for i, j in enumerate(size["spacecraft"]["inertia"])]  # fmt: skip
    for face in craft["faces"]:
        face["area_m2"] = size["spacecraft"]["area"]
    devices = {device["name"]: device for device in table["device"]}
    for wheel in devices["wheels"]["unit"]:
        wheel.update(size["wheels"])
    for torquer in devices["torquers"]["unit"]:
        torquer.update(size["torquers"])
    devices["power"].update(size["power"])
    for array in devices["power"]["arrays"]:
        array["power_w"] *= size["arrays"]
    table["boards"]["adcs"]["reflex_gain_am2s_per_tesla"] = size["reflex"]
    table["control"]["slew_acceleration_max_radps2"] = 2e-4
    table["control"]["slew_rate_max_radps"] = 5e-3
    return vehicle_from_table(table, "other.toml")


@pytest.mark.parametrize("name", SIZES)
def test_satellites_of_other_sizes_are_sound_and_usual(name):
    vehicle = vehicle_of(SIZES[name])
    assert vehicle_warnings(vehicle, "other.toml") == ()
    assert vehicle_from_table(to_table(vehicle), "other.toml") == vehicle
