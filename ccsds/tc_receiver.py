"""The on-board end of the uplink: octets in, telecommand packets out, CLCW on request.

Sources: CCSDS 231.0-B-4 (CLTU), 232.0-B-4 4.4 (frames, segments), 232.1-B-2 (FARM-1). Streams are octet-aligned.
"""

from __future__ import annotations

from collections.abc import Callable

from ccsds._tc_receive import CltuDecoder, Farm, Segments
from ccsds.coding import BchMode
from ccsds.errors import FrameError, PacketError
from ccsds.farm import Farm1
from ccsds.packets import split_packets
from ccsds.tc_frames import (
    FRAME_MIN,
    SCID_MAX,
    FrameType,
    SegmentFlags,
    TcFrame,
    TcFrameError,
    TcReject,
    tc_frame_octets,
)
from hal.handle import Handles


class CltuReceiver:
    """Delimits and decodes CLTUs; what has arrived of one is in `UplinkBuffer` of `pool`.

    A CLTU starts at the start sequence (one wrong bit tolerated in `SEC` mode) and ends at the first codeblock that
    cannot be corrected, normally the tail sequence; then the search goes on from that codeblock's first octet.
    """

    def __init__(self, pool: Handles, *, mode: BchMode = BchMode.SEC, randomized: bool = False) -> None:
        self._decoder = CltuDecoder(mode is BchMode.SEC, randomized)
        self._decoder.bind(pool)

    def feed(self, octets: bytes) -> list[bytes]:
        """Take the next octets; return the decoded octets (frames, then fill) of each CLTU they complete."""
        return self._decoder.feed(octets)

    def abandon(self) -> None:
        """Drop a partly received CLTU and count it: the link failed, and the next octets belong to another CLTU."""
        self._decoder.abandon()


class TcReceiver:
    """The receiving end of one TC virtual channel.

    `pool` owns `TcFrameCounters` and `UplinkBuffer`, which hold all state. `segment_headers` says
    whether frames carry a segment header (any MAP; one segmented packet at a time).
    """

    def __init__(
        self, pool: Handles, scid: int, vcid: int, window: int, *, segment_headers: bool = False,
        mode: BchMode = BchMode.SEC, randomized: bool = False,
    ) -> None:  # fmt: skip
        if not 0 <= scid <= SCID_MAX:
            raise FrameError(f"spacecraft id {scid}: expected 0 to {SCID_MAX}")
        self._scid = scid
        self._vcid = vcid
        self._segment_headers = segment_headers
        self.farm = Farm1(pool, window, vcid)
        self._counts = Farm(window, vcid)
        self._counts.bind(pool)
        self._segments = Segments()
        self._segments.bind(pool)
        self._cltus = CltuReceiver(pool, mode=mode, randomized=randomized)
        self.clcw = self.farm.clcw  # clcw() -> int: the word for the next TM frame
        self.on_no_packets: Callable[[bytes, PacketError], None] = _say_nothing
        self.abandon = self._cltus.abandon  # abandon() when the link has failed

    def feed(self, octets: bytes, *, buffer_free: bool = True) -> list[bytes]:
        """Take the next octets of the uplink; return the packets of the frames that were accepted.

        `buffer_free=False` says that nothing more can be taken: FARM-1 then asks the ground to wait, until
        `buffer_released`. Anything unusable is dropped and counted in `tc_rejected`; data of an accepted frame that is
        not whole packets, and nothing else, is handed to `on_no_packets` besides: none of its packets is delivered.
        """
        packets: list[bytes] = []
        for cltu in self._cltus.feed(octets):
            at = 0
            while len(cltu) - at >= FRAME_MIN or at == 0:  # less than that is fill
                try:
                    end = at + tc_frame_octets(cltu[at:])
                    packets += self.receive_frame(cltu[at:end], buffer_free=buffer_free)
                except TcFrameError as error:
                    self._counts.rejected(error.reason)
                    break
                at = end
        return packets

    def receive_frame(self, octets: bytes, *, buffer_free: bool = True) -> list[bytes]:
        """Take the octets of one frame; return its packets when it is accepted.

        Raises `TcFrameError`, not counted and nothing changed, when it fails a validation check.
        """
        frame = TcFrame.decode(octets)
        if frame.scid != self._scid:
            raise TcFrameError(TcReject.SPACECRAFT, f"spacecraft id {frame.scid}: expected {self._scid}")
        if frame.vcid != self._vcid:
            raise TcFrameError(TcReject.VIRTUAL_CHANNEL, f"virtual channel {frame.vcid}: expected {self._vcid}")
        _, deliver = self.farm.receive(frame, buffer_free=buffer_free)
        self._counts.frame_valid()
        if not deliver or frame.frame_type is FrameType.BC:
            return []
        return self._packets(frame.data)

    def buffer_released(self) -> None:
        """Packets can be taken again."""
        self.farm.buffer_released()

    def _packets(self, data: bytes) -> list[bytes]:
        whole = self._unsegmented(data) if self._segment_headers else data
        if whole is None:
            return []
        try:
            packets = split_packets(whole)
        except PacketError as error:
            self._counts.rejected(TcReject.PACKET)
            self.on_no_packets(whole, error)
            return []
        self._counts.delivered(len(packets))
        return packets

    def _unsegmented(self, data: bytes) -> bytes | None:
        """Gather segments; None while a packet is incomplete or when a segment is dropped (counted)."""
        flags, map_id, piece = SegmentFlags(data[0] >> 6), data[0] & 0x3F, data[1:]
        if flags in (SegmentFlags.UNSEGMENTED, SegmentFlags.FIRST):
            if self._segments.abandon():
                self._counts.rejected(TcReject.SEGMENT)
            if flags is SegmentFlags.UNSEGMENTED:
                return piece
            self._segments.begin(map_id)
        if not self._segments.add(map_id, piece):
            self._segments.abandon()
            self._counts.rejected(TcReject.SEGMENT)
            return None
        return self._segments.end() if flags is SegmentFlags.LAST else None


def _say_nothing(_data: bytes, _error: PacketError) -> None:
    pass
