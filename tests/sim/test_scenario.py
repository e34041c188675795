"""Scenario files: what ships, and one line for whatever is wrong."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hal.schema import SchemaError
from sim.devices._actuators import Torquers
from sim.devices._gnss import Gnss
from sim.devices._gyro import Gyro
from sim.devices._magnetometer import Magnetometer
from sim.devices._power import Power
from sim.devices._star_tracker import StarTracker
from sim.devices._sun_sensors import SunSensors
from sim.scenario import FUNCTIONS, SCENARIOS, Errors, Scenario, load_scenario, scenario_names

REFERENCE = (SCENARIOS / "reference.toml").read_text()


def refuse(tmp_path, text):
    """The error's message for a scenario file of this text."""
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(SchemaError) as caught:
        load_scenario(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def changed(old, new):
    assert REFERENCE.count(old) == 1, old
    return REFERENCE.replace(old, new)


def test_reference_ships_with_every_error_source_on():
    assert "reference" in scenario_names()
    scenario = load_scenario("reference")
    for group in dataclasses.fields(scenario.errors):
        assert all(dataclasses.asdict(getattr(scenario.errors, group.name)).values()), group.name
    for name in ("drag", "solar_pressure", "gravity_gradient", "residual_dipole", "wheel_friction", "eclipse",
                 "sun_gravity", "moon_gravity", "torquers", "wheel_limits", "magnetic_field"):  # fmt: skip
        assert getattr(scenario.physics, name) is True
    assert scenario.physics.zonal_degree == 6
    rate = sum(w * w for w in scenario.initial.rate_bi_b_radps) ** 0.5
    assert rate == pytest.approx(0.0873, abs=1e-4)  # 5 deg/s


def test_every_switch_is_named_in_the_shipped_file():
    """The file shows a reader every error source there is."""
    import tomllib

    written = tomllib.loads(REFERENCE)["errors"]
    declared = {f.name: {e.name for e in dataclasses.fields(f.default)} for f in dataclasses.fields(Errors)}
    assert {name: set(group) for name, group in written.items()} == declared


@pytest.mark.parametrize(
    ("group", "device"),
    [("gyro", Gyro), ("magnetometer", Magnetometer), ("sun_sensors", SunSensors), ("star_tracker", StarTracker),
     ("gnss", Gnss), ("torquers", Torquers), ("power", Power)],
)  # fmt: skip
def test_switches_of_the_file_are_those_of_the_device(group, device):
    default = {f.name: f.default for f in dataclasses.fields(Errors)}[group]
    assert tuple(f.name for f in dataclasses.fields(default)) == device.ERRORS


def test_a_minimal_file_is_enough(tmp_path):
    path = tmp_path / "short.toml"
    path.write_text('name = "short"\nepoch_utc = "2024-02-29T00:00:00"\nduration_s = 10\n'
                    "[initial]\nq_bi = [0, 0, 0, 1]\nrate_bi_b_radps = [0, 0, 0]\n")  # fmt: skip
    scenario = load_scenario(path)
    assert scenario.telecommand == ()
    assert scenario.errors == Errors()


def test_functions_are_those_of_the_flight_software():
    from fsw.pus.st08_functions import Function

    assert tuple(f.name.lower() for f in Function) == FUNCTIONS


def test_epoch_in_tai():
    assert load_scenario().epoch_tai_ns == 627357637 * 10**9  # 2019-11-18T14:00:37 TAI; 7261 d + 7237 s after J2000


DEFECTS = [
    ("bias = true", "bais = true", "errors.gyro.bais: unknown key; did you mean bias?"),
    ("duration_s = 17040.0 ", "duration_s = 0 ", "duration_s: found 0.0, expected a number > 0"),
    ('"2019-11-18T14:00:00"', '"yesterday"', "epoch_utc: found 'yesterday', expected a UTC time such as"),
    ('"2019-11-18T14:00:00"', '"2019-11-18T14:00:00+02:00"', "epoch_utc: found '2019-11-18T14:00:00+02:00'"),
    ('"2019-11-18T14:00:00"', '"1957-10-04T19:28:34"', "epoch_utc: found '1957-10-04T19:28:34'"),
    ("q_bi = [0.5, -0.1, 0.7, 0.5]", "q_bi = [0.5, -0.1, 0.7, 0.9]", "initial.q_bi: found"),
    ('"track_target"', '"fly_home"', "telecommand[1].function: found 'fly_home', expected one of: detumble"),
    ('"eclipse_exit:3"', '"eclipse_exit:0"', "outage[0].at: found 'eclipse_exit:0', expected separation"),
    ('device = "star_tracker"', 'device = "camera"', "outage[0].device: found 'camera', expected one of: star_tracker"),
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
    message = refuse(tmp_path, without.replace('at = "target"', 'at = "separation"'))
    assert message.startswith("bad.toml: telecommand[1].arguments: missing, expected latitude")


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
