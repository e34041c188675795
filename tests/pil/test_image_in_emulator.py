"""The images in the emulator: the same octets as the host's boards, and true reasons for every reset."""

import os
import random
import re
import struct
import time
from pathlib import Path

import pytest

from firmware_bindings.host import HostBoard
from firmware_bindings.images import image
from hal import wire
from hal.drivers.config import adcs_config
from hal.packet import FrameDecoder, encode_frame
from hal.vehicle.load import load_vehicle
from hal.wire import Apid, BoardKind, ResetReason
from tests.board_packets import AdcsStimulus
from tests.pil.machine import Machine, needs_arm, needs_emulator, receive

pytestmark = [needs_arm, needs_emulator]

OFFSETS = {BoardKind.ADCS: 0, BoardKind.EPS: wire.EPS_OFFSET, BoardKind.PING: wire.PING_OFFSET}
STIMULI = {BoardKind.ADCS: AdcsStimulus, BoardKind.EPS: wire.EpsStimulus}
PERIOD_NS = {BoardKind.ADCS: 100_000_000, BoardKind.EPS: 1_000_000_000}
UNDEFINED_INSTRUCTION = 1 << 16  # in the fault status
STACK_PAINT = b"\xa5\xa5\xa5\xa5"


@pytest.fixture(scope="module")
def images():
    return {kind: image(kind.name.lower()) for kind in BoardKind}


@pytest.fixture
def start(images, tmp_path):
    """Start the image of a kind of board, frozen."""
    machines = []

    def make(kind):
        directory = tmp_path / f"machine{len(machines)}"
        directory.mkdir()
        machines.append(Machine(images[kind], directory).__enter__())
        return machines[-1]

    yield make
    for machine in machines:
        machine.__exit__()


def next_boot(machine):
    """The fields of the next packet on the bus, which has to be a BOOT."""
    octets = receive(machine.bus, lambda octets: octets.strip(b"\0") and octets.endswith(b"\0"))
    ((apid, _, _, payload),) = FrameDecoder().feed(octets)
    assert apid & 0xFF == Apid.BOOT
    names = [f.name for f in wire.Boot.fields]
    return dict(zip(names, struct.unpack("<qIIIIBBH", payload), strict=True))


class Twins:
    """The same octets to an image in the emulator and to the host's board; what they answer has to be the same."""

    def __init__(self, machine, kind):
        self.machine, self.kind = machine, kind
        self.host = HostBoard(kind)
        self.time_ns = 0
        self.bus_octets = 0
        self.random = random.Random(int(kind))

    def frame(self, apid, payload, packet_type):
        return encode_frame(apid + OFFSETS[self.kind], packet_type, 0, payload)

    def assert_same(self):
        """Take what the host's board sent, and as much from the image."""
        for name in ("stimulus", "bus"):
            expected = getattr(self.host, name).read()
            size = len(expected)
            got = receive(getattr(self.machine, name), lambda octets, size=size: len(octets) >= size)
            assert got == expected, f"{name} at {self.time_ns} ns"

    def bus(self, octets):
        self.bus_octets += len(octets)
        self.machine.bus.sendall(octets)
        self.host.bus.write(octets)

    def cycle(self, periods=1):
        self.time_ns += periods * PERIOD_NS[self.kind]
        size = STIMULI[self.kind].end - 10
        counts = struct.pack("<H", self.bus_octets & 0xFFFF)
        payload = struct.pack("<q", self.time_ns) + self.random.randbytes(size) + counts
        octets = self.frame(Apid.STIMULUS, payload, 0)
        self.machine.stimulus.sendall(octets)
        self.host.stimulus.write(octets)

    def configure(self):
        if self.kind == BoardKind.EPS:
            payload = struct.pack("<4H", 1000, 10000, 2500, 4)
        else:
            times = struct.pack("<5H", 100, 1000, 250, 700, 2000)  # soon a time-out, then the reflex
            payload = times + adcs_config(load_vehicle())[len(times) :]
        self.bus(self.frame(Apid.CONFIG, payload, 1))

    def command(self, seq):
        outputs = self.random.randbytes(14) if self.kind == BoardKind.ADCS else struct.pack("<H", seq & 7)
        self.bus(self.frame(Apid.COMMAND, struct.pack("<2H", seq, 1) + outputs, 1))


@pytest.fixture(params=[BoardKind.ADCS, BoardKind.EPS], ids=lambda kind: kind.name.lower())
def twins(request, start):
    """Each kind of board, started and equal up to BOOT."""
    machine = start(request.param)
    machine.run()
    pair = Twins(machine, request.param)
    pair.assert_same()
    return pair


def test_every_octet_of_a_flight_is_that_of_the_host(twins):
    twins.bus(twins.frame(Apid.IDENTIFY, b"", 1))
    twins.assert_same()
    twins.cycle()
    twins.assert_same()
    twins.configure()
    for tick in range(300):
        if tick % 50 < 30:  # then silence: time-out, later the reflex
            twins.command(tick)
        if tick % 7 == 0:
            twins.bus(twins.random.randbytes(20))
        twins.cycle(4 if tick == 200 else 1)  # a missed cycle: the watchdog bites, the configuration is gone
        twins.assert_same()
        if tick == 210:
            twins.configure()


def test_a_burst_as_long_as_the_ring_is_handled_whole_before_the_cycle(twins):
    count = 4096 // len(twins.frame(Apid.IDENTIFY, b"", 1))
    twins.bus(b"".join(twins.frame(Apid.IDENTIFY, b"", 1) for _ in range(count)))
    twins.cycle()
    octets = receive(twins.machine.bus, lambda octets: octets.count(b"\0") > count, deadline=20)
    frames = [(apid & 0xFF, seq) for apid, _, seq, _ in FrameDecoder().feed(octets)]
    assert frames == [*((Apid.IDENTITY, seq) for seq in range(count)), (Apid.SENSORS, 0)]


def test_lost_bus_octets_do_not_stop_the_board(twins):
    twins.bus_octets = 5
    twins.cycle()
    twins.assert_same()
    twins.bus(twins.frame(Apid.IDENTIFY, b"", 1))
    twins.cycle()
    twins.assert_same()


@pytest.mark.parametrize("kind", list(BoardKind), ids=lambda kind: kind.name.lower())
def test_power_on_then_reset_pin(start, kind):
    machine = start(kind)
    machine.run()
    boot = next_boot(machine)
    assert (boot["kind"], boot["reset_reason"], boot["board_time_ns"]) == (kind, ResetReason.POWER_ON, 0)
    for _ in range(3):
        machine.reset()
        assert next_boot(machine)["reset_reason"] == ResetReason.EXTERNAL


def test_a_fault_is_recorded_and_reported_once(start):
    machine = start(BoardKind.ADCS)
    machine.run()
    next_boot(machine)
    nowhere = 0x2001F000
    machine.halt()
    machine.write(nowhere, b"\x00\xde")  # an instruction that does not exist
    machine.set_register(14, nowhere + 9)
    machine.set_register(15, nowhere)
    machine.resume()
    boot = next_boot(machine)
    assert boot["reset_reason"] == ResetReason.FAULT
    assert (boot["fault_pc"], boot["fault_lr"]) == (nowhere, nowhere + 9)
    assert boot["fault_status"] == UNDEFINED_INSTRUCTION
    machine.reset()
    boot = next_boot(machine)
    assert (boot["reset_reason"], boot["fault_pc"], boot["fault_status"]) == (ResetReason.EXTERNAL, 0, 0)


def test_a_stack_overflow_is_a_fault(start):
    machine = start(BoardKind.ADCS)
    machine.run()
    next_boot(machine)
    machine.halt()
    machine.set_register(13, machine.symbol("_stack_bottom") + 8)  # the next interrupt is in a millisecond
    machine.resume()
    boot = next_boot(machine)
    assert boot["reset_reason"] == ResetReason.FAULT
    assert boot["fault_status"] != 0


WRITE = re.compile(r"(?:IWDG|I2S2ext): *unimplemented device write \(size 4, offset (0x\w+), value (0x\w+)\)")
KEY, START, RELOAD = 0, 0xCCCC, 0xAAAA


def watchdog_writes(machine):
    return [(int(at, 16), int(value, 16)) for at, value in WRITE.findall(machine.log.read_text(errors="replace"))]


def board_ms(machine):
    """The board's own count of milliseconds, `kept.ms` in crash.c."""
    machine.halt()
    (ms,) = machine.read_words(machine.symbol("kept") + 20, 1)
    machine.resume()
    return ms


def await_ms(machine, ms):
    """Wait until the board's own count says so."""
    while board_ms(machine) < ms:
        time.sleep(0.01)


def test_a_hang_stops_the_kicks_and_is_the_watchdogs_doing(start):
    machine = start(BoardKind.ADCS)
    machine.run()
    next_boot(machine)
    before_ms = board_ms(machine)
    started = len(watchdog_writes(machine))
    while (writes := watchdog_writes(machine)).count((KEY, RELOAD)) < 6:
        time.sleep(0.01)
    after_ms = board_ms(machine)
    assert writes[0] == (KEY, START)
    assert len(writes) - started <= (after_ms - before_ms) / 50 + 2  # at most each 50 ms
    machine.halt()
    poll = machine.symbol("board_poll")
    instruction = machine.read(poll, 2)
    machine.write(poll, b"\xfe\xe7")  # a jump to itself: the main loop hangs, interrupts go on
    machine.resume()
    await_ms(machine, board_ms(machine) + 100)
    kicks = len(watchdog_writes(machine))
    await_ms(machine, board_ms(machine) + 200)  # four kicks' worth
    assert len(watchdog_writes(machine)) == kicks
    machine.halt()
    machine.write(poll, instruction)
    machine.reset()  # what a watchdog in hardware does
    machine.resume()
    assert next_boot(machine)["reset_reason"] == ResetReason.WATCHDOG


def test_idle_it_sleeps(start):
    """Between stimuli the image's processor waits for interrupts."""
    machine = start(BoardKind.ADCS)
    machine.run()
    next_boot(machine)

    def processor_s():
        fields = Path(f"/proc/{machine.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before_s, begun_s = processor_s(), time.monotonic()
    time.sleep(0.5)
    assert processor_s() - before_s < 0.4 * (time.monotonic() - begun_s)


def test_measured_stack_is_below_the_bound(twins, images):
    twins.configure()
    for tick in range(50):
        twins.command(tick)
        twins.bus(twins.frame(Apid.IDENTIFY, b"", 1))
        twins.cycle(5 if tick == 25 else 1)
        twins.assert_same()
    machine = twins.machine
    bottom, top = machine.symbol("_stack_bottom"), machine.symbol("_stack_top")
    machine.halt()
    words = machine.read(bottom, top - bottom)
    painted = next(at for at in range(0, top - bottom, 4) if words[at : at + 4] != STACK_PAINT)
    bound = int(images[twins.kind].with_suffix(".stack").read_text().split()[0])
    assert 200 < top - bottom - painted <= bound
