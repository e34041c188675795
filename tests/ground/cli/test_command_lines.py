"""GND-LIN: no command line, file or surrounding gives a traceback: an exit code of the table, and one line of error."""

import io
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ground.compare import page
from hal.exit_codes import ExitCode
from tests.ground.command_lines import Drawn, Place
from tests.ground.ended import ended

CODES = {int(code) for code in ExitCode} - {int(ExitCode.INTERNAL)}
LONGEST_S = 120.0  # of one line, on a machine that is busy
LINES, PARTS = 10_000, 20  # of the proof
PROCESSES, ENDED = 200, 100


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("place"))


def output_of(kind):
    """A standard output that takes everything, or fails in one of the ways that there are."""
    if kind == "full":
        return Path("/dev/full").open("w", encoding="utf-8")
    if kind == "closed":
        return open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: PTH123
    if kind == "abandoned":
        reader, writer = os.pipe()
        os.close(reader)
        return open(writer, "w", encoding="utf-8")  # noqa: PTH123
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8" if kind == "kept" else kind)


def too_long(_number, _frame):
    raise AssertionError("no end in time")


def run(place, line, monkeypatch):
    """Run one line in this process; return its exit code and what it said of errors."""
    errors = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with monkeypatch.context() as m, output_of(line.output) as output:
        m.chdir(place.root)
        for name, value in line.environment.items():
            m.setenv(name, value)
        m.setattr(sys, "stdout", output)
        m.setattr(sys, "stderr", errors)
        before = signal.signal(signal.SIGALRM, too_long)
        signal.setitimer(signal.ITIMER_REAL, LONGEST_S)
        try:
            code = ended(*line.words)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, before)
    errors.flush()
    return code, errors.buffer.getvalue().decode("utf-8", "replace")


def judge(code, said, line):
    """What every end of a command is."""
    assert code in CODES, (line, said)
    assert "Traceback" not in said, (line, said)
    assert "Exception ignored" not in said, (line, said)
    if code == ExitCode.BAD_INPUT and line.words and line.words[0] not in {"replay"}:
        lines = [text for text in said.splitlines() if text.startswith("smartsat: ")]
        assert len(lines) <= 1, (line, said)


def test_some_command_lines(place, monkeypatch):
    """Without the plots of comparisons, which are of the same recording whatever a line says."""
    monkeypatch.setattr(page, "figure", lambda *_: None)
    monkeypatch.setattr(page, "image", lambda _: "")
    drawn = Drawn(place, 1)
    codes = set()
    for _ in range(60):
        line = drawn.line()
        code, said = run(place, line, monkeypatch)
        judge(code, said, line)
        codes.add(code)
    assert {0, 2, 3} <= codes


@pytest.mark.proof
@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_command_lines(part, place, monkeypatch):
    """Random command lines end with a code of the table and at most one line of error."""
    drawn = Drawn(place, 1000 + part)
    codes = set()
    for _ in range(LINES // PARTS):
        line = drawn.line()
        code, said = run(place, line, monkeypatch)
        judge(code, said, line)
        codes.add(code)
    assert {0, 2, 3} <= codes


# ------------------------------------------------------------------ processes of their own

LOCALES = ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"LC_ALL": "nosuch"}, {"LANG": "de_DE@euro"},
           {"PYTHONIOENCODING": "latin-1"}, {"PYTHONIOENCODING": "utf-16"}, {"LC_ALL": "C.UTF-8"})  # fmt: skip
STREAMS = (">/dev/full", ">&-", "| true", "2>/dev/full", "2>&-", "<&- >&- 2>&-", ">/dev/full 2>&1", "| head -c 1", "")


@pytest.mark.proof
@pytest.mark.parametrize("part", range(4))
def test_command_lines_in_processes_of_their_own(part, place):
    """Closed and full streams, locales, a limit on the size of files: nothing of the interpreter's own is said."""
    drawn, rng = Drawn(place, 50 + part, flights=0.3), random.Random(part)
    for _ in range(PROCESSES // 4):
        line, streams = drawn.line(), rng.choice(STREAMS)
        words = [os.fsencode(word) for word in line.words]
        limit = rng.choice(("", "", "ulimit -f 20; "))
        script = f'{limit}"$@" {streams}; exit ${{PIPESTATUS[0]}}'
        done = subprocess.run(
            [b"bash", b"-c", script.encode(), b"-", sys.executable.encode(), b"-m", b"ground.cli.main", *words],
            cwd=place.root, env={**os.environ, **line.environment, **rng.choice(LOCALES)}, stdin=subprocess.DEVNULL,
            capture_output=True, check=False, timeout=LONGEST_S,
        )  # fmt: skip
        judge(done.returncode, done.stderr.decode("utf-8", "replace"), line)


@pytest.mark.proof
@pytest.mark.parametrize("part", range(4))
def test_signals_at_any_moment(part, place, tmp_path):
    """A flight, a comparison or a replay told to end at a random moment: its exit code, no word, no half file."""
    rng = random.Random(part)
    lines = (
        ["fly", "--scenario", "modes", "--duration", "60", "--out"], ["fly", "--scenario", "nadir", "--out"],
        ["compare", "run", "run", "--out"], ["dict", "export", "--out"],
    )  # fmt: skip
    for number in range(ENDED // 4):
        out = tmp_path / str(number)
        process = subprocess.Popen(
            [sys.executable, "-m", "ground.cli.main", *rng.choice(lines), str(out)], cwd=place.root,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        time.sleep(0.4 + rng.expovariate(0.4))  # after the interpreter is there
        sent = [rng.choice((signal.SIGINT, signal.SIGTERM)) for _ in range(rng.choice((1, 1, 2)))]
        for which in sent:
            process.send_signal(which)
            time.sleep(rng.random() * 0.2)
        _, said = process.communicate(timeout=LONGEST_S)
        early = {-which for which in sent}  # before the program is there: as the system ends a process
        assert process.returncode in {0, 1, *(128 + which for which in sent)} | early, (sent, said)
        assert said == b"", (sent, said)
        assert not list(tmp_path.rglob(".smartsat-*"))
        if out.is_dir() and (out / "result.json").exists():
            assert ended("compare", out, out, "--out", tmp_path / "page") in {0, 2}
