"""`serial:///dev/ttyUSB0?baud=115200`: a serial port, through pyserial, never blocking.

The device may go and come back under its name (`hal.links.reopened`): it is tried once in `RETRY_S`.
"""

from __future__ import annotations

import contextlib
import os
import time

import serial

from hal.links.backlog import CHUNK_OCTETS, Backlog
from hal.links.link import LinkError
from hal.links.reopened import Attempts, LineLostError, ReopenedLink, Seconds
from hal.links.urls import DEFAULT_BAUD, serial_port


class Port:
    """An open port: 8 data bits, no parity, one stop bit, no flow control; raises what pyserial does for none."""

    def __init__(self, name: str, device: str, baud: int) -> None:
        self._name = name
        self._port = serial.Serial(device, baud, timeout=0, write_timeout=0)
        # Not pyserial's write(): with a zero time-out it spins while the system's buffer is full.
        self._backlog = Backlog(lambda octets: os.write(self._port.fileno(), octets))

    @property
    def waiting(self) -> int:
        """Octets written that the system has not taken yet."""
        return len(self._backlog)

    def write(self, octets: bytes) -> None:
        """Send `octets`; raise `LinkError` when the port does not drain, `LineLostError` when it is gone."""
        try:
            taken = self._backlog.put(octets)
        except OSError as error:
            raise LineLostError(f"{self._name}: write: {error}") from None
        if not taken:
            raise LinkError(f"{self._name}: {self.waiting} octets wait for a port that does not drain")

    def read(self) -> bytes:
        """Return what has come; raise `LineLostError` when the port is gone."""
        self.drain()
        try:
            return bytes(self._port.read(CHUNK_OCTETS))
        except OSError as error:  # SerialException is one
            raise LineLostError(f"{self._name}: read: {error}") from None

    def drain(self) -> None:
        """Offer what waits to the system; raise `LineLostError` when the port is gone."""
        try:
            self._backlog.drain()
        except OSError as error:
            raise LineLostError(f"{self._name}: write: {error}") from None

    def fileno(self) -> int:
        """Return the descriptor."""
        return int(self._port.fileno())

    def close(self) -> None:
        """Close the port; what the system has not taken yet is lost."""
        with contextlib.suppress(OSError):
            self._port.close()


class Device:
    """Opens a port by its name, again and again."""

    absent = "the device is away"

    def __init__(self, name: str, device: str, baud: int, now_s: Seconds) -> None:
        self._name, self._device, self._baud = name, device, baud
        self._attempts = Attempts(now_s)

    def first(self) -> Port:
        """Open the port; raise `LinkError` when that fails."""
        try:
            return Port(self._name, self._device, self._baud)
        except (OSError, ValueError) as error:
            raise LinkError(f"{self._name}: cannot be opened: {error}") from None

    def poll(self) -> Port | None:
        """Return the port if it can be opened now, and it is time for an attempt."""
        if not self._attempts.due():
            return None
        try:
            return self.first()
        except LinkError:
            return None

    def close(self) -> None:
        """Nothing is under way."""


class SerialLink(ReopenedLink):
    """A serial port as a link.

    The system takes only what its buffer holds; the rest waits here and is offered again by each `write` and `read`.
    A port that has not drained for `hal.links.backlog.BACKLOG_MAX` octets is stuck: `LinkError`, nothing is dropped
    silently.
    """

    def __init__(self, device: str, baud: int = DEFAULT_BAUD, now_s: Seconds = time.monotonic) -> None:
        name = f"serial://{device}"
        source = Device(name, device, baud, now_s)
        super().__init__(name, source)
        self._begin(source.first)

    @classmethod
    def open(cls, url: str) -> SerialLink:
        """Open `serial://DEVICE[?baud=N]`."""
        return cls(*serial_port(url))

    def fileno(self) -> int:
        """Return the descriptor to poll for octets to read, another after each loss; raise `LinkError` without one."""
        line = self._found("fileno")
        assert isinstance(line, Port)
        return line.fileno()
