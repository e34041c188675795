"""GND-CLI: the command line as its users meet it: processes, signals, one-line errors."""

import json
import signal
import subprocess
import sys
import time

import pytest
import typer

from ground.cli.commands import given_speed
from ground.link.segment import GroundSegment
from ground.recordings.reader import RecordingReader
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario
from tests.ground.ended import ended

FLY = [sys.executable, "-m", "ground.cli.main", "fly"]


def run(*arguments, cwd):
    """A process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "ground.cli.main", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=600,
    )


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """Run a command line in this process; return its exit code and what it printed, results first."""
    monkeypatch.chdir(tmp_path)

    def run_here(*arguments):
        code = ended(*arguments)
        return code, *capsys.readouterr()

    return run_here


def test_short_flight_prints_one_json_object(tmp_path):
    """`--json` prints exactly one object; a flight cut short fails nothing that it could not show."""
    options = ("--duration", "60", "--seed", "5", "--record", "tm", "--json", "--out", str(tmp_path / "run"))
    out = run("fly", *options, cwd=tmp_path)
    result = json.loads(out.stdout)
    assert out.returncode == 0, out.stderr
    assert {r["verdict"] for r in result["requirements"]} == {"pass", "not shown"}
    assert result["seed"] == 5
    assert result["duration_s"] == 60.0
    assert result["ledger"]["unaccounted"] == 0
    assert {p.name for p in (tmp_path / "run").iterdir()} >= {
        "recording.ssr", "downlink.cadu", "events.jsonl", "report.html", "result.json",
    }  # fmt: skip


@pytest.fixture(scope="module")
def plain_cadu_sha256():
    """Of the same flight without the command line."""
    mission = Mission(load_vehicle(), load_scenario("reference"), GroundSegment, duration_s=30.0, record="none")
    return mission.fly().cadu_sha256


@pytest.mark.parametrize(("record", "files"), [
    ("none", {"result.json"}),
    ("tm", {"recording.ssr", "downlink.cadu", "events.jsonl", "result.json"}),
    ("full", {"recording.ssr", "recording.ssr.platform", "downlink.cadu", "events.jsonl", "result.json"}),
])  # fmt: skip
def test_record_chooses_what_is_kept(tmp_path, told, plain_cadu_sha256, record, files):
    """`--record` keeps what it says, whatever the downlink holds is the same; without report nothing else differs."""
    options = ("--duration", "30", "--record", record, "--json", "--no-report", "--out", str(tmp_path / "run"))
    _, said, _ = told("fly", *options)
    result = json.loads(said)
    assert {p.name for p in (tmp_path / "run").iterdir()} == files
    assert result["report"] is None
    assert result["cadu_sha256"] == plain_cadu_sha256


def test_ctrl_c_ends_cleanly_with_what_was_flown(tmp_path):
    """SIGINT in flight: exit 130, a result, a complete recording."""
    run_folder = tmp_path / "run"
    command = [*FLY, "--speed", "10", "--json", "--no-report", "--out", str(run_folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    try:
        deadline = time.monotonic() + 600
        downlink = run_folder / "downlink.cadu"
        while not (downlink.exists() and downlink.stat().st_size) and time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=600)
    finally:
        process.kill()
        process.wait()
    result = json.loads(stdout)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert result["interrupted"]
    assert 0 < result["duration_s"] < 17040
    with RecordingReader(run_folder / "recording.ssr") as reader:
        assert reader.complete
        assert reader.ticks == round(result["duration_s"] * 10)


def test_real_time_factor_follows_speed(tmp_path, told):
    """`--speed 10` paces mission time: it is never ahead of the clock."""
    options = ("--speed", "10", "--duration", "10", "--record", "none", "--json", "--no-report", "--out", tmp_path)
    _, said, _ = told("fly", *options)
    assert json.loads(said)["realtime_factor"] <= 10.5


@pytest.mark.parametrize("speed", ["max", "1", "10", "100", "0.5", "2.5e2"])
def test_a_speed_is_max_or_a_number(speed):
    assert given_speed(speed) == speed


@pytest.mark.parametrize("speed", ["", "x", "0", "-1", "nan", "inf", "1e9", "MAX"])
def test_any_other_speed_is_refused(speed):
    with pytest.raises(typer.BadParameter, match=r"expected max, or a number from 0\.01 to 10000"):
        given_speed(speed)


@pytest.mark.parametrize("duration", ["0", "-5", "inf", "nan", "1e15", "soon"])
def test_impossible_durations_are_refused(tmp_path, told, duration):
    """A duration that is no time to fly is refused before anything is made."""
    code, _, said = told("fly", "--duration", duration, "--out", tmp_path / "run")
    assert code == 2
    assert "--duration" in said
    assert "Traceback" not in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("arguments", "word"), [
    (("fly", "--vehicle", "nosuch"), "nosuch"),
    (("fly", "--scenario", "nosuch"), "nosuch"),
    (("fly", "--vehicle", "bad.toml"), "bad.toml"),
    (("fly", "--scenario", "bad.toml"), "bad.toml"),
    (("fly", "--out", "bad.toml"), "bad.toml"),
    (("tm", "decode", "bad.toml"), "bad.toml"),
    (("tm", "decode", "absent"), "absent"),
    (("replay", "bad.toml"), "bad.toml"),
    (("replay", "absent"), "absent"),
])  # fmt: skip
def test_bad_input_is_one_line(tmp_path, told, arguments, word):
    """Problems of the input are one line on standard error with the culprit's name, and a non-zero exit."""
    (tmp_path / "bad.toml").write_text("nmae = 3\n")
    code, out, said = told(*arguments)
    assert code != 0
    assert out == ""
    assert len(said.strip().splitlines()) == 1
    assert word in said


def test_a_word_that_is_no_choice_is_told_with_the_choices(tmp_path):
    """What was found, what is possible, where to read on; no words of a library before it."""
    done = run("fly", "--record", "all", cwd=tmp_path)
    words = "Invalid value for '--record': 'all' is not one of 'full', 'tm', 'none'; see smartsat fly --help"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"smartsat: {words}\n")


@pytest.mark.parametrize("words", [
    ("fly", "--out", ""), ("dict", "export", "--out", ""), ("campaign", "show", ""), ("compare", "", "x"),
])  # fmt: skip
def test_the_empty_word_is_no_path(capsys, words):
    assert ended(*words) == 2
    said = capsys.readouterr().err
    assert "found '', expected a path" in said and said.count("\n") == 1
