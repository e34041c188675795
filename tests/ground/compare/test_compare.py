"""CMP: two runs side by side."""

import dataclasses
import json

import pytest

from ground.cli import fly
from ground.compare import command, runs
from ground.compare.engine import compare
from hal.errors import InputError
from tests.ground.ended import ended


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Flights of the ten minutes: twice the same, another seed, one cut short, one with the downlink only."""
    out = tmp_path_factory.mktemp("runs")
    flights = {"a": {}, "same": {}, "other": {"seed": 2}, "short": {"duration_s": 300.0},
               "tm": {"duration_s": 60.0, "record": "tm"}}  # fmt: skip
    for name, options in flights.items():
        assert fly.run(fly.Options(scenario="modes", out=out / name, as_json=True, report=False, **options)) == 0
    return out


def compared(folders, first, second, capsys):
    """Run the command; return its exit code and its JSON object."""
    capsys.readouterr()
    code = command.run(command.Options(folders / first, folders / second, as_json=True))
    return code, json.loads(capsys.readouterr().out)


def test_the_same_flight_twice_is_identical(folders, capsys):
    """CMP-010: same seed, same bytes; figures and events agree."""
    code, shown = compared(folders, "a", "same", capsys)
    assert (code, shown["identical"], shown["difference"], shown["worse"]) == (0, True, None, [])
    assert shown["events_only_in_first"] == shown["events_only_in_second"] == []
    assert len(shown["figures"]) > 40
    assert all(line["first"] == line["second"] for line in shown["figures"])


def test_where_two_flights_part_is_named(folders, capsys):
    """CMP-020: the tick and the parameter, with both values as the recordings have them."""
    _, shown = compared(folders, "a", "other", capsys)
    difference = shown["difference"]
    name = difference["parameter"].split("[")[0]
    first, second = (runs.load(folders / folder).flight for folder in ("a", "other"))
    assert difference["tick"] == 0
    assert name in first
    assert name in second
    assert difference["values"][0] != difference["values"][1]
    assert any(line["first"] != line["second"] for line in shown["figures"])
    assert (folders / "other" / "compare.html").read_text().count("data:image/png;base64,") == 1


def test_a_flight_cut_short_shows_less_and_fails_nothing(folders, capsys):
    """CMP-030: what both have is the same; what is missing are events, not failures."""
    code, shown = compared(folders, "a", "short", capsys)
    assert code == 0
    assert shown["note"] == "the same for the 3000 ticks that both have"
    assert [e["text"] for e in shown["events_only_in_first"]]
    assert shown["events_only_in_second"] == []
    assert all(e["t_s"] > 299.0 for e in shown["events_only_in_first"])


def test_a_satellite_without_wheels_and_power_is_compared(folders, tmp_path, capsys):
    """What it does not have is not drawn."""
    gone = "".join(f'[[device]]\nname = "{name}"\nremove = true\n' for name in ("wheels", "power"))
    (tmp_path / "bare.toml").write_text(f'base = "reference"\nname = "bare"\n{gone}')
    options = fly.Options(vehicle=str(tmp_path / "bare.toml"), scenario="nadir", out=tmp_path / "bare", report=False)
    fly.run(dataclasses.replace(options, duration_s=20.0))
    _, shown = compared(folders, "a", tmp_path / "bare", capsys)
    assert not shown["identical"]
    assert "data:image/png;base64," in (tmp_path / "bare" / "compare.html").read_text()


def test_a_failed_requirement_is_worse(folders, capsys, tmp_path):
    """CMP-040: exit 1, and only in that direction."""
    result = json.loads((folders / "a" / "result.json").read_text())
    entry = next(r for r in result["requirements"] if r["id"] == "ADCS-060")
    entry["achieved"] = 0.9
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "result.json").write_text(json.dumps(result))
    code = command.run(command.Options(folders / "a", bad))
    text = capsys.readouterr().out
    assert code == 1
    assert "1 verdict(s) worse in the second: ADCS-060" in text
    assert "pass → FAIL" in (bad / "compare.html").read_text()
    assert command.run(command.Options(bad, folders / "a", out=tmp_path / "page.html")) == 0


def test_runs_without_a_full_recording_are_compared_by_their_verdicts(folders, capsys):
    """CMP-050: and it says why not more."""
    code, shown = compared(folders, "a", "tm", capsys)
    assert code == 0
    assert "the second run has no full recording" in shown["note"]
    assert shown["figures"] == []
    assert shown["events_only_in_first"] and not shown["events_note"]  # the downlink was kept, and its events


@pytest.mark.parametrize(("key", "value", "says"), [
    ("achieved", float("nan"), "requirements[0].achieved: found nan, expected a number or null"),
    ("achieved", "abc", "requirements[0].achieved: found 'abc', expected a number or null"),
    ("limit", None, "requirements[0].limit: found None, expected a number"),
    ("whole", 1, "requirements[0].whole: found 1, expected true or false"),
    ("id", None, "requirements[0].id: found None, expected a text"),
])  # fmt: skip
def test_a_result_that_was_edited_is_named(folders, tmp_path, key, value, says):
    result = json.loads((folders / "a" / "result.json").read_text())
    result["requirements"][0][key] = value
    (tmp_path / "result.json").write_text(json.dumps(result))
    with pytest.raises(InputError) as error:
        runs.load(tmp_path)
    assert says in str(error.value)


def test_a_requirement_twice_is_named(folders, tmp_path):
    result = json.loads((folders / "a" / "result.json").read_text())
    result["requirements"].append(result["requirements"][0])
    (tmp_path / "result.json").write_text(json.dumps(result))
    with pytest.raises(InputError, match="twice, expected it once"):
        runs.load(tmp_path)


def test_runs_that_were_not_recorded_are_said_to_be(tmp_path, capsys):
    """CMP-055: nothing empty stands for what is not there, in the terminal, on the page and in JSON."""
    for name in ("a", "b"):
        flown = {"duration_s": 2.0, "record": "none", "as_json": True, "report": False}
        fly.run(fly.Options(scenario="modes", out=tmp_path / name, **flown))
    capsys.readouterr()
    assert command.run(command.Options(tmp_path / "a", tmp_path / "b")) == 0
    text = capsys.readouterr().out
    assert "Compared by their verdicts only; no verdict is worse in the second." in text
    assert "Recordings: neither run has a full recording" in text
    assert "events: not compared: neither run has a record of events" in text
    page = (tmp_path / "b" / "compare.html").read_text(encoding="utf-8")
    assert page.count("<p class=dim>Not compared: neither run has a ") == 2
    assert "the same events" not in page


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "result.json: cannot be read: No such file or directory; give a run folder"),
        ("", "result.json: not a result of smartsat fly"),
        ("[]", "result.json: not a result of smartsat fly"),
        ('{"requirements": [{}], "seed": 1, "duration_s": 1}', "requirements[0].id: found None, expected a text"),
        ('{"requirements": [7], "seed": 1, "duration_s": 1}', "requirements[0]: found int, expected an object"),
        ('{"requirements": [], "seed": 1, "duration_s": 1}', "requirements: found none, expected those of a flight"),
        ('{"requirements": {}, "seed": 1, "duration_s": 1}', "requirements: found {}, expected a list"),
        ('{"requirements": [], "seed": "x", "duration_s": 1}', "seed: found 'x', expected a number"),
        ('{"requirements": [], "seed": 1, "duration_s": -5}', "duration_s: found -5, expected a number"),
    ],
)
def test_what_is_no_run_is_one_line(folders, tmp_path, capsys, content, message):
    """CMP-060: exit 2 and one line."""
    if content is not None:
        (tmp_path / "result.json").write_text(content)
    assert ended("compare", tmp_path, folders / "a") == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_damaged_recording_is_one_line(folders, tmp_path, capsys):
    """CMP-070: exit 2 and one line."""
    octets = bytearray((folders / "a" / "recording.ssr").read_bytes())
    octets[len(octets) // 2] ^= 0xFF
    (tmp_path / "recording.ssr").write_bytes(octets)
    (tmp_path / "result.json").write_bytes((folders / "a" / "result.json").read_bytes())
    assert ended("compare", folders / "a", tmp_path) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_recordings_that_differ_late_are_found_there(folders, tmp_path):
    """CMP-080: a state that parts in mid-flight: the first tick, not the first keyframe after it."""
    options = fly.Options(scenario="modes", duration_s=60.0, out=tmp_path / "b", as_json=True, report=False)
    scenario = (tmp_path / "modes.toml").absolute()
    scenario.write_text(changed_scenario())
    assert fly.run(options) == 0
    assert fly.run(dataclasses.replace(options, scenario=str(scenario), out=tmp_path / "c")) == 0
    difference = compare(runs.load(tmp_path / "b"), runs.load(tmp_path / "c")).difference
    assert difference is not None
    assert 400 <= difference.tick <= 420  # the telecommand at 40 s is sent at 90 s
    assert difference.t_s <= 42.0


def changed_scenario():
    """The ten minutes with their first telecommand 50 s later."""
    from sim.scenario.scenario import SCENARIOS

    text = (SCENARIOS / "modes.toml").read_text()
    assert "offset_s = 40.0" in text
    return text.replace("offset_s = 40.0", "offset_s = 90.0", 1)
