"""A board's image under QEMU. Tests skip with a sentence where QEMU or the images cannot be had."""

import time

import pytest

from firmware_bindings.errors import MissingProgramError
from firmware_bindings.images import image
from firmware_bindings.qemu.emulator import Emulator
from firmware_bindings.qemu.process import find_qemu
from hal import wire
from hal.packet import FrameDecoder, encode_frame

PATIENCE_S = 600.0


@pytest.fixture(scope="session")
def images():
    """Return the image of a board by name: `images("adcs")`."""
    try:
        find_qemu("qemu-system-arm")
        image("ping")
    except MissingProgramError as error:
        pytest.skip(str(error))
    return image


@pytest.fixture
def new_emulator(images):
    """Start an emulator: `new_emulator("adcs", ...)`; it ends with the test."""
    emulators = []

    def make(board="adcs", **options):
        emulators.append(Emulator(board, images(board), **options))
        emulators[-1].start()
        return emulators[-1]

    yield make
    for emulator in emulators:
        emulator.close()


@pytest.fixture
def adcs(new_emulator):
    """An emulated adcs board that has booted."""
    return new_emulator("adcs")


class Ear:
    """What a link says, as packets."""

    def __init__(self, link):
        self.link, self.decoder, self.packets = link, FrameDecoder(), []

    def next(self, patience_s=PATIENCE_S):
        """The next packet, as (apid, payload); `None` when none comes."""
        until = time.monotonic() + patience_s
        while True:
            self.packets += [(packet[0], packet[3]) for packet in self.decoder.feed(self.link.read())]
            if self.packets:
                return self.packets.pop(0)
            if time.monotonic() >= until:
                return None
            time.sleep(0.002)

    def wait(self, apid, patience_s=PATIENCE_S):
        """The payload of the next packet `apid`; `None` when it does not come."""
        until = time.monotonic() + patience_s
        while (packet := self.next(until - time.monotonic())) is not None:
            if packet[0] == apid:
                return packet[1]
        return None

    def boot_reason(self, apid_offset=0, patience_s=PATIENCE_S):
        """The reason that the next BOOT gives."""
        payload = self.wait(wire.Apid.BOOT + apid_offset, patience_s)
        return None if payload is None else self.reason(payload)

    @staticmethod
    def reason(payload):
        """The reason in a BOOT."""
        (offset,) = (f.offset for f in wire.Boot.fields if f.name == "reset_reason")
        return wire.ResetReason(payload[offset])

    def identify(self, patience_s=PATIENCE_S):
        """Ask an adcs board who it is; its answer, or `None`."""
        self.link.write(encode_frame(wire.Apid.IDENTIFY, 1, 0, b""))
        return self.wait(wire.Apid.IDENTITY, patience_s)


@pytest.fixture
def ear():
    """Listen to a link: `ear(link)`."""
    return Ear
