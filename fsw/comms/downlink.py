"""The on-board end of the downlink: packets into virtual channels, frames out at the channel rate."""

from __future__ import annotations

from fsw.ccsds.tm_frames import TmChannel
from fsw.comms.sections import LinkSection
from fsw.core.pool import Pool
from hal.links import ByteLink
from hal.vehicle import Radio

ASM_OCTETS = 4
CODEBLOCK_OCTETS = 255


class Downlink:
    """Sends one channel access data unit whenever the channel has earned its bits."""

    def __init__(self, pool: Pool, radio: Radio, base_hz: int, channel: TmChannel, link: ByteLink) -> None:
        self._state = pool.array(LinkSection)
        self._channel = channel
        self._link = link
        self._bits_per_tick = radio.downlink_bps // base_hz
        self._cadu_bits = 8 * (ASM_OCTETS + CODEBLOCK_OCTETS * radio.rs_interleave)
        self._credit = self._state["downlink_credit_bits"].reshape(1).data

    def push(self, vcid: int, packet: bytes) -> None:
        """Queue a packet; when the queue is full it is dropped and counted."""
        state = self._state
        state["tm_generated"] += 1
        if not self._channel.push(vcid, packet):
            state["tm_dropped"] += 1

    def step(self) -> None:
        """Earn one tick's bits and send what they pay for."""
        credit = self._credit[0] + self._bits_per_tick
        while credit >= self._cadu_bits:
            credit -= self._cadu_bits
            self._send()
        self._credit[0] = credit

    def _send(self) -> None:
        self._link.write(self._channel.next_cadu())
        state = self._state
        state["cadus_sent"] += 1
        stored = self._channel.packets_stored
        state["tm_stored"] = stored
        state["tm_sent"] = state["tm_generated"] - state["tm_dropped"] - stored
