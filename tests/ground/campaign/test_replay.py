"""CMP-1: flights of a campaign are real flights, and the commands in its table repeat them."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ground.campaign.command_line import command_of
from ground.campaign.definition import Campaign, Flight
from ground.campaign.file import load_campaign
from ground.campaign.runner import run
from ground.campaign.store import Store
from ground.common.faults import fault_of, words_of
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from sim.scenario.scenario import Fault
from tests.ground.ended import ended

ROOT = Path(__file__).resolve().parents[3]
FAULT = Fault(
    target="gyro", fault="biased", start_s=7.1 / 3, duration_s=20.0, with_={"bias_radps": 0.01 / 3, "axis": 1}
)


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    path = tmp_path_factory.mktemp("campaign") / "modes.sqlite"
    flights = (
        Flight(scenario="modes", seed=3, duration_s=40.0),
        Flight(scenario="modes", seed=3, duration_s=40.0, faults=(FAULT,)),
        Flight(scenario="modes", seed=3, duration_s=40.0, judge="tests.ground.campaign.judges:number"),
    )
    run(Campaign("modes", flights), path, workers=2)
    with Store(path) as store:
        return path, flights, dict(store.outcomes())


@pytest.mark.parametrize("number", [0, 1])
def test_the_command_of_a_flight_flies_it_again(flown, tmp_path, capsys, number):
    """CMP-110: the downlink is the same to the last octet; a fault makes another flight of it."""
    path, flights, outcomes = flown
    program, *words = shlex.split(command_of(flights[number], path, number))
    assert program == "smartsat"
    ended(*words, "--json", "--record", "none", "--no-report", "--out", tmp_path)
    assert json.loads(capsys.readouterr().out)["cadu_sha256"] == outcomes[number].cadu_sha256
    assert outcomes[0].cadu_sha256 != outcomes[1].cadu_sha256


def test_a_judge_from_elsewhere_flies_again(flown):
    """CMP-120: by the file and the number, in a process of its own."""
    path, flights, outcomes = flown
    program, *words = shlex.split(command_of(flights[2], path, 2))
    assert program == "python"
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, timeout=600, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["cadu_sha256"] == outcomes[2].cadu_sha256


def test_a_campaign_file_from_the_command_line(tmp_path, capsys):
    """CMP-130: run, go on, show, and what is not usable in one line."""
    file = tmp_path / "small.toml"
    text = 'name = "small"\nscenarios = ["modes"]\nfirst_seed = 5\nseeds = 2\nduration_s = 5.0\n'
    file.write_text(text)
    results = tmp_path / "small.sqlite"
    code = ended("campaign", "run", file, results, "--workers", 1)
    done = capsys.readouterr()
    assert "small: 2 flights" in done.out
    assert "small: 2 of 2 flights" in done.err
    assert code in (0, 1)
    assert ended("campaign", "run", file, results) == code
    assert capsys.readouterr().out == done.out
    assert ended("campaign", "show", results) == 0
    assert capsys.readouterr().out == done.out
    file.write_text(text.replace("seeds = 2", "seeds = 3"))
    assert ended("campaign", "run", file, results) == 2
    refused = capsys.readouterr()
    assert (refused.out, refused.err.count("\n")) == ("", 1)
    assert "another definition" in refused.err


@pytest.mark.parametrize(("text", "words"), [
    ('name = "x"\nvehicles = []', "vehicles: found none"),
    ('name = "x"\n[draws]\nflights = 0', "draws.flights: found 0"),
    ('name = "x"\nseeds = 4\n[draws]\nflights = 3', "seeds: found beside [draws]"),
    ('name = "x"\nseeds = 600000\nscenarios = ["a", "b"]', "makes 1200000 flights"),
    ("seeds = 4", "name: missing"),
    ('name = "x"\nwall_limit_s = nan', "wall_limit_s: found nan"),
])  # fmt: skip
def test_a_campaign_file_that_defines_none_is_one_line(tmp_path, text, words):
    """CMP-140."""
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(SchemaError) as error:
        load_campaign(file)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_drawn_faults_are_a_campaign_file_of_four_lines(tmp_path):
    """CMP-150: the flights of the draws."""
    file = tmp_path / "faults.toml"
    file.write_text('name = "pairs"\n[draws]\nflights = 6\nseed = 3\nat_once = 2\n')
    campaign = load_campaign(file)
    assert [len(flight.faults) for flight in campaign.flights] == [2] * 6
    assert {flight.scenario for flight in campaign.flights} == {"faults"}


def test_faults_on_the_command_line_are_those_of_files():
    """CMP-160: to the last bit; what is none is one line."""
    assert fault_of(words_of(FAULT), load_vehicle()) == FAULT
    orbit = Fault(target="eps", fault="reset", at="eclipse_entry:2", start_s=-3.0)
    assert fault_of(words_of(orbit), load_vehicle()) == orbit
    for text, words in (
        ("", "unknown target"), ("gyro", "unknown fault"), ("gyro tired", "unknown fault"),
        ("gyro biased axis", "expected NAME=NUMBER"), ("gyro biased axis=1 axis=1", "each once"),
        ("gyro biased bias_radps=nan", "expected NAME=NUMBER"), ("gyro biased at=noon", "at=EVENT"),
        ("gyro biased weight=1", "unknown parameter"), ("gyro dead duration_s=0", "more than 0 s"),
        ("eps reset duration_s=4", "happens once"), ("gyro biased axis=7", "axis"),
    ):  # fmt: skip
        with pytest.raises(SchemaError, match=words) as error:
            fault_of(text, load_vehicle())
        assert "\n" not in str(error.value)
