"""One port of an emulated board as a `ByteLink`, and the connected sockets that carry its octets."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Callable

from hal.links.link import LinkError

CHUNK_SIZE = 65536
BACKLOG_MAX = 1 << 20  # octets that may wait for a board that does not receive
CONNECT_S = 5.0


def connected_pair() -> tuple[socket.socket, socket.socket]:
    """Return two connected TCP sockets on the loopback; the port through which they met is closed again.

    Not `socket.socketpair`: the emulator sends octet by octet, of which a Unix socket holds a few hundred; then the
    emulator waits with its lock held and answers nothing, QMP included. TCP joins them and holds millions.
    """
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(CONNECT_S)
            near = socket.create_connection(server.getsockname(), CONNECT_S)
            far, peer = server.accept()
            while peer != near.getsockname():  # somebody else on this machine
                far.close()
                far, peer = server.accept()
    except OSError as error:
        raise LinkError(f"no connection on 127.0.0.1: {error}") from None
    for end in (near, far):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end.setblocking(True)
    return near, far


def _nothing() -> None:
    """Do nothing."""


class EmulatorLink:
    """A port of an emulated board; it outlives the emulator's process and is connected to each new one.

    What the board had sent when its process ended can still be read; then `read` and `write` raise `LinkError`. What
    was written is the board's at once, unless it does not receive: then up to `BACKLOG_MAX` octets wait here.
    """

    def __init__(self, name: str, why_ended: Callable[[], str]) -> None:
        self._name, self._why_ended = name, why_ended
        self.on_close: Callable[[], None] = _nothing
        self._port: socket.socket | None = None
        self._arrived, self._backlog = bytearray(), bytearray()
        self._closed = False

    def attach(self, port: socket.socket) -> None:
        """Take `port`, the connection to a new process."""
        self._backlog.clear()
        if self._closed:
            port.close()
            return
        port.setblocking(False)
        self._port = port

    def detach(self) -> None:
        """Keep what has arrived; the process has ended."""
        self.keep()
        if self._port is not None:
            self._port.close()
            self._port = None

    def keep(self) -> None:
        """Move what has arrived from the system's memory into this link."""
        while octets := self._receive():
            self._arrived += octets

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def await_octets(self, seconds: float) -> bool:
        """Wait until octets come that `read` will return, at most `seconds`; tell whether they did."""
        port = self._require_port("wait")
        if not select.select([port], [], [], seconds)[0]:
            return False
        self._arrived += self._receive()
        self._require_port("wait")
        return True

    def fileno(self) -> int:
        """Return the descriptor to wait on until octets come; raise `LinkError` when there is none."""
        return self._require_port("wait").fileno()

    def write(self, octets: bytes) -> None:
        """Send `octets`; raise `LinkError` when closed, when the emulator has ended or when it never receives."""
        port = self._require_port("write")
        if self._backlog and len(self._backlog) + len(octets) > BACKLOG_MAX:
            raise LinkError(f"{self._name}: {len(self._backlog)} octets wait for a board that does not receive")
        self._backlog += octets
        if self._backlog:
            self._send(port)

    def read(self) -> bytes:
        """Return everything that has come since the last call; raise `LinkError` as `write` does."""
        if self._closed or (self._port is None and not self._arrived):
            self._require_port("read")
        if self._backlog and self._port is not None:
            with contextlib.suppress(LinkError):
                self._send(self._port)
        octets = self._receive()
        if self._arrived:
            octets = bytes(self._arrived) + octets
            self._arrived.clear()
        if not octets and self._port is None:
            self._require_port("read")
        return octets

    def close(self) -> None:
        """End the use of this end; what the system has taken still reaches the board."""
        if self._closed:
            return
        self._closed = True
        if self._port is not None:
            self._port.close()
            self._port = None
        self._arrived.clear()
        self.on_close()

    def _require_port(self, verb: str) -> socket.socket:
        if self._closed:
            raise LinkError(f"{self._name}: {verb} on a closed link")
        if self._port is None:
            raise LinkError(f"{self._name}: {verb}: {self._why_ended()}")
        return self._port

    def _receive(self) -> bytes:
        """Return what the system holds, at most `CHUNK_SIZE` octets; when the far end is gone, give the port up."""
        if self._port is None:
            return b""
        try:
            octets = self._port.recv(CHUNK_SIZE)
        except BlockingIOError:
            return b""
        except OSError:
            octets = b""
        if not octets:
            self._port.close()
            self._port = None
        return octets

    def _send(self, port: socket.socket) -> None:
        """Offer the backlog to the system."""
        try:
            while self._backlog:
                del self._backlog[: port.send(self._backlog[:CHUNK_SIZE])]
        except BlockingIOError:
            return
        except OSError:
            raise LinkError(f"{self._name}: write: {self._why_ended()}") from None
