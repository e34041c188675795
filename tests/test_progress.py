"""What a long build says: how far it is, all that it said when it fails, and its exit code."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

PROGRESS = Path(__file__).resolve().parents[1] / "editable" / "progress.py"


def run(code):
    command = [sys.executable, str(PROGRESS), "words", sys.executable, "-u", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_what_it_says_last_is_told_and_the_rest_is_not():
    done = run("import time; print('first'); print('second'); time.sleep(6)")
    assert done.returncode == 0
    assert "s  second" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("words: done in ")
    assert "first" not in done.stdout + done.stderr


def test_what_failed_says_all_and_keeps_its_exit_code():
    done = run("import sys; print('one'); print('two', file=sys.stderr); sys.exit(3)")
    assert done.returncode == 3
    assert done.stderr == "one\ntwo\n"
    assert "words: failed in" in done.stdout


def test_a_command_that_says_nothing_is_told_of_all_the_same():
    done = run("import time; time.sleep(5)")
    assert done.stdout.count("\n") >= 3


def both(first, second):
    python = (sys.executable, "-u", "-c")
    command = [sys.executable, str(PROGRESS), "one", *python, first, "+", "two", *python, second]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_two_commands_run_at_once_and_each_is_told_of():
    """Each waits for the other."""
    start = "import pathlib, time; p = pathlib.Path({!r}); p.with_name({!r}).touch()"
    meet = f"{start}\nwhile not p.exists(): time.sleep(0.01)"
    with tempfile.TemporaryDirectory() as folder:
        done = both(meet.format(f"{folder}/two", "one"), meet.format(f"{folder}/one", "two"))
    assert done.returncode == 0
    assert {line.split(":")[0] for line in done.stdout.splitlines() if "done in" in line} == {"one", "two"}


def test_when_one_fails_the_other_is_ended():
    done = both("print('why'); raise SystemExit(4)", "import time; time.sleep(600)")
    assert done.returncode == 4
    assert done.stderr == "why\n"
    assert "one: failed in" in done.stdout
    assert "two: failed" not in done.stdout


@pytest.mark.parametrize("code", [0, 1])
def test_what_is_asked_for_is_shown_whole_at_the_end(code):
    """A flight: its verdict comes last, and its exit code is that of the whole."""
    flight = f"print('a table'); print('the verdict'); raise SystemExit({code})"
    command = [sys.executable, str(PROGRESS), "=flight", sys.executable, "-u", "-c", flight]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.splitlines()[-2:] == ["a table", "the verdict"]
