"""`serial:///dev/ttyUSB0?baud=115200`: a serial port, through pyserial, never blocking."""

from __future__ import annotations

import os

import serial

from hal.links.backlog import CHUNK_OCTETS, Backlog
from hal.links.link import LinkError
from hal.links.urls import DEFAULT_BAUD, serial_port


class SerialLink:
    """A serial port as a link: 8 data bits, no parity, one stop bit, no flow control.

    The system takes only what its buffer holds; the rest waits here and is offered again by each `write` and `read`.
    A port that has not drained for `hal.links.backlog.BACKLOG_MAX` octets is broken: `LinkError`, nothing is dropped
    silently.
    """

    def __init__(self, device: str, baud: int = DEFAULT_BAUD) -> None:
        self._name = f"serial://{device}"
        # Not pyserial's write(): with a zero time-out it spins while the system's buffer is full.
        self._backlog = Backlog(lambda octets: os.write(self._port.fileno(), octets))
        try:
            self._port = serial.Serial(device, baud, timeout=0, write_timeout=0)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise LinkError(f"{self._name}: cannot be opened: {error}") from None

    @classmethod
    def open(cls, url: str) -> SerialLink:
        """Open `serial://DEVICE[?baud=N]`."""
        return cls(*serial_port(url))

    def write(self, octets: bytes) -> None:
        """Send `octets` as soon as the system takes them; raise `LinkError` when closed, broken or stuck."""
        self._require_open("write")
        try:
            taken = self._backlog.put(octets)
        except OSError as error:
            raise LinkError(f"{self._name}: write: {error}") from None
        if not taken:
            raise LinkError(f"{self._name}: {len(self._backlog)} octets wait for a port that does not drain")

    def read(self) -> bytes:
        """Return everything received since the last call; raise `LinkError` when closed or broken."""
        self._require_open("read")
        try:
            self._backlog.drain()
            return bytes(self._port.read(CHUNK_OCTETS))
        except OSError as error:
            raise LinkError(f"{self._name}: read: {error}") from None

    def fileno(self) -> int:
        """Return the descriptor that a caller may poll for octets to read; raise `LinkError` when closed."""
        self._require_open("fileno")
        return int(self._port.fileno())

    def close(self) -> None:
        """Close the port; what the system has not taken yet is lost."""
        self._port.close()

    def _require_open(self, verb: str) -> None:
        if not self._port.is_open:
            raise LinkError(f"{self._name}: {verb} on a closed link")
