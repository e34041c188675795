"""Sockets that never block: a connected one, and the two ways to get one, by connecting and by listening."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time

from hal.links.backlog import CHUNK_OCTETS, Backlog
from hal.links.link import LinkError
from hal.links.reopened import Attempts, LineLostError, Seconds
from hal.links.urls import TcpAddress

READ_CHUNKS_MAX = 16  # system calls of one read: it returns though the far end sends on and on
OPEN_S = 3.0  # how long the first connection may take
QUEUE = 16  # connections that wait to be accepted
KEEPALIVE_S = 5  # silence after which the system asks whether the far end is still there


class Peer:
    """A connected socket: what the system does not take waits here, `BACKLOG_MAX` octets at most."""

    def __init__(self, sock: socket.socket, name: str) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_S)
        self.socket = sock
        self._name = name
        self._backlog = Backlog(sock.send)

    @property
    def waiting(self) -> int:
        """Octets written that the system has not taken yet."""
        return len(self._backlog)

    def write(self, octets: bytes) -> None:
        """Send `octets`; raise `LinkError` when too much waits already, `LineLostError` when the connection is gone."""
        try:
            taken = self._backlog.put(octets)
        except OSError as error:
            raise LineLostError(f"{self._name}: write: {error.strerror or error}") from None
        if not taken:
            raise LinkError(f"{self._name}: {self.waiting} octets wait for a far end that does not read")

    def drain(self) -> None:
        """Offer what waits to the system; raise `LineLostError` when the connection is gone."""
        try:
            self._backlog.drain()
        except OSError as error:
            raise LineLostError(f"{self._name}: write: {error.strerror or error}") from None

    def read(self, most: int = READ_CHUNKS_MAX * CHUNK_OCTETS) -> bytes:
        """Return what has come, at most that many octets; raise `LineLostError` once all of a lost peer is read."""
        got = bytearray()
        while len(got) < most:
            size = min(CHUNK_OCTETS, most - len(got))
            try:
                piece = self.socket.recv(size)
            except BlockingIOError:
                break
            except OSError as error:
                if got:
                    break  # the next call meets it again
                raise LineLostError(f"{self._name}: read: {error.strerror or error}") from None
            got += piece
            if not piece and not got:
                raise LineLostError(f"{self._name}: read: the far end has closed the connection")
            if len(piece) < size:
                break
        return bytes(got)

    def fileno(self) -> int:
        """Return the descriptor."""
        return self.socket.fileno()

    def close(self) -> None:
        """End the connection; what the system has taken still arrives, unless the far end has gone."""
        with contextlib.suppress(OSError, ValueError):
            self._backlog.drain()
            self.socket.shutdown(socket.SHUT_WR)
            self.read()  # octets left unread would turn the end into a reset, which discards what is under way
        self.socket.close()


class Connector:
    """Connects to one address, again and again, without waiting for it."""

    absent = "no far end is connected"

    def __init__(self, name: str, address: TcpAddress, now_s: Seconds = time.monotonic) -> None:
        self._name = name
        self._family, self._address = resolve(name, address)
        self._pending: socket.socket | None = None
        self._attempts = Attempts(now_s)

    def first(self) -> Peer:
        """Connect, waiting for it no longer than `OPEN_S`; raise `LinkError` when that fails."""
        sock = socket.socket(self._family, socket.SOCK_STREAM)
        try:
            sock.settimeout(OPEN_S)
            sock.connect(self._address)
            if sock.getsockname() == sock.getpeername():
                raise ConnectionRefusedError(errno.ECONNREFUSED, "nobody listens there")
        except OSError as error:
            sock.close()
            raise LinkError(f"{self._name}: cannot be opened: {error.strerror or error}") from None
        return Peer(sock, self._name)

    def poll(self) -> Peer | None:
        """Return a new connection if there is one by now; begin an attempt when none is under way and it is time."""
        if self._pending is None:
            if not self._attempts.due():
                return None
            self._begin()
        sock = self._pending
        if sock is None:
            return None
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        if not poll.poll(0):
            if self._attempts.over():
                self.close()
            return None
        self._pending = None
        # A local port that nobody listens at can connect to itself.
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) or sock.getsockname() == sock.getpeername():
            sock.close()
            return None
        return Peer(sock, self._name)

    def close(self) -> None:
        """Give up the attempt under way."""
        if self._pending is not None:
            self._pending.close()
            self._pending = None

    def _begin(self) -> None:
        sock = socket.socket(self._family, socket.SOCK_STREAM)
        sock.setblocking(False)
        if sock.connect_ex(self._address) in {0, errno.EINPROGRESS}:
            self._pending = sock
        else:
            sock.close()


class Listener:
    """Listens at one address; raises `LinkError` when that cannot be done."""

    absent = "no far end is connected"

    def __init__(self, name: str, address: TcpAddress) -> None:
        self._name = name
        family, where = resolve(name, address)
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind(where)
            self.socket.listen(QUEUE)
        except OSError as error:
            self.socket.close()
            raise LinkError(f"{name}: cannot listen there: {error.strerror or error}") from None
        self.socket.setblocking(False)
        host = f"[{address.host}]" if ":" in address.host else address.host
        self.url = f"tcp://{host}:{self.socket.getsockname()[1]}"  # that a client opens

    def poll(self) -> Peer | None:
        """Return the next connection, if one waits."""
        try:
            return Peer(self.socket.accept()[0], self._name)
        except OSError:  # none waits, it went away again, or this process has no descriptor left
            return None

    def close(self) -> None:
        """Listen no more."""
        self.socket.close()


def resolve(name: str, address: TcpAddress) -> tuple[int, tuple[object, ...]]:
    """Return family and socket address of a host and port; raise `LinkError` when there is no such host."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "not a host name"
        raise LinkError(f"{name}: host {address.host[:80]!r}: {reason}") from None
    family, _, _, _, where = found[0]
    return family, where
