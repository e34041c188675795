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
from hal.wire import Apid, Chip, CountType, RegisterBusType, ResetReason, SensorFlag
from tests.board_packets import AdcsStimulus
from tests.pil.machine import Machine, needs_arm, needs_emulator, receive

pytestmark = [needs_arm, needs_emulator]

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware_bindings"
FRAME = 10  # octets of a frame beyond its payload
FLAGS_AT = 12  # in the payload of SENSORS
READINGS = "<3i3h"  # of a gyro and a magnetometer, which register drivers read
ABSENT = (-(2**31),) * 3 + (-(2**15),) * 3  # the ends of their ranges: no measurement


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


def sensors(machine, count, readings=""):
    """Time, flags and readings of the next `count` SENSORS packets."""
    size = wire.SensorsHead.end + struct.calcsize(readings) + FRAME
    found = decoded(receive(machine.bus, lambda octets: len(octets) >= count * size))
    assert [apid for apid, _ in found] == [Apid.SENSORS] * count
    return [
        (
            struct.unpack_from("<q", payload)[0],
            SensorFlag(struct.unpack_from("<H", payload, FLAGS_AT)[0]),
            struct.unpack(readings, payload[wire.SensorsHead.end :]),
        )
        for _, payload in found
    ]


def two_sensors():
    """A configuration with a gyro and a magnetometer on the board's buses, and nothing to drive."""
    head = struct.pack("<5H4B", 100, 1000, 2500, 0, 0, struct.calcsize(READINGS), 2, 0, 2)
    inputs = bytes([CountType.I4, 3, CountType.I2, 3])
    gyro = bytes([Chip.BMI088_GYRO, 0, RegisterBusType.SPI, 4])
    return head + inputs + gyro + bytes([Chip.RM3100, 12, RegisterBusType.I2C, 0x20])


def test_without_a_configuration_there_is_nothing_to_tell(alone):
    rows = sensors(alone, 3)
    assert [(flags, readings) for _, flags, readings in rows] == [(SensorFlag.OUTPUTS_SAFE, ())] * 3


def test_absent_sensors_are_not_valid_and_cost_no_time(alone):
    sensors(alone, 1)
    alone.bus.sendall(encode_frame(Apid.CONFIG, 1, 0, two_sensors()))
    rows = sensors(alone, 7, READINGS)
    safe = SensorFlag.CONFIGURED | SensorFlag.OUTPUTS_SAFE
    assert [(flags, readings) for _, flags, readings in rows] == [(safe, ABSENT)] * 7
    assert (rows[-1][0] - rows[0][0]) / 6 == pytest.approx(1e8, rel=0.05)


def test_the_first_stimulus_ends_it(alone):
    sensors(alone, 2)
    stimulus = struct.pack("<q", 1_000_000) + bytes(AdcsStimulus.end - 8)
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
