"""The vehicle file: what single keys may hold, how files are found and read, and warnings."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys

import pytest

from hal.schema import SchemaError
from hal.vehicle.load import VEHICLES, load_vehicle, vehicle_names, vehicle_warnings
from tests.hal.vehicle_texts import REFERENCE, changed, load_text, refusal


def test_the_reference_vehicle_loads_by_name_and_by_path():
    assert load_vehicle("reference") == load_vehicle(VEHICLES / "reference.toml") == load_vehicle()
    assert "reference" in vehicle_names()


def test_every_shipped_vehicle_is_sound():
    for name in vehicle_names():
        assert load_vehicle(name).name == name


def test_vehicles_are_found_from_anywhere(tmp_path):
    code = "from hal.vehicle.load import load_vehicle; print(load_vehicle().spacecraft.mass_kg)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "12.0"


def test_a_vehicle_that_does_not_ship_names_those_that_do():
    with pytest.raises(SchemaError, match=r"voyager: no such vehicle, expected one of: .*reference"):
        load_vehicle("voyager")


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(SchemaError, match="no such file, expected the path of an existing file"):
        load_vehicle(tmp_path / "x.toml")


def test_a_path_that_is_no_file(tmp_path):
    """A folder in the place of a vehicle file is refused in one line."""
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(
        SchemaError, match="cannot be read: is a folder, expected a regular file; give a readable TOML file"
    ):
        load_vehicle(tmp_path / "folder.toml")


SCHEMA_CASES = [
    (
        "torque_max_nm = 0.002",
        "torque_max_mnm = 2.0",
        'device[3] "wheels": unit[0].torque_max_mnm: unknown key; did you mean torque_max_nm?',
    ),
    (
        "rate_limit_radps = 0.02618",
        "rate_limit_degps = 1.5",
        'device[5] "star_tracker": rate_limit_degps: unknown key; did you mean rate_limit_radps?',
    ),
    ("mass_kg = 12.0", "mass_g = 12000.0", "spacecraft.mass_g: unknown key; did you mean mass_kg?"),
    ("mass_kg = 12.0", "weather = 1", "spacecraft.weather: unknown key; expected one of: mass_kg, inertia_b_kgm2"),
    (
        'kind = "gyro"',
        'kind = "gyroscope"',
        "device[0] \"gyro\": kind: found 'gyroscope', expected one of: ",
    ),
    ('kind = "gyro"', "kind = 7", 'device[0] "gyro": kind: found 7, expected a text'),
    ('kind = "gyro"', "", 'device[0] "gyro": kind: missing, expected a kind of device'),
    ('name = "gyro"', "", "device[0].name: missing, expected a text"),
    ('name = "gyro"', "name = 7", "device[0].name: found 7, expected a text"),
    (
        'kind = "gyro"',
        'kind = "tests.hal.kinds:NOT_A_KIND"',
        'device[0] "gyro": kind: tests.hal.kinds:NOT_A_KIND is 7, expected a hal.devices.kind.DeviceKind',
    ),
    (
        'kind = "gyro"',
        'kind = "tests.hal.kinds:NONE"',
        "device[0] \"gyro\": kind: no 'NONE' in tests.hal.kinds, expected package.module:NAME",
    ),
    (
        'kind = "gyro"',
        'kind = "no_such_package.kind:KIND"',
        "device[0] \"gyro\": kind: found 'no_such_package.kind:KIND', but there is no module",
    ),
    ('kind = "gyro"', 'kind = "a:"', "device[0] \"gyro\": kind: found 'a:', expected package.module:Name"),
    (
        'kind = "gyro"',
        'remove = true\nkind = "gyro"',
        'device[0] "gyro": remove: found, expected remove = true and nothing but the name of a device of the base',
    ),
    (
        "[limits]",
        "[gyro]\nrange_radps = 1.0\n[limits]",
        'gyro: a table of its own, expected a [[device]] with kind = "gyro", name = "gyro", board = "adcs", and its '
        "keys (hal/vehicles/README.md)",
    ),
    (
        "[limits]",
        "[[wheels]]\n[limits]",
        'wheels: a table of its own, expected a [[device]] with kind = "reaction_wheels", name = "wheels", '
        'board = "adcs" and a [[device.unit]] each',
    ),
    (
        "[limits]",
        "[[unit]]\n[limits]",
        "unit: a table of its own, expected a [[device]] with the kind that its package",
    ),
    ("[limits]", "[[thrusters]]\nforce_n = 1.0\n[limits]", "thrusters: unknown key; "),
    (
        "[boards.adcs]",
        "[boards.payload]\nlink = 'sim://x'\n[boards.adcs]",
        "boards.payload: unknown key; expected one of: adcs, eps",
    ),
    ("mass_kg = 12.0", "", "spacecraft.mass_kg: missing, expected a number"),
    ("mass_kg = 12.0", "mass_kg = '12 kg'", "spacecraft.mass_kg: found '12 kg', expected a number"),
    ("mass_kg = 12.0", "mass_kg = true", "spacecraft.mass_kg: found true, expected a number"),
    ("mass_kg = 12.0", "mass_kg = 2019-11-18", "spacecraft.mass_kg: found 2019-11-18, expected a number"),
    ("mass_kg = 12.0", "mass_kg = 14:40:00", "spacecraft.mass_kg: found 14:40:00, expected a number"),
    ("mass_kg = 12.0", "mass_kg = -12.0", "spacecraft.mass_kg: found -12.0, expected a number >= 0.02, <= 20000"),
    ("mass_kg = 12.0", "mass_kg = nan", "spacecraft.mass_kg: found nan, expected a number"),
    ("mass_kg = 12.0", "mass_kg = inf", "spacecraft.mass_kg: found inf, expected a number"),
    ("mass_kg = 12.0", "mass_kg = [12.0]", "spacecraft.mass_kg: found [12.0], expected a number"),
    ("base_hz = 10", "base_hz = 10.0", "rates.base_hz: found 10.0, expected an integer"),
    (
        "base_hz = 10",
        "base_hz = 99999999999999999999",
        "rates.base_hz: found an integer beyond 64 bits, expected an integer",
    ),
    ("base_hz = 10", "base_hz = 2020-01-01", "rates.base_hz: found 2020-01-01, expected an integer"),
    ("duty = 0.7", "duty = 1.0", 'device[4] "torquers": duty: found 1.0, expected a number >= 0.01, <= 0.95'),
    (
        "residual_dipole_b_am2 = [0.003, -0.002, 0.004]",
        "residual_dipole_b_am2 = [0.003, -0.002]",
        "spacecraft.residual_dipole_b_am2: found [0.003, -0.002], expected 3 numbers",
    ),
    ("[0.0, 0.0, 0.06]]", "[0.0, 0.06]]", "spacecraft.inertia_b_kgm2[2]: found [0.0, 0.06], expected 3 numbers"),
    (
        "q_sb = [0.9961946980917455, 0.0, 0.0, 0.08715574274765817]",
        "q_sb = [1.0, 0.0, 0.0, 0.0872]",
        'device[5] "star_tracker": q_sb: found [1.0, 0.0, 0.0, 0.0872] of norm 1.003795, '
        "expected 4 numbers of unit norm",
    ),
    (
        "watchdog_ms = 2500",
        "watchdog_ms = 65536",
        "boards.eps.watchdog_ms: found 65536, expected an integer >= 1, <= 65535",
    ),
    (
        "detumble_enter_radps = 0.0524 ",
        "detumble_enter_radps = 11.5",
        "autonomy.detumble_enter_radps: found 11.5, expected a number >= 0.0001, <= 10",
    ),
    (
        "safe_rate_hold_s = 5.0",
        "safe_rate_hold_s = 601.0",
        "autonomy.safe_rate_hold_s: found 601.0, expected a number >= 0, <= 600",
    ),
    (
        "board_silent_s = 5.0",
        "board_silent_s = 4000.0",
        "limits.board_silent_s: found 4000.0, expected a number >= 0.2, <= 3600",
    ),
    (
        "period_s = 10\n",
        "period_s = 1000000000000000000\n",
        'device[6] "gnss": period_s: found 1000000000000000000, expected',
    ),
    ("downlink_bps = 32000", "downlink_bps = 1000000000000", "radio.downlink_bps: found 1000000000000, expected"),
    ("drag_coefficient = 2.2", "drag_coefficient = 1e300", "spacecraft.drag_coefficient: found 1e+300, expected"),
    ('link = "sim://adcs"', "link = 7", "boards.adcs.link: found 7, expected a text"),
    ('link = "sim://adcs"', 'link = "sim://adcs"\nstimulus = 7', "boards.adcs.stimulus: found 7, expected a text"),
    ("rs_interleave = 5", "rs_interleave = 6", "radio.rs_interleave: found 6, expected one of: 1, 2, 3, 4, 5, 8"),
    ("[orbit]", "[orbit", "not TOML: "),
    ('name = "reference"', '"a\\nb" = 1', "a\\nb: unknown key; "),
]


@pytest.mark.parametrize(("old", "new", "says"), SCHEMA_CASES, ids=[c[2][:50] for c in SCHEMA_CASES])
def test_schema(tmp_path, old, new, says):
    """Each wrong type, range, shape or key is one line that names key, found and expected."""
    assert refusal(tmp_path, changed(old, new)).startswith(says)


def test_too_few_and_too_many_tables(tmp_path):
    start = REFERENCE.index("[[device.unit]]\naxis_b")
    one = REFERENCE[start : REFERENCE.index("[[device.unit]]", start + 1)]
    more = REFERENCE.replace(one, 6 * one, 1)
    assert refusal(tmp_path, more).startswith('device[3] "wheels": unit: found 9 tables, expected 1 to 8 tables')
    none = REFERENCE.replace("[[device.unit]]", "[[device.others]]")
    assert refusal(tmp_path, none).startswith('device[2] "sun_sensors": others: unknown key; ')


def test_integers_are_numbers(tmp_path):
    """An integer in the place of a real number is read as one."""
    path = tmp_path / "whole.toml"
    path.write_text(changed("mass_kg = 12.0", "mass_kg = 12"))
    mass = load_vehicle(path).spacecraft.mass_kg
    assert (mass, type(mass)) == (12.0, float)


def test_a_file_is_read_as_editors_save_it(tmp_path):
    """With a byte order mark, with carriage returns, with an ending in capitals, also as the base of another."""
    path = tmp_path / "saved.Toml"
    path.write_bytes(b"\xef\xbb\xbf" + REFERENCE.replace("\n", "\r\n").encode())
    assert load_vehicle(path) == load_vehicle()
    (tmp_path / "mine.TOML").write_bytes(b'\xef\xbb\xbfbase = "saved.Toml"\r\nname = "reference"\r\n')
    assert load_vehicle(tmp_path / "mine.TOML") == load_vehicle()


def test_a_set_with_its_name_and_in_another_hand_is_the_same_orbit(tmp_path):
    """As one text with a line of its name, with a zero before the point and a small letter."""
    start, end = REFERENCE.index("tle = ["), REFERENCE.index("]\n\n[boards.adcs]")
    lines = re.findall(r'"([12] .{67})"', REFERENCE[start:end])
    text = "\n".join(
        ["0 CSES", lines[0].replace(" .00001006", "0.00001006").replace("43194U", "43194u"), lines[1] + "  "]
    )
    assert load_text(tmp_path, f'{REFERENCE[:start]}tle = """\n{text}\n"""{REFERENCE[end + 1 :]}') == load_vehicle()


def test_an_empty_name_is_shown():
    with pytest.raises(SchemaError, match=r"^'': no such vehicle, expected one of: reference"):
        load_vehicle("")


def test_only_a_file_that_ends_is_read(tmp_path):
    """A pipe and a file that is too long are refused; neither is waited for."""
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(
        SchemaError, match=r"pipe\.toml: cannot be read: is a pipe, expected a regular file; give a readable TOML"
    ):
        load_vehicle(tmp_path / "pipe.toml")
    with (tmp_path / "long.toml").open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(
        SchemaError, match=r"long\.toml: cannot be read: larger than 4194304 octets; give a readable TOML file"
    ):
        load_vehicle(tmp_path / "long.toml")


WARNINGS = [
    ({"mass_kg = 12.0": "mass_kg = 1.2"}, "spacecraft.mass_kg: found 1.2, with its inertia as dense as 2."),
    ({"dipole_max_am2 = 0.4": "dipole_max_am2 = 0.0005"},
     'device[4] "torquers": unit[0].dipole_max_am2: found 0.0005, usual are'),
    ({"range_tesla = 1.2e-4": "range_tesla = 5.1e-5"},
     'device[1] "magnetometer": range_tesla: found 5.1e-05, expected >= 5'),
    ({"sun_exclusion_rad = 0.8727": "sun_exclusion_rad = 1.05"},
     'device[5] "star_tracker": sun_exclusion_rad: found 0.96 rad from'),
    ({"[0.9961946980917455, 0.0, 0.0, 0.08715574274765817]": "[0.0, 0.0, 0.0, 1.0]"},
     'device[5] "star_tracker": earth_exclusion_rad: found 0 rad from the boresight to the Earth while the payload '),
    ({"base_load_w = 7.0": "base_load_w = 49.0"},
     'device[7] "power": arrays: found 48.2 W turned to the Sun, expected more'),
    ({"range_radps = 5.2": "range_radps = 0.3", "detumble_enter_radps = 0.0524": "detumble_enter_radps = 0.31"},
     'device[0] "gyro": range_radps: found 0.3, expected at least autonomy.detumble_enter_radps = 0.31, or that rate'),
    ({'"2 43194  97.4135  85.6925 0016973 127.3937   1.4087 15.20935646 99453"':
      '"2 43194   0.1000  85.6925 0001000 127.3937   1.4087  1.00270000 99459"'},
     'device[4] "torquers": unit: found 6.5e-08 N m at most in the field of this orbit, 2.3e-07 T, which takes 3.58'),
    ({"slew_rate_max_radps = 0.0175": "slew_rate_max_radps = 0.19", "safe_rate_radps = 0.26": "safe_rate_radps = 0.5"},
     ""),
    ({"slew_acceleration_max_radps2 = 0.0015": "slew_acceleration_max_radps2 = 0.09"},
     "control.slew_acceleration_max_radps2: found 0.09, expected at most 0.0471, which all wheels together can do"),
    ({"inertia_kgm2 = 3.2e-5": "inertia_kgm2 = 3.2e-2", "speed_count_radps = 0.05": "speed_count_radps = 0.01"},
     'device[3] "wheels": unit[0].momentum_max_nms: found 0.02, which is a speed of 0.625 rad/s, expected 30 to'),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "says"), WARNINGS)
def test_what_is_hardly_meant_is_warned_of(tmp_path, changes, says):
    """Each doubtful value gives one line of warning, and the vehicle is loaded."""
    text = REFERENCE
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    lines = vehicle_warnings(load_text(tmp_path, text), "any.toml")
    assert all(line.isprintable() for line in lines)
    assert any(line.startswith(f"any.toml: {says}") for line in lines) if says else not lines


def test_copies_can_be_falsified_one_at_a_time(vehicle):
    false = vehicle.changed("gyro", q_sb=(0.0, 0.0, 0.0, 1.0))
    assert false.device("gyro").q_sb != vehicle.device("gyro").q_sb
    assert load_vehicle("reference") == vehicle
    with pytest.raises(dataclasses.FrozenInstanceError):
        vehicle.name = "x"
