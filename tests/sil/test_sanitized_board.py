"""MIS: flights with the board's C under the sanitizers, which are built from the tree."""

import json
import subprocess
import sys

import pytest

from ground.link.segment import GroundSegment
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario


def sanitized_fly(out, *arguments):
    """The result of `smartsat fly` with the board's C under the sanitizers."""
    command = [sys.executable, "-m", "firmware_bindings.sanitize", "-m", "ground.cli.main", "fly", "--json", *arguments]
    done = subprocess.run(
        [*command, "--record", "none", "--no-report", "--out", str(out)], capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_every_mode_flies_on_the_sanitized_board(tmp_path):
    """MIS-090: with the board's C under the sanitizers (address, undefined behaviour), the same flight to the octet."""
    plain = Mission(load_vehicle(), load_scenario("modes"), GroundSegment).fly()
    assert sanitized_fly(tmp_path, "--scenario", "modes")["cadu_sha256"] == plain.cadu_sha256


@pytest.mark.proof
def test_mission_flies_on_the_sanitized_board(tmp_path):
    """MIS-091: so does the whole mission."""
    plain = Mission(load_vehicle(), load_scenario(), GroundSegment).fly()
    assert sanitized_fly(tmp_path)["cadu_sha256"] == plain.cadu_sha256
