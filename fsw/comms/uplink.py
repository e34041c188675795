"""The on-board end of the uplink: octets from the radio to telecommand packets."""

from __future__ import annotations

from collections.abc import Callable

from fsw.ccsds.tc_receiver import TcReceiver
from fsw.comms.sections import LinkSection
from fsw.core.pool import Pool
from hal.links.link import ByteLink, LinkError
from hal.vehicle import Radio


class Uplink:
    """Receives telecommands on the declared clear-mode channel (security comes with SDLS)."""

    def __init__(self, pool: Pool, radio: Radio, link: ByteLink) -> None:
        self._state = pool.array(LinkSection)
        self._link = link
        self._receiver = TcReceiver(pool, radio.scid, radio.command_vcid, radio.farm_window)
        self.clcw = self._receiver.clcw
        self.execute: Callable[[bytes], bool] = _refuse  # set by the composition root: the router

    def step(self) -> None:
        """Take what the radio received; hand each packet to the router."""
        try:
            octets = self._link.read()
        except LinkError:
            self._state["radio_errors"] += 1
            return
        if not octets:
            return
        state = self._state
        state["tc_octets"] += len(octets)
        for packet in self._receiver.feed(octets):
            state["tc_packets"] += 1
            if not self.execute(packet):
                state["tc_dropped"] += 1


def _refuse(_packet: bytes) -> bool:
    return False
