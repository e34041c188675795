"""HAL-OUT: the standard streams take any text, and what they do not take is told once."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal import output

FSW = [sys.executable, "-m", "fsw"]


@given(st.text(st.characters(exclude_categories=[])), st.sampled_from(["ascii", "latin-1", "cp1252", "utf-8"]))
def test_any_text_can_be_written_in_any_encoding(text, encoding):
    output.open_streams()
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=output.ERRORS)
    stream.write(text)
    stream.flush()


def test_signs_are_spelled_as_a_reader_knows_them():
    output.open_streams()
    assert "a ≥ 3 × 2 → λ".encode("ascii", output.ERRORS) == b"a >= 3 x 2 -> \\u03bb"
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", output.ERRORS)


def test_a_line_is_one_line_and_nobody_has_to_read_it(monkeypatch, capsys):
    output.say("a\nb\x1b")
    assert capsys.readouterr().err == "a\\nb\\x1b\n"
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        output.say("lost")
        output.silence(full)


@pytest.mark.parametrize(("script", "code", "says"), [
    ("--help > /dev/full", 3, "standard output: cannot be written: No space left on device\n"),
    ("--help", 0, ""),
    ("--nosuch vehicle", 2, "fsw: unrecognized arguments: --nosuch; see python -m fsw --help\n"),
    ("nosuch", 2, "fsw: nosuch: no such vehicle"),
    ("nosuch 2> /dev/full", 2, ""),
    ("nosuch 2>&- >&- <&-", 2, ""),
])  # fmt: skip
def test_flight_alone_ends_as_every_program(script, code, says):
    command = f"{sys.executable} -m fsw {script}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code
    assert done.stderr.startswith(says)
    assert done.stderr.count("\n") <= 1


def test_a_descriptor_that_was_closed_takes_nothing(tmp_path):
    """What is opened next does not become standard output."""
    program = (
        "from hal import output; output.open_streams(); f = open('file', 'w'); print('lost'); "
        "print(f.fileno(), repr(output.flush()))"
    )
    done = subprocess.run(
        ["bash", "-c", f'{sys.executable} -c "{program}" >&- 2>err'], cwd=tmp_path, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0
    assert (tmp_path / "file").read_text() == ""
