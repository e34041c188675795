"""The example of a service unit says what the supervisor understands, and systemd takes it."""

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fsw.options import parse
from fsw.restart.supervisor import TERMINATION_S
from hal.exit_codes import ExitCode

UNIT = Path(__file__).resolve().parents[3] / "fsw" / "fsw.service"


@pytest.fixture(scope="module")
def unit():
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.optionxform = str
    parser.read_string(UNIT.read_text())
    return parser


def test_its_command_line_is_understood(unit):
    python, dash_m, module, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert (Path(python).name, dash_m, module) == ("python", "-m", "fsw")
    options = parse(arguments)
    assert options.state == "/var/lib/" + unit["Service"]["StateDirectory"]
    assert options.memory == f"/run/{unit['Service']['RuntimeDirectory']}/memory"


def test_systemd_ends_it_as_it_wants_to_be_ended(unit):
    service = unit["Service"]
    assert service["KillSignal"] == "SIGTERM"
    assert service["KillMode"] == "mixed"  # the supervisor tells flight, which leaves a checkpoint
    assert float(service["TimeoutStopSec"]) > TERMINATION_S
    assert int(service["RestartPreventExitStatus"]) == ExitCode.BAD_INPUT
    assert service["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here: install systemd to verify the unit"
)
def test_systemd_takes_it(tmp_path, unit):
    text = UNIT.read_text().replace("/opt/smartsat/bin/python", sys.executable)
    (tmp_path / "fsw.service").write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "fsw.service")], capture_output=True, text=True, check=False,
        env=os.environ | {"SYSTEMD_LOG_LEVEL": "notice"},
    )  # fmt: skip
    about_it = [line for line in done.stderr.splitlines() if "fsw.service" in line]
    assert about_it == []
    assert done.returncode == 0, done.stderr
