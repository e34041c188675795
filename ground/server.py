"""The space link offered over TCP: any client gets the downlink, as CADUs, and may send CLTUs.

Nothing here waits for a client, and no client holds another, or the flight.
"""

from __future__ import annotations

import select
import time
from dataclasses import asdict, dataclass
from typing import Any

from fsw.ccsds.tc_frames import TAIL_SEQUENCE
from hal.links.link import LinkError, scheme_of, shown
from hal.links.tcp_peer import Listener, Peer, PeerLostError
from hal.links.urls import tcp_address

CLIENTS_MAX = 32
HOLD_S = 1.0  # silence after which an unfinished CLTU gives the uplink to the next client [s]
HOLD_MAX_S = 5.0  # time after which a client without an end gives it up anyway [s]
LINGER_S = 2.0  # time that clients have at the end to take what is left [s]


@dataclass
class Figures:
    """What became of clients and octets."""

    clients: int = 0  # connected in all
    clients_slow: int = 0  # of these, dropped because they did not read
    clients_refused: int = 0  # beyond `CLIENTS_MAX` at a time
    octets_down: int = 0  # given to all clients together
    octets_dropped: int = 0  # of these, not taken by a client that was dropped or went away
    octets_up: int = 0  # taken from clients
    octets_up_lost: int = 0  # sent to a satellite out of sight, those of the plan included

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)

    def words(self) -> str:
        """Return the figures in one line."""
        return (
            f"{self.clients} client(s), {self.clients_slow} too slow and dropped, {self.clients_refused} refused; "
            f"{self.octets_down} octets down, of these {self.octets_dropped} not taken; {self.octets_up} octets up, "
            f"{self.octets_up_lost} lost without contact"
        )


class GroundServer:
    """Listens at `tcp://HOST:PORT`; without a host on loopback, with port 0 at any free one, and `url` says where.

    A client that connects gets the downlink from then on. One that does not read has what the system takes and
    `hal.links.backlog.BACKLOG_MAX` octets more, and is dropped then. One client at a time has the uplink: from its
    first octet until the tail of a CLTU, or until it is silent for `HOLD_S`; meanwhile the system holds what others
    send. A client that ends its sending side has gone. Raises `LinkError`, one line, when nobody can listen there.
    """

    def __init__(self, url: str) -> None:
        if scheme_of(url) != "tcp":
            raise LinkError(f"{shown(url)}: expected tcp://HOST:PORT to offer the space link at")
        listen = url if "?" in url else f"{url}?listen=1"
        self._listener = Listener(shown(url), tcp_address(listen))
        self.url = self._listener.url
        self.figures = Figures()
        self._poll = select.poll()
        self._poll.register(self._listener.socket, select.POLLIN)
        self._clients: dict[int, Peer] = {}  # by descriptor, in the order of their turns
        self._holder: int | None = None  # descriptor of the client that has the uplink
        self._tail = b""  # the last octets of its CLTU
        self._until_s = self._latest_s = 0.0  # when it loses the uplink: by silence, and at the latest

    def downlink(self, octets: bytes) -> None:
        """Give downlink octets to every client, and take those that have come."""
        while (sock := self._listener.poll()) is not None:
            if len(self._clients) >= CLIENTS_MAX:
                self.figures.clients_refused += 1
                sock.close()
                continue
            self.figures.clients += 1
            self._clients[sock.fileno()] = Peer(sock, "client")
            self._poll.register(sock, select.POLLIN)
        for descriptor, peer in list(self._clients.items()):
            self.figures.octets_down += len(octets)
            try:
                peer.write(octets)
            except PeerLostError:
                self._drop(descriptor)
            except LinkError:
                self.figures.clients_slow += 1
                self.figures.octets_dropped += len(octets)
                self._drop(descriptor)

    def uplink(self, most: int) -> bytes:
        """Return what the client that has the uplink has sent, at most that many octets."""
        ready = {descriptor for descriptor, _ in self._poll.poll(0)} & self._clients.keys()
        now_s = time.monotonic()
        if self._holder is not None and now_s > min(self._until_s, self._latest_s):
            self._release()
        if self._holder is None and ready:
            self._holder = next(descriptor for descriptor in self._clients if descriptor in ready)
            self._latest_s = now_s + HOLD_MAX_S
            self._until_s = now_s + HOLD_S
        if self._holder not in ready or most <= 0:
            return b""
        try:
            octets = self._clients[self._holder].read(most)
        except PeerLostError:
            self._drop(self._holder)
            return b""
        self.figures.octets_up += len(octets)
        self._until_s = now_s + HOLD_S
        self._tail = (self._tail + octets)[-len(TAIL_SEQUENCE) :]
        if self._tail == TAIL_SEQUENCE:
            self._release()
        return octets

    def close(self) -> None:
        """Listen no more; give clients `LINGER_S` to take what is left, then end all connections."""
        self._listener.close()
        until_s = time.monotonic() + LINGER_S
        while self._clients and time.monotonic() < until_s:
            for descriptor, peer in list(self._clients.items()):
                try:
                    peer.drain()
                    if not peer.waiting:
                        self._drop(descriptor)
                except PeerLostError:
                    self._drop(descriptor)
            time.sleep(0.005 if self._clients else 0.0)
        for descriptor in list(self._clients):
            self.figures.clients_slow += 1
            self._drop(descriptor)

    def _release(self) -> None:
        """Take the uplink from its holder, whose next turn comes after everybody else's."""
        if self._holder in self._clients:
            self._clients[self._holder] = self._clients.pop(self._holder)
        self._holder, self._tail = None, b""

    def _drop(self, descriptor: int) -> None:
        """End a connection; count what the client did not take."""
        if descriptor == self._holder:
            self._release()
        self._poll.unregister(descriptor)
        peer = self._clients.pop(descriptor)
        peer.close()
        self.figures.octets_dropped += peer.waiting
