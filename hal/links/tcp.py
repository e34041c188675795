"""`tcp://HOST:PORT`: an octet stream over TCP, by connecting to the far end or by listening for it; never blocking.

The connection may go and come back (`hal.links.reopened`): a client tries once in `RETRY_S`, a listener takes the next
that has connected.
"""

from __future__ import annotations

import time

from hal.links.link import shown
from hal.links.reopened import ReopenedLink, Seconds
from hal.links.tcp_peer import Connector, Listener
from hal.links.urls import TcpAddress, tcp_address


class TcpLink(ReopenedLink):
    """One end of a TCP connection, as a link.

    A client connects when it is made, which takes up to `tcp_peer.OPEN_S`; no later call waits. A listener
    (`?listen=1`) has one far end at a time, the next one waits until that has gone; `url` says where it listens, also
    when it was to find a free port itself. What was written waits here until the system takes it, 1 MiB at most: more
    is refused with `LinkError`. What the system has taken still arrives after `close`.
    """

    def __init__(self, name: str, address: TcpAddress, now_s: Seconds = time.monotonic) -> None:
        if address.listen:
            listener = Listener(name, address)
            self.url = listener.url
            super().__init__(name, listener)
        else:
            connector = Connector(name, address, now_s)
            self.url = name
            super().__init__(name, connector)
            self._begin(connector.first)

    @classmethod
    def open(cls, url: str) -> TcpLink:
        """Open `tcp://HOST:PORT` or `tcp://HOST:PORT?listen=1`."""
        return cls(shown(url), tcp_address(url))
