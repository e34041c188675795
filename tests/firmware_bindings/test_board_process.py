"""BRD-15: a board in a process of its own says what a board in this one says, and never outlives its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from firmware_bindings.board_process import BoardProcess
from firmware_bindings.host import HostBoard
from hal.drivers.config import adcs_config, payload
from hal.links.link import LinkError
from hal.links.open_link import open_link
from hal.packet import FrameDecoder, encode_frame
from hal.vehicle.load import load_vehicle
from hal.wire import Apid, BoardKind, SensorFlag
from tests.board_packets import AdcsSensors, AdcsStimulus

PATIENCE_S = 600.0
PARENT = """
import sys
from firmware_bindings.board_process import BoardProcess
boards = [BoardProcess("adcs"), BoardProcess("eps")]
for board in boards:
    board.start()
for board in boards:
    board.wait()
print(*(board.pid for board in boards), flush=True)
sys.stdin.read()  # until this process ends
"""


def stimulus(cycle):
    values = {"board_time_ns": cycle * 100_000_000, "magnetometer_counts": [cycle, 0, 0]}
    return encode_frame(Apid.STIMULUS, 0, cycle % 16384, payload(AdcsStimulus, values))


def unpack(body):
    return np.frombuffer(body.ljust(AdcsSensors.dtype().itemsize, b"\0"), AdcsSensors.dtype())[0]


def receive(link, frames):
    """Read until so many frames have ended, or patience does."""
    octets, until = b"", time.monotonic() + PATIENCE_S
    while octets.count(0) < frames and time.monotonic() < until:
        octets += link.read()
    return octets


def runs(pid):
    """Whether process `pid` exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until_gone(pids):
    until = time.monotonic() + PATIENCE_S
    while any(map(runs, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return [pid for pid in pids if runs(pid)]


@pytest.fixture(scope="module")
def process():
    with BoardProcess("adcs") as board:
        yield board


@pytest.fixture
def fresh():
    with BoardProcess("adcs") as board:
        yield board


def test_it_says_what_a_board_in_this_process_says(fresh):
    here = HostBoard(BoardKind.ADCS)
    bus, port = open_link(fresh.bus_url), open_link(fresh.stimulus_url)
    for cycle in range(1, 50):
        here.stimulus.write(stimulus(cycle))
        port.write(stimulus(cycle))
        expected_bus = here.bus.read()
        assert expected_bus.count(0) == (3 if cycle == 1 else 1)  # BOOT is not lost; a delimiter comes before it
        assert receive(bus, expected_bus.count(0)) == expected_bus
        assert receive(port, 1) == here.stimulus.read() != b""
    bus.close()
    port.close()


def test_a_stimulus_waits_for_the_bus_octets_that_it_announces(new_bench):
    """Two lines keep no order: what was written to the bus before the stimulus is in force in its cycle."""
    bench = new_bench(BoardKind.ADCS, configured=False)
    octets = bench.frame(Apid.CONFIG, adcs_config(load_vehicle()))
    pieces, asked = [octets[:10], octets[10:]], []

    def source(limit_ms, capacity):
        asked.append((limit_ms, capacity))
        return pieces.pop(0)

    bench.board.wait_for_bus_with(source)
    sensors, _ = bench.cycle(bus_octets=len(octets))
    assert sensors["flags"] & SensorFlag.CONFIGURED
    assert len(asked) == 2
    assert all(0 < limit_ms <= 100 and capacity >= 64 for limit_ms, capacity in asked)
    pieces += [b""]
    bench.cycle(bus_octets=len(octets) + 5)  # lost: the board goes on, and counts from there
    bench.cycle(bus_octets=len(octets) + 5)
    assert (len(asked), pieces) == (3, [])


def test_a_line_may_be_closed_and_opened_again(fresh):
    cycles = []
    for cycle in (1, 2):
        bus, port = open_link(fresh.bus_url), open_link(fresh.stimulus_url)
        port.write(stimulus(cycle))
        receive(port, 1)
        frames = FrameDecoder().feed(receive(bus, 3 - cycle))
        cycles += [unpack(body)["cycle"] for apid, _, _, body in frames if apid == Apid.SENSORS]
        bus.close()
        port.close()
    assert cycles == [0, 1]


def test_frames_that_nobody_reads_are_dropped_whole(fresh):
    bus, port = open_link(fresh.bus_url), open_link(fresh.stimulus_url)
    unread = 399
    for cycle in range(unread):
        port.write(stimulus(cycle + 1))
        assert receive(port, 1).count(0) == 1
    decoder, cycles, until = FrameDecoder(), [], time.monotonic() + PATIENCE_S
    while (not cycles or cycles[-1] < unread) and time.monotonic() < until:  # until one comes that found room again
        frames = decoder.feed(bus.read())
        cycles += [unpack(body)["cycle"] for apid, _, _, body in frames if apid == Apid.SENSORS]
        cycle += 1
        port.write(stimulus(cycle + 1))
        assert receive(port, 1).count(0) == 1
    assert decoder.frames_bad == 0
    first = [cycle for cycle in cycles if cycle < unread]
    assert first == list(range(len(first)))
    assert 50 < len(first) < unread <= cycles[-1]


def test_an_idle_board_burns_no_time(process):
    def spent_s():
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    before_s = spent_s()
    time.sleep(0.5)
    assert spent_s() - before_s <= 0.03


def test_it_prints_its_devices_in_one_line_and_ends_on_sigterm():
    command = [sys.executable, "-m", "firmware_bindings.board_process", "eps"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = json.loads(process.stdout.readline())
            assert (line["kind"], line["pid"]) == ("eps", process.pid)
            assert Path(line["bus"]).is_char_device()
            assert Path(line["stimulus"]).is_char_device()
            process.terminate()
            assert process.wait(PATIENCE_S) == -signal.SIGTERM
            assert process.stdout.read() == ""
        finally:
            process.kill()


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_stop_ends_it(stopped):
    """`stop` ends a board process, also one that is stopped by a signal."""
    board = BoardProcess("eps")
    board.start()
    board.wait()
    if stopped:
        os.kill(board.pid, signal.SIGSTOP)
    board.stop()
    board.stop()
    assert wait_until_gone([board.pid]) == []


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_it_ends_when_its_parent_is_killed(stopped):
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=pipe, stdout=pipe, text=True) as parent:
        try:
            pids = [int(pid) for pid in parent.stdout.readline().split()]
            assert [runs(pid) for pid in pids] == [True, True]
            if stopped:
                os.kill(pids[0], signal.SIGSTOP)
        finally:
            parent.kill()
    left = wait_until_gone(pids)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []


def test_what_cannot_start_is_one_line(monkeypatch):
    with pytest.raises(ValueError, match="found kind 'camera', expected one of: adcs, eps"):
        BoardProcess("camera")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    board = BoardProcess("adcs")
    with pytest.raises(LinkError, match="board process adcs: ended before its lines were open"), board:
        pass
    assert not runs(board.pid)
