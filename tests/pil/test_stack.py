"""The stack that a flight has used, measured by painting, against the bound that the build computes."""

import re
import struct

import pytest

from ground.segment import GroundSegment
from hal.packet import encode_frame
from hal.vehicle import load_vehicle
from hal.wire import Apid
from sim.lockstep import BoardEnds
from sim.mission import Mission
from sim.scenario import load_scenario

PAINT = struct.pack("<I", 0xA5A5A5A5)  # ports/stm32f405/system.h
FLOWN_S = 60.0


def bound(image):
    """The worst case by the build's report, which stands beside the image."""
    return int(re.search(r"worst-case stack (\d+)", image.with_suffix(".report").read_text())[1])


def used(emulator):
    """Octets from the top of the stack down to the lowest word that is not painted."""
    bottom, top = emulator.symbol("_stack_bottom"), emulator.symbol("_stack_top")
    stack = emulator.read_memory(bottom, top - bottom)
    words = [stack[at : at + 4] for at in range(0, len(stack), 4)]
    painted = next((n for n, word in enumerate(words) if word != PAINT), len(words))
    return len(stack) - 4 * painted


@pytest.mark.parametrize("name", ["adcs", "eps"])
def test_the_stack_stays_below_its_computed_bound(new_emulator, images, name):
    """After a minute of flight, then garbage and a burst of requests on both ports."""
    emulators = {board: new_emulator(board) for board in ("adcs", "eps")}
    boards = {board: BoardEnds(e.bus, e.stimulus) for board, e in emulators.items()}
    mission = Mission(load_vehicle(), load_scenario("modes"), GroundSegment, boards=boards)
    emulator = emulators[name]
    mission.advance(FLOWN_S)
    for port in (emulator.bus, emulator.stimulus):
        port.write(bytes(range(256)) * 8 + b"\0" + encode_frame(Apid.IDENTIFY, 1, 0, b"") * 20)
    mission.advance(5.0)
    measured, computed = used(emulator), bound(images(name))
    print(f"{name}: {measured} octets of stack used, computed bound {computed}")
    assert computed / 10 < measured <= computed
