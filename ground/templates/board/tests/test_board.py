"""The board on this host, and its image: what it says on the bus, what it does without commands, its budgets."""

import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from firmware_bindings.extension_board import ExtensionBoard, build
from firmware_bindings.qemu.emulator import Emulator
from hal.packet import FrameDecoder, encode_frame
from hal.wire import FIRMWARE_VERSION, Apid, CommandFlag, Identity, ResetReason, SensorsHead

BOARDS = Path(__file__).parents[1] / "boards"
KIND, OFFSET = 0x80, 0x300
MS = 1_000_000

needs_arm = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None,
    reason="arm-none-eabi-gcc is not installed: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi",
)
needs_qemu = pytest.mark.skipif(
    shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed: apt-get install qemu-system-arm"
)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    out = tmp_path_factory.mktemp("host")
    build(BOARDS, out, "library")
    return out / "boards.so"


@pytest.fixture
def board(library):
    board = ExtensionBoard(library, KIND)
    assert [apid for apid, _ in received(board.bus)] == [Apid.BOOT]
    return board


def send(link, apid, payload, packet_type=1):
    link.write(encode_frame(apid + OFFSET, packet_type, 0, payload))


def received(link):
    return [(apid - OFFSET, payload) for apid, _, _, payload in FrameDecoder().feed(link.read())]


def cycle(board, t_ms, temperature_ck=29315):
    """One cycle; return (temperature [cK], level in force) as SENSORS and ACTUATION say."""
    send(board.stimulus, Apid.STIMULUS, struct.pack("<qHH", t_ms * MS, temperature_ck, 0), packet_type=0)
    ((apid, sensors),) = received(board.bus)
    ((other, actuation),) = received(board.stimulus)
    assert (apid, other) == (Apid.SENSORS, Apid.ACTUATION)
    temperature, level = struct.unpack("<HH", sensors[SensorsHead.end :])
    (time_ns,) = struct.unpack_from("<q", sensors)
    assert (time_ns, level) == struct.unpack("<qHH", actuation)[:2] == (t_ms * MS, level)
    return temperature, level


def configure(board, level_safe=50):
    send(board.bus, Apid.CONFIG, struct.pack("<HHHH", 100, 1000, 250, level_safe))


def command(board, level, flags=CommandFlag.OUTPUTS_ENABLED):
    send(board.bus, Apid.COMMAND, struct.pack("<HHH", 1, flags, level))


def test_it_says_who_it_is(board):
    send(board.bus, Apid.IDENTIFY, b"")
    ((apid, payload),) = received(board.bus)
    identity = np.frombuffer(payload.ljust(Identity.size, b"\0"), Identity.dtype())[0]
    assert (apid, identity["kind"], identity["version"]) == (Apid.IDENTITY, KIND, FIRMWARE_VERSION)


def test_it_measures_and_heats_as_commanded(board):
    assert cycle(board, 100) == (29315, 0)
    configure(board)
    command(board, 700)
    assert cycle(board, 200, 28000) == (28000, 700)


def test_without_commands_it_is_safe(board):
    configure(board, level_safe=50)
    command(board, 700)
    levels = [cycle(board, 200 + 100 * k)[1] for k in range(15)]
    assert levels[0] == 700
    assert levels[-1] == 50


def test_a_level_that_cannot_be_changes_nothing(board):
    configure(board)
    command(board, 700)
    command(board, 1001)
    configure(board, level_safe=5000)
    assert cycle(board, 100) == (29315, 700)


def test_a_reset_is_announced_and_forgets(board):
    configure(board)
    command(board, 700)
    board.reset(ResetReason.EXTERNAL)
    assert [apid for apid, _ in received(board.bus)] == [Apid.BOOT]
    assert cycle(board, 100) == (29315, 0)


@needs_arm
@needs_qemu
def test_the_image_keeps_its_budgets_and_boots(tmp_path):
    report = build(BOARDS, tmp_path, "firmware", FLASH_BUDGET=16384, RAM_BUDGET=20480, STACK_BUDGET=2560)
    assert report.startswith("my_board ")
    emulator = Emulator("my_board", tmp_path / "arm/my_board.elf")
    try:
        emulator.start()  # returns when it has said BOOT
        assert received(emulator.bus)[0][0] == Apid.BOOT
    finally:
        emulator.kill()
