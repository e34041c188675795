"""The few commands of the GDB remote serial protocol that reach memory and registers of a stopped guest.

Source: GDB manual, appendix E. QEMU stops the guest when it receives a command: callers stop it first.
"""

from __future__ import annotations

import contextlib
import re
import socket

from firmware_bindings.errors import EmulatorError

ANSWER_S = 20.0
CHUNK = 1024  # octets a packet; QEMU takes packets of 4096 characters, two for an octet
XPSR, PC = 25, 15  # numbers in QEMU's arm-m-profile.xml
PACKET = re.compile(rb"\$([^#]*)#[0-9a-f]{2}", re.DOTALL)


class GdbStub:
    """A session with the emulator's stub; raises `EmulatorError` for what is refused or not answered."""

    def __init__(self, name: str, port: socket.socket) -> None:
        self._name, self._port = name, port
        self._octets = bytearray()
        self._described = False

    def discard(self) -> None:
        """Drop unrequested reports of the stub, which blocks when nobody reads its stop reports."""
        self._octets.clear()
        self._port.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while self._port.recv(65536):
                pass

    def read_memory(self, address: int, size: int) -> bytes:
        """Return `size` octets from `address` on."""
        octets = b""
        while len(octets) < size:
            at, count = address + len(octets), min(CHUNK, size - len(octets))
            answer = self._ask(f"m{at:x},{count:x}")
            if answer.startswith("E") or len(answer) != 2 * count:
                raise EmulatorError(f"{self._name}: no memory to read: {count} octets at 0x{at:08x}")
            octets += bytes.fromhex(answer)
        return octets

    def write_memory(self, address: int, octets: bytes) -> None:
        """Put `octets` at `address`; flash is written too."""
        for start in range(0, len(octets), CHUNK):
            part, at = octets[start : start + CHUNK], address + start
            if self._ask(f"M{at:x},{len(part):x}:{part.hex()}") != "OK":
                raise EmulatorError(f"{self._name}: no memory to write: {len(part)} octets at 0x{at:08x}")

    def read_register(self, number: int) -> int:
        """Return the 32-bit register `number`."""
        self._describe()
        answer = self._ask(f"p{number:x}")
        if len(answer) != 8:
            raise EmulatorError(f"{self._name}: register {number} cannot be read: the stub answers {answer!r}")
        return int.from_bytes(bytes.fromhex(answer), "little")

    def write_register(self, number: int, value: int) -> None:
        """Set the 32-bit register `number`."""
        self._describe()
        if self._ask(f"P{number:x}={value.to_bytes(4, 'little').hex()}") != "OK":
            raise EmulatorError(f"{self._name}: register {number} cannot be written")

    def _describe(self) -> None:
        """QEMU offers single registers only to who has read their description."""
        if not self._described:
            self._ask("qXfer:features:read:target.xml:0,ffb")
            self._described = True

    def _ask(self, command: str) -> str:
        self.discard()
        self._port.settimeout(ANSWER_S)
        octets = command.encode()
        try:
            self._port.sendall(b"$%s#%02x" % (octets, sum(octets) & 0xFF))
            while True:
                answer = self._packet()
                if not re.match(r"[ST][0-9a-f]{2}", answer):  # a stop that was announced meanwhile
                    return answer
        except OSError as error:
            raise EmulatorError(f"{self._name}: gdbstub: {command[:40]}: {error or 'no answer'}") from None

    def _packet(self) -> str:
        """Return the next packet, acknowledged."""
        while (match := PACKET.search(self._octets)) is None:
            octets = self._port.recv(65536)
            if not octets:
                raise EmulatorError(f"{self._name}: gdbstub: the emulator has ended")
            self._octets += octets
        answer = match[1].decode("latin-1")
        del self._octets[: match.end()]
        self._port.sendall(b"+")
        return answer
