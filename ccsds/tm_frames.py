"""TM transfer frames: the sending end (packets to CADUs) and the receiving end (octets to packets and CLCWs).

Sources: CCSDS 132.0-B-3 (TM space data link protocol), 131.0-B-5 (synchronisation and coding). A frame is always
223 * interleave octets long, has an operational control field and, unless said otherwise, a frame error control
field; a CADU is sync marker | randomized Reed-Solomon codeblock. Streams are octet-aligned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from ccsds import _tm_extract, _tm_receive, _tm_send
from ccsds.coding import RS_INTERLEAVES
from ccsds.errors import CodingError, FrameError, PacketError
from ccsds.formats import (
    ASM_OCTETS,
    PACKET_HEADER_OCTETS,
    RS_CODEWORD_OCTETS,
    RS_DATA_OCTETS,
    SYNC_MARKER,
    TM_FECF_OCTETS,
    TM_HEADER_OCTETS,
    TM_OCF_OCTETS,
    Randomizer,
)
from ccsds.records import TmReception
from hal.handle import Handles, Memory
from hal.saved import State, require_size

ASM: Final = SYNC_MARKER.to_bytes(ASM_OCTETS, "big")
SCID_MAX: Final = 1023
VCID_MAX: Final = 7
IDLE_VCID: Final = 7
ANY_SCID: Final = -1


@dataclass(frozen=True, slots=True)
class TmFrameHeader:
    """Primary header of a TM transfer frame (132.0-B-3, 4.1.2)."""

    scid: int
    vcid: int
    mcfc: int
    vcfc: int
    first_header_pointer: int
    has_ocf: bool = True
    has_secondary_header: bool = False
    sync_flag: bool = False
    packet_order_flag: bool = False
    segment_length_id: int = 3
    version: int = 0

    @classmethod
    def decode(cls, frame: bytes) -> TmFrameHeader:
        """Return the header of `frame`; raise `FrameError` when there are fewer than 6 octets."""
        if len(frame) < TM_HEADER_OCTETS:
            raise FrameError(f"TM frame of {len(frame)} octets: expected a header of {TM_HEADER_OCTETS}")
        return cls(
            scid=(frame[0] & 0x3F) << 4 | frame[1] >> 4,
            vcid=frame[1] >> 1 & 7,
            mcfc=frame[2],
            vcfc=frame[3],
            first_header_pointer=(frame[4] & 7) << 8 | frame[5],
            has_ocf=bool(frame[1] & 1),
            has_secondary_header=bool(frame[4] & 0x80),
            sync_flag=bool(frame[4] & 0x40),
            packet_order_flag=bool(frame[4] & 0x20),
            segment_length_id=frame[4] >> 3 & 3,
            version=frame[0] >> 6,
        )


def frame_octets(interleave: int) -> int:
    """Return the length of the transfer frame, FECF included; raise `CodingError` for an impossible depth."""
    if interleave not in RS_INTERLEAVES:
        raise CodingError(f"interleaving depth {interleave}: expected 1 to {RS_INTERLEAVES[-1]}")
    return RS_DATA_OCTETS * interleave


def cadu_octets(interleave: int) -> int:
    """Return the length of a CADU; raise `CodingError` for an impossible depth."""
    return len(ASM) + frame_octets(interleave) // RS_DATA_OCTETS * RS_CODEWORD_OCTETS


class TmChannel:
    """The sending end of a master channel: bounded packet queues in, one CADU a call out.

    `pool` owns `TmFrameCounters` and `DownlinkQueue`, which hold all state: a copy of them is a
    snapshot. `vcids` are the virtual channels for packets, highest priority first; they share the queue evenly.
    A frame is made as soon as any packet waits, and filled up with an idle packet; without packets, frames of idle
    data go out on `idle_vcid`.
    """

    def __init__(
        self,
        pool: Handles,
        scid: int,
        interleave: int,
        vcids: tuple[int, ...],
        *,
        idle_vcid: int = IDLE_VCID,
        randomizer: Randomizer = Randomizer.TM_255,
    ) -> None:
        if not 0 <= scid <= SCID_MAX:
            raise FrameError(f"spacecraft id {scid}: expected 0 to {SCID_MAX}")
        channels = (*vcids, idle_vcid)
        if not vcids or len(set(channels)) != len(channels) or not all(0 <= v <= VCID_MAX for v in channels):
            raise FrameError(f"virtual channels {vcids} and {idle_vcid} for idle data: expected different ones, 0 to 7")
        frame_octets(interleave)
        self._sender = _tm_send.TmSender(scid, interleave, tuple(vcids), idle_vcid, Randomizer(randomizer))
        self._sender.bind(pool)
        self.cadu_octets: Final = self._sender.cadu_octets
        self.queue_octets: Final = self._sender.queue_octets  # bound of each virtual channel's queue
        self.next_cadu: Final = self._sender.next_cadu  # next_cadu(clcw: int) -> bytes, always one CADU

    def push(self, vcid: int, packet: bytes) -> bool:
        """Queue one space packet; False, counted in `packets_refused`, when the channel's queue has no room for it.

        Raises `PacketError` when the octets are not exactly one packet, `FrameError` for a channel not in use.
        """
        if not self._sender.serves(vcid):
            raise FrameError(f"virtual channel {vcid} is not in use for packets")
        if len(packet) <= PACKET_HEADER_OCTETS or len(packet) != 7 + (packet[4] << 8 | packet[5]) or packet[0] >> 5:
            raise PacketError(f"{len(packet)} octets starting {packet[:6].hex()}: expected exactly one space packet")
        return self._sender.offer(vcid, packet)

    @property
    def packets_stored(self) -> int:
        """Packets that wait on all channels, with those that are partly sent."""
        return self._sender.stored()

    def waiting_octets(self, vcid: int) -> int:
        """Return the octets that wait on `vcid`."""
        return self._sender.waiting(vcid)


class Frame(NamedTuple):
    """A good transfer frame, where its CADU began in the stream, and how many symbols were corrected."""

    offset: int
    corrections: int
    octets: bytes


class Reception(NamedTuple):
    """Results of a piece of the stream: packets with their virtual channel, and CLCWs, in order."""

    packets: list[tuple[int, bytes]]
    clcws: list[int]


def new_counts() -> Memory:
    """Return memory with zeroed counters: `TmReception` as "reception"."""
    return Memory({"reception": TmReception})


class CaduReceiver:
    """Frame synchroniser and decoder: octets in, good transfer frames out.

    Searches the exact sync marker; while in step it tolerates three wrong bits in the marker. A CADU that cannot be
    decoded is dropped whole when the next marker is in its place, otherwise the search goes on inside it. `counts`
    (fields of `TmReception`, in `memory`, which may be shared) accounts for every octet given.
    """

    def __init__(
        self,
        interleave: int,
        *,
        randomizer: Randomizer = Randomizer.TM_255,
        fecf: bool = True,
        memory: Memory | None = None,
    ) -> None:
        frame_octets(interleave)
        memory = new_counts() if memory is None else memory
        self.counts = memory["reception"]
        self._receiver = _tm_receive.CaduReceiver(interleave, Randomizer(randomizer), fecf)
        self._receiver.bind(memory)

    def feed(self, octets: bytes, *, at_end: bool = False) -> list[Frame]:
        """Take the next octets of the stream; return the frames they complete. `at_end` settles what is left."""
        return [Frame(*found) for found in self._receiver.feed(octets, at_end)]


class PacketExtractor:
    """Frames in, packets and CLCWs out, with gaps counted by master and virtual channel frame count.

    Counts are modulo 256 (132.0-B-3, 4.1.2.5 and 4.1.2.6); frames are told apart by their content too, of which the
    last 2**18 are remembered. A frame that has come before, octet for octet, is dropped and counted, however long
    ago: a recording may be joined with itself or overlap another. Idle frames recur lawfully; they are new until a
    frame with content that follows them shows that all of them have come before, and then what they added to `counts`
    is taken back. A frame that is missing and comes late is used: it is no longer missing, and its packets come out
    then, those too whose other part came before. Its CLCW is old and left out. A reversed recording is one of late
    frames. A count that begins anew at 0 is a restart of the spacecraft: what was lost is unknown. Any other count is
    ahead, and what it skips is lost.

    What cannot be told: a late frame from a loss of more than half the range, where its content is unknown; a
    recording of a whole turn of the counts joined with itself on one virtual channel, from a satellite that always
    sends the same; the place of frames that come before all others of a recording that has ended.

    A packet with a frame missing is dropped and counted. Frames that claim idle data only (FHP 7FE) are searched for
    packets all the same, because some satellites send them so. `scid` `ANY_SCID` takes any spacecraft.
    """

    def __init__(
        self,
        scid: int = ANY_SCID,
        *,
        fecf: bool = True,
        memory: Memory | None = None,
    ) -> None:
        memory = new_counts() if memory is None else memory
        self.counts = memory["reception"]
        self._extractor = _tm_extract.PacketExtractor(scid, fecf)
        self._extractor.bind(memory)

    def receive(self, frame: bytes) -> Reception:
        """Take one frame whose FECF was checked; raise `FrameError` when it is shorter than its fixed fields."""
        if len(frame) <= TM_HEADER_OCTETS + TM_OCF_OCTETS + TM_FECF_OCTETS:
            raise FrameError(f"TM frame of {len(frame)} octets: expected a header, data, OCF and FECF")
        return Reception(*self._extractor.receive(frame))


class TmReceiver:
    """The receiving end of a master channel: `CaduReceiver` and `PacketExtractor` in one."""

    def __init__(
        self,
        interleave: int,
        scid: int = ANY_SCID,
        *,
        randomizer: Randomizer = Randomizer.TM_255,
        fecf: bool = True,
    ) -> None:
        frame_octets(interleave)
        memory = new_counts()
        self.counts = memory["reception"]
        self._cadus = _tm_receive.CaduReceiver(interleave, Randomizer(randomizer), fecf)
        self._cadus.bind(memory)
        self._extractor = _tm_extract.PacketExtractor(scid, fecf)
        self._extractor.bind(memory)

    def save(self) -> State:
        """Return all that is remembered, as plain data (`hal.saved`)."""
        return {"counts": self.counts.tobytes(), "cadus": self._cadus.save(), "packets": self._extractor.save()}

    def restore(self, state: State) -> None:
        """Continue from what a receiver with the same arguments saved; raise `SavedError` when it does not fit."""
        require_size("counts of a receiver", state["counts"], self.counts.nbytes)
        self.counts[...] = np.frombuffer(state["counts"], self.counts.dtype)[0]
        self._cadus.restore(state["cadus"])
        self._extractor.restore(state["packets"])

    def feed(self, octets: bytes, *, at_end: bool = False) -> Reception:
        """Take the next octets of the stream, in pieces of any size; return the packets and CLCWs they complete."""
        return Reception(*_tm_extract.receive_stream(self._cadus, self._extractor, octets, at_end))
