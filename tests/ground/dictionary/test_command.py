"""GND-DICT: `smartsat dict` as its users meet it."""

import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ground.cli.commands import app
from ground.dictionary import files
from ground.dictionary.build import dictionary
from ground.dictionary.show import show
from hal.vehicle.load import VEHICLES
from tests.ground.ended import ended

CONTENT = dictionary()


def call(*arguments):
    return CliRunner().invoke(app, ["dict", *arguments])


def test_json_is_exported_and_read_again(tmp_path):
    file = tmp_path / "d.json"
    assert call("export", "--out", str(file)).exit_code == 0
    assert files.load(file) == CONTENT
    assert call("export").stdout == file.read_text(encoding="utf-8")
    assert call("diff", str(file), "reference").stdout == "the dictionaries are equal\n"


@pytest.mark.parametrize("form", ["csv", "markdown"])
def test_other_forms_are_written_as_they_are_printed(tmp_path, form):
    file = tmp_path / "d"
    assert call("export", "--to", form, "--out", str(file)).exit_code == 0
    printed = call("export", "--to", form).stdout_bytes
    assert file.read_bytes() == printed and b"attitude.q_bi" in printed


def test_a_difference_is_named_and_ends_with_1(tmp_path):
    vehicle = tmp_path / "mine.toml"
    vehicle.write_text((VEHICLES / "reference.toml").read_text().replace("apid = 100", "apid = 99"))
    out = call("diff", "reference", str(vehicle))
    assert (out.exit_code, out.stdout) == (1, "link: apid: 100 -> 99\n")
    out = json.loads(call("diff", "reference", str(vehicle), "--json").stdout)
    change = {"section": "link", "what": "changed", "name": "apid", "field": "", "before": 100, "after": 99}
    assert out == {"equal": False, "changes": [change]}


@pytest.mark.parametrize(("name", "shown"), [
    (None, CONTENT["hashes"]["events"]), ("attitude.q_bi", "i to b"), ("TC[3,1]", "structure_id: uint16, 0 to"),
    ("tm[3,25]", "by structure_id"), ("mode.*", "mode.target_lat_rad"), ("SystemMode", "NOMINAL"),
    ("structure 15", "10  dictionary.whole"),
    ("SAFE_ENTERED", "SafeReason"), ("excessive_rate", "safe_rate_radps"), ("link.none", None),
    ("downlink.asm", "1acffc1d"),
])  # fmt: skip
def test_entries_are_found_and_shown(name, shown):
    console = Console(record=True, width=160, markup=False, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    with console.file:
        assert show(CONTENT, name, console) == (1 if shown is None else 0)
    assert shown is None or shown in console.export_text()


def test_every_entry_can_be_shown():
    console = Console(record=True, width=160, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    names = [e["name"] for s in list(CONTENT)[5:] for e in CONTENT[s][::7] if "name" in e]
    with console.file:
        assert [name for name in names if show(CONTENT, name, console)] == []


@pytest.mark.parametrize(("arguments", "said", "code"), [
    (("show", "zzz"), "zzz: no entry of the dictionary of reference matches", 1),
    (("show", "--of", "nobody"), "nobody: no such vehicle", 2),
    (("show", "--of", "absent.json"), "absent.json: cannot be read", 2),
    (("diff", "reference", "absent.toml"), "absent.toml", 2),
    (("export", "--out", "absent/d.json"), "absent/d.json: cannot be written", 3),
])  # fmt: skip
def test_problems_are_one_line(tmp_path, monkeypatch, capfd, arguments, said, code):
    monkeypatch.chdir(tmp_path)
    assert ended("dict", *arguments) == code
    out, line = capfd.readouterr()
    assert out == ""
    assert line.startswith("smartsat: ") and said in line and line.count("\n") == 1
