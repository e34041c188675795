"""Offers the space link over TCP: any client gets the downlink as CADUs, and may send CLTUs.

The server waits for no client, and no client delays another or the flight. `ground.link.turns` decides whose octets go
up.
"""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from ground.link.turns import Sender, Turns
from hal.links.link import LinkError, scheme_of, shown
from hal.links.reopened import LineLostError
from hal.links.tcp_peer import Listener, Peer
from hal.links.urls import tcp_address

CLIENTS_MAX = 32
COMMANDER_S = 60.0  # time after its last CLTU in which a client does not make room for another [s]
ACCEPTS_MAX = 16  # connections taken in one call
LINGER_S = 2.0  # time that clients have at the end to take what is left [s]


@dataclass
class Figures:
    """Counts of clients and octets."""

    clients: int = 0  # connected in all
    clients_slow: int = 0  # of these, dropped because they did not read
    clients_idle: int = 0  # of these, dropped to make room for another
    clients_refused: int = 0  # beyond `CLIENTS_MAX` at a time, all of them commanding
    octets_down: int = 0  # given to all clients together
    octets_dropped: int = 0  # of these, not taken by a client that was dropped or went away
    octets_up: int = 0  # of clients, sent up
    octets_up_cut: int = 0  # of clients that went away within a CLTU: not sent
    octets_acquisition: int = 0  # sent between a CLTU that was cut and another client's
    octets_up_lost: int = 0  # sent to a satellite out of sight, those of the plan included

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)

    def words(self) -> str:
        """Return the figures in one line."""
        return (
            f"{self.clients} client(s), {self.clients_slow} too slow and dropped, {self.clients_idle} idle and "
            f"dropped, {self.clients_refused} refused; {self.octets_down} octets down, of these {self.octets_dropped} "
            f"not taken; {self.octets_up} octets up, {self.octets_up_lost} lost without contact"
        )


@dataclass
class Client:
    """One connection."""

    peer: Peer
    since_s: float  # of the connection
    sender: Sender = field(default_factory=Sender)


class LinkServer:
    """Listens at `tcp://HOST:PORT`; without a host on loopback, with port 0 at any free one, and `url` says where.

    A client gets the downlink from the time when it connects. A client that does not read is dropped when more than
    `hal.links.backlog.BACKLOG_MAX` octets wait for it beyond the system's buffers. `CLIENTS_MAX` may be connected. One
    more takes the place of a client that has sent no whole CLTU for `COMMANDER_S`: first of one that never sent any,
    the longest connected first. Without such a client it is refused. One client at a time has the uplink, for one CLTU
    (`ground.link.turns`). A client that ends its sending side has gone; its whole CLTUs still go up. `now_s` is the
    clock of all limits [s]. Raises `LinkError`, one line, when it cannot listen at the URL.
    """

    def __init__(self, url: str, now_s: Callable[[], float] = time.monotonic) -> None:
        if scheme_of(url) != "tcp":
            raise LinkError(f"{shown(url)}: expected tcp://HOST:PORT to offer the space link at")
        listen = url if "?" in url else f"{url}?listen=1"
        self._listener = Listener(shown(url), tcp_address(listen))
        self.url = self._listener.url
        self.figures = Figures()
        self._now_s = now_s
        self._poll = select.poll()
        self._poll.register(self._listener.socket, select.POLLIN)
        self._clients: dict[int, Client] = {}  # by descriptor
        self._turns = Turns()

    def break_in(self) -> bytes | None:
        """Return octets to send before those of ground itself; None while a client's CLTU must end first."""
        octets = self._turns.break_in()
        self.figures.octets_acquisition += len(octets or b"")
        return octets

    def downlink(self, octets: bytes) -> None:
        """Give downlink octets to every client, and take those that have come."""
        for _ in range(ACCEPTS_MAX):
            peer = self._listener.poll()
            if peer is None:
                break
            if len(self._clients) >= CLIENTS_MAX and not self._make_room():
                self.figures.clients_refused += 1
                peer.close()
                continue
            self.figures.clients += 1
            client = self._clients[peer.fileno()] = Client(peer, self._now_s())
            self._turns.senders.append(client.sender)
            self._poll.register(peer, select.POLLIN)
        for descriptor, client in list(self._clients.items()):
            self.figures.octets_down += len(octets)
            try:
                client.peer.write(octets)
            except LineLostError:
                self._drop(descriptor)
            except LinkError:
                self.figures.clients_slow += 1
                self.figures.octets_dropped += len(octets)
                self._drop(descriptor)

    def uplink(self, most: int) -> bytes:
        """Return octets to send up now, at most `most` of them."""
        ready = {descriptor for descriptor, _ in self._poll.poll(0)} & self._clients.keys()
        for descriptor in ready:
            self._take(descriptor)
        octets, added = self._turns.next_octets(most, self._now_s())
        self.figures.octets_up += len(octets) - added
        self.figures.octets_acquisition += added
        self._forget_gone()
        return octets

    def close(self) -> None:
        """Stop listening; give clients `LINGER_S` to read the rest, then end all connections."""
        self._listener.close()
        until_s = time.monotonic() + LINGER_S
        while self._clients and time.monotonic() < until_s:
            for descriptor, client in list(self._clients.items()):
                try:
                    client.peer.drain()
                    if not client.peer.waiting:
                        self._drop(descriptor)
                except LineLostError:
                    self._drop(descriptor)
            time.sleep(0.005 if self._clients else 0.0)
        for descriptor in list(self._clients):
            self.figures.clients_slow += 1
            self._drop(descriptor)

    def _take(self, descriptor: int) -> None:
        """Take octets of a client, as far as there is room."""
        client = self._clients[descriptor]
        if client.sender.room <= 0:
            return
        try:
            client.sender.waiting += client.peer.read(client.sender.room)
        except LineLostError:
            self._drop(descriptor)

    def _make_room(self) -> bool:
        """Drop the client that has sent no CLTU for the longest time; False when all of them send CLTUs."""
        long_ago_s = self._now_s() - COMMANDER_S
        idle = [
            (c.sender.commanded_s, c.since_s, d) for d, c in self._clients.items() if c.sender.commanded_s < long_ago_s
        ]
        if not idle:
            return False
        self.figures.clients_idle += 1
        self._drop(min(idle)[2])
        return True

    def _drop(self, descriptor: int) -> None:
        """End a connection; count octets that the client did not read. Its whole CLTUs are kept if there is room."""
        self._poll.unregister(descriptor)
        client = self._clients.pop(descriptor)
        sender = client.sender
        with contextlib.suppress(LineLostError):
            sender.waiting += client.peer.read(max(sender.room, 0))
        client.peer.close()
        self.figures.octets_dropped += client.peer.waiting
        self.figures.octets_up_cut += sender.keep_whole()
        if not sender.waiting or len(self._turns.senders) - len(self._clients) > CLIENTS_MAX:
            self.figures.octets_up_cut += len(sender.waiting)
            self._turns.leave(sender)

    def _forget_gone(self) -> None:
        """Forget clients that have gone and whose octets have all been sent."""
        here = {id(client.sender) for client in self._clients.values()}
        for sender in [s for s in self._turns.senders if not s.waiting and id(s) not in here]:
            self._turns.leave(sender)
