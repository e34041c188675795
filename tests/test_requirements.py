"""What the targets of the Makefile install is what pyproject.toml requires."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def printed(*words):
    command = [sys.executable, str(ROOT / "editable" / "requirements.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["build"], PROJECT["build-system"]["requires"]),
        (["run", "test"], PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["test"]),
    ],
)
def test_requirements_are_printed_by_name(words, expected):
    assert printed(*words).stdout.splitlines() == expected


def test_another_word_is_one_line():
    done = printed("ground", "tset")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "'tset' is none of build, check" in done.stderr
