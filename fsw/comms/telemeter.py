"""The application `telemeter`: makes packets of this tick's messages, and frames of packets."""

from __future__ import annotations

from collections.abc import Callable

from ccsds.tm_frames import TmChannel
from fsw.comms.sections import LinkSection
from fsw.control.sections import CommandSection
from fsw.core.pool import Pool
from fsw.pus._packetizer import Packetizer
from fsw.pus.outbox import Outbox, virtual_channels
from hal.vehicle.vehicle import Radio
from hal.wire import EpsSwitch

TRANSMITTER = int(EpsSwitch.RADIO_TX)


class Telemeter:
    """Queues packets on their virtual channels, and makes as many frames as the channel has earned bits for.

    It runs before the checkpoint, so that no frame leaves that a restart would not know of; `fsw.comms.downlink` sends
    `cadus`.
    """

    def __init__(self, pool: Pool, radio: Radio, base_hz: int, outbox: Outbox, clcw: Callable[[], int]) -> None:
        """`clcw` returns the control word that each frame carries."""
        self._state = pool.array(LinkSection)
        self._channel = TmChannel(pool, radio.scid, radio.rs_interleave, (radio.event_vcid, radio.housekeeping_vcid))
        self._packetizer = Packetizer(radio.apid)
        self._packetizer.bind(pool)
        self._vcid = virtual_channels(radio)
        self._outbox, self._clcw = outbox, clcw
        self._bits_per_tick = radio.downlink_bps // base_hz
        self._cadu_bits = 8 * self._channel.cadu_octets
        self._credit = self._state["downlink_credit_bits"].reshape(1).data
        self._switches = pool.array(CommandSection)["switches"].reshape(1).data
        self.cadus: list[bytes] = []  # channel access data units of this tick

    def step(self) -> None:
        """Make this tick's packets and frames.

        While flight has the transmitter switched off, no bits are earned and no frames made: packets wait.
        """
        if self._outbox.waiting:
            for message, data, destination in self._outbox.take():
                service = message.service
                packet = self._packetizer.build(message.index, service, message.subtype, destination, data)
                self.push(self._vcid[service], packet)
        if not self._switches[0] & TRANSMITTER:
            return
        credit = self._credit[0] + self._bits_per_tick
        while credit >= self._cadu_bits:
            credit -= self._cadu_bits
            self.cadus.append(self._channel.next_cadu(self._clcw()))
        self._credit[0] = credit

    def push(self, vcid: int, packet: bytes) -> None:
        """Queue a packet; when the queue is full it is dropped and counted."""
        state = self._state
        state["tm_generated"] += 1
        if not self._channel.push(vcid, packet):
            state["tm_dropped"] += 1
