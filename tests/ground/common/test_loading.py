"""What a command says of unusual files before it flies them."""

from __future__ import annotations

import pytest

from ground.common.loading import load_pair
from hal.schema import SchemaError
from sim.scenario.scenario import SCENARIOS

VEHICLE = 'base = "reference"\nname = "odd"\n[spacecraft]\ndrag_coefficient = 0.22\n'


def test_what_is_unusual_is_a_line_each_on_standard_error(tmp_path, capsys):
    """Vehicle, scenario and both together are warned of, each by its file; what is asked for is flown."""
    vehicle, scenario = tmp_path / "odd.toml", tmp_path / "late.toml"
    vehicle.write_text(VEHICLE)
    text = (SCENARIOS / "nadir.toml").read_text().replace("2019-11-18T14:40:00", "2020-11-18T14:40:00")
    scenario.write_text(text.replace("[initial]", "[dispersions]\nattitude = true\n[initial]"))
    flown, mission = load_pair(str(vehicle), str(scenario))
    assert (flown.name, mission.name) == ("odd", "nadir")
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.partition(": found")[0] for line in err.splitlines()] == [
        f"smartsat: warning: {vehicle}: spacecraft.drag_coefficient",
        f"smartsat: warning: {scenario}: initial.q_bi: has no effect, dispersions.attitude draws another, expected one "
        "of the two",
        "smartsat: warning: late.toml: epoch_utc",
    ]


def test_what_ships_is_loaded_in_silence(capsys):
    load_pair("reference", "reference")
    assert capsys.readouterr() == ("", "")


def test_what_cannot_be_flown_is_an_error(tmp_path):
    vehicle = tmp_path / "odd.toml"
    vehicle.write_text(VEHICLE.replace("0.22", "220"))
    with pytest.raises(SchemaError, match=r"odd\.toml: spacecraft\.drag_coefficient: found 220\.0, expected a number"):
        load_pair(str(vehicle), "nadir")
