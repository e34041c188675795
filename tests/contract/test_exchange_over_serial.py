"""The exchange in real time: system clock, serial ports (pseudo-terminals), the board firmware behind them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
import tty

import pytest

from firmware_bindings.host import HostBoard
from hal.clock import SystemClock
from hal.drivers.config import payload
from hal.exchange.exchange import Exchange
from hal.links.loop import LoopLink
from hal.links.open_link import open_link
from hal.packet import encode_frame
from hal.samples import BoardIdentity
from hal.vehicle.load import load_vehicle
from hal.wire import Apid, BoardKind
from tests.board_packets import AdcsStimulus
from tests.fsw.sections import exchange_memory

TICK_NS = 20_000_000
CYCLES = 40


class FreeRunningBoard(threading.Thread):
    """A board with its own clock, started long ago, that cycles by itself behind a serial line."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self.fd, self.board, self.clock = fd, HostBoard(BoardKind.ADCS), SystemClock()
        self.sent = 0

    def run(self) -> None:
        os.set_blocking(self.fd, False)
        for cycle in range(1, CYCLES + 1):
            self.clock.sleep_until(cycle * TICK_NS)
            with contextlib.suppress(BlockingIOError):  # no command has come since the last cycle
                self.board.bus.write(os.read(self.fd, 65536))
            stimulus = {"board_time_ns": 10**12 + cycle * TICK_NS, "magnetometer_counts": [cycle, 0, 0]}
            self.board.stimulus.write(encode_frame(Apid.STIMULUS, 0, 0, payload(AdcsStimulus, stimulus)))
            octets = self.board.bus.read()
            self.sent += sum(1 for frame in octets.split(b"\0") if frame)
            assert os.write(self.fd, octets) == len(octets)


@pytest.fixture
def vehicle():
    reference = load_vehicle("reference")
    board = dataclasses.replace(
        reference.boards.adcs, period_ms=20, command_timeout_ms=10000, watchdog_ms=20000, response_deadline_ms=15
    )
    eps = dataclasses.replace(reference.boards.eps, response_deadline_ms=15)
    return dataclasses.replace(
        reference,
        rates=dataclasses.replace(reference.rates, base_hz=50),
        boards=dataclasses.replace(reference.boards, adcs=board, eps=eps),
        limits=dataclasses.replace(reference.limits, board_silent_s=60.0),
    )


@pytest.fixture
def line():
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_every_frame_of_a_free_running_board_arrives(vehicle, line):
    """HAL-10: board and flight have clocks of their own, and no sample is lost."""
    master, device = line
    memory = exchange_memory()
    samples = memory["samples"]
    links = {name: LoopLink.pair()[0] for name in ("eps", "star_tracker", "gnss")}
    links["adcs"] = open_link(f"serial://{device}?baud=921600")
    clock = SystemClock()
    exchange = Exchange(vehicle, links, clock, memory)
    board = FreeRunningBoard(master)
    board.start()
    tick, new = 0, 0
    while board.is_alive() or tick < 3:
        tick += 1
        exchange.exchange(tick * TICK_NS)
        new += int(samples["magnetometer"]["new"])
    exchange.exchange((tick + 1) * TICK_NS)
    links["adcs"].close()
    health = samples["adcs_health"]
    assert (health["frames_ok"], health["frames_bad"], health["link_errors"]) == (board.sent, 0, 0)
    assert board.sent == CYCLES + 1 + health["identities"]  # and the boot packet
    assert health["identity"] == BoardIdentity.ACCEPTED
    assert new > 0
    assert (health["configured"], health["commands_accepted"] > 0) == (1, True)
    assert 0 < samples["magnetometer"]["t_ns"] <= clock.now_ns()
