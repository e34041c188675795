"""The catalogue: what it lists can be injected, what it does not is refused in one line."""

import dataclasses
import json

import pytest
from typer.testing import CliRunner

from ground.cli.commands import app
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from sim.faults.catalogue import Catalogue, FaultError
from sim.scenario.planning import plan
from sim.scenario.scenario import SCENARIOS, load_scenario

VEHICLE = load_vehicle()
CATALOGUE = Catalogue(VEHICLE)
EVERY = [(target, kind.name) for kind in CATALOGUE.kinds for target in kind.targets]


@pytest.fixture(scope="module")
def at_separation(new_mission):
    """A flight that nobody flies."""
    return new_mission()


@pytest.fixture
def scenario_file(tmp_path):
    """Write the scenario "modes" with more at its end: `scenario_file(text)`."""

    def write(text):
        path = tmp_path / "faulty.toml"
        path.write_text((SCENARIOS / "modes.toml").read_text() + text)
        return path

    return write


def test_names_are_unique_and_every_level_is_there():
    assert len(EVERY) == len(set(EVERY))
    assert {kind.level for kind in CATALOGUE.kinds} == {"physics", "board", "link"}
    assert all(kind.effect and not kind.effect.endswith(".") for kind in CATALOGUE.kinds)


@pytest.mark.parametrize(("target", "fault"), EVERY)
def test_every_fault_can_be_injected_and_ends(new_mission, target, fault):
    """With its defaults, for a second; then nothing of it is left waiting."""
    mission = new_mission()
    mission.advance(1.0)
    momentary = CATALOGUE.find(target, fault).momentary
    injection = mission.inject(target, fault, duration_s=None if momentary else 1.0)
    assert injection.state == ("over" if momentary else "active")
    mission.advance(2.0)
    assert injection.state == "over"
    assert mission.flight.pool["executive.failed"] == 0
    assert mission.flown_s == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("target", "fault", "parameters", "words"),
    [
        ("gyros", "stuck", {}, "unknown target 'gyros'; did you mean 'gyro'?"),
        ("gyro", "stuk", {}, "gyro: unknown fault 'stuk'; did you mean 'stuck'?"),
        ("gyro", "biased", {"bias_deg": 1.0}, "gyro biased: unknown parameter 'bias_deg'; did you mean"),
        ("gyro", "biased", {"axis": 3}, "parameter 'axis': found 3, expected a whole number from 0 to 2"),
        ("gyro", "biased", {"axis": 0.5}, "parameter 'axis': found 0.5, expected a whole number from 0 to 2"),
        ("gyro", "biased", {"bias_radps": "much"}, "found 'much', expected a number"),
        ("gyro", "biased", {"bias_radps": float("nan")}, "found nan"),
        ("gyro", "dead", {"axis": 1}, "unknown parameter 'axis'; it takes no parameter"),
        ("radio.link", "loss", {"share": True}, "found True, expected a number from 0 to 1"),
        ("radio.link", "loss", {"share": 0}, "loss: parameter 'share': found 0, which has no effect, expected another"),
        ("radio.link", "delay", {"delay_s": 0.0}, "parameter 'delay_s': found 0, which has no effect"),
        ("gnss.link", "loss", {"inward": 0, "outward": 0}, "found inward=0 and outward=0, which has no effect"),
        ("gyro", "biased", {"bias_radps": 0.0}, "parameter 'bias_radps': found 0, which has no effect"),
        ("gnss", "noisy", {"noise_m": 0}, "parameter 'noise_m': found 0, which has no effect"),
        ("wheels", "friction", {"factor": 1}, "parameter 'factor': found 1, which has no effect"),
        ("power", "array_loss", {"share": 0}, "parameter 'share': found 0, which has no effect"),
        ("adcs", "bit_flip", {"octet": 60}, "found 60, expected a whole number from 0 to 59"),
    ],
)
def test_what_is_not_in_it_is_refused_in_one_line(at_separation, target, fault, parameters, words):
    with pytest.raises(FaultError) as refused:
        at_separation.inject(target, fault, **parameters)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_times_that_cannot_be_are_refused(new_mission):
    mission = new_mission()
    mission.advance(2.0)
    for arguments, words in (
        ({"start_s": 1.0}, "start_s: found 1.0, expected a number of at least 2"),
        ({"duration_s": -1.0}, "duration_s: found -1.0"),
        ({"duration_s": float("inf")}, "duration_s: found inf"),
    ):
        with pytest.raises(FaultError, match=words):
            mission.inject("gyro", "stuck", **arguments)
    with pytest.raises(FaultError, match=r"adcs reset: duration_s: found 1\.0, expected none: it happens once"):
        mission.inject("adcs", "reset", duration_s=1.0)


def test_a_unit_that_the_vehicle_does_not_have_is_refused(new_mission):
    with pytest.raises(FaultError, match="power array_loss: parameter 'unit': found 9, the vehicle has units 0 to 3"):
        new_mission().inject("power", "array_loss", unit=9)


def test_parameters_have_their_defaults():
    _, values = CATALOGUE.check("gyro", "biased", {"axis": 2})
    assert values == {"axis": 2.0, "bias_radps": 0.01}
    assert CATALOGUE.check("gyro", "stuck", {})[1] == {"axis": None}


def test_a_scenario_file_names_faults(scenario_file, new_mission):
    path = scenario_file(
        '[[fault]]\ntarget = "wheels"\nfault = "friction"\nstart_s = 5.0\nduration_s = 2.5\n'
        "with = { unit = 2, factor = 9 }\n"
        '[[fault]]\ntarget = "adcs"\nfault = "reset"\nat = "target"\n'
    )
    faults = load_scenario(path).fault
    assert dataclasses.astuple(faults[0]) == (
        "wheels",
        "friction",
        "separation",
        5.0,
        2.5,
        {"unit": 2.0, "factor": 9.0},
    )
    mission = new_mission(fault=faults, target=load_scenario(path).target)
    first, second = mission.faults.injections
    assert (first.start_s, first.end_s, first.values) == (5.0, 7.5, {"unit": 2.0, "factor": 9.0})
    assert (second.start_s, second.end_s) == (380.0, None)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('target = "gyrO"\nfault = "dead"', "faulty.toml: fault[0]: unknown target 'gyrO'; did you mean 'gyro'?"),
        ('target = "gyro"\nfault = "late"', "faulty.toml: fault[0]: gyro: unknown fault 'late'; expected one of: dead"),
        ('target = "gyro"\nfault = "dead"\nwith = { x = 1 }', "fault[0]: gyro dead: unknown parameter 'x'"),
        ('target = "gyro"\nfault = "dead"\nwith = { x = "y" }', "fault[0].with.x: found 'y', expected a number"),
        ('target = "gyro"\nfault = "dead"\nwith = 3', "fault[0].with: found 3, expected a table of numbers"),
        ('target = "gyro"\nfault = "dead"\nwhen = 3', "fault[0].when: unknown key"),
        ('target = "gyro"\nfault = "dead"\nat = "noon"', "fault[0].at: found 'noon', expected separation"),
        ('target = "eps"\nfault = "reset"\nduration_s = 3.0', "fault[0].duration_s: found 3, expected none: eps reset"),
        ('target = "gyro"\nfault = "dead"\nduration_s = -3.0', "fault[0].duration_s: found -3.0, expected a number >"),
    ],
)  # fmt: skip
def test_a_wrong_fault_in_a_scenario_file_is_one_line(scenario_file, table, words):
    with pytest.raises(SchemaError) as refused:
        plan(VEHICLE, load_scenario(scenario_file(f"[[fault]]\n{table}\n")))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_command_line_lists_everything():
    found = json.loads(CliRunner().invoke(app, ["faults", "list", "--json"]).stdout)["faults"]
    assert [(target, kind["name"]) for kind in found for target in kind["targets"]] == EVERY
    assert {"unit", "doc", "default", "required", "low", "high"} <= set(found[1]["parameters"][0])
    table = CliRunner().invoke(app, ["faults", "list"], env={"COLUMNS": "200"}).stdout
    assert all(target in table for target in CATALOGUE.targets())
    assert "bias_radps = 0.01 [rad/s]: rate that is added" in table
