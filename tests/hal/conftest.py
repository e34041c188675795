"""Shared by the tests of hal: memory for records, and packets as devices send them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from hal.drivers.adcs_board import AdcsBoardDriver
from hal.drivers.config import payload
from hal.handle import Memory
from hal.packet import FrameDecoder, encode_frame
from hal.record import Record
from hal.vehicle.load import load_vehicle
from hal.vehicle.vehicle import Vehicle
from hal.wire import EPS_OFFSET, Apid, Boot, EpsSensors, Identity, SensorFlag, StarTrackerReport
from tests.board_packets import AdcsSensors
from tests.fsw.sections import exchange_memory
from tests.hal.adcs_bench import Bench

MS = 1_000_000


@dataclasses.dataclass
class Device:
    """Makes the packets of one board or unit, with sequence counts and cycles as a real one."""

    apid_offset: int
    sensors: type[Record]
    period_ns: int
    kind: int
    cycle: int = 0
    board_ns: int = 0
    seq_count: int = 0
    flags: int = int(SensorFlag.CONFIGURED)

    def frame(self, apid: int, record: type[Record], values: dict[str, object]) -> bytes:
        self.seq_count = (self.seq_count + 1) % 16384
        return encode_frame(apid + self.apid_offset, 0, self.seq_count, payload(record, values))

    def report(self, **values: object) -> bytes:
        """The sensor packet of the next cycle."""
        self.cycle += 1
        self.board_ns += self.period_ns
        head = {"board_time_ns": self.board_ns, "cycle": self.cycle, "flags": self.flags}
        return self.frame(Apid.SENSORS, self.sensors, head | values)

    def identity(self, **values: object) -> bytes:
        """The answer to IDENTIFY."""
        return self.frame(Apid.IDENTITY, Identity, {"kind": self.kind} | values)

    def boot(self, reason: int = 1, **values: object) -> bytes:
        """Restart: cycles and board time begin again, the configuration is lost."""
        self.cycle, self.board_ns = 0, 0
        self.flags &= ~SensorFlag.CONFIGURED
        return self.frame(Apid.BOOT, Boot, {"kind": self.kind, "reset_reason": reason} | values)


@pytest.fixture(scope="session")
def vehicle() -> Vehicle:
    return load_vehicle("reference")


@pytest.fixture
def new_memory() -> Callable[[], Memory]:
    """Makes the records that an exchange works on."""
    return exchange_memory


@pytest.fixture
def memory() -> Memory:
    return exchange_memory()


@pytest.fixture
def samples(memory):
    return memory["samples"]


@pytest.fixture
def command(memory):
    return memory["command"]


@pytest.fixture
def adcs_device(vehicle: Vehicle) -> Device:
    return Device(0, AdcsSensors, vehicle.boards.adcs.period_ms * MS, 1)


@pytest.fixture
def eps_device(vehicle: Vehicle) -> Device:
    return Device(EPS_OFFSET, EpsSensors, vehicle.boards.eps.period_ms * MS, 2)


@pytest.fixture
def star_tracker_frame() -> Callable[..., bytes]:
    """Makes a star-tracker report from a quaternion (scalar last)."""

    def make(valid_time_ns: int, q=(0.0, 0.0, 0.0, 1.0), *, seq: int = 1, flags: int = 1) -> bytes:
        counts = np.clip(np.round(np.array(q) * 2**30), -(2**31), 2**31 - 1).astype(np.int32)
        values = {"valid_time_ns": valid_time_ns, "q_counts": counts, "seq": seq, "flags": flags}
        return encode_frame(Apid.STAR_TRACKER, 0, seq & 0x3FFF, payload(StarTrackerReport, values))

    return make


@pytest.fixture
def parse_frames() -> Callable[[bytes], list[tuple[int, int, int, bytes]]]:
    """Decodes frames as the far end would."""
    return lambda octets: FrameDecoder().feed(octets)


@pytest.fixture
def new_bench(vehicle, memory, samples, command, adcs_device):
    def make() -> Bench:
        for name in ("samples", "drivers"):
            memory[name][...] = np.zeros((), memory[name].dtype)
        device = dataclasses.replace(adcs_device)
        driver = AdcsBoardDriver(vehicle)
        driver.bind(memory)
        return Bench(driver, samples, command, device)

    return make


@pytest.fixture
def bench(new_bench):
    return new_bench()
