"""Cases for the rules of the whole vehicle: rule, text of the reference file, text in its place, what is said."""

from __future__ import annotations

from hal.vehicle import physical_rules
from hal.vehicle import rules as vehicle_rules

STAR_TRACKER = 'device[5] "star_tracker": '
GNSS = 'device[6] "gnss": '
POWER = 'device[7] "power": '
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
VEHICLE_CASES = [
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
        physical_rules.orbit,
        "85.6925 0016973 127.3937   1.4087 15.20935646 99453",
        "85.6925 9790000 127.3937   1.4087  0.05000000 99456",
        "orbit.tle[1]: found an apogee at 609",
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
    (vehicle_rules.rates, "base_hz = 10", "base_hz = 30", "rates.base_hz: found 30, expected a divisor of 1000"),
    (
        vehicle_rules.rates,
        "navigation_hz = 1",
        "navigation_hz = 3",
        "rates.navigation_hz: found 3, expected a divisor of rates.base_hz = 10",
    ),
    (vehicle_rules.rates, "slow_hz = 1", "slow_hz = 4", "rates.slow_hz: found 4, expected a divisor"),
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
