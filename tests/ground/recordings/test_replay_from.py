"""GND-REPLAY: the pool is all of flight's state: from any keyframe flight goes on to the same last bit."""

import json

import pytest

from fsw.guidance.modes import AdcsMode, SystemMode
from fsw.recorder.format import HEADER, pack_header
from ground.link.segment import GroundSegment
from ground.recordings import replay_command as command
from ground.recordings.reader import RecordingReader
from ground.recordings.replay import Replay, ReplayError
from hal.exit_codes import ExitCode
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario
from tests.ground.ended import ended


def fly(out, duration_s, record="full"):
    """The scenario with every mode in ten minutes."""
    out.mkdir(parents=True, exist_ok=True)
    Mission(
        load_vehicle(), load_scenario("modes"), lambda radio, link, plan: GroundSegment(radio, link, plan, out),
        seed=5, out=out, duration_s=duration_s, record=record,
    ).fly()  # fmt: skip
    return out / "recording.ssr"


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return fly(tmp_path_factory.mktemp("modes"), 600.0)


@pytest.fixture(scope="module")
def last(recording):
    """Digest of the state at the end."""
    return Replay(recording).run().digest


def test_the_flight_has_every_mode_in_it(recording):
    ticks = list(RecordingReader(recording))
    reader = RecordingReader(recording)
    seen = [(tick["mode.system"], tick["mode.adcs"]) for tick in reader]
    assert {system for system, _ in seen} == set(SystemMode)
    assert {adcs for _, adcs in seen} == set(AdcsMode)
    assert reader.keyframe_ticks == tuple(range(0, 6000, 600))
    assert len(ticks) == 6000


@pytest.mark.parametrize("keyframe_s", range(0, 600, 60))
def test_from_any_keyframe_to_the_same_last_bit(recording, last, keyframe_s):
    outcome = Replay(recording, from_s=keyframe_s + 12.3).run()
    assert (outcome.difference, outcome.digest) == (None, last)
    assert (outcome.first_tick, outcome.ticks) == (keyframe_s * 10 + 1, 5999 - keyframe_s * 10)


def test_from_and_until_cut_a_piece_out(recording, capsys):
    assert command.run(command.Options(recording, from_s=120.0, until_s=130.0)) == ExitCode.OK
    assert capsys.readouterr().out.startswith("identical: 100 ticks up to 130 s, ")
    whole, piece = Replay(recording, until_s=130.0).run(), Replay(recording, from_s=120.0, until_s=130.0).run()
    head = Replay(recording, until_s=120.0).run()
    assert (whole.digest, whole.octets) == (piece.digest, head.octets + piece.octets)


@pytest.mark.parametrize(("name", "tick", "found"), [
    ("drivers.adcs.seq_count", 3001, "link adcs OUT, packet COMMAND (APID 0x010), field seq_count"),
    ("drivers.eps.command_seq", 3010, "link eps OUT, packet COMMAND (APID 0x110), field seq"),
    ("drivers.adcs.cycle", 3001, "samples.adcs_health.samples_stale"),
    ("drivers.gnss.seq", 3001, "samples.gnss.seq"),
    ("autonomy.acquiring", 3001, "autonomy.acquiring"),
    ("pus.tm_seq_count", 3001, "pus.tm_seq_count"),
    ("uplink_buffer.segment", 3600, "uplink_buffer.segment[0]"),
])  # fmt: skip
def test_state_that_was_not_as_recorded_is_found(recording, name, tick, found):
    """The proof can fail: one number changed in the restored pool shows in flight, or at the next keyframe."""
    replay = Replay(recording, from_s=300.0)
    view = replay.flight.pool.view(name)
    view[...] = view + 1
    d = replay.run().difference
    names = [p.name for p in d.parameters] + ([d.upstream.name] if d.upstream else [])
    assert d.tick == tick
    assert found in names or (d.packet is not None and d.packet.place == found)


@pytest.mark.parametrize("from_s", [600.0, 1e6])
def test_a_time_after_the_end_is_one_line(recording, capsys, from_s):
    assert ended("replay", recording, "--from", from_s) == ExitCode.BAD_INPUT
    err = capsys.readouterr().err
    assert err == f"smartsat: recording.ssr: found --from {from_s:g}, it has 0 s to 599.9 s\n"


def test_an_empty_piece_is_one_line(recording, capsys):
    assert ended("replay", recording, "--from", 300, "--until", 200) == ExitCode.BAD_INPUT
    assert capsys.readouterr().err == "smartsat: recording.ssr: nothing to compare from 300.1 s to 200 s\n"


def test_a_recording_without_all_state_starts_at_the_start_only(recording, tmp_path):
    octets = recording.read_bytes()
    _, length, _ = HEADER.unpack_from(octets)
    header = json.loads(octets[HEADER.size : HEADER.size + length])
    header["parameters"] = [p for p in header["parameters"] if p["name"] != "drivers.eps.urgent"]
    (tmp_path / "older.ssr").write_bytes(pack_header(header) + octets[HEADER.size + length :])
    with pytest.raises(ReplayError, match=r"drivers.eps.urgent was not recorded, --from needs all state"):
        Replay(tmp_path / "older.ssr", from_s=300.0)
    tm = fly(tmp_path / "tm", 70.0, record="tm")
    with pytest.raises(ReplayError, match="was not recorded, --from needs all state; replay from the start"):
        Replay(tm, from_s=60.0)
