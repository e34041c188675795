"""The radio link as flight uses it, with its octets noted for the recorder."""

from __future__ import annotations

from fsw.recorder._recording import digest_octets
from hal.exchange.exchange import Exchange
from hal.links.link import ByteLink, LinkError
from hal.octets import RADIO, Direction


class NotedRadio:
    """A `ByteLink` that appends to `exchange.octets`, which the exchange begins anew in every tick.

    The uplink is noted unchanged, because it is an input of flight. The downlink is noted as a digest of 8 octets,
    which is enough to see that another flight sent something else; the ground keeps the downlink itself.
    """

    def __init__(self, link: ByteLink, exchange: Exchange) -> None:
        self._link, self._exchange = link, exchange

    def write(self, octets: bytes) -> None:
        """Send `octets`; raise `LinkError` as the link does."""
        try:
            self._link.write(octets)
        except LinkError:
            self._exchange.octets.append((RADIO, Direction.OUT_FAILED, digest_octets(octets)))
            raise
        self._exchange.octets.append((RADIO, Direction.OUT, digest_octets(octets)))

    def read(self) -> bytes:
        """Return everything received since the last call; raise `LinkError` as the link does."""
        try:
            octets = self._link.read()
        except LinkError:
            self._exchange.octets.append((RADIO, Direction.IN_FAILED, b""))
            raise
        if octets:
            self._exchange.octets.append((RADIO, Direction.IN, octets))
        return octets

    def close(self) -> None:
        """End the use of the link."""
        self._link.close()
