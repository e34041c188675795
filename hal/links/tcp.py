"""`tcp://HOST:PORT`: an octet stream over TCP, by connecting to the far end or by listening for it; never blocking.

The connection may go and come back. While there is none, every call raises `LinkError` and looks for one: a client
tries once in `tcp_peer.RETRY_S`, a listener takes the next that has connected. Octets read or written on a new
connection have nothing to do with those of the one before.
"""

from __future__ import annotations

import socket

from hal.links.link import LinkError, shown
from hal.links.tcp_peer import Connector, Listener, Peer, PeerLostError
from hal.links.urls import TcpAddress, tcp_address


class TcpLink:
    """One end of a TCP connection, as a link.

    A client connects when it is made, which takes up to `tcp_peer.OPEN_S`; no later call waits. A listener
    (`?listen=1`) has one far end at a time, the next one waits until that has gone; `url` says where it listens, also
    when it was to find a free port itself. What was written waits here until the system takes it, 1 MiB at most: more
    is refused with `LinkError`. `octets_dropped` counts octets that were taken and then lost with their connection;
    what the system had taken already is beyond counting. `connections` counts far ends.
    """

    def __init__(self, name: str, address: TcpAddress) -> None:
        self._name = name
        self._open = True
        self._peer: Peer | None = None
        self._source: Connector | Listener
        self.octets_dropped = 0
        self.connections = 0
        if address.listen:
            self._source = Listener(name, address)
            self.url = self._source.url
        else:
            self._source = Connector(name, address)
            self.url = name
            self._take(self._source.first())

    @classmethod
    def open(cls, url: str) -> TcpLink:
        """Open `tcp://HOST:PORT` or `tcp://HOST:PORT?listen=1`."""
        return cls(shown(url), tcp_address(url))

    def write(self, octets: bytes) -> None:
        """Send `octets`; raise `LinkError`, with nothing of them sent, when closed, without far end, or stuck."""
        peer = self._connected("write")
        try:
            peer.write(octets)
        except PeerLostError:
            self._lose()
            self.octets_dropped -= len(octets)  # refused, not dropped
            raise

    def read(self) -> bytes:
        """Return everything received since the last call; raise `LinkError` when closed or without far end."""
        peer = self._connected("read")
        try:
            octets = peer.read()
            if not octets:
                peer.drain()
        except PeerLostError:
            self._lose()
            raise
        return octets

    def close(self) -> None:
        """End the connection and look for no other; what the system has taken still arrives."""
        if not self._open:
            return
        self._open = False
        self._lose()
        self._source.close()

    def _connected(self, verb: str) -> Peer:
        if not self._open:
            raise LinkError(f"{self._name}: {verb} on a closed link")
        if self._peer is None:
            sock = self._source.poll()
            if sock is None:
                raise LinkError(f"{self._name}: {verb}: no far end is connected")
            return self._take(sock)
        return self._peer

    def _take(self, sock: socket.socket) -> Peer:
        self._peer = Peer(sock, self._name)
        self.connections += 1
        return self._peer

    def _lose(self) -> None:
        """End the connection there is; count what was still to be sent."""
        if self._peer is not None:
            self._peer.close()
            self.octets_dropped += self._peer.waiting
            self._peer = None
