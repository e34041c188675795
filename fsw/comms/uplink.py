"""The application `uplink`: accepts or refuses the telecommands that the radio receives."""

from __future__ import annotations

from ccsds.errors import PacketError
from ccsds.tc_receiver import TcReceiver
from fsw.core.pool import Pool
from fsw.pus.sections import UplinkSection
from fsw.pus.st01_verification import Acceptance
from hal.links.link import ByteLink, LinkError
from hal.vehicle.vehicle import Radio


class Uplink:
    """Receives telecommands on the declared clear-mode channel (security comes with SDLS)."""

    def __init__(self, pool: Pool, radio: Radio, link: ByteLink, acceptance: Acceptance) -> None:
        self._state = pool.array(UplinkSection)
        self._link, self._acceptance = link, acceptance
        self._receiver = TcReceiver(pool, radio.scid, radio.command_vcid, radio.farm_window)
        self._receiver.on_no_packets = self._drop
        self.clcw = self._receiver.clcw

    def step(self) -> None:
        """Take received octets and check each packet; accepted telecommands are executed later in this tick."""
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
        for packet in self._receiver.feed(octets):
            state["tc_packets"] += 1
            if not self._acceptance.receive(packet):
                state["tc_dropped"] += 1

    def _drop(self, data: bytes, error: PacketError) -> None:
        """Count and report data of an accepted frame that is not whole packets; it is dropped."""
        self._state["tc_packets"] += 1
        self._state["tc_dropped"] += 1
        self._acceptance.refuse(data, error)
