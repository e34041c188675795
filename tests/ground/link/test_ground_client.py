"""GND-SRV: the example client, in a process of its own, against a real flight, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bindings.errors import MissingProgramError
from firmware_bindings.images import image
from firmware_bindings.qemu.emulator import Emulator
from tests.ground.flight import OfferedFlight

PING = Path(__file__).parents[3] / "docs" / "examples" / "ground-client" / "ping.py"


def need_emulator():
    try:
        Emulator("ping", image("ping")).close()
    except MissingProgramError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("hal", ["sim", "pty", pytest.param("qemu", marks=pytest.mark.proof)])
def test_the_example_pings_a_flight_and_reads_the_answer(tmp_path, hal):
    """In real time, in every world; the flight counts the client and the telecommand."""
    if hal == "qemu":
        need_emulator()
    with OfferedFlight("--duration", "3000", "--no-report", "--hal", hal, cwd=tmp_path) as flight:
        out = subprocess.run(
            [sys.executable, str(PING), flight.host, str(flight.port)],
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert (out.returncode, out.stderr) == (0, "")
        assert out.stdout.startswith("TM[17,2] from APID 100, time 1e")
        result = flight.end(interrupt=True)
    assert result["ground"]["clients"] == 1
    uplink = next(h for h in result["ledger"]["hops"] if h["name"].startswith("telecommand packets"))
    assert (uplink["generated"], uplink["delivered"], uplink["unaccounted"]) == (1, 1, 0)
    assert result["realtime_factor"] < 2.0  # paced: without, it is hundreds


def test_the_example_imports_nothing_of_the_project():
    lines = [line for line in PING.read_text().splitlines() if line.startswith(("import", "from"))]
    assert {line.split()[1].split(".")[0] for line in lines} == {
        "collections", "socket", "sys", "fastcrc", "spacepackets",
    }  # fmt: skip
