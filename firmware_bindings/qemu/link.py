"""One port of an emulated board as a `ByteLink`, and the connected sockets that carry its octets."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
import weakref
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
        self._fd = -1  # stays the same from the first start to `close`
        self._release: weakref.finalize[[int], EmulatorLink] | None = None
        self._live = False  # the far end is there
        self._arrived, self._backlog = bytearray(), bytearray()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def attach(self, port: socket.socket) -> None:
        """Take `port`, the connection to a new process."""
        self._backlog.clear()
        if self._closed:
            port.close()
            return
        port.setblocking(False)
        if self._fd < 0:
            self._fd = port.detach()
            self._release = weakref.finalize(self, os.close, self._fd)
        else:
            os.dup2(port.fileno(), self._fd, inheritable=False)
            port.close()
        self._live = True

    def detach(self) -> None:
        """Keep what has arrived; the process has ended."""
        self.keep()
        self._live = False

    def keep(self) -> None:
        """Move octets that have come from the operating system into this link."""
        while octets := self._receive():
            self._arrived += octets

    def drop(self) -> None:
        """Drop received octets and octets that wait to be sent."""
        self.keep()
        self._arrived.clear()
        self._backlog.clear()

    def await_frame(self, seconds: float) -> bool:
        """Wait until a whole frame has come, which `read` will return, at most `seconds`; tell whether it has."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        came, until = b"", time.monotonic() + seconds
        while b"\0" not in came.lstrip(b"\0"):
            self._require_port("wait")
            left_s = until - time.monotonic()
            if left_s <= 0.0 or not poll.poll(left_s * 1e3):
                return False
            octets = self._receive()
            self._arrived += octets
            came += octets
        return True

    def fileno(self) -> int:
        """Return the descriptor to wait on, the same over restarts; it is readable too when the emulator has ended."""
        if self._fd < 0:
            self._require_port("wait")
        return self._fd

    def write(self, octets: bytes) -> None:
        """Send `octets`; raise `LinkError` when closed, when the emulator has ended or when it never receives."""
        self._require_port("write")
        if self._backlog and len(self._backlog) + len(octets) > BACKLOG_MAX:
            raise LinkError(f"{self._name}: {len(self._backlog)} octets wait for a board that does not receive")
        self._backlog += octets
        if self._backlog:
            self._send()

    def read(self) -> bytes:
        """Return everything that has come since the last call; raise `LinkError` as `write` does."""
        if self._closed:
            self._require_port("read")
        if self._backlog and self._live:
            with contextlib.suppress(LinkError):
                self._send()
        octets = self._receive()
        if self._arrived:
            octets = bytes(self._arrived) + octets
            self._arrived.clear()
        if not octets and not self._live:
            self._require_port("read")
        return octets

    def close(self) -> None:
        """End the use of this end; what the system has taken still reaches the board."""
        if self._closed:
            return
        self._closed, self._live, self._fd = True, False, -1
        if self._release is not None:
            self._release()
        self._arrived.clear()
        self.on_close()

    def _require_port(self, verb: str) -> None:
        if self._closed:
            raise LinkError(f"{self._name}: {verb} on a closed link")
        if not self._live:
            raise LinkError(f"{self._name}: {verb}: {self._why_ended()}")

    def _receive(self) -> bytes:
        """Return what the system holds, at most `CHUNK_SIZE` octets; notice when the far end is gone."""
        if not self._live:
            return b""
        try:
            octets = os.read(self._fd, CHUNK_SIZE)
        except BlockingIOError:
            return b""
        except OSError:
            octets = b""
        if not octets:
            self._live = False
        return octets

    def _send(self) -> None:
        """Offer the backlog to the system."""
        try:
            while self._backlog:
                del self._backlog[: os.write(self._fd, self._backlog[:CHUNK_SIZE])]
        except BlockingIOError:
            return
        except OSError:
            raise LinkError(f"{self._name}: write: {self._why_ended()}") from None
