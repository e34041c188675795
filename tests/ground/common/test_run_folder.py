"""GND-RUN: a run folder has one owner, holds one flight, and says itself whether its files belong together."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import time

import pytest

from ground.common import run_folder
from ground.common.run_folder import FILES, RunFolderError, claim
from ground.common.signals import gently
from ground.recordings.reader import RecordingReader
from ground.report import page
from hal.exit_codes import ExitCode
from hal.files import WriteError
from tests.ground.ended import HEARS_SIGNALS, ended

FLY = ("fly", "--scenario", "nadir", "--duration", 5)
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """A run folder with everything; the report has no plots, which nobody looks at."""
    out = tmp_path_factory.mktemp("flown") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "_flight", lambda *_: [])
        assert ended(*FLY, "--out", out) == ExitCode.OK
    return out


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_folder_that_is_in_use_is_refused(tmp_path):
    with claim(tmp_path / "run"), pytest.raises(RunFolderError, match="another flight is using it"):
        claim(tmp_path / "run", force=True)
    claim(tmp_path / "run").release()


def test_a_second_flight_into_a_folder_in_use_is_one_line(tmp_path, capsys):
    with claim(tmp_path / "run"):
        assert ended(*FLY, "--out", tmp_path / "run") == ExitCode.BAD_INPUT
    said = capsys.readouterr().err
    assert said == f"smartsat: --out {tmp_path}/run: another flight is using it; give another folder\n"
    assert list((tmp_path / "run").iterdir()) == []


def test_an_earlier_run_is_left_alone(flown, capsys):
    before = content(flown)
    assert ended(*FLY, "--seed", 2, "--out", flown) == ExitCode.BAD_INPUT
    said = capsys.readouterr().err
    assert "holds an earlier run (recording.ssr, " in said
    assert said.count("\n") == 1
    assert content(flown) == before


@pytest.mark.parametrize("name", FILES)
def test_any_file_of_a_run_is_a_run(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(RunFolderError, match=name):
        claim(tmp_path)


def test_force_removes_the_run_and_nothing_else(flown, tmp_path):
    shutil.copytree(flown, tmp_path / "run")
    (tmp_path / "kept").write_text("mine")
    (tmp_path / "run/notes.txt").write_text("mine")
    (tmp_path / "run/compare.html").symlink_to(tmp_path / "kept")
    (tmp_path / "run/.smartsat-77.draft").touch()
    with claim(tmp_path / "run", force=True) as folder:
        assert [path.name for path in folder.path.iterdir()] == ["notes.txt"]
    assert (tmp_path / "kept").read_text() == "mine"


def test_a_folder_in_the_place_of_a_file_is_one_line(tmp_path):
    (tmp_path / "recording.ssr").mkdir()
    with pytest.raises(WriteError, match=r"recording\.ssr: cannot be written"):
        claim(tmp_path, force=True)
    assert (tmp_path / "recording.ssr").is_dir()


@pytest.mark.parametrize(("word", "code", "says"), [
    ("", 2, "found '', expected a path"),
    ("file", 2, "File exists; give the path of a folder"),
    ("file/run", 2, "Not a directory"),
    ("loop", 2, "loop: "),
    ("x" * 300, 2, "File name too long"),
    ("/proc/run", 3, "cannot be made"),
    ("/dev/full", 2, "File exists"),
])  # fmt: skip
def test_what_can_be_no_folder_is_one_line(tmp_path, monkeypatch, capsys, word, code, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    assert ended(*FLY, "--out", word) == code
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "loop"]


def test_folders_that_nobody_named_are_never_shared(tmp_path, monkeypatch):
    class Stopped:
        @staticmethod
        def now(_zone):
            return Stopped()

        @staticmethod
        def strftime(_form):
            return "now"

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run_folder, "datetime", Stopped)
    with claim(None) as first, claim(None) as second, claim(None) as third:
        names = [folder.path.name for folder in (first, second, third)]
    assert names == ["now", "now-1", "now-2"]


def test_a_flight_that_cannot_begin_leaves_no_folder(tmp_path, capsys):
    assert ended(*FLY, "--vehicle", "nosuch", "--out", tmp_path / "run") == ExitCode.BAD_INPUT
    assert not (tmp_path / "run").exists()


# ------------------------------------------------------------------ whose file is it


def test_the_result_names_the_hash_of_every_file(flown):
    result = json.loads((flown / "result.json").read_text())
    assert set(result["files"]) == {path.name for path in flown.iterdir()} - {"result.json"}
    for name, expected in result["files"].items():
        assert hashlib.sha256((flown / name).read_bytes()).hexdigest() == expected
    assert result["files"]["recording.ssr"] == result["recording_sha256"]
    assert result["files"]["downlink.cadu"] == result["cadu_sha256"]
    assert result["not_written"] == []


@pytest.fixture
def mixed(flown, tmp_path):
    """The result of a flight that recorded nothing, beside the recording of another."""
    assert ended(*FLY, "--seed", 6, "--record", "none", "--no-report", "--out", tmp_path / "run") == ExitCode.OK
    for name in ("recording.ssr", "events.jsonl"):
        shutil.copy(flown / name, tmp_path / "run" / name)
    return tmp_path / "run"


def test_a_folder_that_mixes_two_flights_is_named(flown, mixed, capsys):
    capsys.readouterr()
    for words in (("compare", mixed, flown), ("compare", flown, mixed), ("replay", mixed / "recording.ssr")):
        assert ended(*words) == ExitCode.BAD_INPUT
        said = capsys.readouterr().err
        assert f"smartsat: {mixed}/recording.ssr: found sha256 " in said
        assert "the folder mixes two flights" in said
        assert said.count("\n") == 1
    assert not (mixed / "compare.html").exists()


def test_a_result_from_before_hashes_were_listed_is_judged_by_what_it_has(flown, mixed, tmp_path, capsys):
    old = tmp_path / "old"
    shutil.copytree(flown, old)
    result = json.loads((old / "result.json").read_text())
    del result["files"]
    (old / "result.json").write_text(json.dumps(result))
    (old / "events.jsonl").unlink()
    assert ended("replay", old / "recording.ssr") == ExitCode.OK
    shutil.copy(flown / "result.json", mixed / "result.json")
    assert ended("replay", mixed / "recording.ssr") == ExitCode.OK


# ------------------------------------------------------------------ what is killed leaves what was flown


def wait_until(condition):
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.01)


def paced(folder, *options):
    """A flight at ten times real time in a process of its own, once it has an event."""
    command = [sys.executable, "-m", "ground.cli.main", "fly", "--speed", "10", "--out", str(folder), *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([*HEARS_SIGNALS, *command], **pipes)
    events = folder / "events.jsonl"
    wait_until(lambda: process.poll() is not None or (events.exists() and b"\n" in events.read_bytes()))
    return process


def test_sigkill_leaves_recording_downlink_and_events(tmp_path):
    process = paced(tmp_path / "run")
    recording = tmp_path / "run/recording.ssr"
    wait_until(lambda: RecordingReader(recording).ticks >= 20)
    process.kill()
    process.communicate()
    with RecordingReader(recording) as reader:
        assert reader.ticks >= 20
        assert not reader.complete
    assert json.loads((tmp_path / "run/events.jsonl").read_text().splitlines()[0])["text"]
    assert ended("tm", "decode", tmp_path / "run/downlink.cadu") == ExitCode.OK
    assert ended("replay", recording) == ExitCode.BAD_INPUT  # cut short, and identical up to there
    claim(tmp_path / "run", force=True).release()


@pytest.mark.parametrize(("number", "code", "options"), [
    (signal.SIGTERM, 143, ()), (signal.SIGINT, 130, ("--no-report",)), (signal.SIGHUP, 129, ("--no-report",)),
])  # fmt: skip
def test_a_flight_that_is_told_to_end_is_judged_and_kept(tmp_path, number, code, options):
    process = paced(tmp_path / "run", *options)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, stderr) == (code, "")
    assert "interrupted: " in stdout
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert result["interrupted"]
    files = {"recording.ssr", "downlink.cadu", "events.jsonl", *(() if options else ("report.html",))}
    assert set(result["files"]) >= files
    with RecordingReader(tmp_path / "run/recording.ssr") as reader:
        assert reader.complete


def test_nohup_keeps_the_end_of_the_terminal_away():
    before = signal.getsignal(signal.SIGHUP)
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with gently() as asked:
            signal.raise_signal(signal.SIGHUP)
        assert not asked.number
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        with gently() as asked:
            signal.raise_signal(signal.SIGHUP)
        assert asked.exit_code(ExitCode.OK) == ExitCode.HUNG_UP
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_second_signal_ends_at_once_without_half_a_file(tmp_path):
    """The second one comes while the report is drawn: the recording is whole by then."""
    process = paced(tmp_path / "run")
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: RecordingReader(tmp_path / "run/recording.ssr").complete)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, stderr) == (143, "")
    assert not list((tmp_path / "run").glob(".smartsat-*"))
    if (tmp_path / "run/result.json").exists():
        json.loads((tmp_path / "run/result.json").read_text())


# ------------------------------------------------------------------ a full disk in mid-flight


def test_a_disk_that_fills_in_flight_is_told_and_the_flight_goes_on(tmp_path):
    """A limit on the size of files is a disk that is full: what was written stays readable, and is judged."""
    command = [sys.executable, "-m", "ground.cli.main", *map(str, FLY), "--json", "--out", str(tmp_path / "run")]
    limited = ["bash", "-c", 'ulimit -f 100; exec "$@"', "-", *command]
    done = subprocess.run(limited, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == ExitCode.NOT_WRITTEN
    result = json.loads(done.stdout)
    assert result["duration_s"] == 5.0
    assert result["recording_sha256"] == ""
    lines = done.stderr.splitlines()
    assert any("recording.ssr: " in line and "octets could not be written: File too large" in line for line in lines)
    assert all(line.startswith("smartsat: ") for line in lines)
    size = (tmp_path / "run/recording.ssr").stat().st_size
    assert size == 100 * 1024
    kept = json.loads((tmp_path / "run/result.json").read_text())
    assert kept["not_written"] == [line.removeprefix("smartsat: ") for line in lines]
    found = hashlib.sha256((tmp_path / "run/recording.ssr").read_bytes()).hexdigest()
    assert kept["files"]["recording.ssr"] == found
