"""The vehicle file: every rule refuses with one line that names file, key, found and expected."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from hal import vehicle_rules
from hal.schema import SchemaError
from hal.vehicle import VEHICLES, load_vehicle, vehicle_names

REFERENCE = (VEHICLES / "reference.toml").read_text()


def refusal(tmp_path, text: str) -> str:
    """Load `text` as a vehicle file and return the one line that refuses it."""
    path = tmp_path / "broken.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(SchemaError) as error:
        load_vehicle(path)
    message = str(error.value)
    assert message.startswith("broken.toml: ")
    assert message.isprintable()
    return message.removeprefix("broken.toml: ")


def changed(old: str, new: str) -> str:
    assert old in REFERENCE
    return REFERENCE.replace(old, new, 1)


def test_the_reference_vehicle_loads_by_name_and_by_path():
    assert load_vehicle("reference") == load_vehicle(VEHICLES / "reference.toml") == load_vehicle()
    assert "reference" in vehicle_names()


def test_every_shipped_vehicle_is_sound():
    for name in vehicle_names():
        assert load_vehicle(name).name == name


def test_vehicles_are_found_from_anywhere(tmp_path):
    code = "from hal.vehicle import load_vehicle; print(load_vehicle().spacecraft.mass_kg)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "12.0"


def test_a_vehicle_that_does_not_ship_names_those_that_do():
    with pytest.raises(SchemaError, match=r"voyager: no such vehicle, expected one of: .*reference"):
        load_vehicle("voyager")


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(SchemaError, match="no such file, expected the path of an existing file"):
        load_vehicle(tmp_path / "x.toml")


def test_a_path_that_is_no_file(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(SchemaError, match="cannot be read: Is a directory"):
        load_vehicle(tmp_path / "folder.toml")


SCHEMA_CASES = [
    (
        "torque_max_nm = 0.002",
        "torque_max_mnm = 2.0",
        "wheels[0].torque_max_mnm: unknown key; did you mean torque_max_nm?",
    ),
    (
        "rate_limit_radps = 0.02618",
        "rate_limit_degps = 1.5",
        "star_tracker.rate_limit_degps: unknown key; did you mean rate_limit_radps?",
    ),
    ("mass_kg = 12.0", "mass_g = 12000.0", "spacecraft.mass_g: unknown key; did you mean mass_kg?"),
    ("mass_kg = 12.0", "weather = 1", "spacecraft.weather: unknown key; expected one of: mass_kg, inertia_b_kgm2"),
    ("[gyro]", "[gyroscope]", "gyroscope: unknown key; did you mean gyro?"),
    ("[limits]", "[[thrusters]]\nforce_n = 1.0\n[limits]", "thrusters: unknown key; "),
    (
        "[boards.adcs]",
        "[boards.payload]\nlink = 'sim://x'\n[boards.adcs]",
        "boards.payload: unknown key; expected one of: adcs, eps",
    ),
    ("mass_kg = 12.0", "", "spacecraft.mass_kg: missing, expected a number"),
    ("mass_kg = 12.0", "mass_kg = '12 kg'", "spacecraft.mass_kg: found '12 kg', expected a number"),
    ("mass_kg = 12.0", "mass_kg = true", "spacecraft.mass_kg: found True, expected a number"),
    ("mass_kg = 12.0", "mass_kg = -12.0", "spacecraft.mass_kg: found -12.0, expected a number > 0, <= 1e+06"),
    ("mass_kg = 12.0", "mass_kg = nan", "spacecraft.mass_kg: found nan, expected a number"),
    ("mass_kg = 12.0", "mass_kg = inf", "spacecraft.mass_kg: found inf, expected a number"),
    ("mass_kg = 12.0", "mass_kg = [12.0]", "spacecraft.mass_kg: found [12.0], expected a number"),
    ("base_hz = 10", "base_hz = 10.0", "rates.base_hz: found 10.0, expected an integer"),
    (
        "base_hz = 10",
        "base_hz = 99999999999999999999",
        "rates.base_hz: found an integer beyond 64 bits, expected an integer",
    ),
    ("base_hz = 10", "base_hz = 2020-01-01", "rates.base_hz: found datetime.date(2020, 1, 1), expected an integer"),
    ("duty = 0.7", "duty = 1.0", "torquers.duty: found 1.0, expected a number > 0, <= 0.95"),
    (
        "residual_dipole_b_am2 = [0.003, -0.002, 0.004]",
        "residual_dipole_b_am2 = [0.003, -0.002]",
        "spacecraft.residual_dipole_b_am2: found [0.003, -0.002], expected 3 numbers",
    ),
    ("[0.0, 0.0, 0.06]]", "[0.0, 0.06]]", "spacecraft.inertia_b_kgm2[2]: found [0.0, 0.06], expected 3 numbers"),
    (
        "q_sb = [0.9961946980917455, 0.0, 0.0, 0.08715574274765817]",
        "q_sb = [1.0, 0.0, 0.0, 0.0872]",
        "star_tracker.q_sb: found [1.0, 0.0, 0.0, 0.0872] of norm 1.003795, expected 4 numbers of unit norm",
    ),
    ('link = "sim://adcs"', "link = 7", "boards.adcs.link: found 7, expected a text"),
    ('link = "sim://adcs"', 'link = "sim://adcs"\nstimulus = 7', "boards.adcs.stimulus: found 7, expected a text"),
    ("rs_interleave = 5", "rs_interleave = 6", "radio.rs_interleave: found 6, expected one of: 1, 2, 3, 4, 5, 8"),
    ("[orbit]", "[orbit", "not TOML: "),
    ('name = "reference"', '"a\\nb" = 1', "a\\nb: unknown key; "),
]


@pytest.mark.parametrize(("old", "new", "says"), SCHEMA_CASES, ids=[c[2][:50] for c in SCHEMA_CASES])
def test_schema(tmp_path, old, new, says):
    assert refusal(tmp_path, changed(old, new)).startswith(says)


INERTIA = "[[0.17, 0.0, 0.0], [0.0, 0.13, 0.0], [0.0, 0.0, 0.06]]"
OUTSIDE = """
[[application]]
name = "watch"
entry = "p.a:Watch"
hz = 2
with = { a = 1 }
[[unit]]
name = "fine"
link = "loop://fine"
driver = "p.d:Driver"
[limits]
"""
RULE_CASES = [
    (
        vehicle_rules.name,
        'name = "reference"',
        'name = "My Satellite"',
        "name: found 'My Satellite', expected lower-case",
    ),
    (
        vehicle_rules.inertia,
        INERTIA,
        "[[0.17, 0.01, 0.0], [0.0, 0.13, 0.0], [0.0, 0.0, 0.06]]",
        "spacecraft.inertia_b_kgm2: found a matrix that is not symmetric, expected a symmetric matrix",
    ),
    (
        vehicle_rules.inertia,
        INERTIA,
        "[[0.17, 0.0, 0.0], [0.0, 0.13, 0.0], [0.0, 0.0, -0.06]]",
        "spacecraft.inertia_b_kgm2: found principal moments -0.06, 0.13, 0.17, expected all > 0",
    ),
    (
        vehicle_rules.inertia,
        INERTIA,
        "[[0.17, 0.16, 0.0], [0.16, 0.13, 0.0], [0.0, 0.0, 0.06]]",
        "spacecraft.inertia_b_kgm2: found principal moments -0.0112",
    ),
    (
        vehicle_rules.inertia,
        INERTIA,
        "[[0.20, 0.0, 0.0], [0.0, 0.13, 0.0], [0.0, 0.0, 0.06]]",
        "spacecraft.inertia_b_kgm2: found principal moments 0.06, 0.13, 0.2, expected the largest at most 0.19",
    ),
    (
        vehicle_rules.faces,
        "specular = 0.2, diffuse = 0.2",
        "specular = 0.7, diffuse = 0.6",
        "spacecraft.faces[0]: found specular + diffuse = 1.3, expected <= 1",
    ),
    (
        vehicle_rules.actuator_axes,
        "axis_b = [1.0, 0.0, 0.0]",
        "axis_b = [0.0, 1.0, 0.0]",
        "torquers.units: found axes whose least singular value is 0, expected >= 0.1: span 3 axes",
    ),
    (vehicle_rules.rates, "base_hz = 10", "base_hz = 30", "rates.base_hz: found 30, expected a divisor of 1000"),
    (
        vehicle_rules.rates,
        "navigation_hz = 1",
        "navigation_hz = 3",
        "rates.navigation_hz: found 3, expected a divisor of rates.base_hz = 10",
    ),
    (vehicle_rules.rates, "slow_hz = 1", "slow_hz = 4", "rates.slow_hz: found 4, expected a divisor"),
    (vehicle_rules.rates, "rate_hz = 5", "rate_hz = 20", "star_tracker.rate_hz: found 20, expected a divisor"),
    (
        vehicle_rules.boards,
        "period_ms = 100\n",
        "period_ms = 150\n",
        "boards.adcs.period_ms: found 150, expected a multiple of the tick, 100 ms",
    ),
    (
        vehicle_rules.boards,
        "command_timeout_ms = 1000\n",
        "command_timeout_ms = 100\n",
        "boards.adcs.command_timeout_ms: found 100, expected > period_ms = 100",
    ),
    (
        vehicle_rules.boards,
        "watchdog_ms = 2500",
        "watchdog_ms = 500",
        "boards.eps.watchdog_ms: found 500, expected > period_ms",
    ),
    (
        vehicle_rules.boards,
        "watchdog_ms = 2500",
        "watchdog_ms = 65536",
        "boards.eps.watchdog_ms: found 65536, expected <= 65535",
    ),
    (
        vehicle_rules.boards,
        "response_deadline_ms = 40",
        "response_deadline_ms = 100",
        "boards.adcs.response_deadline_ms: found 100, expected < the tick, 100 ms",
    ),
    (
        vehicle_rules.boards,
        "board_silent_s = 5.0",
        "board_silent_s = 0.5",
        "limits.board_silent_s: found 0.5, expected > boards.eps.period_ms = 1000",
    ),
    (
        vehicle_rules.links,
        'link = "sim://eps"',
        'link = "pigeon://eps"',
        "boards.eps.link: found 'pigeon://eps', expected loop://... or qemu://... or replay://... or serial://... "
        "or sim://... or spy://... or step://... or tcp://...",
    ),
    (vehicle_rules.links, 'link = "sim://gnss"', 'link = "gnss"', "gnss.link: found 'gnss', expected loop://..."),
    (
        vehicle_rules.links,
        'link = "sim://eps"',
        'link = "serial:///dev/ttyACM0"\nstimulus = "serial:///dev/ttyACM0"',
        "boards.eps.stimulus: found 'serial:///dev/ttyACM0', expected a link of its own, not that of boards.eps.link",
    ),
    (
        vehicle_rules.links,
        'link = "sim://eps"',
        'link = "tcp://bench"',
        "boards.eps.link: found 'tcp://bench', expected a link: tcp://bench: found port 'bench'",
    ),
    (
        vehicle_rules.links,
        'link = "sim://eps"',
        'link = "spy://eps.spy?link=pigeon://eps"',
        "boards.eps.link: found 'spy://eps.spy?link=pigeon://eps', expected a link: pigeon://eps: unknown link scheme",
    ),
    (
        vehicle_rules.links,
        'link = "sim://eps"',
        'link = "spy://eps.spy?link=sim://adcs"',
        "boards.eps.link: found 'spy://eps.spy?link=sim://adcs', expected a link of its own, not that of boards.adcs",
    ),
    (
        vehicle_rules.links,
        'link = "sim://gnss"',
        'link = "replay://a.ssr"',
        "gnss.link: found 'replay://a.ssr', expected a link: replay://a.ssr: no link of the recording",
    ),
    (
        vehicle_rules.links,
        'link = "sim://gnss"',
        'link = "sim://str"',
        "gnss.link: found 'sim://str', expected a link of its own, not that of star_tracker.link",
    ),
    (
        vehicle_rules.counts,
        "count_tesla = 4.0e-9",
        "count_tesla = 1.0e-9",
        "magnetometer.count_tesla: found 1e-09, expected >= 3.662e-09, so that 0.00012 fits 32767 counts",
    ),
    (
        vehicle_rules.counts,
        "torque_count_nm = 1.0e-7",
        "torque_count_nm = 1.0e-8",
        "wheels[0].torque_count_nm: found 1e-08, expected >=",
    ),
    (
        vehicle_rules.counts,
        "speed_count_radps = 0.05",
        "speed_count_radps = 0.01",
        "wheels[0].speed_count_radps: found 0.01, expected >=",
    ),
    (
        vehicle_rules.counts,
        "dipole_count_am2 = 2.0e-5",
        "dipole_count_am2 = 1.0",
        "torquers.units[0].dipole_count_am2: found 1, expected <= 0.4",
    ),
    (vehicle_rules.counts, "count = 2.5e-4", "count = 1e-6", "sun_sensors[0].count: found 1e-06, expected >="),
    (vehicle_rules.orbit, "0  9993", "0  9994", "orbit.tle[0]: found checksum 4, expected 3"),
    (vehicle_rules.orbit, "2 43194", "2 43195", "orbit.tle[1]: found checksum 3, expected 4"),
    (
        vehicle_rules.power,
        "voltage_full_v = 16.8",
        "voltage_full_v = 11.0",
        "power.voltage_full_v: found 11, expected > voltage_empty_v = 12",
    ),
    (
        vehicle_rules.power,
        "initial_state_of_charge = 0.75",
        "initial_state_of_charge = 0.2",
        "power.initial_state_of_charge: found 0.2, expected > limits.safe_state_of_charge = 0.25",
    ),
    (
        vehicle_rules.radio,
        "farm_window = 10",
        "farm_window = 11",
        "radio.farm_window: found 11, expected an even number",
    ),
    (
        vehicle_rules.radio,
        "event_vcid = 1",
        "event_vcid = 0",
        "radio.event_vcid: found 0, expected another than housekeeping_vcid",
    ),
    (
        vehicle_rules.limits,
        "detumble_exit_radps = 0.0175",
        "detumble_exit_radps = 0.3",
        "control.detumble_exit_radps: found 0.3, expected < limits.safe_rate_radps = 0.26",
    ),
    (
        vehicle_rules.limits,
        "slew_rate_max_radps = 0.0175",
        "slew_rate_max_radps = 0.3",
        "control.slew_rate_max_radps: found 0.3",
    ),
    (
        vehicle_rules.limits,
        "range_radps = 5.2",
        "range_radps = 0.2",
        "limits.safe_rate_radps: found 0.26, expected < gyro.range_radps",
    ),
    (
        vehicle_rules.limits,
        "bandwidth_radps = 0.10",
        "bandwidth_radps = 40.0",
        "control.bandwidth_radps: found 40, expected < 31.42",
    ),
    (
        vehicle_rules.restart,
        "checkpoint_period_s = 10.0",
        "checkpoint_period_s = 10.5",
        "restart.checkpoint_period_s: found 10.5, expected a multiple of 1/1 s, the slow ticks",
    ),
    (
        vehicle_rules.restart,
        "heartbeat_silent_s = 2.0",
        "heartbeat_silent_s = 0.1",
        "restart.heartbeat_silent_s: found 0.1, expected >= 0.2, two ticks",
    ),
    (
        vehicle_rules.restart,
        "deaths_to_cold = 4",
        "deaths_to_cold = 2",
        "restart.deaths_to_cold: found 2, expected > deaths_to_snapshot = 2",
    ),
    (
        vehicle_rules.monitors,
        'name = "bus_voltage" ',
        'name = "battery_hot" ',
        "monitor[3].name: found 'battery_hot' again, expected a name of its own",
    ),
    (
        vehicle_rules.outside,
        "[limits]",
        OUTSIDE.replace('name = "fine"', 'name = "gnss"'),
        "unit[0].name: found 'gnss', expected a name of its own, not that of this stack",
    ),
    (
        vehicle_rules.outside,
        "[limits]",
        OUTSIDE.replace('name = "watch"', 'name = "fine"'),
        "unit[0].name: found 'fine', expected a name of its own, not that of application[0]",
    ),
    (
        vehicle_rules.outside,
        "[limits]",
        OUTSIDE.replace('name = "watch"', 'name = "Watch"'),
        "application[0].name: found 'Watch', expected lower-case letters",
    ),
    (
        vehicle_rules.outside,
        "[limits]",
        OUTSIDE.replace("p.a:Watch", "p.a.Watch"),
        "application[0].entry: found 'p.a.Watch', expected a class as package.module:Class",
    ),
    (
        vehicle_rules.outside,
        "[limits]",
        OUTSIDE.replace("hz = 2", "hz = 3"),
        "application[0].hz: found 3, expected a divisor of rates.base_hz = 10",
    ),
    (
        vehicle_rules.outside,
        "[limits]",
        OUTSIDE.replace("loop://fine", "sim://fine"),
        "unit[0].model: missing, expected the class of its model, since 'sim://fine' is simulated",
    ),
    (
        vehicle_rules.links,
        "[limits]",
        OUTSIDE.replace("loop://fine", "sim://gnss"),
        "unit[0].link: found 'sim://gnss', expected a link of its own, not that of gnss.link",
    ),
    (
        vehicle_rules.links,
        "[limits]",
        OUTSIDE.replace("loop://fine", "sim://radio"),
        "unit[0].link: found 'sim://radio', expected a link of its own, not that of the radio",
    ),
]


@pytest.mark.parametrize(("rule", "old", "new", "says"), RULE_CASES, ids=[c[3][:50] for c in RULE_CASES])
def test_rules(tmp_path, rule, old, new, says):
    assert refusal(tmp_path, changed(old, new)).startswith(says)


def test_every_rule_has_a_case():
    assert {case[0] for case in RULE_CASES} == set(vehicle_rules.RULES)


def test_wheels_in_a_plane_are_refused(tmp_path):
    text = REFERENCE
    for sign in ("0.57735", "-0.57735"):
        for other in ("0.57735", "-0.57735"):
            old = f"axis_b = [{sign}02691896258, {other}02691896258, 0.5773502691896258]"
            assert old in text
            text = text.replace(
                old, f"axis_b = [{'-' if sign[0] == '-' else ''}0.6, {'-' if other[0] == '-' else ''}0.8, 0.0]"
            )
    assert refusal(tmp_path, text).startswith("wheels: found axes whose least singular value is 0, expected >= 0.1")


def test_too_few_and_too_many_tables(tmp_path):
    one = REFERENCE[REFERENCE.index("[[wheels]]") :].split("[[wheels]]")[1]
    more = REFERENCE.replace("[torquers]\n", f"[[wheels]]{one}[torquers]\n", 1)
    assert refusal(tmp_path, more).startswith("wheels: found 5 tables, expected 3 to 4 tables")
    none = REFERENCE.replace("[[torquers.units]]", "[[torquers.others]]")
    assert refusal(tmp_path, none).startswith("torquers.others: unknown key; ")


def test_integers_are_numbers(tmp_path):
    path = tmp_path / "whole.toml"
    path.write_text(changed("mass_kg = 12.0", "mass_kg = 12"))
    mass = load_vehicle(path).spacecraft.mass_kg
    assert (mass, type(mass)) == (12.0, float)


def test_copies_can_be_falsified_one_at_a_time(vehicle):
    false = dataclasses.replace(vehicle, gyro=dataclasses.replace(vehicle.gyro, q_sb=(0.0, 0.0, 0.0, 1.0)))
    assert false.gyro.q_sb != vehicle.gyro.q_sb
    assert load_vehicle("reference") == vehicle
    with pytest.raises(dataclasses.FrozenInstanceError):
        vehicle.name = "x"
