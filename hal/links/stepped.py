"""`step://PATH?link=NAME`: the links and the clock of a world that steps mission time, over one local socket.

Flight in a process of its own flies in lock-step with a simulated world in another. All links and the clock of one
PATH share a connection, so that octets and time keep their order. The clock (`open_clock`) counts from the connection,
as a computer's clock counts from its start: which mission time that is the world does not say.

A message is its length (u4, the rest counted), a time [ns] (i8) and entries: number of the link (u1, index in `NAMES`),
length (u4), octets; little-endian. Flight sends one in each `sleep_until`: the time to wake up at, and all that it has
written since the last. The world takes that, steps, and answers: the time reached, and all that has come for flight.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Mapping
from typing import ClassVar

from hal.links.link import LinkError, scheme_of, shown
from hal.links.urls import stepped

NAMES = ("adcs", "eps", "star_tracker", "gnss", "radio")
_HEAD = struct.Struct("<Iq")
_ENTRY = struct.Struct("<BI")
LARGEST = 1 << 24  # octets of one message
CHUNK = 1 << 16


class WorldEnded(BaseException):
    """The world at the other end has ended: mission time cannot go on."""


class Pipe:
    """Messages over a connected stream socket; both ends use it."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._pending = b""

    def send(self, t_ns: int, entries: Iterable[tuple[int, bytes]]) -> None:
        """Send one message; raise `OSError` when the other end is gone."""
        body = b"".join(_ENTRY.pack(number, len(octets)) + octets for number, octets in entries)
        self._socket.sendall(_HEAD.pack(len(body) + 8, t_ns) + body)

    def receive(self) -> tuple[int, list[tuple[int, bytes]]] | None:
        """Return the next message, waiting for it; None when the other end is gone or sends no messages."""
        if not self._fill(_HEAD.size):
            return None
        size, t_ns = _HEAD.unpack_from(self._pending)
        end = size + 4
        if not _HEAD.size <= end <= LARGEST or not self._fill(end):
            return None
        entries, at = [], _HEAD.size
        while at < end:
            if end - at < _ENTRY.size:
                return None
            number, length = _ENTRY.unpack_from(self._pending, at)
            at += _ENTRY.size
            if number >= len(NAMES) or length > end - at:
                return None
            entries.append((number, self._pending[at : at + length]))
            at += length
        self._pending = self._pending[end:]
        return t_ns, entries

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _fill(self, size: int) -> bool:
        while len(self._pending) < size:
            try:
                octets = self._socket.recv(CHUNK)
            except OSError:
                return False
            if not octets:
                return False
            self._pending += octets
        return True


class SteppedLink:
    """Flight's end of one link."""

    def __init__(self, number: int, out: list[tuple[int, bytes]]) -> None:
        self._number, self._out = number, out
        self._open = True
        self.waiting = b""

    @classmethod
    def open(cls, url: str) -> SteppedLink:
        """Open `step:///PATH?link=NAME`; raise `LinkError` with one line."""
        path, name = stepped(url)
        if name not in NAMES:
            raise LinkError(f"{shown(url)}: found link {name!r}, expected one of: {', '.join(NAMES)}")
        return SteppedWorld.at(path).links[name]

    def write(self, octets: bytes) -> None:
        """Send `octets` with the next step; raise `LinkError` when this end is closed."""
        self._require_open("write")
        self._out.append((self._number, bytes(octets)))

    def read(self) -> bytes:
        """Return everything received since the last call; raise `LinkError` when this end is closed."""
        self._require_open("read")
        octets, self.waiting = self.waiting, b""
        return octets

    def close(self) -> None:
        """Close this end."""
        self._open = False

    def _require_open(self, verb: str) -> None:
        if not self._open:
            raise LinkError(f"step link {NAMES[self._number]}: {verb} on a closed link")


class SteppedWorld:
    """Flight's end of a connection: `links` by name, and the clock (`hal.clock.Clock`, stepped)."""

    _worlds: ClassVar[dict[str, SteppedWorld]] = {}

    def __init__(self, path: str) -> None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(path)
        except OSError as error:
            connection.close()
            raise LinkError(f"{shown('step://' + path)}: no world there: {error.strerror or error}") from None
        self._pipe = Pipe(connection)
        self._out: list[tuple[int, bytes]] = []
        self._now_ns = 0
        self._links = [SteppedLink(number, self._out) for number in range(len(NAMES))]
        self.links: Mapping[str, SteppedLink] = dict(zip(NAMES, self._links, strict=True))

    @classmethod
    def at(cls, path: str) -> SteppedWorld:
        """Return the world at `path`, connected once; raise `LinkError` when there is none."""
        if path not in cls._worlds:
            cls._worlds[path] = cls(path)
        return cls._worlds[path]

    def now_ns(self) -> int:
        """Return nanoseconds since the connection."""
        return self._now_ns

    def sleep_until(self, t_ns: int) -> None:
        """Give the world what was written, let it step to `t_ns`, take what has come; raise `WorldEnded`."""
        try:
            self._pipe.send(t_ns, self._out)
        except OSError:
            raise WorldEnded from None
        self._out.clear()
        message = self._pipe.receive()
        if message is None:
            raise WorldEnded
        self._now_ns, entries = message
        for number, octets in entries:
            self._links[number].waiting += octets


def open_clock(url: str) -> SteppedWorld:
    """Return the clock of the world at `step:///PATH`; raise `LinkError` with one line."""
    if scheme_of(url) != "step" or stepped(url).link:
        raise LinkError(f"{shown(url)}: expected step:///PATH, the socket of a stepped world")
    return SteppedWorld.at(stepped(url).path)
