"""Scenario files: what ships, and one line for whatever is wrong."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from sim.devices.listed import listed_devices
from sim.scenario.planning import plan
from sim.scenario.scenario import (
    SCENARIOS,
    Scenario,
    load_scenario,
    scenario_names,
    scenario_warnings,
)
from sim.spacecraft.spacecraft import Spacecraft

VEHICLE = load_vehicle()
REFERENCE = (SCENARIOS / "reference.toml").read_text()


def refuse(tmp_path, text):
    """The error's message for a scenario file of this text."""
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(SchemaError) as caught:
        plan(VEHICLE, load_scenario(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def changed(old, new):
    assert REFERENCE.count(old) == 1, old
    return REFERENCE.replace(old, new)


def test_reference_ships_with_every_error_source_on():
    assert "reference" in scenario_names()
    scenario = load_scenario("reference")
    for name, switches in scenario.errors.items():
        assert all(switches.values()), name
    for name in ("drag", "solar_pressure", "gravity_gradient", "residual_dipole", "wheel_friction", "eclipse",
                 "sun_gravity", "moon_gravity", "torquers", "wheel_limits", "magnetic_field"):  # fmt: skip
        assert getattr(scenario.physics, name) is True
    assert scenario.physics.zonal_degree == 6
    d = scenario.dispersions
    assert d.attitude
    assert (d.rate_low_radps + d.rate_high_radps) / 2 == pytest.approx(0.0873, abs=1e-4)  # 5 deg/s


def test_every_switch_is_named_in_the_shipped_file():
    """The file shows a reader every error source there is."""
    import tomllib

    written = tomllib.loads(REFERENCE)["errors"]
    declared = {d.name: set(d.model.errors) for d in listed_devices(VEHICLE) if d.model.errors}
    assert {name: set(group) for name, group in written.items()} == declared


@pytest.mark.parametrize("device", [d.name for d in listed_devices(VEHICLE)])
def test_switches_of_the_file_are_those_of_the_device(device):
    """What is named is as named, everything else is on."""
    listed = {d.name: d for d in listed_devices(VEHICLE)}[device]
    for off in listed.model.errors:
        scenario = dataclasses.replace(load_scenario("modes"), errors={device: {off: False}})
        switches = Spacecraft(VEHICLE, scenario, 1).devices[device].switches
        assert switches == {name: name != off for name in listed.model.errors}


def test_a_minimal_file_is_enough(tmp_path):
    path = tmp_path / "short.toml"
    path.write_text('name = "short"\nepoch_utc = "2024-02-29T00:00:00"\nduration_s = 10\n'
                    "[initial]\nq_bi = [0, 0, 0, 1]\nrate_bi_b_radps = [0, 0, 0]\n")  # fmt: skip
    scenario = load_scenario(path)
    assert scenario.telecommand == ()
    assert scenario.errors is None


def test_epoch_in_tai():
    assert load_scenario().epoch_tai_ns == 627357637 * 10**9  # 2019-11-18T14:00:37 TAI; 7261 d + 7237 s after J2000


DEFECTS = [
    ("bias = true", "bais = true", "errors.gyro.bais: unknown key; did you mean 'bias'?"),
    ("[errors.gyro]", "[errors.gyros]", "errors.gyros: unknown device, expected a device of 'reference': gyro, "),
    ("bias = true", "bias = 1", "errors.gyro.bias: found 1, expected true or false"),
    ("duration_s = 17040.0 ", "duration_s = 0 ", "duration_s: found 0.0, expected a number >= 0.01"),
    ('"2019-11-18T14:00:00"', '"yesterday"', "epoch_utc: found 'yesterday', expected a UTC time such as"),
    ('"2019-11-18T14:00:00"', '"2019-11-18T14:00:00+02:00"', "epoch_utc: found '2019-11-18T14:00:00+02:00'"),
    ('"2019-11-18T14:00:00"', '"1957-10-04T19:28:34"', "epoch_utc: found '1957-10-04T19:28:34'"),
    ("[initial]", "[initial]\nq_bi = [0.5, -0.1, 0.7, 0.9]", "initial.q_bi: found"),
    ('"track_target"', '"fly_home"', "telecommand[1].function: found 'fly_home', expected one of: detumble"),
    ('"eclipse_exit:3"', '"eclipse_exit:0"', "outage[0].at: found 'eclipse_exit:0', expected separation"),
    ('device = "star_tracker"', 'device = "camera"', "outage[0].device: found 'camera', expected a device of"),
    ('at_event = "eclipse_entry:2"', 'at_event = "target"', "target.at_event: found 'target', expected another event"),
    ("rate_low_radps = 0.0829", "rate_low_radps = 0.5", "dispersions.rate_low_radps: found 0.5, expected <= rate_high"),
    ('visibility = "continuous"', 'visibility = "passes"', "ground.contacts: found 0 contacts"),
    ("[physics]", "[physics]\nzonal_degree = 7", "physics.zonal_degree: found 7, expected one of: 0, 2"),
]


@pytest.mark.parametrize(("old", "new", "message"), DEFECTS)
def test_one_line_says_what_is_wrong(tmp_path, old, new, message):
    assert refuse(tmp_path, changed(old, new)).startswith(f"bad.toml: {message}")


def test_a_target_is_needed_where_it_is_named(tmp_path):
    start, end = REFERENCE.index("[target]"), REFERENCE.index("[[outage]]")
    without = REFERENCE[:start] + REFERENCE[end:]
    message = refuse(tmp_path, without)
    assert message == "bad.toml: telecommand[1].at: found 'target', expected a [target] table"
    message = refuse(tmp_path, without.replace('at = "target"\noffset_s = -480.0', "").replace('at = "target"', ""))
    assert message.startswith("bad.toml: telecommand[1].arguments: missing, expected latitude")


def scenario_file(tmp_path, text, name="mine.toml"):
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("written", [
    '"2019-11-18T14:00:00"', '"2019-11-18T14:00:00Z"', '"2019-11-18t14:00:00z"', '"2019-11-18T14:00:00+00:00"',
    '"2019-11-18 14:00:00"', '" 2019-11-18T14:00 "', "2019-11-18T14:00:00", "2019-11-18T14:00:00Z",
    "2019-11-18 14:00:00+00:00",
])  # fmt: skip
def test_an_epoch_is_read_as_people_write_it(tmp_path, written):
    """With Z or without, as a text or as a date-time of TOML: the same instant."""
    scenario = load_scenario(scenario_file(tmp_path, changed('"2019-11-18T14:00:00"', written)))
    assert scenario == load_scenario()


def test_an_epoch_may_have_fractions_of_a_second(tmp_path):
    text = changed('"2019-11-18T14:00:00"', '"2019-11-18T14:00:00.25Z"')
    assert load_scenario(scenario_file(tmp_path, text)).epoch_tai_ns == 627357637 * 10**9 + 250_000_000


@pytest.mark.parametrize("name", ["mine.TOML", "mine.Toml"])
def test_a_file_name_may_end_in_capitals(tmp_path, name):
    assert load_scenario(scenario_file(tmp_path, REFERENCE, name)) == load_scenario()


def test_a_file_is_read_as_editors_save_it(tmp_path):
    path = tmp_path / "saved.toml"
    path.write_bytes(b"\xef\xbb\xbf" + REFERENCE.replace("\n", "\r\n").encode())
    assert load_scenario(path) == load_scenario()


@pytest.mark.parametrize("day", ["2019-11-18", '"2019-11-18"'])
def test_a_day_alone_is_its_midnight(tmp_path, day):
    path = tmp_path / "day.toml"
    path.write_text(changed('"2019-11-18T14:00:00"', day))
    assert load_scenario(path).epoch_utc == "2019-11-18T00:00:00"


TIMES = [
    ("telecommand", 'function = "idle"\noffset_s = {}', "offset_s"),
    ("outage", 'device = "gnss"\nduration_s = 5.0\nstart_s = {}', "start_s"),
    ("fault", 'target = "gnss"\nfault = "dead"\nstart_s = {}', "start_s"),
]


@pytest.mark.parametrize(("table", "text", "key"), TIMES)
@pytest.mark.parametrize(("time_s", "when"), [
    (-5.0, "before separation"), (-1e-9, "before separation"), (17040.0, "when the mission is over"),
    (1e8, "when the mission is over"),
])  # fmt: skip
def test_what_is_planned_outside_the_mission_is_refused(tmp_path, table, text, key, time_s, when):
    at = {"telecommand": 3, "outage": 1, "fault": 0}[table]
    message = refuse(tmp_path, f"{REFERENCE}\n[[{table}]]\n{text.format(time_s)}\n")
    expected = f"found a time of {time_s:g} s, {when}, expected 0 to less than duration_s = 17040"
    assert message == f"bad.toml: {table}[{at}].{key}: {expected}"


def test_a_contact_after_the_end_is_refused(tmp_path):
    ground = '[ground]\nvisibility = "passes"\ncontacts = [{ start_s = 17040.0, duration_s = 600.0 }]'
    message = refuse(tmp_path, changed('[ground]\nvisibility = "continuous"', ground))
    assert message.startswith("bad.toml: ground.contacts[0].start_s: found a time of 17040 s, when the mission is over")


@pytest.mark.parametrize(("text", "says"), [
    ('function = "nadir"\narguments = [1.0]', "found 1 numbers, expected 0 with 'nadir': none"),
    ('function = "hold_inertial"', "found 0 numbers, expected 4 with 'hold_inertial': q_bi_x, q_bi_y, q_bi_z, q_bi_w"),
    ('function = "hold_inertial"\narguments = [1.0, 1.0, 0.0, 0.0]', "found a norm of 1.414214, expected 4 numbers of"),
    ('function = "exclude_sensor"', "found 0 numbers, expected 1 with 'exclude_sensor': device"),
])  # fmt: skip
def test_arguments_that_flight_would_refuse_are_refused(tmp_path, text, says):
    message = refuse(tmp_path, f"{REFERENCE}\n[[telecommand]]\n{text}\n")
    assert message.startswith(f"bad.toml: telecommand[3].arguments: {says}")


@pytest.mark.parametrize(("function", "arguments", "says"), [
    ("track_target", "[1.6, 0.0, 0.0]", "found 1.6, expected latitude_rad, -1.5708 to 1.57"),
    ("exclude_sensor", "[1.5]", "found 1.5, expected device, a whole number, 0 to 255"),
    ("admit_sensor", "[256.0]", "found 256, expected device, a whole number, 0 to 255"),
])  # fmt: skip
def test_arguments_out_of_range_are_refused(tmp_path, function, arguments, says):
    text = f'[[telecommand]]\nfunction = "{function}"\narguments = {arguments}'
    message = refuse(tmp_path, f"{REFERENCE}\n{text}\n")
    assert message.startswith(f"bad.toml: telecommand[3].arguments[0]: {says}")


def test_attitude_and_rate_are_given_or_drawn(tmp_path):
    """Neither: refused. Both: one line says which of them has no effect."""
    message = refuse(tmp_path, changed("attitude = true\n", ""))
    assert message == "bad.toml: initial.q_bi: missing, expected 4 numbers of unit norm, or dispersions.attitude = true"
    rates = changed("rate_low_radps = 0.0829                    # 4.75 deg/s\nrate_high_radps = 0.0916 ", "# ")
    message = refuse(tmp_path, rates)
    assert message.startswith(
        "bad.toml: initial.rate_bi_b_radps: missing, expected 3 numbers, or dispersions.rate_high"
    )
    both = changed("[initial]", "[initial]\nq_bi = [0.0, 0.0, 0.0, 1.0]\nrate_bi_b_radps = [0.0, 0.0, 0.0]")
    warnings = scenario_warnings(load_scenario(scenario_file(tmp_path, both)), "mine.toml")
    assert [line.partition(", ")[0] for line in warnings] == [
        "mine.toml: initial.q_bi: has no effect", "mine.toml: initial.rate_bi_b_radps: has no effect",
    ]  # fmt: skip


def test_a_key_whose_switch_is_off_is_warned_of(tmp_path):
    text = changed("[physics]", "[physics]\ndrag = false\ndensity_scale = 2.0")
    (line,) = scenario_warnings(load_scenario(scenario_file(tmp_path, text)), "still.toml")
    assert line == "still.toml: physics.density_scale: has no effect with drag = false, expected one of the two"


def test_a_mission_beyond_the_tables_is_warned_of(tmp_path):
    text = changed('"2019-11-18T14:00:00"', '"2029-12-31T23:00:00"')
    (line,) = scenario_warnings(load_scenario(scenario_file(tmp_path, text)), "late.toml")
    assert line.startswith(
        "late.toml: epoch_utc: found a mission until 2030-01-01, expected one before 2030, where the"
    )
    early = changed('"2019-11-18T14:00:00"', '"1972-01-01T00:00:00"')
    assert refuse(tmp_path, early).startswith("bad.toml: epoch_utc: found '1972-01-01T00:00:00'")  # dispersed into 1971


def test_an_unknown_name_lists_what_ships():
    with pytest.raises(SchemaError, match=r"nowhere: no such scenario, expected one of: .*reference; or the path of a"):
        load_scenario("nowhere")
    with pytest.raises(SchemaError, match=r"/nowhere.toml: no such file"):
        load_scenario(Path("/nowhere.toml"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_refused_in_one_line_or_still_a_scenario(tmp_path, data):
    """Any cut, and any character replaced: a typed error of one line, or a scenario."""
    text = REFERENCE[: data.draw(st.integers(0, len(REFERENCE)))]
    if text:
        at = data.draw(st.integers(0, len(text) - 1))
        text = text[:at] + data.draw(st.characters(blacklist_categories=["Cs"])) + text[at + 1 :]
    path = tmp_path / "damaged.toml"
    path.write_text(text)
    try:
        assert isinstance(load_scenario(path), Scenario)
    except SchemaError as error:
        assert "\n" not in str(error)
