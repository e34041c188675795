"""The pytest plugin, run on small repositories: pass, fail, error, in parallel, interrupted; what it leaves."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from ground.pytest_plugin.flight import make_folder
from ground.recordings.reader import RecordingReader
from sim.scenario.scenario import SCENARIOS

pytest_plugins = ["pytester"]
PATIENCE_S = 600.0  # a busy machine may start a program slowly
FAILING = '''
import pytest
from fsw.guidance.modes import AdcsMode

@pytest.mark.smartsat(scenario="nadir", seed=5)
def test_target(satellite):
    """PAY-030: tracks a target."""
    satellite.advance(seconds=30)
    assert satellite.mode.adcs == AdcsMode.TARGET
'''


@pytest.fixture
def run(pytester, monkeypatch):
    """Run pytest on a repository of one test file: `run(text, *options)`; in this process, or `elsewhere`."""
    monkeypatch.chdir(pytester.path)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(text, *options, elsewhere=False):
        pytester.makepyfile(test_it=text)
        run = pytester.runpytest_subprocess if elsewhere else pytester.runpytest_inprocess
        return run("-p", "no:cacheprovider", "-p", "no:hypothesispytest", *options)  # which is slow to import

    return run


def command(lines, name):
    """The command that the failure report gives under `name`."""
    return next(line for line in lines if line.startswith(f"{name}: ")).partition(": ")[2]


def properties(path):
    """The properties of the only test case of a JUnit file."""
    (case,) = ET.parse(path).getroot().iter("testcase")
    return {p.get("name").partition(".")[2]: p.get("value") for p in case.iter("property")}


def test_a_passing_test_leaves_nothing(run, pytester):
    """PLUG-020: no run folder; the JUnit file says what was flown, and for which requirement."""
    text = FAILING.replace("AdcsMode.TARGET", "AdcsMode.NADIR")
    run(text, "--junitxml=out.xml").assert_outcomes(passed=1)
    assert not (pytester.path / "runs").exists()
    assert properties("out.xml") == {
        "world": "sim", "seed": "5", "vehicle": "reference", "scenario": "nadir", "mission_time_s": "30.0",
        "requirement": "PAY-030",
    }  # fmt: skip


def test_a_failing_test_leaves_its_recording_and_two_commands(run, pytester):
    """PLUG-021: one replays the flight and shows what the test had read, one runs exactly this test again."""
    result = run(FAILING, "--junitxml=out.xml")
    result.assert_outcomes(failed=1)
    (folder,) = (pytester.path / "runs").iterdir()
    assert {"recording.ssr", "downlink.cadu", "events.jsonl"} <= {p.name for p in folder.iterdir()}
    reader = RecordingReader(folder / "recording.ssr")
    assert (reader.complete, reader.ticks) == (True, 300)
    assert reader.meta["test"] == "test_it.py::test_target"
    assert json.loads((folder / "events.jsonl").read_text().splitlines()[0])["id"] == 8
    replay, again = (command(result.outlines, name) for name in ("replay", "again"))
    found = properties("out.xml")
    assert (found["replay"], found["again"], found["requirement"]) == (replay, again, "PAY-030")
    replayed = subprocess.run(shlex.split(replay), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert replayed.returncode == 0, replayed.stderr
    assert replayed.stdout.startswith("identical: 300 ticks")
    assert "recorded by the test test_it.py::test_target" in replayed.stdout
    assert "mode.adcs at 29.9 s: NADIR" in replayed.stdout
    before = (folder / "recording.ssr").read_bytes()
    repeated = subprocess.run(shlex.split(again), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert repeated.returncode == 1, repeated.stderr
    assert command(repeated.stdout.splitlines(), "replay") == replay
    assert (folder / "recording.ssr").read_bytes() == before


def test_a_test_that_passes_again_removes_its_recording(run, pytester):
    """PLUG-022: what `runs` holds is what fails today."""
    run(FAILING).assert_outcomes(failed=1)
    assert len(list((pytester.path / "runs").iterdir())) == 1
    run(FAILING.replace("AdcsMode.TARGET", "AdcsMode.NADIR")).assert_outcomes(passed=1)
    assert not (pytester.path / "runs").exists()


def test_every_way_to_fail_keeps_the_recording_and_no_other_does(run, pytester):
    """PLUG-023: in a fixture that flies, before and after the test; not when a test is skipped or expected to fail."""
    text = """
        import pytest

        @pytest.fixture
        def flown(satellite):
            satellite.advance(seconds=1)
            return satellite

        @pytest.fixture
        def bad_start(flown):
            assert False, "start"

        @pytest.fixture
        def bad_end(flown):
            yield
            flown.advance(seconds=1)
            assert False, "end"

        def test_start(bad_start): pass
        def test_end(bad_end): pass
        def test_skip(flown): pytest.skip("no")
        def test_short(flown): pytest.fail("short", pytrace=False)
        def test_nothing_flown(satellite): assert False
        @pytest.mark.xfail
        def test_expected(flown): assert False
        @pytest.mark.xfail(strict=True)
        def test_unexpected(flown): pass
    """
    result = run(text, "--show-capture=no")
    result.assert_outcomes(passed=1, failed=3, errors=2, skipped=1, xfailed=1)
    kept = {p.name for p in (pytester.path / "runs").iterdir()}
    assert kept == {f"test_it.py-test_{name}.sim" for name in ("start", "end", "short", "unexpected")}
    # The summary says again, and in continuous integration whole, what failed.
    told = result.outlines[: next(i for i, line in enumerate(result.outlines) if "short test summary" in line)]
    assert sum(line.startswith("replay: ") for line in told) == 4
    assert sum(line.startswith("again: ") for line in told) == 5
    assert RecordingReader(pytester.path / "runs" / "test_it.py-test_end.sim" / "recording.ssr").ticks >= 20


def test_a_packet_unaccounted_fails_the_test(run, pytester):
    """PLUG-024: a test that passes is failed by its ledger, which names the hop; what is on its way may arrive."""
    text = """
        def test_lost(satellite):
            satellite.advance(seconds=5)
            satellite.mission.flight.pool.view("link.tm_generated")[...] += 3

        def test_on_its_way(satellite):
            satellite.advance(seconds=5)
            satellite.telecommand(17, 1)
    """
    result = run(text)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.re_match_lines(
        [r"smartsat: 3 packets unaccounted for \(telemetry packets: services to frames: 3 of \d+\)"]
    )
    assert [p.name for p in (pytester.path / "runs").iterdir()] == ["test_it.py-test_lost.sim"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--smartsat-hal", "orbit"], "--smartsat-hal 'orbit': expected one of: sim, qemu, pty, links"),
        (["--smartsat-seed", "-1"], "--smartsat-seed '-1': expected an integer from 0"),
        (["--smartsat-seed", "x"], "--smartsat-seed 'x': expected an integer from 0"),
        (["--smartsat-scenario", "nowhere"], "--smartsat-scenario: nowhere: no such scenario, expected one of: "),
        (["--smartsat-vehicle", "a.toml"], "--smartsat-vehicle: a.toml: no such file"),
    ],
)
def test_a_wrong_option_is_one_line(run, options, words):
    """PLUG-030: found, expected; exit code 4, nothing is run."""
    result = run(FAILING, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in result.errlines if line]
    assert line.startswith(f"ERROR: {words}")
    assert not any("passed" in line or "failed" in line for line in result.outlines)


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ("sceanrio='nadir'", "found sceanrio, expected vehicle=, scenario=, seed=, requirement="),
        ("'nadir'", "found 'nadir', expected vehicle=, scenario=, seed=, requirement="),
        ("seed='x'", "seed: found 'x', expected int"),
        ("scenario=3", "scenario: found 3, expected str or Scenario"),
        ("scenario='nowhere.toml'", "nowhere.toml: no such file, expected the path of an existing file"),
    ],
)
def test_a_wrong_marker_is_one_line_of_its_test(run, pytester, marker, words):
    """PLUG-031: the test is in error, the others run."""
    text = f"import pytest\n@pytest.mark.smartsat({marker})\ndef test_it(satellite): pass\ndef test_other(): pass\n"
    result = run(text)
    result.assert_outcomes(passed=1, errors=1)
    at = next(i for i, line in enumerate(result.outlines) if "ERROR at setup of test_it" in line)
    assert words in result.outlines[at + 1]
    assert result.outlines[at + 2].startswith("====")
    assert not (pytester.path / "runs").exists()


def test_files_of_the_repository_and_the_closest_marker(run, pytester):
    """PLUG-032: a file beside the test; the marker of the function before that of its class, both before options."""
    shipped = SCENARIOS / "nadir.toml"
    pytester.makefile(".toml", mine=shipped.read_text().replace('name = "nadir"', 'name = "mine"'))
    text = """
        import pytest

        @pytest.mark.smartsat(scenario="modes", seed=8, requirement="A-1")
        class TestIt:
            @pytest.mark.smartsat(scenario="mine.toml")
            def test_near(self, satellite):
                assert satellite.mission.world.scenario.name == "mine"
                assert satellite.mission.seed == 8

        def test_option(satellite):
            assert satellite.mission.seed == 9
            assert satellite.mission.world.scenario.name == "modes"
    """
    run(text, "--smartsat-seed", "9", "--smartsat-scenario", "modes", "--junitxml=out.xml").assert_outcomes(passed=2)
    first, _ = ET.parse("out.xml").getroot().iter("testcase")
    found = {p.get("name"): p.get("value") for p in first.iter("property")}
    assert (found["smartsat.scenario"], found["smartsat.requirement"]) == ("mine.toml", "A-1")


def test_in_parallel_it_says_the_same(run, pytester):
    """PLUG-033: pytest-xdist: the failing test's commands come from the worker, and each run folder is its own."""
    text = FAILING + "".join(f"def test_{k}(satellite): satellite.advance(seconds=5)\n" for k in range(3))
    alone = run(text, elsewhere=True)
    together = run(text, "-n", "2", elsewhere=True)
    for result in (alone, together):
        result.assert_outcomes(passed=3, failed=1)
    for name in ("replay", "again"):
        assert command(together.outlines, name) == command(alone.outlines, name)
    assert [p.name for p in (pytester.path / "runs").iterdir()] == ["test_it.py-test_target.sim"]


def test_run_folders_are_made_while_others_are_removed(tmp_path, monkeypatch):
    """PLUG-033: a worker whose run folder was the last removes the folder above, while another makes its own."""
    runs, made, mkdir = tmp_path / "runs", [], os.mkdir

    def mkdir_and_removed(path, *args):
        mkdir(path, *args)
        if path == runs:
            made.append(path)
            if len(made) < 10:
                runs.rmdir()

    monkeypatch.setattr(os, "mkdir", mkdir_and_removed)
    make_folder(runs / "1")
    assert (runs / "1").is_dir()
    assert len(made) == 10


def test_runs_that_cannot_be_kept_are_one_line_of_their_test(run):
    """PLUG-036: a folder where nothing can be made: the test is in error, the others run."""
    text = "def test_it(satellite): pass\ndef test_other(): pass\n"
    result = run(text, "--smartsat-runs", "/proc/runs")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["smartsat: /proc/runs/*: cannot be made: *; give --smartsat-runs a folder"])


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_for(condition):
    until = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


def test_an_interrupted_test_leaves_no_process_and_no_folder(pytester):
    """PLUG-034: Ctrl-C in a flight over serial lines: both board processes end, nothing is recorded."""
    pytester.makepyfile("def test_long(satellite):\n    satellite.advance(hours=100)\n")
    line = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--smartsat-hal", "pty"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        recording = pytester.path / "runs" / "test_it.sim"
        assert wait_for(lambda: any((pytester.path / "runs").rglob("recording.ssr"))), recording
        boards = children(process.pid)
        assert len(boards) == 2
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, said
    assert wait_for(lambda: all(map(gone, boards)))
    assert "KeyboardInterrupt" in said
    assert not (pytester.path / "runs").exists()
