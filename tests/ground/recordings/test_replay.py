"""GND-REPLAY: a recording through today's flight code: identical to the last bit, or the first difference, named."""

import dataclasses
import json
import os
import shutil
import signal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fsw.control import controller
from fsw.recorder.format import HEADER, pack_header
from ground.link.segment import GroundSegment
from ground.recordings import replay as engine
from ground.recordings import replay_command as command
from ground.recordings.reader import RecordingReader
from ground.recordings.replay import Replay, ReplayError
from hal.exit_codes import ExitCode
from hal.octets import RADIO, Direction
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario
from tests.ground.ended import ended

FLOWN_S = 180.0
TICKS = 1800


def fly(out, duration_s, record="full", change=None):
    """A flight with a telecommand; `change(tick, octets)` returns what is recorded as its octets, None: no record."""
    out.mkdir(parents=True, exist_ok=True)
    scenario = load_scenario()
    early = dataclasses.replace(scenario.telecommand[0], at="separation", offset_s=123.45)
    mission = Mission(
        load_vehicle(), dataclasses.replace(scenario, telecommand=(early,)),
        lambda radio, link, plan: GroundSegment(radio, link, plan, out),
        seed=3, out=out, duration_s=duration_s, record=record,
    )  # fmt: skip
    if change is not None:
        record_tick = mission.recorder.tick

        def falsified(octets):
            recorded = change(mission.flight.pool["time.tick"], octets)
            if recorded is not None:
                record_tick(recorded)

        mission.recorder.tick = falsified
    mission.fly()
    return out / "recording.ssr"


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return fly(tmp_path_factory.mktemp("flown"), FLOWN_S)


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """Ten seconds: a small file to damage."""
    return fly(tmp_path_factory.mktemp("short"), 10.0)


def replay_with(path, act, **options):
    """Replay with `act(pool, tick)` run after each tick of flight, as a fault in flight code would."""
    replay = Replay(path, **options)
    tick, pool = replay.flight.tick, replay.flight.pool

    def faulty():
        tick()
        act(pool, pool["time.tick"])

    replay.flight.tick = faulty
    return replay.run()


def with_header(path, target, change):
    """Write the recording again with another header, as an older flight software would have."""
    octets = path.read_bytes()
    _, length, _ = HEADER.unpack_from(octets)
    header = json.loads(octets[HEADER.size : HEADER.size + length])
    change(header)
    target.write_bytes(pack_header(header) + octets[HEADER.size + length :])
    return target


# ------------------------------------------------------------------ the same code


def test_the_flown_code_repeats_its_flight_to_the_last_bit(recording):
    outcome = Replay(recording).run()
    ticks = list(RecordingReader(recording))
    assert outcome.difference is None
    assert (outcome.first_tick, outcome.ticks, outcome.end_s) == (0, TICKS, 179.9)
    assert outcome.digest == ticks[-1].digest
    assert outcome.octets == sum(len(octets) for tick in ticks for _, _, octets in tick.octets)
    assert outcome.notes == ()


def test_what_crossed_the_radio_is_in_the_recording(recording):
    """The uplink as it is; of the downlink a digest of eight octets for each frame."""
    ticks = RecordingReader(recording)
    crossed = [(way, octets) for tick in ticks for link, way, octets in tick.octets if link == RADIO]
    up = b"".join(octets for way, octets in crossed if way == Direction.IN)
    down = [octets for way, octets in crossed if way == Direction.OUT]
    assert bytes.fromhex("eb90") in up
    frames = recording.with_name("downlink.cadu").stat().st_size // 1279
    assert len(down) == len(set(down)) == frames
    assert {len(octets) for octets in down} == {8}


def test_the_verdict_is_one_line_and_exit_0(recording, capsys):
    assert ended("replay", recording) == ExitCode.OK
    out = capsys.readouterr()
    digest = Replay(recording).run().digest
    assert out.out.strip().splitlines()[-1].startswith("identical: 1800 ticks up to 179.9 s, ")
    assert out.out.strip().endswith(f"digest {digest:016x}")


def test_json_is_one_object(recording, capsys):
    """Of a recording, or of the one in a run folder."""
    assert command.run(command.Options(recording.parent, until_s=100.0, as_json=True)) == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert (found["identical"], found["ticks"], found["difference"]) == (True, 1001, None)


@pytest.mark.parametrize(("until_s", "ticks"), [(0.0, 1), (0.1, 2), (59.95, 600), (60.0, 601), (1e8, TICKS)])
def test_until_is_the_last_time_compared(recording, until_s, ticks):
    outcome = Replay(recording, until_s=until_s).run()
    assert (outcome.difference, outcome.ticks) == (None, ticks)


def test_a_recording_of_octets_alone_is_compared_by_these(tmp_path, capsys):
    path = fly(tmp_path, 150.0, record="tm")
    assert ended("replay", path) == ExitCode.OK
    assert "note: recorded without state (--record tm)" in capsys.readouterr().out
    outcome = replay_with(path, lambda pool, tick: pool.view("command.switches").fill(6) if tick > 1000 else None)
    assert outcome.difference.packet.place == "link eps OUT, packet COMMAND (APID 0x110), field switches"
    assert (outcome.difference.packet.recorded, outcome.difference.packet.today) == ("5", "6")


# ------------------------------------------------------------------ other code


def test_a_parameter_recorded_every_tick_is_named_at_its_tick(recording):
    def fault(pool, tick):
        if tick == 1321:
            pool.view("mode.target_alt_m").fill(7.5)

    outcome = replay_with(recording, fault)
    d = outcome.difference
    assert (d.tick, d.t_s, outcome.ticks, d.differing) == (1321, 132.1, 1321, 1)
    assert dataclasses.astuple(d.parameters[0]) == ("mode.target_alt_m", "0.0", "7.5", 132.1)
    assert d.packet is None


def test_an_element_of_an_array_is_named_with_its_labels(recording):
    outcome = replay_with(recording, lambda pool, tick: pool.view("mode.q_bi_inertial")[2:3].fill(float(tick > 99)))
    assert outcome.difference.parameters[0].name == "mode.q_bi_inertial[2]"
    outcome = replay_with(recording, lambda pool, tick: pool.view("mode.safe_reason").fill(tick == 50))
    (found,) = outcome.difference.parameters
    assert (found.recorded, found.today) == ("0 (NONE)", "1 (BOARD_SILENT)")


def test_a_parameter_recorded_once_a_second_is_found_by_the_digest(recording):
    """The tick is exact; the name comes from the next record that holds it."""

    def fault(pool, tick):
        if tick >= 1234:
            pool.view("controller.sun_b")[1] = -3.0

    d = replay_with(recording, fault).difference
    assert (d.tick, d.parameters[0].name, d.parameters[0].t_s) == (1234, "controller.sun_b[1]", 124.0)
    assert d.parameters[0].today == "-3.0"


def test_state_that_only_keyframes_hold_is_compared_there(recording):
    def fault(pool, tick):
        if tick == 1000:
            pool.view("uplink_buffer.segment")[-1] ^= 1

    d = replay_with(recording, fault).difference
    assert (d.tick, d.parameters[0].name) == (1200, "uplink_buffer.segment[4095]")


def test_a_passing_difference_is_told_without_a_name(recording):
    """One tick's difference in a parameter that is recorded at another: the digest saw it, nothing can name it."""
    kept = []

    def fault(pool, tick):
        if tick == 1233:
            kept.append(pool.view("autonomy.requests_refused").copy())
        view = pool.view("samples.gyro.dtheta_s_rad")
        if tick == 1234:
            view += 1.0

    d = replay_with(recording, fault).difference
    assert d.tick == 1234
    assert d.parameters == ()
    assert d.packet is None


def test_changed_control_code_is_named_with_the_packet_that_carried_it(recording, monkeypatch, capsys):
    """Another B-dot gain: demands differ at the first tick of detumbling, commands at the next."""
    first = next(t.tick for t in RecordingReader(recording) if np.any(t["control.dipole_b_am2"]))
    monkeypatch.setattr(controller, "ORBIT_RATE_RADPS", 1.2e-3)
    outcome = Replay(recording).run()
    d = outcome.difference
    assert first - 10 < d.tick <= first
    assert d.parameters[0].name.startswith("control.dipole_b_am2[")
    assert (d.packet.link, d.packet.packet) == ("adcs", "packet COMMAND (APID 0x010)")
    assert d.packet.field.startswith("torquers_counts[")
    assert ended("replay", recording) == ExitCode.NOT_MET
    text = capsys.readouterr().out.strip().splitlines()
    assert text[0] == f"different at {d.t_s:g} s (tick {d.tick}), after {d.tick} identical ticks"
    assert text[1].startswith(f"  parameter {d.parameters[0].name}: recorded {d.parameters[0].recorded}, today ")
    assert text[2].startswith("  link adcs OUT, packet COMMAND (APID 0x010), field torquers_counts[")


def test_an_application_that_raises_is_told(recording, monkeypatch):
    replay = Replay(recording)
    monkeypatch.setattr(replay.flight.modes, "_check", lambda: 1 // 0, raising=True)
    d = replay.run().difference
    assert d.tick == 0
    assert d.errors == ("ZeroDivisionError: integer division or modulo by zero",)


# ------------------------------------------------------------------ other octets


def flip(link, direction, at, tick_at):
    """Return a change that flips one bit of one recorded string."""

    def change(tick, octets):
        if tick < tick_at or change.done:
            return octets
        out = list(octets)
        for i, (where, way, string) in enumerate(octets):
            if (where, way) == (link, direction) and len(string) > at:
                flipped = bytearray(string)
                flipped[at] ^= 1
                out[i] = (where, way, bytes(flipped))
                change.done = tick
                return out
        return octets

    change.done = 0
    return change


def test_a_flipped_octet_out_is_named_by_packet(tmp_path):
    change = flip(0, Direction.OUT, 8, 345)
    path = fly(tmp_path, 60.0, change=change)
    d = Replay(path).run().difference
    assert d.tick == change.done == 345
    assert (d.parameters, d.differing) == ((), 0)
    assert (d.packet.link, d.packet.direction) == ("adcs", "OUT")
    assert d.packet.recorded != d.packet.today


def test_a_flipped_octet_in_is_found_by_what_flight_makes_of_it(tmp_path):
    change = flip(0, Direction.IN, 20, 345)
    path = fly(tmp_path, 60.0, change=change)
    d = Replay(path).run().difference
    assert d.tick == 345
    assert (d.parameters[0].name, d.parameters[0].t_s) == ("attitude.q_bi[0]", 34.5)
    assert (d.upstream.name, d.upstream.t_s) == ("samples.adcs_health.frames_ok", 35.0)
    assert int(d.upstream.recorded) == int(d.upstream.today) + 1


@pytest.mark.parametrize("direction", [Direction.IN, Direction.OUT])
def test_a_flipped_octet_of_the_radio_is_found(tmp_path, direction):
    change = flip(RADIO, direction, 3, 300)
    path = fly(tmp_path, 150.0 if direction == Direction.IN else 60.0, change=change)
    d = Replay(path).run().difference
    assert d.tick == change.done
    if direction == Direction.OUT:
        assert (d.packet.link, d.packet.direction) == ("radio", "OUT")
        assert d.packet.recorded.startswith("frames of digest ")
    else:
        assert d.parameters[0].name.startswith(("tm_frames.", "tc_frames."))


def test_telecommands_are_repeated(recording, monkeypatch):
    """The one planned telecommand is refused while detumbling: replay without it differs in that tick."""
    ticks = RecordingReader(recording)
    at = next(t.tick for t in ticks for link, way, _ in t.octets if (link, way) == (RADIO, Direction.IN))
    assert at == pytest.approx(1234, abs=2)
    monkeypatch.setattr(engine, "SHOWN", 200)
    replay = Replay(recording)
    load = replay.world.load
    replay.world.load = lambda octets: load([e for e in octets if e[0] != RADIO])
    d = replay.run().difference
    assert d.tick == at
    assert "uplink.tc_octets" in {p.name for p in d.parameters}


# ------------------------------------------------------------------ other recordings


def test_an_older_layout_is_compared_by_name_and_that_is_said(recording, tmp_path, capsys):
    """A parameter that had another name then, and one that did not exist."""

    def older(header):
        names = {p["name"]: p for p in header["parameters"]}
        names["mode.target_alt_m"]["name"] = "mode.target_height_m"
        header["parameters"].remove(names["guidance.slewing"])

    path = with_header(recording, tmp_path / "older.ssr", older)
    assert ended("replay", path) == ExitCode.OK
    (_, note) = capsys.readouterr().out.strip().splitlines()
    assert "another layout: " in note
    assert "; only recorded: mode.target_height_m; only today: mode.target_alt_m, guidance.slewing" in note
    outcome = replay_with(path, lambda pool, tick: pool.view("mode.target_lat_rad").fill(float(tick == 600)))
    assert (outcome.difference.tick, outcome.difference.parameters[0].name) == (600, "mode.target_lat_rad")


def test_a_vehicle_of_another_time_is_completed_from_the_shipped_one(recording, tmp_path, capsys):
    def older(header):
        vehicle = header["meta"]["flight"]["vehicle"]
        del vehicle["control"]["damping"]
        vehicle["sails"] = {"area_m2": 1.0}

    path = with_header(recording, tmp_path / "older.ssr", older)
    assert command.run(command.Options(path, until_s=10.0)) == ExitCode.OK
    out = capsys.readouterr().out
    assert "note: vehicle.control.damping was not recorded: 0.8 taken from the shipped vehicle" in out
    assert "note: vehicle.sails is unknown today: left out" in out


@pytest.mark.parametrize(("change", "says"), [
    (lambda h: h["meta"].pop("flight"), "it was made before replay existed"),
    (lambda h: h.update(meta=None), "it was made before replay existed"),
    (lambda h: h["meta"]["flight"].update(tai_offset_ns="soon"), "found tai_offset_ns 'soon'"),
    (lambda h: h["meta"]["flight"].update(vehicle=[]), "found list for its vehicle"),
    (lambda h: h["meta"]["flight"]["vehicle"]["device"][0].update(range_radps=-1.0),
     'vehicle.device[0] "gyro": range_radps: found -1.0'),
    (lambda h: h["meta"]["flight"]["vehicle"]["rates"].update(base_hz=20), "recorded at 10 Hz, its vehicle at 20 Hz"),
    (lambda h: h["meta"]["flight"]["vehicle"]["autonomy"].update(fine_sigma_rad=2.0), "fine_sigma_rad: found 2.0"),
    (lambda h: h["meta"]["flight"]["vehicle"].update(application=[{"name": "guest", "entry": "absent:Guest", "hz": 1}]),
     "refuses its vehicle"),
    (lambda h: h.update(base_hz=0), "does not describe a recording"),
    (lambda h: h.update(keyframe_ticks=0), "does not describe a recording"),
    (lambda h: [p.update(name="x" + p["name"]) for p in h["parameters"]], "no parameter of today's flight software"),
])  # fmt: skip
def test_a_header_that_cannot_be_flown_is_one_line(short, tmp_path, capsys, change, says):
    path = with_header(short, tmp_path / "odd.ssr", change)
    assert ended("replay", path) == ExitCode.BAD_INPUT
    out = capsys.readouterr()
    assert out.err.count("\n") == 1
    assert out.err.startswith("smartsat: odd.ssr: ")
    assert says in out.err


@pytest.mark.parametrize(("octets", "says"), [
    (b"", "empty file"),
    (b"SSATREC0 is something else", "expected a recording"),
    (b"\x00" * 4000, "expected a recording"),
])  # fmt: skip
def test_a_file_that_is_no_recording_is_one_line(tmp_path, capsys, octets, says):
    (tmp_path / "file").write_bytes(octets)
    assert ended("replay", tmp_path / "file") == ExitCode.BAD_INPUT
    err = capsys.readouterr().err
    assert says in err and err.count("\n") == 1


@pytest.mark.parametrize("name", ["absent", "."])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path, capsys, name):
    assert ended("replay", tmp_path / name) == ExitCode.BAD_INPUT
    err = capsys.readouterr().err
    assert "cannot be read: " in err and err.count("\n") == 1


def test_a_recording_cut_short_is_replayed_up_to_the_cut(recording, tmp_path, capsys):
    path = tmp_path / "cut.ssr"
    shutil.copy(recording, path)
    os.truncate(path, recording.stat().st_size * 2 // 3)
    ticks = RecordingReader(path).ticks
    assert 0 < ticks < TICKS
    assert ended("replay", path) == ExitCode.BAD_INPUT
    line = capsys.readouterr().out.strip()
    assert line.startswith(f"cut.ssr: cut short after {ticks} ticks; identical: {ticks} ticks up to ")


def test_a_damaged_recording_is_replayed_up_to_the_damage(recording, tmp_path, capsys):
    path = tmp_path / "bad.ssr"
    octets = bytearray(recording.read_bytes())
    octets[len(octets) // 2] ^= 4
    path.write_bytes(octets)
    assert ended("replay", path) == ExitCode.BAD_INPUT
    line = capsys.readouterr().out.strip()
    assert line.startswith("bad.ssr: damaged at octet ")
    assert "; identical: " in line


@given(st.integers(0, 10**9), st.integers(0, 255), st.booleans())
@example(0, 0, True)
@settings(max_examples=60, deadline=None)
def test_no_damage_brings_it_down(short, tmp_path_factory, at, value, cut):
    """Any octet changed, or a cut anywhere: a verdict or one line, never a difference that flight did not make."""
    octets = bytearray(short.read_bytes())
    at %= len(octets)
    octets[at] = value
    path = tmp_path_factory.mktemp("damaged") / "r.ssr"
    path.write_bytes(octets[:at] if cut else octets)
    unharmed = not cut and bytes(octets) == short.read_bytes()
    assert ended("replay", path, "--json") == (ExitCode.OK if unharmed else ExitCode.BAD_INPUT)


def test_a_sound_record_that_does_not_decode_is_one_line(short, tmp_path, capsys):
    """Check words right, contents not: the state of every other tick is said to be longer."""

    def shrink(header):
        lo, hi, divider = header["groups"][-1]
        header["groups"][-1] = [lo, hi + 2048, divider]

    path = with_header(short, tmp_path / "odd.ssr", shrink)
    assert ended("replay", path) == ExitCode.BAD_INPUT
    assert capsys.readouterr().err.startswith("smartsat: odd.ssr: record ")


def test_ctrl_c_ends_with_what_was_compared(recording, monkeypatch, capsys):
    load = engine.ReplayWorld.load
    monkeypatch.setattr(engine, "PROGRESS_S", 1)

    def interrupted(self, octets):
        load(self, octets)
        if self.links["adcs"].waiting and not raised:
            raised.append(signal.raise_signal(signal.SIGINT))

    raised = []
    monkeypatch.setattr(engine.ReplayWorld, "load", interrupted)
    assert ended("replay", recording) == ExitCode.INTERRUPTED
    line = capsys.readouterr().out.strip().splitlines()[-1]
    assert line.startswith("interrupted; identical: 10 ticks up to 0.9 s, ")


def test_a_recording_that_begins_in_flight_needs_its_start(tmp_path):
    """Nothing says how flight came to that state."""
    path = fly(tmp_path, 70.0, change=lambda tick, octets: octets if tick >= 600 else None)
    with pytest.raises(ReplayError, match=r"recording.ssr: begins at 60 s, not at the start of a flight"):
        Replay(path)


def test_a_gap_in_the_recording_is_a_difference_in_time(tmp_path):
    path = fly(tmp_path, 20.0, change=lambda tick, octets: octets if tick != 100 else None)
    d = Replay(path).run().difference
    assert (d.tick, d.parameters[0].name) == (101, "time.tick")
    assert (d.parameters[0].recorded, d.parameters[0].today) == ("101", "100")
