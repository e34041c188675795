"""GND-END: however a command ends, it is an exit code of the table and at most one line; for every command there is."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from ground.cli import commands
from ground.cli import main as cli
from ground.compare import page
from hal.exit_codes import ExitCode
from hal.files import WriteError, write_whole
from hal.links.spy_format import Crossing, pack_header, pack_record
from tests.ground.ended import ended

PATIENCE_S = 120.0
# A command line of each command that prints something and ends well. A new command fails here until it is in the table.
LINES = {
    "fly": "fly --scenario nadir --duration 5 --record none --no-report --out {new}",
    "replay": "replay run/recording.ssr",
    "diff": "diff nadir --worlds sim,sim --duration 1",
    "compare": "compare run run --out {new}",
    "new": "new app lamp --into {folder}",
    "tm decode": "tm decode run/downlink.cadu",
    "spy print": "spy print a.spy",
    "dict show": "dict show",
    "dict export": "dict export",
    "dict diff": "dict diff reference reference",
    "faults list": "faults list",
    "campaign run": "campaign run campaign.toml {new}",
    "campaign show": "campaign show results",
    "campaign fly": "campaign fly results 0",
}
CAMPAIGN = 'name = "one"\nscenarios = ["nadir"]\nduration_s = 5.0\n'


def names(command=None, words=()):
    """Every command of the program, as words."""
    command = typer.main.get_command(commands.app) if command is None else command
    below = getattr(command, "commands", None)
    if below is None:
        return [" ".join(words)]
    return [name for word, inner in below.items() for name in names(inner, (*words, word))]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with all that the command lines of the table need."""
    root = tmp_path_factory.mktemp("place")
    assert ended("fly", "--scenario", "nadir", "--duration", 5, "--no-report", "--out", root / "run") == ExitCode.OK
    (root / "a.spy").write_bytes(pack_header("sim://adcs", 0) + pack_record(1, Crossing.OUT, b"\x00\x01"))
    (root / "campaign.toml").write_text(CAMPAIGN)
    assert ended("campaign", "run", root / "campaign.toml", root / "results", "--workers", 1) == ExitCode.OK
    return root


@pytest.fixture
def at_place(place, tmp_path, monkeypatch):
    """Run a command line of the table there, with another standard output and no plots; return its exit code."""
    monkeypatch.chdir(place)
    monkeypatch.setattr(page, "figure", lambda *_: None)
    monkeypatch.setattr(page, "image", lambda _: "")

    def run(line, output):
        monkeypatch.setattr(sys, "stdout", output)
        (tmp_path / "folder").mkdir(exist_ok=True)
        return ended(*line.format(new=tmp_path / "new", folder=tmp_path / "folder").split())

    return run


def full():
    return Path("/dev/full").open("w", encoding="utf-8")


def closed():
    """What a closed output becomes: a descriptor that takes nothing."""
    return open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: PTH123


def abandoned():
    """A pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    return open(writer, "w", encoding="utf-8")  # noqa: PTH123


def test_every_command_is_in_the_table():
    assert sorted(names()) == sorted(LINES)


@pytest.mark.parametrize("name", LINES)
def test_an_output_that_cannot_be_written_is_one_line(name, at_place, capsys):
    with full() as output:
        assert at_place(LINES[name], output) == ExitCode.NOT_WRITTEN
    said = capsys.readouterr().err
    assert "smartsat: standard output: cannot be written: No space left on device\n" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["dict show", "faults list", "dict export", "tm decode", "spy print"])
@pytest.mark.parametrize(("make", "code"), [(closed, ExitCode.NOT_WRITTEN), (abandoned, ExitCode.NOBODY_READS)])
def test_a_closed_output_and_one_that_nobody_reads(name, make, code, at_place, capsys):
    with make() as output:
        assert at_place(LINES[name], output) == code
    said = capsys.readouterr().err
    assert said == ("" if make is abandoned else "smartsat: standard output: cannot be written: Bad file descriptor\n")


@pytest.mark.parametrize("name", LINES)
def test_an_output_that_has_ascii_only_takes_all(name, at_place, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    octets = io.BytesIO()
    output = io.TextIOWrapper(octets, encoding="ascii", errors="strict")
    assert at_place(LINES[name], output) == ExitCode.OK
    output.flush()
    text = octets.getvalue().decode("utf-8")
    assert text.strip()
    if name == "fly":
        assert re.search(r"^ADCS-010$", text, re.MULTILINE)
        assert ">= 0.99" in text


@pytest.mark.parametrize("words", [(name.split()) for name in LINES], ids=LINES)
def test_help_and_wrong_words(words, capsys):
    """Every command has help (code 0), and refuses an unknown option in one line (code 2)."""
    assert ended(*words, "--help") == ExitCode.OK
    assert "Usage" in capsys.readouterr().out
    assert ended(*words, "--nosuch") == ExitCode.BAD_INPUT
    said = capsys.readouterr().err
    assert re.fullmatch(rf"smartsat: .*--nosuch.*; see smartsat {' '.join(words)} --help\n", said)


def test_a_fault_of_ours_is_told_as_one(monkeypatch, capsys):
    """An unexpected exception ends with code 70 and one line that names it."""

    def broken(_arguments):
        raise ZeroDivisionError("of what")

    monkeypatch.setattr(commands, "run", broken)
    assert ended("fly") == ExitCode.INTERNAL
    assert re.fullmatch(
        r"smartsat: fault of smartsat itself: ZeroDivisionError at test_endings.py:\d+: of what; please report .*\n",
        capsys.readouterr().err,
    )


@pytest.mark.parametrize(("error", "code"), [
    (WriteError("a: cannot be written"), ExitCode.NOT_WRITTEN), (KeyboardInterrupt(), ExitCode.INTERRUPTED),
    (OSError(2, "No such file", "a"), ExitCode.BAD_INPUT), (OSError(2, "No such file"), ExitCode.BAD_INPUT),
    (MemoryError(), ExitCode.BAD_INPUT), (BaseException("odd"), ExitCode.INTERNAL),
])  # fmt: skip
def test_what_a_command_raises_is_an_exit_code(error, code, monkeypatch, capsys):
    def raising(_arguments):
        raise error

    monkeypatch.setattr(commands, "run", raising)
    assert ended("fly") == code
    assert capsys.readouterr().err.count("\n") == (0 if code == ExitCode.INTERRUPTED else 1)


# ------------------------------------------------------------------ processes of their own


def shell(script, cwd, **environment):
    """Run a line of bash in which `S` is the program."""
    S = f"{sys.executable} -m ground.cli.main"
    return subprocess.run(
        ["bash", "-c", script.replace("S ", f"{S} ")], cwd=cwd, env={**os.environ, **environment}, text=True,
        capture_output=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip


@pytest.mark.parametrize(("script", "code", "says"), [
    ("S faults list > /dev/full", 3, "smartsat: standard output: cannot be written: No space left on device\n"),
    ("S faults list >&-", 3, "smartsat: standard output: cannot be written: Bad file descriptor\n"),
    ("S fly --out '' 2>&-", 2, ""),
    ("S dict show <&- 2>&- | true; exit ${PIPESTATUS[0]}", 141, ""),
])  # fmt: skip
def test_the_streams_of_a_process(place, script, code, says):
    """Closed, full and broken standard streams end with the code of the table and at most one line."""
    done = shell(script, place)
    assert (done.returncode, done.stderr) == (code, says)


def test_a_flight_in_a_locale_without_letters(place, tmp_path):
    """Every file is UTF-8, and the terminal gets what it can show."""
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "COLUMNS": "40", "TERM": "dumb"}
    done = shell(f"S fly --scenario nadir --duration 5 --out {tmp_path}/run", place, **plain)
    assert (done.returncode, done.stderr) == (0, "")
    assert "all requirements" in done.stdout
    assert "× real time" in (tmp_path / "run/report.html").read_text(encoding="utf-8")
    assert "≥" in (tmp_path / "run/report.html").read_text(encoding="utf-8")


def test_an_output_that_is_closed_is_not_given_to_a_file(tmp_path):
    """The first file opened would get descriptor 1, and with it all that is printed."""
    done = shell("S fly --scenario nadir --duration 5 --no-report --out run <&- >&-", tmp_path)
    assert done.returncode == ExitCode.NOT_WRITTEN
    assert ended("replay", tmp_path / "run/recording.ssr") == ExitCode.OK
    assert json.loads((tmp_path / "run/result.json").read_text())["duration_s"] == 5.0


def test_signals_end_a_command_quietly_and_leave_no_draft(tmp_path, monkeypatch):
    """A signal in the middle of writing: the file is what it was."""
    (tmp_path / "a").write_text("before")
    code = os.fork()
    if not code:

        def told_to_end(_self, _target):
            os.kill(os.getpid(), signal.SIGTERM)

        monkeypatch.setattr(Path, "replace", told_to_end)
        with cli.at_once():
            write_whole(tmp_path / "a", "after")
        os._exit(0)
    _, status = os.waitpid(code, 0)
    assert os.waitstatus_to_exitcode(status) == ExitCode.TERMINATED
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "before")]
