"""GND-NEW: `smartsat new` makes folders that pass their own tests, refuses in one line, overwrites nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsw.core.registry import EXTENSION_FIRST_ID
from ground.cli import new
from ground.cli.new import KINDS, TEMPLATES, NewError, create
from hal.files import WriteError
from tests.ground.ended import ended

COMMAND = str(Path(sys.executable).with_name("smartsat"))
FUZZ = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def files(folder):
    skipped = {"__pycache__", ".pytest_cache", ".hypothesis", "build"}
    return [p for p in sorted(folder.rglob("*")) if p.is_file() and not skipped & set(p.relative_to(folder).parts)]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_made_passes_its_own_tests(kind, tmp_path):
    folder = create(kind, "lamp2_watch", tmp_path)
    left = [p.name for p in files(folder) if f"my_{kind}" in p.read_text() or f"My{kind.capitalize()}" in p.read_text()]
    assert left == []
    assert len(files(folder)) == len(files(TEMPLATES / kind))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"], cwd=folder,
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


def test_packages_of_different_names_have_different_ids(tmp_path):
    ids = [json.loads(next(create("app", n, tmp_path).rglob("registry.json")).read_text()) for n in ("lamp", "watch")]
    assert min(*ids[0].values(), *ids[1].values()) >= EXTENSION_FIRST_ID
    assert not set(ids[0].values()) & set(ids[1].values())
    assert [name.replace("lamp", "watch") for name in ids[0]] == list(ids[1])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_overwritten(kind, tmp_path):
    folder = create(kind, "lamp", tmp_path)
    some = next(p for p in files(folder) if p.name == "README.md")
    some.write_text("mine")
    with pytest.raises(NewError, match="already exists, expected a free name; nothing was written"):
        create(kind, "lamp", tmp_path)
    assert some.read_text() == "mine"


@FUZZ
@given(
    name=st.text(max_size=30)
    | st.sampled_from(["hal", "class", "json", "attitude", "a__b", "_a", "a_", "gnss", "x" * 25])
)
def test_any_name_is_refused_in_one_line_or_makes_a_folder_of_that_name(name, tmp_path):
    try:
        folder = create("app", name, tmp_path)
    except NewError as error:
        assert "\n" not in str(error)
        assert str(error).isprintable()
        assert not list(tmp_path.iterdir())
    else:
        assert folder.parent == tmp_path
        shutil.rmtree(folder)


@pytest.mark.parametrize(("name", "whose"), [
    ("numpy", "a package that is installed here"), ("rich", "a package that is installed here"),
    ("mpl_toolkits", "a package that is installed here"), ("hypothesispytest", "a package that is installed here"),
    ("pytest_xdist", "a package that is installed here"), ("smartsat", "smartsat"), ("reference", "smartsat"),
    ("modes", "smartsat"), ("conftest", "smartsat"), ("int", "the language C or the firmware"),
    ("board", "the language C or the firmware"), ("stdint", "the language C or the firmware"),
    ("pickle", "Python"), ("lambda", "Python"), ("pytest", "a package that is installed here"),
])  # fmt: skip
def test_a_name_that_hides_something_is_refused(name, whose, tmp_path):
    for kind in KINDS:
        with pytest.raises(NewError, match=f"name '{name}': {whose} already uses this name, expected another"):
            create(kind, name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_the_template_uses_for_something_else_is_refused(tmp_path):
    with pytest.raises(NewError, match="the code of the template already uses this name"):
        create("board", "library", tmp_path)


def test_what_cannot_be_written_leaves_no_folder(tmp_path, monkeypatch):
    def full(path, _text):
        if path.name == "README.md":
            raise WriteError(f"{path}: cannot be written: No space left on device")

    monkeypatch.setattr(new, "write_whole", full)
    with pytest.raises(WriteError, match="No space left"):
        create("app", "lamp", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("arguments", "says"), [
    (["app", "Lamp"], "smartsat: name 'Lamp': expected lower-case letters"),
    (["device", "sim"], "smartsat: name 'sim': smartsat already uses this name, expected another"),
    (["board", "lamp", "--into", "gone"], "smartsat: --into gone: no such folder"),
])  # fmt: skip
def test_the_command_says_in_one_line_why_not(arguments, says, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert ended("new", *arguments) == 2
    out, line = capfd.readouterr()
    assert out == ""
    assert line.startswith(says)
    assert line.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_command_says_what_it_made(tmp_path):
    done = subprocess.run([COMMAND, "new", "app", "lamp"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "lamp: made; its README says what to do with it\n"
    assert (tmp_path / "lamp/lamp/application.py").is_file()
