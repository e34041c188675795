"""The vehicle file: every rule refuses with one line that names file, key, found and expected."""

from __future__ import annotations

import pytest

from hal.devices.coarse_sun_sensors import kind as sun_sensors
from hal.devices.gyro import kind as gyro
from hal.devices.magnetometer import kind as magnetometer
from hal.devices.magnetorquers import kind as torquers
from hal.devices.power import kind as power
from hal.devices.reaction_wheels import kind as wheels
from hal.devices.star_tracker import kind as star_tracker
from hal.vehicle import physical_rules
from hal.vehicle import rules as vehicle_rules
from tests.hal.vehicle_texts import REFERENCE, changed, load_text, refusal

WHEELS, STAR_TRACKER, GNSS, POWER = (
    'device[3] "wheels": ', 'device[5] "star_tracker": ', 'device[6] "gnss": ', 'device[7] "power": '
)  # fmt: skip
INERTIA = "[[0.17, 0.0, 0.0], [0.0, 0.13, 0.0], [0.0, 0.0, 0.06]]"
EXTENSIONS = """
[[application]]
name = "watch"
entry = "p.a:Watch"
hz = 2
with = { a = 1 }
[[device]]
kind = "tests.hal.kinds:FINE"
name = "fine"
link = "loop://fine"
[limits]
"""
RULE_CASES = [
    (
        vehicle_rules.requirements,
        'id = "ADCS-010"',
        'id = "adcs"',
        "requirement[0].id: found 'adcs', expected capitals and digits with - between, as in ADCS-010",
    ),
    (
        vehicle_rules.name,
        'name = "reference"',
        'name = "My Satellite"',
        "name: found 'My Satellite', expected lower-case",
    ),
    (
        physical_rules.inertia,
        INERTIA,
        "[[0.17, 0.01, 0.0], [0.0, 0.13, 0.0], [0.0, 0.0, 0.06]]",
        "spacecraft.inertia_b_kgm2: found a matrix that is not symmetric, expected a symmetric matrix",
    ),
    (
        physical_rules.inertia,
        INERTIA,
        "[[0.17, 0.0, 0.0], [0.0, 0.13, 0.0], [0.0, 0.0, -0.06]]",
        "spacecraft.inertia_b_kgm2: found principal moments -0.06, 0.13, 0.17, expected all > 0",
    ),
    (
        physical_rules.inertia,
        INERTIA,
        "[[0.17, 0.16, 0.0], [0.16, 0.13, 0.0], [0.0, 0.0, 0.06]]",
        "spacecraft.inertia_b_kgm2: found principal moments -0.0112",
    ),
    (
        physical_rules.inertia,
        INERTIA,
        "[[0.20, 0.0, 0.0], [0.0, 0.13, 0.0], [0.0, 0.0, 0.06]]",
        "spacecraft.inertia_b_kgm2: found principal moments 0.06, 0.13, 0.2, expected the largest at most 0.19",
    ),
    (
        physical_rules.inertia,
        INERTIA,
        "[[1e-310, 0.0, 0.0], [0.0, 1e-310, 0.0], [0.0, 0.0, -1e-310]]",
        "spacecraft.inertia_b_kgm2: found principal moments",
    ),
    (
        physical_rules.density,
        INERTIA,
        "[[1e-310, 0.0, 0.0], [0.0, 1e-310, 0.0], [0.0, 0.0, 1e-310]]",
        "spacecraft.inertia_b_kgm2: found moments that make 12 kg as dense as a point, expected 0.001 to",
    ),
    (
        physical_rules.density,
        "mass_kg = 12.0",
        "mass_kg = 12000.0",
        "spacecraft.inertia_b_kgm2: found moments that make 12000 kg as dense as ",
    ),
    (
        wheels.rotors,
        "inertia_kgm2 = 3.2e-5",
        "inertia_kgm2 = 0.2",
        f"{WHEELS}unit: found rotors of up to 0.2 kg m^2, more than the whole satellite has",
    ),
    (
        wheels.friction,
        "friction_coulomb_nm = 2.0e-5",
        "friction_coulomb_nm = 2.0e-2",
        f"{WHEELS}unit[0].friction_coulomb_nm: found 0.02, expected < torque_max_nm = 0.002, or the wheel never turns",
    ),
    (
        wheels.friction,
        "friction_viscous_nms = 1.0e-7",
        "friction_viscous_nms = 1.0e-5",
        f"{WHEELS}unit[0].friction_viscous_nms: found 1e-05, at full speed 0.00627 N m, expected friction "
        "below torque_max_nm",
    ),
    (
        wheels.friction,
        "inertia_kgm2 = 3.2e-5",
        "inertia_kgm2 = 3.2e-8",
        f"{WHEELS}unit[0].speed_count_radps",
    ),
    (
        power.gauges,
        "power_w = 44.0",
        "power_w = 44000.0",
        f"{POWER}arrays: found 4.55e+04 W at most, expected <= 655.35, which the EPS board's packet can hold",
    ),
    (
        power.gauges,
        "base_load_w = 7.0",
        "base_load_w = 7000.0",
        f"{POWER}base_load_w: found 7012 W of all loads",
    ),
    (
        power.gauges,
        "base_load_w = 7.0",
        "base_load_w = 500.0",
        f"{POWER}base_load_w: found 42.67 A of battery current, expected <= 32.767",
    ),
    (
        power.gauges,
        "payload_load_w = 4.0",
        "payload_load_w = 500.0",
        f"{POWER}payload_load_w: found 42.92 A of battery current, expected <= 32.767",
    ),
    (
        power.gauges,
        "payload_load_w = 4.0",
        "payload_load_w = 5000.0",
        f"{POWER}payload_load_w: found 5015 W of all loads",
    ),
    (
        power.gauges,
        "power_w = 44.0",
        "power_w = 500.0",
        f"{POWER}arrays: found 43.45 A of battery current, expected <= 32.767",
    ),
    (
        power.gauges,
        "voltage_full_v = 16.8",
        "voltage_full_v = 168.0",
        f"{POWER}voltage_full_v: found 168 V while charging, expected <= 65.535",
    ),
    (
        power.gauges,
        "voltage_empty_v = 12.0",
        "voltage_empty_v = 1.2",
        f"{POWER}voltage_empty_v: found 41.57 A of battery current, expected <= 32.767",
    ),
    (
        star_tracker.lateness,
        "base_hz = 10",
        "base_hz = 100",
        f"{STAR_TRACKER}latency_s: found 0.15, expected <= 0.14, 14 ticks, which the estimator remembers",
    ),
    (
        physical_rules.orbit,
        "85.6925 0016973 127.3937   1.4087 15.20935646 99453",
        "85.6925 9790000 127.3937   1.4087  0.05000000 99456",
        "orbit.tle[1]: found an apogee at 609",
    ),
    (
        power.sun_axis,
        "sun_axis_b = [0.0, 0.7071067811865475, -0.7071067811865475]",
        "sun_axis_b = [0.0, -0.7071067811865475, 0.7071067811865475]",
        "pointing.sun_axis_b: found an axis along which no array gives power, expected one in front of an array",
    ),
    (
        physical_rules.orbit,
        "85.6925 0016973 127.3937   1.4087 15.20935646 99453",
        "85.6925 0900000 127.3937 170.0000 15.20935646 99454",
        "orbit.tle[1]: found a perigee at -116.3 km, below the ground, expected a perigee of at least 100 km",
    ),
    (
        physical_rules.faces,
        "specular = 0.2, diffuse = 0.2",
        "specular = 0.7, diffuse = 0.6",
        "spacecraft.faces[0]: found specular + diffuse = 1.3, expected <= 1",
    ),
    (
        torquers.axes,
        "axis_b = [1.0, 0.0, 0.0]",
        "axis_b = [0.0, 1.0, 0.0]",
        'device[4] "torquers": unit: found axes whose least singular value is 0, expected >= 0.1: span 3 axes',
    ),
    (vehicle_rules.rates, "base_hz = 10", "base_hz = 30", "rates.base_hz: found 30, expected a divisor of 1000"),
    (
        vehicle_rules.rates,
        "navigation_hz = 1",
        "navigation_hz = 3",
        "rates.navigation_hz: found 3, expected a divisor of rates.base_hz = 10",
    ),
    (vehicle_rules.rates, "slow_hz = 1", "slow_hz = 4", "rates.slow_hz: found 4, expected a divisor"),
    (
        star_tracker.rate,
        "rate_hz = 5",
        "rate_hz = 20",
        f"{STAR_TRACKER}rate_hz: found 20, expected a divisor",
    ),
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
    (
        vehicle_rules.links,
        'link = "sim://gnss"',
        'link = "gnss"',
        "device[6] \"gnss\": link: found 'gnss', expected loop://...",
    ),
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
        "device[6] \"gnss\": link: found 'replay://a.ssr', expected a link: replay://a.ssr: no option link",
    ),
    (
        vehicle_rules.links,
        'link = "sim://gnss"',
        'link = "sim://str"',
        f"{GNSS}link: found 'sim://str', expected a link of its own, not that of {STAR_TRACKER}link",
    ),
    (
        magnetometer.counts,
        "count_tesla = 4.0e-9",
        "count_tesla = 1.0e-9",
        'device[1] "magnetometer": count_tesla: found 1e-09, expected >= 3.662e-09, so that 0.00012 fits 32767 counts',
    ),
    (
        wheels.counts,
        "torque_count_nm = 1.0e-7",
        "torque_count_nm = 1.0e-8",
        f"{WHEELS}unit[0].torque_count_nm: found 1e-08, expected >=",
    ),
    (
        wheels.counts,
        "speed_count_radps = 0.05",
        "speed_count_radps = 0.01",
        f"{WHEELS}unit[0].speed_count_radps: found 0.01, expected >=",
    ),
    (
        torquers.counts,
        "dipole_count_am2 = 2.0e-5",
        "dipole_count_am2 = 1.0",
        'device[4] "torquers": unit[0].dipole_count_am2: found 1, expected <= 0.4',
    ),
    (
        sun_sensors.counts,
        "count = 2.5e-4",
        "count = 1e-6",
        'device[2] "sun_sensors": unit[0].count: found 1e-06, expected >=',
    ),
    (gyro.counts, "count_rad = 1.0e-7", "count_rad = 1.0e-12", 'device[0] "gyro": count_rad: found 1e-12, expected >='),
    (
        vehicle_rules.devices,
        'board = "adcs"',
        'link = "loop://gyro"',
        "device[0] \"gyro\": board: found a link, expected board = 'adcs', and no link: a device of this kind is on",
    ),
    (
        vehicle_rules.devices,
        'board = "adcs"',
        'board = "eps"',
        "device[0] \"gyro\": board: found 'eps', expected board = 'adcs', and no link",
    ),
    (vehicle_rules.devices, 'link = "sim://gnss"', "", f"{GNSS}link: missing, expected a link of its own"),
    (
        vehicle_rules.devices,
        'name = "power"',
        'name = "eps"',
        "device[7] \"eps\": name: found 'eps', expected a name of its own, not that of this stack",
    ),
    (
        vehicle_rules.devices,
        'name = "power"',
        'name = "Power 1"',
        "device[7] \"Power 1\": name: found 'Power 1', expected lower-case letters, digits and _, at most 24",
    ),
    (physical_rules.orbit, "0  9993", "0  9994", "orbit.tle[0]: found checksum 4, expected 3"),
    (physical_rules.orbit, "2 43194", "2 43195", "orbit.tle[1]: found checksum 3, expected 4"),
    (
        power.voltages,
        "voltage_full_v = 16.8",
        "voltage_full_v = 11.0",
        f"{POWER}voltage_full_v: found 11, expected > voltage_empty_v = 12",
    ),
    (
        vehicle_rules.limits,
        "initial_state_of_charge = 0.75",
        "initial_state_of_charge = 0.2",
        f"{POWER}initial_state_of_charge: found 0.2, expected > limits.safe_state_of_charge = 0.25",
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
        'limits.safe_rate_radps: found 0.26, expected < device[0] "gyro": range_radps',
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
        vehicle_rules.applications,
        "[limits]",
        EXTENSIONS.replace('name = "fine"', 'name = "gnss"'),
        'device[8] "gnss": name: found \'gnss\', expected a name of its own, not that of device[6] "gnss"',
    ),
    (
        vehicle_rules.applications,
        "[limits]",
        EXTENSIONS.replace('name = "watch"', 'name = "fine"'),
        "application[0].name: found 'fine', expected a name of its own, not that of device 'fine'",
    ),
    (
        vehicle_rules.applications,
        "[limits]",
        EXTENSIONS.replace('name = "watch"', 'name = "Watch"'),
        "application[0].name: found 'Watch', expected lower-case letters",
    ),
    (
        vehicle_rules.applications,
        "[limits]",
        EXTENSIONS.replace("p.a:Watch", "p.a.Watch"),
        "application[0].entry: found 'p.a.Watch', expected a class as package.module:Class",
    ),
    (
        vehicle_rules.applications,
        "[limits]",
        EXTENSIONS.replace("hz = 2", "hz = 3"),
        "application[0].hz: found 3, expected a divisor of rates.base_hz = 10",
    ),
    (
        vehicle_rules.applications,
        "[limits]",
        EXTENSIONS.replace('link = "loop://fine"', 'board = "adcs"'),
        "device[8] \"fine\": link: found board = 'adcs', expected a link of its own, and no board",
    ),
    (
        vehicle_rules.links,
        "[limits]",
        EXTENSIONS.replace("loop://fine", "sim://gnss"),
        f"device[8] \"fine\": link: found 'sim://gnss', expected a link of its own, not that of {GNSS}link",
    ),
    (
        vehicle_rules.links,
        "[limits]",
        EXTENSIONS.replace("loop://fine", "sim://radio"),
        "device[8] \"fine\": link: found 'sim://radio', expected a link of its own, not that of the radio",
    ),
]


@pytest.mark.parametrize(("rule", "old", "new", "says"), RULE_CASES, ids=[c[3][:50] for c in RULE_CASES])
def test_rules(tmp_path, rule, old, new, says):
    """Each broken rule is one line that names key, found and expected."""
    assert refusal(tmp_path, changed(old, new)).startswith(says)


JUDGED_HERE = (gyro, magnetometer, sun_sensors, star_tracker, wheels, torquers, power)  # others with their models


def test_every_rule_has_a_case():
    shown_below = {wheels.axes, sun_sensors.sun_axis}
    shown_below |= {vehicle_rules.board_layout}  # in test_layout.py
    of_kinds = {rule for module in JUDGED_HERE for rule in module.KIND.rules}
    assert {case[0] for case in RULE_CASES} | shown_below == {*vehicle_rules.RULES, *of_kinds}


def test_wheels_in_a_plane_are_refused(tmp_path):
    text = REFERENCE
    for sign in ("0.57735", "-0.57735"):
        for other in ("0.57735", "-0.57735"):
            old = f"axis_b = [{sign}02691896258, {other}02691896258, 0.5773502691896258]"
            assert old in text
            text = text.replace(
                old, f"axis_b = [{'-' if sign[0] == '-' else ''}0.6, {'-' if other[0] == '-' else ''}0.8, 0.0]"
            )
    assert refusal(tmp_path, text).startswith(
        f"{WHEELS}unit: found axes whose least singular value is 0, expected >= 0.1"
    )


def test_a_sun_axis_that_no_sun_sensor_sees_is_refused(tmp_path):
    text = REFERENCE.replace("half_angle_rad = 1.4835", "half_angle_rad = 0.78")
    assert refusal(tmp_path, text).startswith("pointing.sun_axis_b: found an axis that no Sun sensor sees")
    assert load_text(tmp_path, REFERENCE.replace("half_angle_rad = 1.4835", "half_angle_rad = 0.79"))
