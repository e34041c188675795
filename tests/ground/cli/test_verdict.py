"""VER: what `fly` and `diff` say of a flight is what it was: last line, exit code, result.json, report."""

import dataclasses
import json
import re

import pytest

from fsw.autonomy.board_watch import BoardWatch
from ground.cli import fly
from ground.report.words import conclusion
from ground.worlds import diff
from hal import tle
from hal.exit_codes import ExitCode
from hal.vehicle.load import load_vehicle
from sim.requirements.verdict import Judgement, conduct

LINE = "2 43194  97.4135  85.6925 0002000 127.3937 188.0000 16.63500000 9945"  # below 100 km four minutes after 14:00
MET = Judgement("ADCS-060", "", 1.0, 0.5, "1")
CONDUCT = conduct(None, 0, 0, 0, allows_exceptions=False)


@pytest.fixture
def falling(tmp_path):
    """A vehicle file whose orbit meets the atmosphere."""
    lines = [load_vehicle().orbit.tle[0], f"{LINE}{tle.checksum(LINE)}"]
    path = tmp_path / "falling.toml"
    path.write_text(f'name = "falling"\nbase = "reference"\n[orbit]\ntle = {json.dumps(lines)}\n')
    return str(path)


def test_a_flight_that_falls_is_failed_everywhere(falling, tmp_path, capsys):
    """VER-010: exit 1, the cause in console, result and report, and the count in the last line."""
    options = fly.Options(vehicle=falling, scenario="modes", out=tmp_path / "run", record="none")
    assert fly.run(options) is ExitCode.NOT_MET
    *lines, last = capsys.readouterr().out.splitlines()
    cause = next(line for line in lines if line.startswith("the truth"))
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    said = r"the truth left the domain of its models at 2\d\d\.\d s: altitude (99\.9|100\.0) km, below 100 km"
    assert re.match(said, cause)
    assert result["left_domain"]["what"] in cause
    assert re.match(r"\d of 17 requirements FAILED \(.*RUN-010.*\): \d+ met, \d+ failed, \d+ not shown; ", last)
    assert re.search(said, (tmp_path / "run" / "report.html").read_text())
    assert next(r for r in result["requirements"] if r["id"] == "RUN-010")["verdict"] == "FAIL"


def test_two_worlds_that_fall_end_their_comparison(falling, capsys):
    """VER-020: what was identical so far is said, and the exit code is not that of success."""
    assert diff.run(diff.Options("modes", "sim,sim", vehicle=falling)) is ExitCode.NOT_MET
    cause, head, *_ = capsys.readouterr().out.splitlines()
    assert "below 100 km" in cause
    assert head.startswith("ended; identical so far: sim and sim, 2")


def test_a_flight_says_what_it_did_in_its_last_line(tmp_path, capsys):
    """VER-030: verdicts, plan, exceptions, SAFE entries; they are in the result, too."""
    options = fly.Options(scenario="nadir", duration_s=30.0, out=tmp_path, record="none", report=False)
    assert fly.run(options) is ExitCode.OK
    last = capsys.readouterr().out.splitlines()[-1]
    result = json.loads((tmp_path / "result.json").read_text())
    verdicts = [r["verdict"] for r in result["requirements"]]
    met, silent = verdicts.count("pass"), verdicts.count("not shown")
    assert last == (
        f"all requirements that it shows are met: {met} met, 0 failed, {silent} not shown; "
        "1 of 1 telecommands executed; 0 exceptions, 0 SAFE entries"
    )
    assert result["plan"] == {
        "asked": True, "telecommands": 1, "executed": 1, "faults": 0, "injected": 0, "missed": [],
    }  # fmt: skip
    assert (result["exceptions"], result["safe_entries"], result["left_domain"]) == ([], 0, None)


def test_a_plan_that_is_not_to_be_sent_is_said(tmp_path, capsys):
    """VER-040: `--no-plan`."""
    options = fly.Options(scenario="nadir", duration_s=20.0, out=tmp_path, record="none", report=False, plan=False)
    assert fly.run(options) is ExitCode.OK
    assert "; telecommands of the plan not sent, as asked; " in capsys.readouterr().out.splitlines()[-1]


def test_an_exception_is_seen_everywhere(monkeypatch, tmp_path, capsys):
    """VER-035: exit 1; application, type, file and line in console, events, result, report, with the traceback."""

    def broken(self):
        raise AttributeError("on purpose")

    monkeypatch.setattr(BoardWatch, "step", broken)
    monkeypatch.setattr("ground.report.page.image", lambda _: "")
    assert fly.run(fly.Options(scenario="nadir", duration_s=5.0, out=tmp_path)) is ExitCode.NOT_MET
    text = capsys.readouterr().out
    assert "boards raised 5 exceptions, the last: AttributeError: on purpose" in text
    assert re.search(r"FAILED \(.*RUN-030\).* 5 exceptions, 1 SAFE entry$", text.splitlines()[-1])
    said = r"application boards raised AttributeError at test_verdict.py:\d+, 1 in a row"
    assert re.search(said, (tmp_path / "events.jsonl").read_text())
    page = (tmp_path / "report.html").read_text()
    assert re.search(said, page) and "in broken" in page
    assert "in broken" in (tmp_path / "exceptions.txt").read_text()
    assert json.loads((tmp_path / "result.json").read_text())["exceptions"][0]["count"] == 5


@pytest.mark.parametrize(
    ("lines", "passed", "words"),
    [
        ([MET, *CONDUCT], True, "all requirements met"),
        (
            [MET, dataclasses.replace(MET, achieved=float("nan"), asked=False)],
            True,
            "all requirements that it shows are met",
        ),
        ([MET, dataclasses.replace(MET, achieved=2.0)], False, "1 of 2 requirements FAILED (ADCS-060)"),
        ([MET, *conduct(None, 1, 0, 0, allows_exceptions=False)], False, "1 of 5 requirements FAILED (RUN-020)"),
        ([dataclasses.replace(MET, achieved=2.0, asked=False)], False, "1 of 1 requirement FAILED (ADCS-060)"),
        (
            [dataclasses.replace(MET, achieved=float("nan"), asked=False), *CONDUCT],
            False,
            "no requirement of the mission is shown",
        ),
        ([], False, "no requirement of the mission is shown"),
    ],
)
def test_the_conclusion_is_that_of_its_lines(lines, passed, words):
    """VER-050: a flight that shows nothing of its mission has met nothing."""
    assert conclusion(lines) == (passed, words)
