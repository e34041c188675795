"""`serial:///dev/ttyUSB0?baud=115200`: a serial port, through pyserial, never blocking."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, urlsplit

import serial

from hal.links.link import LinkError

DEFAULT_BAUD = 115200
CHUNK_SIZE = 65536  # octets that one system call moves
BACKLOG_MAX = 1 << 20  # octets that may wait for a port that does not drain


class SerialLink:
    """A serial port as a link: 8 data bits, no parity, one stop bit, no flow control.

    The system takes only what its buffer holds; the rest waits here and is offered again by each `write` and `read`.
    A port that has not drained for `BACKLOG_MAX` octets is broken: `LinkError`, nothing is dropped silently.
    """

    def __init__(self, device: str, baud: int = DEFAULT_BAUD) -> None:
        self._name = f"serial://{device}"
        self._backlog = bytearray()
        try:
            self._port = serial.Serial(device, baud, timeout=0, write_timeout=0)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise LinkError(f"{self._name}: cannot be opened: {error}") from None

    @classmethod
    def open(cls, url: str) -> SerialLink:
        """Open `serial://DEVICE[?baud=N]`."""
        parts = urlsplit(url)
        device = parts.netloc + parts.path
        query = parse_qs(parts.query, keep_blank_values=True)
        unknown = sorted(set(query) - {"baud"})
        if not device:
            raise LinkError(f"{url}: no device, expected serial:///dev/NAME?baud=N")
        if unknown:
            raise LinkError(f"{url}: unknown option {unknown[0]!r}, expected baud")
        baud = query.get("baud", [str(DEFAULT_BAUD)])[-1]
        if not (baud.isascii() and baud.isdigit() and 0 < int(baud) <= 10_000_000):
            raise LinkError(f"{url}: found baud {baud!r}, expected a number of bits per second")
        return cls(device, int(baud))

    def write(self, octets: bytes) -> None:
        """Send `octets` as soon as the system takes them; raise `LinkError` when closed, broken or stuck."""
        self._require_open("write")
        if self._backlog and len(self._backlog) + len(octets) > BACKLOG_MAX:
            raise LinkError(f"{self._name}: {len(self._backlog)} octets wait for a port that does not drain")
        self._backlog += octets
        self._drain()

    def read(self) -> bytes:
        """Return everything received since the last call; raise `LinkError` when closed or broken."""
        self._require_open("read")
        if self._backlog:
            self._drain()
        try:
            return bytes(self._port.read(CHUNK_SIZE))
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

    def _drain(self) -> None:
        """Offer the backlog to the system once."""
        try:
            # Not pyserial's write(): with a zero time-out it spins while the system's buffer is full.
            taken = os.write(self._port.fileno(), bytes(self._backlog[:CHUNK_SIZE]))
        except BlockingIOError:
            return
        except OSError as error:
            raise LinkError(f"{self._name}: write: {error}") from None
        del self._backlog[:taken]
