"""The on-board end of the downlink: packets into virtual channels, frames out at the channel rate."""

from __future__ import annotations

from collections.abc import Callable

from ccsds.tm_frames import TmChannel
from fsw.comms.sections import LinkSection
from fsw.core.pool import Pool
from fsw.core.sections import CommandSection
from hal.links.link import ByteLink, LinkError
from hal.vehicle.vehicle import Radio
from hal.wire import EpsSwitch

TRANSMITTER = int(EpsSwitch.RADIO_TX)


class Downlink:
    """Sends one channel access data unit whenever the channel has earned its bits."""

    def __init__(self, pool: Pool, radio: Radio, base_hz: int, link: ByteLink, clcw: Callable[[], int]) -> None:
        """`clcw` returns the control word that each frame carries."""
        self._state = pool.array(LinkSection)
        self._channel = TmChannel(
            pool, radio.scid, radio.rs_interleave, (radio.event_vcid, radio.housekeeping_vcid)
        )  # fmt: skip
        self._clcw = clcw
        self._link = link
        self._bits_per_tick = radio.downlink_bps // base_hz
        self._cadu_bits = 8 * self._channel.cadu_octets
        self._credit = self._state["downlink_credit_bits"].reshape(1).data
        self._switches = pool.array(CommandSection)["switches"].reshape(1).data

    def push(self, vcid: int, packet: bytes) -> None:
        """Queue a packet; when the queue is full it is dropped and counted."""
        state = self._state
        state["tm_generated"] += 1
        if not self._channel.push(vcid, packet):
            state["tm_dropped"] += 1

    def step(self) -> None:
        """Earn one tick's bits and send what they pay for; a radio that is gone loses frames, and no more.

        While flight has the transmitter switched off, nothing is earned or sent, and packets wait.
        """
        if not self._switches[0] & TRANSMITTER:
            return
        credit = self._credit[0] + self._bits_per_tick
        while credit >= self._cadu_bits:
            credit -= self._cadu_bits
            try:
                self._link.write(self._channel.next_cadu(self._clcw()))
            except LinkError:
                self._state["radio_errors"] += 1
                continue
            self._state["cadus_sent"] += 1
        self._credit[0] = credit
