"""`smartsat fly --snapshots`, and `--from` a recording that holds some: it goes on as if it had never stopped."""

import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ground.recordings.reader import RecordingReader
from ground.recordings.replay import Replay
from ground.recordings.snapshots import SnapshotError, load_snapshot
from tests.ground.ended import ended


def flown(out, *words):
    """A flight without a report; its exit code."""
    return ended("fly", "--no-report", "--out", out, *words)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("flight") / "run"
    flown(out, "--scenario", "modes", "--duration", "60", "--seed", "3", "--snapshots", "20")
    return out


def ticks(folder):
    """What is recorded of each tick by its number."""
    with RecordingReader(folder / "recording.ssr") as reader:
        return {tick.tick: (tick.digest, tick.octets) for tick in reader}


def judged(result):
    """What was achieved, but for the size of the recording."""
    return {r["id"]: (r["achieved"], r["verdict"]) for r in result["requirements"] if r["unit"] != "MB"}


@pytest.mark.parametrize(("at", "t_s"), [("20", 20), ("59", 40), ("40.05", 40)])
def test_a_fork_flies_what_the_flight_flew(run, tmp_path, at, t_s, capsys):
    """The digest of a tick covers all sections and the truth; octets are those of every link."""
    out = tmp_path / "fork"
    flown(out, "--from", run / "recording.ssr", "--at", at, "--duration", "60")
    assert f"goes on from the snapshot at {t_s} s" in capsys.readouterr().out
    whole, part = ticks(run), ticks(out)
    assert list(part) == [tick for tick in whole if tick >= 10 * t_s]
    assert part == {tick: whole[tick] for tick in part}
    assert (run / "downlink.cadu").read_bytes().endswith((out / "downlink.cadu").read_bytes())
    first, second = (json.loads((folder / "result.json").read_text()) for folder in (run, out))
    for key in ("seed", "duration_s", "ledger", "safe_entries"):
        assert first[key] == second[key]
    assert judged(first) == judged(second)
    outcome = Replay(out / "recording.ssr").run()
    assert (outcome.difference, outcome.first_tick) == (None, 10 * t_s + 1)
    assert any("went on from a snapshot" in note for note in outcome.notes)


def test_forks_with_other_faults_share_what_was_before(run, tmp_path):
    flown(tmp_path / "a", "--from", run, "--at", "40", "--duration", "60", "--fault", "gyro stuck start_s=50 axis=1")
    flown(tmp_path / "b", "--from", run, "--at", "40", "--duration", "60", "--fault", "magnetometer dead")
    whole, first, second = ticks(run), ticks(tmp_path / "a"), ticks(tmp_path / "b")
    differs = [min(t for t in part if part[t] != whole[t]) for part in (first, second)]
    assert (differs[0] >= 500, differs[1]) == (True, 400)


def test_a_fork_has_snapshots_of_its_own(run, tmp_path):
    flown(tmp_path / "a", "--from", run, "--at", "20", "--duration", "60", "--snapshots", "15")
    assert load_snapshot(tmp_path / "a", None).t_s == 60.0
    assert load_snapshot(tmp_path / "a", 44.0).t_s == 30.0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "RUN", "--at", "5"), "its first is at 20 s, found --at 5"),
        (("--from", "RUN", "--seed", "2"), "--seed: found with --from"),
        (("--from", "RUN", "--scenario", "nadir"), "--scenario: found with --from"),
        (("--from", "RUN", "--hal", "qemu"), "--hal: found with --from"),
        (("--from", "RUN", "--at", "40", "--fault", "gyro dead start_s=30"), "the flight goes on from 40 s"),
        (("--from", "RUN", "--at", "40", "--duration", "40"), "--duration: found 40, expected more than 40 s"),
        (("--at", "40"), "--at: found without --from"),
        (("--from", "nowhere"), "nowhere: expected recording.ssr of a run folder, or the folder"),
        (("--from", "tests"), "tests: holds no snapshots; fly with --snapshots PERIOD_S"),
        (("--hal", "pty", "--snapshots", "5", "--scenario", "modes"), "a flight in real time cannot be saved"),
        (("--hal", "pty", "--speed", "max", "--snapshots", "5"), "board adcs: it runs elsewhere"),
        (("--ground", "tcp://127.0.0.1:0", "--snapshots", "5"), "whose space link has clients"),
    ],
)
def test_what_cannot_be_gone_on_from_is_one_line(run, tmp_path, capsys, words, says):
    words = [str(run) if word == "RUN" else word for word in words]
    assert flown(tmp_path / "out", *words) == 2
    said = capsys.readouterr().err
    assert says in said and len(said.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("recording", ["", "recording.ssr"])
def test_a_fork_never_replaces_what_it_goes_on_from(run, capsys, recording):
    before = {file: file.read_bytes() for file in run.iterdir()}
    assert flown(run, "--from", run / recording, "--force") == 2
    assert "the run of --from, expected another folder" in capsys.readouterr().err
    assert {file: file.read_bytes() for file in run.iterdir()} == before


@pytest.mark.parametrize("damage", ["cut", "magic", "header", "octet", "empty"])
def test_damaged_snapshots_are_one_line_or_the_ones_before(run, tmp_path, damage):
    shutil.copy(run / "recording.ssr.snapshots", tmp_path)
    file = tmp_path / "recording.ssr.snapshots"
    octets = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(octets[:-7])
        assert load_snapshot(tmp_path, None).t_s == 40.0
        return
    if damage == "octet":
        octets[-9] ^= 1
        file.write_bytes(octets)
        assert load_snapshot(tmp_path, None).t_s == 40.0
        return
    at = {"magic": 0, "header": 40}.get(damage)
    if at is not None:
        octets[at] ^= 255
    file.write_bytes(b"" if damage == "empty" else octets)
    with pytest.raises(SnapshotError) as error:
        load_snapshot(tmp_path, None)
    assert len(str(error.value).splitlines()) == 1


def test_another_build_is_refused(run, tmp_path, capsys):
    """The memory of a compiled module may lie otherwise there."""
    shutil.copy(run / "recording.ssr.snapshots", tmp_path)
    file = tmp_path / "recording.ssr.snapshots"
    octets = file.read_bytes()
    build = load_snapshot(run, None).build.encode()
    assert octets.count(build) == 1
    file.write_bytes(octets.replace(build, build[::-1]))
    assert flown(tmp_path / "out", "--from", tmp_path) == 2
    assert "the snapshot at 60 s does not fit: it was made by another build" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**9), st.binary(min_size=1, max_size=40))
def test_any_octets_are_snapshots_or_refused(run, tmp_path, at, octets):
    """Octets written over a sound file, most often over its header."""
    whole = bytearray((run / "recording.ssr.snapshots").read_bytes())
    at %= 20_000 if at % 3 else len(whole)
    whole[at : at + len(octets)] = octets
    (tmp_path / "recording.ssr.snapshots").write_bytes(whole)
    try:
        assert load_snapshot(tmp_path, None).t_s in {20.0, 40.0, 60.0}
    except SnapshotError as error:
        assert len(str(error).splitlines()) == 1
