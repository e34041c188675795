"""`smartsat fly` with a scenario of several satellites: a run folder, a verdict and a line for each."""

import json

import pytest

from ground.recordings.reader import RecordingReader
from ground.recordings.replay import Replay
from sim.scenario.scenario import SCENARIOS
from tests.ground.ended import ended


@pytest.fixture
def scenario(tmp_path):
    file = tmp_path / "pair.toml"
    tables = '[[satellite]]\nname = "one"\n[[satellite]]\nname = "two"\nseed = 8\n'
    file.write_text((SCENARIOS / "nadir.toml").read_text() + tables)
    return file


def test_each_satellite_has_its_run_folder_and_verdict(tmp_path, scenario, capsys):
    out = tmp_path / "run"
    assert ended("fly", "--scenario", scenario, "--duration", "3", "--seed", "4", "--out", out, "--no-report") == 0
    said = capsys.readouterr().out
    results = [json.loads((out / name / "result.json").read_text()) for name in ("one", "two")]
    assert [r["seed"] for r in results] == [4, 8]
    assert results[0]["recording_sha256"] != results[1]["recording_sha256"]
    assert all(f"satellite {name}: {out / name}" in said.replace("\n", "") for name in ("one", "two"))
    assert Replay(out / "two" / "recording.ssr").run().difference is None


def test_no_folder_is_left_of_what_cannot_fly(tmp_path, scenario, capsys):
    out = tmp_path / "run"
    scenario.write_text(scenario.read_text() + 'vehicle = "submarine"\n')
    assert ended("fly", "--scenario", scenario, "--out", out) == 2
    said = capsys.readouterr().err
    assert "satellite[1].vehicle: submarine: no such vehicle" in said
    assert not out.exists()


def test_the_space_link_is_offered_of_one_satellite_only(scenario, capsys):
    assert ended("fly", "--scenario", scenario, "--ground", "tcp://127.0.0.1:0") == 2
    assert "has 2 satellites, expected one" in capsys.readouterr().err


def test_one_of_them_goes_on_alone(tmp_path, scenario):
    """From a snapshot that was made in the universe of both."""
    out, fork = tmp_path / "run", tmp_path / "fork"
    words = ("--duration", "6", "--no-report")
    assert ended("fly", "--scenario", scenario, "--out", out, "--snapshots", "2", *words) == 0
    assert ended("fly", "--from", out / "two", "--at", "4", "--out", fork, *words) == 0
    with RecordingReader(out / "two" / "recording.ssr") as whole, RecordingReader(fork / "recording.ssr") as part:
        flown = {tick.tick: (tick.digest, tick.octets) for tick in whole}
        again = {tick.tick: (tick.digest, tick.octets) for tick in part}
    assert again == {tick: flown[tick] for tick in range(40, 60)}
