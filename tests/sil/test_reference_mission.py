"""MIS: the reference mission, flown whole and judged on truth."""

import json
from pathlib import Path

import pytest

from fsw.recorder.recorder import RecordingError
from ground.campaign.definition import Campaign, flights_of
from ground.campaign.runner import run
from ground.cli import fly
from ground.link.segment import GroundSegment
from ground.link.tm_decode import PacketRecord, Summary, decode_file
from ground.recordings.reader import RecordingReader
from ground.recordings.replay import Replay
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.requirements.verdict import Verdict
from sim.scenario.scenario import load_scenario


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """The mission of `make fly`, with everything it writes."""
    out = tmp_path_factory.mktemp("run")
    code = fly.run(fly.Options(out=out, as_json=True))
    return out, code, json.loads((out / "result.json").read_text())


def test_every_requirement_is_met(flown):
    """MIS-010: all requirements pass, and the exit code says so; `pointing` shows the one for which it has no time."""
    _, code, result = flown
    assert [r["id"] for r in result["requirements"] if not r["passed"]] == ["ADCS-032"]
    assert code == 0


def test_pointing_is_shown_in_every_mode():
    """MIS-012: the scenario made for it; with ADCS-033 of the mission these are all modes that point."""
    mission = Mission(load_vehicle(), load_scenario("pointing"), GroundSegment)
    shown = {r.id: r.verdict for r in mission.fly().requirements}
    assert {shown[name] for name in ("ADCS-030", "ADCS-031", "ADCS-032")} == {Verdict.PASS}
    assert Verdict.FAIL not in shown.values()


def test_the_recording_replays_to_the_last_bit(flown):
    """MIS-015: all of the mission again from its recording; pieces of each of its parts, and the last to its end."""
    out, _, _ = flown
    whole = Replay(out / "recording.ssr").run()
    assert (whole.difference, whole.ticks, whole.cut, whole.notes) == (None, 170400, "", ())
    for from_s in (900.0, 4000.0, 9000.0, 12500.0):
        part = Replay(out / "recording.ssr", from_s=from_s, until_s=from_s + 120.0).run()
        assert (part.difference, part.first_tick) == (None, from_s // 60 * 600 + 1)
    last = Replay(out / "recording.ssr", from_s=16800.0).run()
    assert (last.difference, last.digest, last.first_tick) == (None, whole.digest, 168001)


def test_result_has_what_tools_read(flown):
    """MIS-020: the JSON object has the documented keys and plausible values."""
    out, _, result = flown
    assert result["seed"] == 1
    assert result["duration_s"] == 17040.0
    assert len(result["recording_sha256"]) == len(result["cadu_sha256"]) == 64
    assert {"generated", "delivered", "stored", "dropped", "unaccounted"} <= set(result["ledger"])
    assert result["ledger"]["unaccounted"] == 0
    assert {"id", "text", "limit", "achieved", "unit", "passed"} <= set(result["requirements"][0])
    assert Path(result["report"]) == out / "report.html"


def test_recording_and_downlink_agree_with_the_flight(flown):
    """MIS-030: the recording is complete and small; the decoded stream holds every packet the ledger delivered."""
    out, _, result = flown
    reader = RecordingReader(out / "recording.ssr")
    assert reader.complete
    assert reader.ticks == 170400
    assert (out / "recording.ssr").stat().st_size <= 100e6
    *records, summary = decode_file(out / "downlink.cadu")
    assert isinstance(summary, Summary)
    packets = [r for r in records if isinstance(r, PacketRecord)]
    hop = next(h for h in result["ledger"]["hops"] if h["name"].endswith("frames to ground"))
    assert len(packets) == hop["delivered"] > 10000
    assert summary.counts["frames_lost"] == 0


def test_events_tell_the_mission(flown):
    """MIS-040: the modes follow each other as planned, in words."""
    out, _, _ = flown
    texts = [json.loads(line)["text"] for line in (out / "events.jsonl").read_text().splitlines()]
    modes = [t.split("-> ")[1] for t in texts if t.startswith("ADCS mode")]
    assert modes == ["DETUMBLE", "SUN_POINTING", "NADIR", "TARGET", "NADIR"]
    assert [t for t in texts if " excluded" in t or " kept although " in t] == []  # as test_falsified_vehicle.py needs


def test_report_is_one_file_with_its_plots(flown):
    """MIS-050: the report needs no other file."""
    out, _, _ = flown
    page = (out / "report.html").read_text()
    assert page.count("data:image/png;base64,") >= 9
    assert "All requirements that it shows are met" in page
    assert "http" not in page
    assert "Real time" not in page  # as it was flown at full speed


def test_same_seed_same_bytes(mission, tmp_path):
    """MIS-060: recording and downlink repeat to the last bit; another seed differs."""
    hashes = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        out = tmp_path / name
        out.mkdir()
        result = mission(seed, out, duration_s=400.0, record="full").fly()
        hashes.append((result.recording_sha256, result.cadu_sha256))
    assert hashes[0] == hashes[1]
    assert hashes[0][0] != hashes[2][0]
    assert hashes[0][1] != hashes[2][1]


def test_a_dispersed_mission_meets_every_requirement(mission, failures):
    """MIS-070: initial attitude, rate, biases, node and epoch dispersed."""
    assert failures(mission(2).fly()) == []


@pytest.mark.proof
def test_hundred_dispersed_missions(tmp_path):
    """MIS-071: the campaign."""
    flights = flights_of((*range(3, 12), *range(100, 200)))
    summary = run(Campaign("dispersed missions", flights), tmp_path / "dispersed.sqlite")
    assert {flights[n].seed: o.wrong for n, o in summary.wrong.items()} == {}
    assert len(summary.outcomes) == len(flights)


def test_damaged_recording_is_one_line(flown, tmp_path):
    """MIS-080: a damaged recording is refused in one line."""
    out, _, _ = flown
    octets = bytearray((out / "recording.ssr").read_bytes()[: 1 << 20])
    octets[len(octets) // 2] ^= 0xFF
    damaged = tmp_path / "damaged.ssr"
    damaged.write_bytes(octets)
    with pytest.raises(RecordingError) as error:
        RecordingReader(damaged)
    assert "\n" not in str(error.value)
