"""What every `[[device]]` of a vehicle file has; the settings of a kind add its own keys."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hal.schema import key
from hal.wire import Chip, RegisterBusType

Vector = tuple[float, ...]
CHIPS = tuple(chip.name.lower() for chip in Chip)
BUSES = tuple(bus.name.lower() for bus in RegisterBusType)
PIN = re.compile(r"P([A-C])(1[0-5]|[0-9])")
I2C_ADDRESS = re.compile(r"0x[0-7][0-9a-fA-F]")


@dataclass(frozen=True)
class Registers:
    """A chip whose registers the board reads, in the place of the stimulus, if the board has that bus."""

    chip: str = key(choices=CHIPS)
    bus: str = key(choices=BUSES)
    address: str = key(doc='on I2C its 7-bit address, "0x20"; on SPI the pin that selects it, "PA4"')

    def place(self) -> tuple[int, int] | None:
        """Return bus and address as the configuration packet has them; None when the address is none of that bus."""
        if self.bus == "spi" and (pin := PIN.fullmatch(self.address)):
            return RegisterBusType.SPI, 16 * "ABC".index(pin[1]) + int(pin[2])
        if self.bus == "i2c" and I2C_ADDRESS.fullmatch(self.address):
            return RegisterBusType.I2C, int(self.address, 16)
        return None


@dataclass(frozen=True)
class Device:
    """Base class of the settings of all kinds: a device is on a board or on a link of its own."""

    kind: str = key(doc="a kind of an installed package, or the object that declares one, as package.module:OBJECT")
    name: str = key(doc="its name everywhere: samples, faults, telemetry; its random stream is seeded by it")
    board: str | None = key(default=None, doc="the board that reads and drives it, as in boards")
    link: str | None = key(default=None, doc="link URL of its own, in the place of a board")
    registers: Registers | None = key(default=None, doc="the chip that the board reads for it")
