"""Programs run on the sanitized board when asked to, and only then."""

import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bindings.host import sanitized

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, sys
from firmware_bindings import host
from hal.packet import FrameDecoder
board = host.HostBoard(1)
assert type(board).__module__ == "firmware_bindings._host"
print(host.sanitized(), FrameDecoder().feed(board.bus.read())[0][0], "LD_PRELOAD" in os.environ, sys.argv[1:])
"""


def run(*command):
    return subprocess.run([sys.executable, *map(str, command)], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.skipif(sanitized(), reason="this run is on the sanitized board already")
def test_a_program_runs_on_the_sanitized_board(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    plain = run(script, "x")
    assert (plain.stdout, plain.stderr) == ("False 33 False ['x']\n", "")
    for command in ([script, "x"], ["-c", PROGRAM, "x"]):
        done = run("-m", "firmware_bindings.sanitize", *command)
        assert (done.stdout, done.stderr) == ("True 33 False ['x']\n", "")


@pytest.mark.parametrize("arguments", [[], ["-m"], ["-c"]], ids=str)
def test_no_program_is_one_line_of_usage(arguments):
    """Without a program to run, the command prints one line of usage."""
    done = run("-m", "firmware_bindings.sanitize", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("usage: ")
    assert len(done.stderr.splitlines()) == 1
