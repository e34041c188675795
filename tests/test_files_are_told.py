"""Files are written in one way and text has one encoding: `hal/files.py`, UTF-8. Judged on the source."""

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("hal", "ccsds", "firmware_bindings", "fsw", "sim", "ground")
# Written otherwise: by the build, which has nothing of ours; locks; a spy's file, which is written in place.
OTHERWISE = {
    "hal/files.py", "hal/record_build.py", "firmware_bindings/fingerprint.py", "firmware_bindings/images.py",
    "firmware_bindings/sanitize.py",
}  # fmt: skip
WRITES = {"write_text", "write_bytes"}
TEXT = {"read_text", "write_text"}


@functools.cache
def calls():
    """Every call of a method or of `open` in our sources: file, line, name, mode, whether an encoding is given."""
    return tuple(_calls())


def _calls():
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if {"templates", "__pycache__"} & set(path.parts):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                    encoded = any(k.arg == "encoding" for k in node.keywords)
                    yield path.relative_to(ROOT).as_posix(), node.lineno, name, texts[-1] if texts else "", encoded


def test_text_is_read_and_written_with_an_encoding():
    bad = [f"{file}:{line}" for file, line, name, _, encoded in calls() if name in TEXT and not encoded]
    bad += [
        f"{file}:{line}" for file, line, name, mode, encoded in calls()
        if name in {"open", "fdopen"} and set(mode) <= set("rwax+t") and mode and not encoded
        and file not in OTHERWISE
    ]  # fmt: skip
    assert bad == []


def test_a_file_is_written_in_one_way():
    bad = [f"{file}:{line}" for file, line, name, _, _ in calls() if name in WRITES and file not in OTHERWISE]
    bad += [
        f"{file}:{line}" for file, line, name, mode, _ in calls()
        if name == "open" and 0 < len(mode) < 4 and set(mode) & set("wax") and file not in OTHERWISE
    ]  # fmt: skip
    assert bad == []


@pytest.mark.parametrize("file", sorted(OTHERWISE))
def test_the_exceptions_are_there(file):
    assert any(found == file for found, *_ in calls())
