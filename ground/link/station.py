"""The ground station, the other end of the space link, sans-I/O.

Downlink octets in, packets out; telecommand packets in, CLTU octets out. It reads the CLCWs of the downlink and
keeps telecommand frames until they are acknowledged. Time is handed in, so that a simulated pass is reproducible.
"""

from __future__ import annotations

from dataclasses import dataclass

from ccsds.tc_sender import SenderAlert, TcSender
from ccsds.tm_frames import TmReceiver
from hal.saved import State
from hal.vehicle.vehicle import Radio


@dataclass(frozen=True, slots=True)
class StationCounts:
    """The ground's half of the packet ledger."""

    octets: int  # downlink octets given
    octets_skipped: int  # of these, outside CADUs
    frames: int  # transfer frames used
    frames_bad: int  # CADUs and frames dropped: uncorrectable, FECF, other version or spacecraft, malformed
    frames_lost: int  # frames missing by the master channel frame count
    frames_repeated: int  # frames dropped because they had come already
    frames_late: int  # of the frames used, those that came after their successors
    frames_idle: int  # frames with idle data only
    packets: int  # packets delivered
    packets_broken: int  # packets dropped because a frame of theirs was missing or bad
    symbols_corrected: int  # Reed-Solomon symbols put right
    clcws: int
    tc_frames: int  # telecommand frames sent, repetitions not counted
    tc_frames_resent: int
    tc_frames_acknowledged: int
    tc_unacknowledged: int


class GroundStation:
    """One station that tracks one spacecraft with the frame parameters of its vehicle file."""

    def __init__(self, radio: Radio) -> None:
        self._receiver = TmReceiver(radio.rs_interleave, radio.scid)
        self.sender = TcSender(radio.scid, radio.command_vcid, window=radio.farm_window // 2)

    def save(self) -> State:
        """Return all that is remembered, as plain data (`hal.saved`)."""
        return {"receiver": self._receiver.save(), "sender": self.sender.save()}

    def restore(self, state: State) -> None:
        """Continue from what a station of the same radio saved."""
        self._receiver.restore(state["receiver"])
        self.sender.restore(state["sender"])

    def receive(self, octets: bytes) -> list[bytes]:
        """Take downlink octets, in pieces of any size; return the packets they complete, in order."""
        packets, clcws = self._receiver.feed(octets)
        for word in clcws:
            self.sender.on_clcw(word)
        return [packet for _, packet in packets]

    def send(self, packet: bytes, t_ns: int) -> bytes:
        """Take one telecommand packet; return the CLTU octets to transmit now, none while the window is closed.

        Raises `ccsds.errors.PacketError` or `FrameError` when it cannot be sent at all.
        """
        return self.sender.send(packet, t_ns)

    def transmit(self, t_ns: int) -> bytes:
        """Return CLTU octets that are due: repetitions for CLCW or timer, and frames that waited for the window."""
        return self.sender.poll(t_ns)

    @property
    def alert(self) -> SenderAlert:
        """Why telecommanding stopped, `NONE` while it goes on."""
        return self.sender.alert

    @property
    def counts(self) -> StationCounts:
        """Everything counted so far."""
        c = self._receiver.counts
        bad = ("cadus_uncorrectable", "cadus_fecf", "frames_other_version", "frames_foreign", "frames_malformed")
        return StationCounts(
            octets=int(c["octets_in"]),
            octets_skipped=int(c["octets_skipped"]),
            frames=int(c["frames_ok"]),
            frames_bad=sum(int(c[name]) for name in bad),
            frames_lost=int(c["frames_lost"]),
            frames_repeated=int(c["frames_repeated"]),
            frames_late=int(c["frames_late"]),
            frames_idle=int(c["frames_idle"]),
            packets=int(c["packets"].sum()),
            packets_broken=int(c["packets_broken"]),
            symbols_corrected=int(c["symbols_corrected"]),
            clcws=int(c["clcws"]),
            tc_frames=self.sender.frames_sent,
            tc_frames_resent=self.sender.frames_resent,
            tc_frames_acknowledged=self.sender.frames_acknowledged,
            tc_unacknowledged=self.sender.unacknowledged,
        )
