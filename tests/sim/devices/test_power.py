"""Battery, arrays and loads against energy and circuit equations."""

import dataclasses
import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from hal.vehicle.load import load_vehicle
from hal.wire import EpsSwitch
from sim.devices.power._power import Power
from sim.devices.reaction_wheels._wheels import Wheels

SPEC = load_vehicle().device("power")
CURVE_X = np.linspace(0, 1, 11)
CURVE_Y = np.array([0.0, 0.36, 0.47, 0.53, 0.57, 0.62, 0.69, 0.78, 0.86, 0.92, 1.0])


def dark(helpers, **values):
    return helpers.truth(sunlit=0.0, **values)


def open_circuit_v(soc):
    return SPEC.voltage_empty_v + (SPEC.voltage_full_v - SPEC.voltage_empty_v) * np.interp(soc, CURVE_X, CURVE_Y)


def test_loads_follow_their_switches(helpers):
    power = Power(SPEC, 4, 1)
    base = SPEC.base_load_w
    loads = {
        EpsSwitch(0): base,
        EpsSwitch.RADIO_TX: base + SPEC.radio_load_w,
        EpsSwitch.PAYLOAD: base + SPEC.payload_load_w,
        EpsSwitch.WHEELS: base + 4 * SPEC.wheel_load_w,
    }
    for switches, expected in loads.items():
        power.step(0.1, dark(helpers), switches)
        assert power.load_power_w == pytest.approx(expected)
    power.step(0.1, dark(helpers), 0, 1.5)
    assert power.load_power_w == pytest.approx(base + 1.5)


def test_a_wheel_draws_its_shaft_power_and_returns_none_when_braking(helpers):
    power = Power(SPEC, 4, 1)
    truth = dark(helpers, wheel_torque_nm=[1e-3, -1e-3, 2e-3, 0], wheel_speed_radps=[300, 300, -100, 50])
    power.step(0.1, truth, switched_w=Wheels(load_vehicle().units("reaction_wheels"), 1).shaft_loads_w(truth))
    assert power.load_power_w == pytest.approx(SPEC.base_load_w + 0.3)


def test_array_power_is_cosine_and_eclipse(helpers):
    power = Power(SPEC, 4, 1)
    sun_b = np.array([0.2, 0.9, -0.4]) / np.linalg.norm([0.2, 0.9, -0.4])
    for sunlit in (1.0, 0.3, 0.0):
        power.step(0.1, helpers.truth(sun_b=sun_b, sunlit=sunlit))
        expected = sum(a.power_w * max(0.0, float(np.dot(a.normal_b, sun_b))) for a in SPEC.arrays) * sunlit
        assert power.array_power_w == pytest.approx(expected)


def test_terminal_voltage_and_current_satisfy_the_circuit(helpers):
    """P = V I and V = V_oc + R I, charging and discharging."""
    for sunlit in (0.0, 1.0):
        power = Power(SPEC, 4, 1)
        power.step(1e-6, helpers.truth(sun_b=[0, 1, 0], sunlit=sunlit), EpsSwitch.WHEELS)
        net = power.array_power_w - power.load_power_w
        assert (net > 0) is (sunlit > 0)
        assert power.bus_voltage_v * power.battery_current_a == pytest.approx(net, rel=1e-9)
        voltage = open_circuit_v(SPEC.initial_state_of_charge) + SPEC.internal_resistance_ohm * power.battery_current_a
        assert power.bus_voltage_v == pytest.approx(voltage, rel=1e-9)


def test_a_full_battery_holds_the_declared_energy(helpers):
    """Slow discharge from full to empty over a small resistance delivers the declared watt-hours."""
    spec = dataclasses.replace(SPEC, initial_state_of_charge=1.0, internal_resistance_ohm=0.0, base_load_w=10.0)
    power = Power(spec, 0, 1)
    truth = dark(helpers)
    seconds = 0
    while power.state_of_charge > 0.0:
        power.step(10.0, truth)
        seconds += 10
    assert 10.0 * seconds / 3600 == pytest.approx(SPEC.capacity_wh, rel=2e-3)


def test_discharge_agrees_with_an_independent_integration(helpers):
    """A whole eclipse at 9.4 W, against SciPy's integration of the same circuit."""
    power = Power(SPEC, 4, 1)
    load = SPEC.base_load_w + 4 * SPEC.wheel_load_w

    def rate(_, y):
        v = open_circuit_v(y[0])
        r = SPEC.internal_resistance_ohm
        return [(-v + math.sqrt(v * v - 4 * r * load)) / (2 * r) / power.capacity_as]

    truth = dark(helpers)
    for _ in range(21000):
        power.step(0.1, truth, EpsSwitch.WHEELS)
    expected = solve_ivp(rate, (0, 2100), [SPEC.initial_state_of_charge], rtol=1e-9, atol=1e-12).y[0, -1]
    assert power.state_of_charge == pytest.approx(expected, abs=1e-5)


def test_charging_stores_the_declared_share(helpers):
    def stored(efficiency):
        power = Power(dataclasses.replace(SPEC, charge_efficiency=efficiency), 4, 1)
        power.step(100.0, helpers.truth(sun_b=[0, 1, 0]))
        return power.state_of_charge - SPEC.initial_state_of_charge

    assert stored(0.8) / stored(1.0) == pytest.approx(0.8, rel=1e-9)


def test_a_full_battery_shunts_the_arrays(helpers):
    power = Power(dataclasses.replace(SPEC, initial_state_of_charge=1.0), 4, 1)
    power.step(10.0, helpers.truth(sun_b=[0, 1, 0]))
    assert power.state_of_charge == 1.0
    assert power.battery_current_a == 0.0
    assert power.array_power_w == power.load_power_w


def test_an_overloaded_battery_gives_its_largest_power_and_ends_empty(helpers):
    power = Power(dataclasses.replace(SPEC, initial_state_of_charge=0.01, internal_resistance_ohm=20.0), 4, 1)
    truth = dark(helpers)
    for _ in range(10000):
        power.step(1.0, truth)
    assert power.state_of_charge == 0.0
    assert power.bus_voltage_v == pytest.approx(SPEC.voltage_empty_v / 2)


def test_temperature_settles_where_losses_equal_conduction(helpers):
    power = Power(dataclasses.replace(SPEC, capacity_wh=1e9), 4, 1)
    truth = helpers.truth(sun_b=[0, 1, 0])
    for _ in range(30000):
        power.step(1.0, truth)
    current, resistance = power.battery_current_a, SPEC.internal_resistance_ohm
    heat = resistance * current**2 + (1 - SPEC.charge_efficiency) * current * open_circuit_v(power.state_of_charge)
    assert power.temperature_k == pytest.approx(288.15 + heat / 0.3, abs=0.01)


def test_gauge_counts(helpers):
    """Gauges report the circuit's values in counts."""
    power = Power(SPEC, 4, 6, helpers.only(Power))
    power.step(0.1, dark(helpers))
    read = power.read()
    assert read == {
        "bus_mv": round(power.bus_voltage_v * 1e3), "battery_ma": round(power.battery_current_a * 1e3), "array_cw": 0,
        "load_cw": round(power.load_power_w * 1e2), "soc_counts": round(power.state_of_charge * 1e4),
        "temperature_ck": round(power.temperature_k * 1e2),
    }  # fmt: skip


def test_gauge_error_is_constant_and_has_the_declared_spread(helpers):
    errors = []
    for seed in range(1000):
        power = Power(SPEC, 4, seed)
        errors.append(power.read()["soc_counts"] * 1e-4 - power.state_of_charge)
        assert power.read()["soc_counts"] * 1e-4 - power.state_of_charge == errors[-1]
    variance = SPEC.gauge_sigma**2 + 1e-8 / 12
    assert np.mean(np.square(errors)) / variance == pytest.approx(1.0, abs=5 * math.sqrt(2 / 1000))
