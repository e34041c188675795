"""The adcs image alone in the emulator: its buses have no sensors, and nothing hangs or slows down because of that.

Torquers are not driven here: the emulator's timers run at 1 GHz whatever they are told, and drown it in alarms.
"""

import struct
import subprocess
from pathlib import Path

import pytest

from firmware_bindings.images import image
from hal import wire
from hal.packet import FrameDecoder, encode_frame
from hal.wire import Apid, ResetReason, SensorFlag
from tests.pil.machine import Machine, needs_arm, needs_emulator, receive

pytestmark = [needs_arm, needs_emulator]

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware_bindings"
SENSORS = wire.AdcsSensors.end + 10  # octets of a frame
FLAGS_AT = 56  # in the payload of SENSORS


def devices_offset(directory):
    """Where in `struct Board` the port says that it has sensors: the size of an array, which the compiler knows."""
    source = directory / "offset.c"
    source.write_text('#include "board.h"\nchar offset[offsetof(Board, port.devices)];\n')
    includes = [f"-I{FIRMWARE / folder}" for folder in ("core", "ports/stm32f405")]
    compiler = ["arm-none-eabi-gcc", "-std=c11", "-mcpu=cortex-m4", "-mthumb", "-c", *includes]
    subprocess.run([*compiler, str(source), "-o", str(directory / "offset.o")], check=True)
    nm = ["arm-none-eabi-nm", "-S", str(directory / "offset.o")]
    return int(subprocess.run(nm, capture_output=True, text=True, check=True).stdout.split()[1], 16)


@pytest.fixture
def alone(tmp_path):
    """The image after its BOOT, told that it has sensors: in an emulator it knows that it has none."""
    with Machine(image("adcs"), tmp_path) as machine:
        machine.run()
        receive(machine.bus, lambda octets: octets.strip(b"\0") and octets.endswith(b"\0"))
        machine.halt()
        machine.write(machine.symbol("board") + devices_offset(tmp_path), b"\x01")
        machine.resume()
        yield machine


def decoded(octets):
    """The packets in octets from the bus, as (APID, payload)."""
    return [(apid, payload) for apid, _, _, payload in FrameDecoder().feed(octets)]


def has_booted_and_cycled(octets):
    apids = [apid for apid, _ in decoded(octets)]
    return Apid.BOOT in apids and Apid.SENSORS in apids[apids.index(Apid.BOOT) :]


def sensors(machine, count):
    """Time and flags of the next `count` SENSORS packets."""
    found = decoded(receive(machine.bus, lambda octets: len(octets) >= count * SENSORS))
    assert [apid for apid, _ in found] == [Apid.SENSORS] * count
    return [
        (struct.unpack_from("<q", payload)[0], SensorFlag(struct.unpack_from("<H", payload, FLAGS_AT)[0]))
        for _, payload in found
    ]


def test_absent_sensors_are_not_valid_and_cost_no_time(alone):
    rows = sensors(alone, 7)
    assert {flags for _, flags in rows} == {SensorFlag.OUTPUTS_SAFE}
    assert (rows[-1][0] - rows[0][0]) / 6 == pytest.approx(1e8, rel=0.05)


def test_the_first_stimulus_ends_it(alone):
    sensors(alone, 2)
    stimulus = struct.pack("<q", 1_000_000) + bytes(wire.AdcsStimulus.end - 8)
    alone.stimulus.sendall(encode_frame(Apid.STIMULUS, 0, 0, stimulus))
    octets = receive(alone.bus, has_booted_and_cycled)
    octets += receive(alone.bus, lambda _: False, deadline=0.4)  # in which there were four cycles
    found = decoded(octets)
    boots = [index for index, (apid, _) in enumerate(found) if apid == Apid.BOOT]
    assert len(boots) == 1
    assert found[boots[0]][1][25] == ResetReason.SOFTWARE
    ((apid, payload),) = found[boots[0] + 1 :]  # one cycle, and then no more
    assert apid == Apid.SENSORS
    assert struct.unpack_from("<q", payload)[0] == 1_000_000
    assert struct.unpack_from("<H", payload, FLAGS_AT)[0] & SensorFlag.STIMULUS
