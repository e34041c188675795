"""A bench: a board on the host with nothing but octets on its two ports."""

import numpy as np
import pytest

from firmware_bindings.host import HostBoard
from hal import wire
from hal.packet import FrameDecoder, encode_frame
from tests import board_packets
from tests.firmware_bindings.builds import make_shared

RECORDS = {
    wire.BoardKind.ADCS: {
        wire.Apid.COMMAND: board_packets.AdcsCommand,
        wire.Apid.CONFIG: board_packets.AdcsConfig,
        wire.Apid.SENSORS: board_packets.AdcsSensors,
        wire.Apid.STIMULUS: board_packets.AdcsStimulus,
        wire.Apid.ACTUATION: board_packets.AdcsActuation,
        wire.Apid.BOOT: wire.Boot,
        wire.Apid.IDENTITY: wire.Identity,
    },
    wire.BoardKind.EPS: {
        wire.Apid.COMMAND: wire.EpsCommand,
        wire.Apid.CONFIG: wire.EpsConfig,
        wire.Apid.SENSORS: wire.EpsSensors,
        wire.Apid.STIMULUS: wire.EpsStimulus,
        wire.Apid.ACTUATION: wire.EpsActuation,
        wire.Apid.BOOT: wire.Boot,
        wire.Apid.IDENTITY: wire.Identity,
    },
}
CONFIGS = {
    wire.BoardKind.ADCS: board_packets.CONFIG
    | {
        "period_ms": 100,
        "command_timeout_ms": 1000,
        "watchdog_ms": 250,
        "duty_permille": 700,
        "wheels_limit": [20000, 20000, 20000, 20000],
        "torquers_limit": [15000, 15000, 15000],
        "wheels_guard": [11000, 11000, 11000, 11000],
        "reflex_after_ms": 5000,
        "torquers_gain": [[16, 0, 0], [0, 160, 0], [0, 0, -32]],
    },
    wire.BoardKind.EPS: {
        "period_ms": 1000,
        "command_timeout_ms": 10000,
        "watchdog_ms": 2500,
        "switches_safe": wire.EpsSwitch.WHEELS,
    },
}


DRIVEN = 3 * 2  # octets of SENSORS
BARE_ACTUATION = 12  # octets: time, duty, bus octets


def pack(record, **values):
    """Payload octets of a record; fields that are not named are 0."""
    memory = np.zeros((), record.dtype())
    for name, value in values.items():
        memory[name] = value
    return memory.tobytes()[: record.end]


def unpack(record, payload):
    """The fields of a payload as Python numbers; a board without configuration says nothing of what it drives."""
    if record is board_packets.AdcsSensors and len(payload) == record.end - DRIVEN:
        payload += bytes(DRIVEN)
    elif record is board_packets.AdcsActuation and len(payload) == BARE_ACTUATION:
        payload = payload[:8] + bytes(record.end - len(payload)) + payload[8:]
    assert len(payload) == record.end
    memory = np.frombuffer(payload.ljust(record.size, b"\0"), record.dtype())[0]
    return {f.name: memory[f.name].tolist() for f in record.fields}


class Bench:
    """One board; `t_ms` is its time."""

    def __init__(self, kind):
        self.kind = kind
        self.records = RECORDS[kind]
        self.offset = wire.EPS_OFFSET if kind == wire.BoardKind.EPS else 0
        self.period_ms = CONFIGS[kind]["period_ms"]
        self.board = HostBoard(kind)
        self.t_ms = 0
        self.seq = 0
        self.bus_decoder = FrameDecoder()
        self.stimulus_decoder = FrameDecoder()

    def frame(self, apid, payload, packet_type=None):
        if packet_type is None:
            packet_type = int(apid in {wire.Apid.COMMAND, wire.Apid.CONFIG, wire.Apid.IDENTIFY})
        return encode_frame(apid + self.offset, packet_type, 0, payload)

    def send(self, apid, **values):
        """One packet to the board's bus."""
        record = self.records.get(apid)
        payload = pack(record, **values) if record else b""
        self.board.bus.write(self.frame(apid, payload))
        return payload

    def configure(self, **changes):
        return self.send(wire.Apid.CONFIG, **{**CONFIGS[self.kind], **changes})

    def command(self, **values):
        self.seq = (self.seq + 1) & 0xFFFF
        self.send(wire.Apid.COMMAND, **{"seq": self.seq, "flags": wire.CommandFlag.OUTPUTS_ENABLED, **values})

    def received(self, decoder, link):
        """What the board sent on one port, as (apid, fields)."""
        out = []
        for apid, packet_type, _, payload in decoder.feed(link.read()):
            assert packet_type == 0
            name = wire.Apid(apid - self.offset)
            out.append((name, unpack(self.records[name], payload)))
        assert decoder.frames_bad == 0
        return out

    def bus(self):
        return self.received(self.bus_decoder, self.board.bus)

    def stimulate(self, after_ms=None, **values):
        """One stimulus `after_ms` later (the period unless told), without reading the answer."""
        self.t_ms += self.period_ms if after_ms is None else after_ms
        payload = pack(self.records[wire.Apid.STIMULUS], board_time_ns=self.t_ms * 1_000_000, **values)
        self.board.stimulus.write(self.frame(wire.Apid.STIMULUS, payload))

    def cycle(self, after_ms=None, **values):
        """One cycle: (sensors, actuation without its count of octets), the only packets that it may send."""
        self.stimulate(after_ms, **values)
        ((sensors_apid, sensors),) = self.bus()
        ((actuation_apid, actuation),) = self.received(self.stimulus_decoder, self.board.stimulus)
        assert (sensors_apid, actuation_apid) == (wire.Apid.SENSORS, wire.Apid.ACTUATION)
        assert sensors["board_time_ns"] == actuation["board_time_ns"] == self.t_ms * 1_000_000
        del actuation["bus_octets"]
        return sensors, actuation


@pytest.fixture(scope="session")
def new_bench():
    """Make a fresh bench: `new_bench(kind)`, with the power-on BOOT read and, unless told, the configuration sent."""

    def make(kind, configured=True):
        bench = Bench(kind)
        ((apid, boot),) = bench.bus()
        assert apid == wire.Apid.BOOT
        assert boot["reset_reason"] == wire.ResetReason.POWER_ON
        if configured:
            bench.configure()
        return bench

    return make


@pytest.fixture
def adcs(new_bench):
    return new_bench(wire.BoardKind.ADCS)


@pytest.fixture
def eps(new_bench):
    return new_bench(wire.BoardKind.EPS)


@pytest.fixture(params=list(RECORDS), ids=lambda kind: kind.name.lower())
def bench(request, new_bench):
    """Each kind of board in turn, configured."""
    return new_bench(request.param)


@pytest.fixture(params=list(RECORDS), ids=lambda kind: kind.name.lower())
def bare(request, new_bench):
    """Each kind of board in turn, not configured."""
    return new_bench(request.param, configured=False)


@pytest.fixture(scope="session")
def c_programs():
    """The folder with the C test programs, under the sanitizers (address, undefined); all workers share it."""
    out, done = make_shared("c-tests")
    assert (done.returncode, done.stderr) == (0, "")
    return out
