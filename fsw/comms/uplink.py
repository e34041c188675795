"""The on-board end of the uplink: octets from the radio to telecommand packets."""

from __future__ import annotations

from collections.abc import Callable

from ccsds.errors import PacketError
from ccsds.tc_receiver import TcReceiver
from fsw.comms.sections import LinkSection
from fsw.core.pool import Pool
from hal.links.link import ByteLink, LinkError
from hal.vehicle.vehicle import Radio


class Uplink:
    """Receives telecommands on the declared clear-mode channel (security comes with SDLS)."""

    def __init__(self, pool: Pool, radio: Radio, link: ByteLink) -> None:
        self._state = pool.array(LinkSection)
        self._link = link
        self._receiver = TcReceiver(pool, radio.scid, radio.command_vcid, radio.farm_window)
        self._receiver.on_no_packets = self._drop
        self.clcw = self._receiver.clcw
        self.execute: Callable[[bytes], bool] = _execute_none  # these two set by the composition root: the router
        self.refuse: Callable[[bytes, PacketError], None] = _refuse_silently

    def step(self) -> None:
        """Take what the radio received; hand each packet to the router, whatever the one before it raised."""
        try:
            octets = self._link.read()
        except LinkError:
            self._state["radio_errors"] += 1
            self._receiver.abandon()
            return
        if not octets:
            return
        state = self._state
        state["tc_octets"] += len(octets)
        raised: Exception | None = None
        for packet in self._receiver.feed(octets):
            state["tc_packets"] += 1
            try:
                if not self.execute(packet):
                    state["tc_dropped"] += 1
            except Exception as error:
                raised = raised or error
        if raised is not None:
            raise raised

    def _drop(self, data: bytes, error: PacketError) -> None:
        """Count and report the data of an accepted frame that is no packets: one that is dropped."""
        self._state["tc_packets"] += 1
        self._state["tc_dropped"] += 1
        self.refuse(data, error)


def _execute_none(_packet: bytes) -> bool:
    return False


def _refuse_silently(_data: bytes, _error: PacketError) -> None:
    pass
