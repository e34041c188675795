"""RTM: flights over serial lines to board processes, in real time and in lock-step; what is late is counted.

How fast this machine is, and what else it does, is not judged: that figures add up, and that nothing hangs, is.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from firmware_bindings.board_process import BoardProcess
from fsw.guidance.modes import SafeReason, SystemMode
from ground.cli import fly as flying
from ground.link.segment import GroundSegment
from ground.recordings.replay import Replay
from ground.worlds.worlds import WorldError, default_speed, open_boards
from hal.links.open_link import open_link
from hal.vehicle.load import VEHICLES, load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario
from sim.spacecraft.lockstep import BoardEnds
from tests.ground.ended import ended

FLY = [sys.executable, "-m", "ground.cli.main", "fly"]
PATIENCE_S = 600.0


class Flight:
    """A mission over serial lines to two board processes."""

    def __init__(self, speed):
        self.processes = {name: BoardProcess(name) for name in ("adcs", "eps")}
        for process in self.processes.values():
            process.start()
        ends = {}
        for name, process in self.processes.items():
            process.wait()
            ends[name] = BoardEnds(open_link(process.bus_url), open_link(process.stimulus_url))
        self.mission = Mission(
            load_vehicle(),
            load_scenario(),
            GroundSegment,
            duration_s=1e4,
            speed=speed,
            boards=ends,
        )
        self.pool = self.mission.flight.pool

    def figures(self):
        """(figures of the flight so far, of its adcs board, of its eps board)."""
        found = self.mission.real_time()
        return found, *found.boards

    def send(self, name, number):
        os.kill(self.processes[name].pid, number)

    def stop(self):
        for process in self.processes.values():
            process.stop()


@pytest.fixture
def fly():
    """Start a flight: `fly(speed)`."""
    flights = []

    def make(speed):
        flights.append(Flight(speed))
        return flights[-1]

    yield make
    for flight in flights:
        flight.stop()


def run(out, hal="pty", *, report=False, **options):
    """What `smartsat fly` does, in this process, with its boards behind serial lines; its result."""
    flying.run(flying.Options(out=out, hal=hal, as_json=True, report=report, **options))
    return json.loads((out / "result.json").read_text())


def check_counts_add_up(found):
    """Every tick has the answers that were due, or they are counted as missed.

    An answer seen late, on a machine with too much to do, can pass for that of the next tick: none is due there.
    """
    for name, board in found["boards"].items():
        assert board["due"] == board["answered"] + board["missed"], name
    adcs = found["boards"]["adcs"]
    in_time = found["start"]["max_ms"] < adcs["deadline_ms"] and not adcs["missed"]
    assert (1.0 if in_time else 0.5) * found["ticks"] <= adcs["due"] <= found["ticks"]
    assert found["boards"]["eps"]["due"] >= found["ticks"] // 10
    for spread in (found["start"], *(b["latency"] for b in found["boards"].values())):
        assert 0.0 <= spread["median_ms"] <= spread["p99_ms"] <= spread["max_ms"]


def test_real_time_is_what_serial_lines_fly_in(tmp_path):
    """RTM-010: without `--speed`, mission time is the time of day; every tick is answered or counted."""
    started = time.monotonic()
    result = run(tmp_path, duration_s=1.5)
    assert time.monotonic() - started >= 1.4
    found = result["real_time"]
    assert (result["hal"], found["speed"], found["ticks"]) == ("pty", 1.0, 15)
    assert result["realtime_factor"] <= 15 / 14
    check_counts_add_up(found)
    assert found["boards"]["adcs"]["answered"] > 0
    assert [default_speed(hal) for hal in ("sim", "qemu", "pty", "links")] == ["max", "max", "1", "1"]


def test_ten_times_real_time_its_report_and_its_replay(tmp_path):
    """RTM-020: `--speed 10` is at most ten times as fast; the report shows the figures of the flight.

    RTM-025: the recording holds what the clock said too, so a replay needs no luck with it: the same to the last bit.
    """
    result = run(tmp_path, duration_s=20.0, speed="10", report=True)
    found = result["real_time"]
    assert (found["speed"], found["ticks"]) == (10.0, 200)
    assert result["realtime_factor"] <= 10.0 * 200 / 199  # how much less, is a matter of the machine
    check_counts_add_up(found)
    page = (tmp_path / "report.html").read_text()
    assert "<h2>Real time</h2>" in page
    assert "200 ticks of 100 ms at 10 × real time" in page
    for board in found["boards"].values():
        assert f"<td class=n>{board['due']}<td class=n>{board['answered']}<td class=n>{board['missed']}" in page
    again = Replay(tmp_path / "recording.ssr").run()
    assert (again.difference, again.ticks, again.cut) == (None, 200, "")


def test_full_speed_over_serial_lines_is_the_flight_in_the_simulator(tmp_path):
    """RTM-030: in lock-step over serial lines, the recording is the simulator's to the last bit."""
    over_lines = run(tmp_path / "pty", duration_s=20.0, speed="max")
    inside = run(tmp_path / "sim", "sim", duration_s=20.0)
    assert over_lines["real_time"] is inside["real_time"] is None
    for name in ("recording_sha256", "cadu_sha256", "ledger"):
        assert over_lines[name] == inside[name]


def test_a_stopped_board_is_missed_and_met_again(fly):
    """RTM-040: a board that hangs misses its deadlines, its late answers are counted; then it is back."""
    flight = fly(4.0)
    flight.mission.advance(1.0)
    flight.send("adcs", signal.SIGSTOP)
    _, before, _ = flight.figures()
    flight.mission.advance(2.0)
    _, hung, _ = flight.figures()
    assert hung.missed - before.missed >= 15  # a few answers, late ones among them, may have been on their way
    assert hung.actuations_missed - before.actuations_missed >= 15
    assert int(flight.pool["samples.adcs_health.silent_ticks"]) >= 15
    flight.send("adcs", signal.SIGCONT)
    for _ in range(100):
        flight.mission.advance(1.0)
        found, after, _ = flight.figures()
        stale = int(flight.pool["samples.adcs_health.samples_stale"])
        if after.late + stale >= 15 and after.answered > hung.answered:
            break
    assert after.late + stale >= 15
    assert after.answered > hung.answered
    assert int(flight.pool["samples.adcs_health.reset_count"]) == 1  # its power-on: it was not reset
    check_counts_add_up(found.as_dict())


def test_a_killed_board_leads_to_safe_and_nothing_hangs(fly):
    """RTM-050: a board that is gone is a link error a tick and SAFE after the limit of silence."""
    flight = fly(4.0)
    flight.mission.advance(5.0)
    assert flight.pool["mode.system"] != SystemMode.SAFE
    assert int(flight.pool["samples.adcs_health.link_errors"]) == 0
    flight.send("adcs", signal.SIGKILL)
    flight.mission.advance(6.0)  # the limit is 5 s
    assert flight.pool["mode.system"] == SystemMode.SAFE
    assert flight.pool["mode.safe_reason"] == SafeReason.BOARD_SILENT
    assert int(flight.pool["samples.adcs_health.link_errors"]) >= 60
    found, adcs, eps = flight.figures()
    assert adcs.missed >= 59
    assert eps.answered > 0
    check_counts_add_up(found.as_dict())


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_for(condition):
    until = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_board_outlives_its_flight(tmp_path, number):
    """RTM-060: killed or interrupted, the flight leaves no board process behind."""
    command = [*FLY, "--hal", "pty", "--speed", "10", "--json", "--no-report", "--out", str(tmp_path)]
    downlink = tmp_path / "downlink.cadu"
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as flight:
        assert wait_for(lambda: downlink.exists() and downlink.stat().st_size)
        boards = children(flight.pid)
        assert len(boards) == 2
        flight.send_signal(number)
        stdout, stderr = flight.communicate(timeout=PATIENCE_S)
    assert wait_for(lambda: all(map(gone, boards)))
    assert "Traceback" not in stderr
    if number == signal.SIGINT:
        assert flight.returncode == 130
        check_counts_add_up(json.loads(stdout)["real_time"])


def test_links_of_the_vehicle_file(tmp_path, capsys):
    """RTM-070: `--hal links` flies on the links that the vehicle file names, and says in one line what it lacks."""
    reference = (VEHICLES / "reference.toml").read_text()
    vehicle = tmp_path / "mine.toml"
    with BoardProcess("adcs") as adcs, BoardProcess("eps") as eps:
        text = reference
        for board in (adcs, eps):
            urls = f'link = "{board.bus_url}"\nstimulus = "{board.stimulus_url}"'
            text = text.replace(f'link = "sim://{board.kind}"', urls)
        vehicle.write_text(text)
        found = run(tmp_path / "run", "links", vehicle=str(vehicle), duration_s=1.0)["real_time"]
    assert (found["speed"], found["ticks"]) == (1.0, 10)
    check_counts_add_up(found)
    for lacking, words in (
        (text.replace("stimulus", "# stimulus"), r"mine.*boards\.adcs\.stimulus: missing"),
        (text, rf"{adcs.bus_url}: cannot be opened"),
    ):
        vehicle.write_text(lacking.replace('name = "reference"', 'name = "mine"'))
        with pytest.raises(WorldError, match=words), open_boards("links", load_vehicle(str(vehicle))):
            pass
    out = tmp_path / "none"
    capsys.readouterr()
    assert ended("fly", "--hal", "links", "--out", out) == 2
    said = capsys.readouterr()
    assert (said.out, out.exists()) == ("", False)
    (line,) = said.err.strip().splitlines()
    assert "reference.toml: boards.adcs.link: found 'sim://adcs', and no other board is elsewhere" in line


@pytest.mark.parametrize("real", ["adcs", "eps"])
def test_one_board_on_its_link_and_the_other_simulated(tmp_path, real):
    """RTM-080: a board whose link is in the simulator is simulated, in real time as the other one."""
    vehicle = tmp_path / "bench.toml"
    other = {"adcs": "eps", "eps": "adcs"}[real]
    with BoardProcess(real) as board:
        text = (
            f'base = "reference"\nname = "bench"\n[boards.{real}]\nlink = "{board.bus_url}"\n'
            f'stimulus = "{board.stimulus_url}"\n[boards.{other}]\nlink = "spy://{tmp_path}/spy?link=sim://{other}"\n'
        )
        vehicle.write_text(text)
        result = run(tmp_path / "run", "links", vehicle=str(vehicle), duration_s=4.0, speed="4")
    found = result["real_time"]
    assert (found["speed"], found["ticks"]) == (4.0, 40)
    check_counts_add_up(found)
    assert found["boards"][other]["missed"] == found["boards"][other]["actuations_missed"] == 0
    assert found["boards"][real]["answered"] > 0
    assert result["line_octets_a_tick"] > 0
    assert (tmp_path / "spy").stat().st_size > 100
    vehicle.write_text(text + 'stimulus = "serial:///dev/null"\n')
    words = rf"bench\.toml: boards\.{other}\.stimulus: found 'serial:///dev/null', but its link"
    with pytest.raises(WorldError, match=words), open_boards("links", load_vehicle(str(vehicle))):
        pass
