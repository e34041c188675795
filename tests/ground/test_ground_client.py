"""GND-SRV: the example client, in a process of its own, against a real flight."""

import subprocess
import sys
from pathlib import Path

from tests.ground.flight import OfferedFlight

PING = Path(__file__).parents[2] / "docs" / "examples" / "ground-client" / "ping.py"


def ping(*arguments):
    return subprocess.run(
        [sys.executable, str(PING), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_example_pings_a_flight_and_reads_the_answer(tmp_path):
    with OfferedFlight("--duration", "3000", cwd=tmp_path) as flight:  # in real time, as by default
        for _ in range(2):
            out = ping(flight.host, str(flight.port))
            assert (out.returncode, out.stderr) == (0, "")
            assert out.stdout.startswith("TM[17,2] from APID 100, time 1e")
        result = flight.end(interrupt=True)
    assert result["ground"]["clients"] == 2
    commands = next(h for h in result["ledger"]["hops"] if h["name"].startswith("telecommand packets"))
    assert (commands["generated"], commands["delivered"]) == (2, 2)
    assert result["ledger"]["unaccounted"] == 0
    assert result["realtime_factor"] < 1.1


def test_the_example_imports_nothing_of_the_project():
    lines = [line for line in PING.read_text().splitlines() if line.startswith(("import", "from"))]
    assert {line.split()[1].split(".")[0] for line in lines} == {"socket", "sys", "fastcrc", "spacepackets"}
