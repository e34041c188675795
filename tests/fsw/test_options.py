"""The command line of flight alone: what it says arrives, and what it does not say is nothing."""

import pytest

from fsw.options import Options, parse
from fsw.restart.start import RestartReason, Start, StartKind


def test_what_is_not_said_is_nothing():
    """No descriptor among them: the first of them are the standard streams."""
    nothing = Options(
        "craft", None, None, None, None, None, None, -1, -1, Start(StartKind.RETAINED, RestartReason.NONE, 0, 0)
    )
    assert parse(["craft"]) == nothing
    assert not nothing.adopt


def test_each_option_arrives():
    """A command line with every option is parsed into the fields of `Options`."""
    line = (
        "craft.toml --state there --memory file --record films --adopt --radio loop://r --clock step:///c --tai-ns -5 "
        "--heartbeat 7 --retained 8 --start SALVAGED --reason SILENT --code 9 --restarts 3"
    )
    start = Start(StartKind.SALVAGED, RestartReason.SILENT, 9, 3)
    assert parse(line.split()) == Options(
        "craft.toml", "there", "file", "films", "loop://r", "step:///c", -5, 7, 8, start, True
    )  # fmt: skip


def test_the_empty_word_is_no_path_and_no_url(capsys):
    for option in ("--state", "--memory", "--record", "--radio", "--clock"):
        with pytest.raises(SystemExit) as ended:
            parse(["craft", option, ""])
        assert ended.value.code == 2
        said = capsys.readouterr().err
        assert said.startswith(f"fsw: argument {option}: found '', expected a path or URL") and said.count("\n") == 1


@pytest.mark.parametrize("line", ["", "craft --start WARM", "craft --tai-ns x", "craft --tai-ns " + "9" * 30])
def test_what_cannot_be_is_one_line_and_exit_code_2(line, capsys):
    with pytest.raises(SystemExit) as ended:
        parse(line.split())
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.startswith(("fsw: ", "python -m fsw: "))
    assert "expected" in said or "invalid choice" in said or "required" in said
