"""The ground's end of the uplink: packets in, CLTUs out, with a window of sequence-controlled frames.

A plain go-back-n sender for FARM-1 (CCSDS 232.1-B-2): it numbers type-AD frames, keeps them until a CLCW
acknowledges them, and sends them again when the CLCW asks for it or when the timer runs out. Time is handed in.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from typing import Final

from ccsds.clcw import Clcw
from ccsds.errors import FrameError, PacketError
from ccsds.packets import split_packets
from ccsds.tc_frames import (
    FECF_OCTETS,
    FRAME_MAX,
    HEADER_OCTETS,
    SET_V_R,
    UNLOCK,
    FrameType,
    SegmentFlags,
    TcFrame,
    cltu_encode,
    segment,
)
from hal.saved import State, attributes, set_attributes

DATA_MAX: Final = FRAME_MAX - HEADER_OCTETS - FECF_OCTETS
DEFAULT_TIMEOUT_NS: Final = 5_000_000_000
DEFAULT_TRANSMISSION_LIMIT: Final = 5
REMEMBERED: Final = (
    "_resend", "_hold", "_retransmit_seen", "_last_word", "_farm_b", "_unconfirmed", "v_s", "frames_sent",
    "frames_resent", "frames_acknowledged", "clcws_refused",
)  # fmt: skip


@enum.unique
class SenderAlert(enum.IntEnum):
    """Why the sender stopped; `unlock` or `set_v_r` starts it again."""

    NONE = 0
    LOCKOUT = 1  # FARM-1 is in lockout
    LIMIT = 2  # a frame was sent as often as allowed and is not acknowledged
    SYNCH = 3  # the CLCW acknowledges frames that were never sent


@dataclass(slots=True)
class _Sent:
    n_s: int
    frame: bytes
    t_ns: int
    transmissions: int


class TcSender:
    """The sending end of one TC virtual channel.

    `window` is the number of unacknowledged frames allowed: 1 to W/2 of the FARM. With `map_id`, frames carry a
    segment header and long packets are cut into segments; without, a packet must fit in one frame.
    """

    def __init__(
        self, scid: int, vcid: int, *, window: int, map_id: int | None = None, randomized: bool = False,
        timeout_ns: int = DEFAULT_TIMEOUT_NS, transmission_limit: int = DEFAULT_TRANSMISSION_LIMIT,
    ) -> None:  # fmt: skip
        if not 1 <= window <= 127:
            raise FrameError(f"sender window {window}: expected 1 to 127, half the FARM's at most")
        self._scid = scid
        self._vcid = vcid
        self._window = window
        self._map_id = map_id
        self._randomized = randomized
        self._timeout_ns = timeout_ns
        self._limit = transmission_limit
        self._waiting: deque[bytes] = deque()  # data fields without a number yet
        self._sent: deque[_Sent] = deque()  # not acknowledged, oldest first
        self._resend = False
        self._hold = False  # the CLCW's Wait flag
        self._retransmit_seen = False
        self._last_word = -1  # the last CLCW that was for this channel
        self._farm_b: int | None = None  # FARM-B of the last CLCW
        self._unconfirmed: int | None = None  # FARM-B before a control command that no CLCW has confirmed
        self.v_s = 0
        self.alert = SenderAlert.NONE
        self.frames_sent = 0
        self.frames_resent = 0
        self.frames_acknowledged = 0
        self.clcws_refused = 0
        self._frame(FrameType.BC, UNLOCK)  # refuse impossible ids now

    @property
    def unacknowledged(self) -> int:
        """Frames sent, or waiting to be sent, that no CLCW has acknowledged."""
        return len(self._sent) + len(self._waiting)

    def unacknowledged_at(self, v_r: int) -> int:
        """`unacknowledged`, less the frames that a FARM with V(R) = `v_r` has accepted but no CLCW has reported."""
        accepted = (v_r - self._sent[0].n_s) & 0xFF if self._sent else 0
        return self.unacknowledged - (accepted if accepted <= len(self._sent) else 0)

    def save(self) -> State:
        """Return all that is remembered, as plain data (`hal.saved`)."""
        sent = [(s.n_s, s.frame, s.t_ns, s.transmissions) for s in self._sent]
        return attributes(self, REMEMBERED) | {
            "waiting": list(self._waiting), "sent": sent, "alert": int(self.alert),
        }  # fmt: skip

    def restore(self, state: State) -> None:
        """Continue from what a sender with the same arguments saved; raise `SavedError` when it does not fit."""
        set_attributes(self, REMEMBERED, state)
        self._waiting = deque(state["waiting"])
        self._sent = deque(_Sent(*sent) for sent in state["sent"])
        self.alert = SenderAlert(state["alert"])

    def send(self, packet: bytes, t_ns: int) -> bytes:
        """Take one packet for type-AD frames; return the CLTUs that may go out now, possibly none.

        Raises `PacketError` when the octets are no packet, `FrameError` when it does not fit.
        """
        self._waiting.extend(self._data_fields(packet))
        return self.poll(t_ns)

    def send_bypass(self, packet: bytes) -> bytes:
        """Return the CLTUs of one packet in type-BD frames, outside the window."""
        frames = [self._frame(FrameType.BD, data) for data in self._data_fields(packet)]
        self.frames_sent += len(frames)
        return b"".join(self._cltu(frame) for frame in frames)

    def unlock(self) -> bytes:
        """Return the CLTU of Unlock; data frames go on once a CLCW confirms it (FARM-B has counted on)."""
        self._restart()
        self._unconfirmed = self._farm_b
        return self._cltu(self._frame(FrameType.BC, UNLOCK))

    def set_v_r(self, v_r: int) -> bytes:
        """Return the CLTU of Set V(R); everything not acknowledged is numbered anew from `v_r`.

        Data frames go on once a CLCW confirms the command; a sender that never saw a CLCW does not wait for one.
        """
        if not 0 <= v_r <= 255:
            raise FrameError(f"V(R) {v_r}: expected 0 to 255")
        self._waiting.extendleft(item.frame[HEADER_OCTETS:-FECF_OCTETS] for item in reversed(self._sent))
        self._sent.clear()
        self.v_s = v_r
        self._restart()
        self._unconfirmed = self._farm_b
        return self._cltu(self._frame(FrameType.BC, SET_V_R + bytes([v_r])))

    def on_clcw(self, word: int) -> None:
        """Take a CLCW; `poll` then returns the frames that it asks for. Foreign and broken ones are counted."""
        if word == self._last_word:
            return  # nothing new
        try:
            clcw = Clcw.decode(word)
        except FrameError:
            self.clcws_refused += 1
            return
        if clcw.vcid != self._vcid:
            self.clcws_refused += 1
            return
        self._last_word = word
        self._farm_b = clcw.farm_b
        if self._unconfirmed == clcw.farm_b:
            return  # from before the control command
        self._unconfirmed = None
        self._acknowledge(clcw.report_value)
        self._hold = clcw.wait
        if clcw.lockout:
            self.alert = SenderAlert.LOCKOUT
        elif self.alert is SenderAlert.LOCKOUT:
            self._restart()
        if clcw.retransmit and not clcw.wait and not self._retransmit_seen:
            self._resend = True
        self._retransmit_seen = clcw.retransmit and not clcw.wait

    def poll(self, t_ns: int) -> bytes:
        """Return the CLTUs to transmit now: frames to be sent again, then new ones while the window is open."""
        if self.alert is not SenderAlert.NONE or self._hold or self._unconfirmed is not None:
            return b""
        due = bool(self._sent) and t_ns - self._sent[0].t_ns >= self._timeout_ns
        out = b""
        if self._resend or due:
            if self._sent and self._sent[0].transmissions >= self._limit:
                self.alert = SenderAlert.LIMIT
                return b""
            out = self._send_again(t_ns)
        while self._waiting and len(self._sent) < self._window:
            frame = self._frame(FrameType.AD, self._waiting.popleft(), self.v_s)
            self._sent.append(_Sent(self.v_s, frame, t_ns, 1))
            self.v_s = (self.v_s + 1) & 0xFF
            self.frames_sent += 1
            out += self._cltu(frame)
        return out

    def _send_again(self, t_ns: int) -> bytes:
        self._resend = False
        for item in self._sent:
            item.t_ns = t_ns
            item.transmissions += 1
        self.frames_resent += len(self._sent)
        return b"".join(self._cltu(item.frame) for item in self._sent)

    def _acknowledge(self, v_r: int) -> None:
        oldest = self._sent[0].n_s if self._sent else self.v_s
        count = (v_r - oldest) & 0xFF
        if count > len(self._sent):
            if self.alert is SenderAlert.NONE:
                self.alert = SenderAlert.SYNCH
            return
        if self.alert is SenderAlert.SYNCH:
            self._restart()
        for _ in range(count):
            self._sent.popleft()
        if count:  # progress: a Retransmit flag now is a new request
            self._retransmit_seen = False
        self.frames_acknowledged += count

    def _restart(self) -> None:
        self.alert = SenderAlert.NONE
        self._retransmit_seen = False
        self._resend = bool(self._sent)
        for item in self._sent:
            item.transmissions = 0

    def _data_fields(self, packet: bytes) -> list[bytes]:
        if len(split_packets(packet)) != 1:
            raise PacketError(f"{len(packet)} octets: expected exactly one packet")
        if self._map_id is None:
            if len(packet) > DATA_MAX:
                raise FrameError(f"packet of {len(packet)} octets: expected at most {DATA_MAX} without segments")
            return [packet]
        pieces = [packet[i : i + DATA_MAX - 1] for i in range(0, len(packet), DATA_MAX - 1)]
        if len(pieces) == 1:
            return [segment(SegmentFlags.UNSEGMENTED, self._map_id, packet)]
        flags = [SegmentFlags.FIRST, *[SegmentFlags.CONTINUATION] * (len(pieces) - 2), SegmentFlags.LAST]
        return [segment(flag, self._map_id, piece) for flag, piece in zip(flags, pieces, strict=True)]

    def _frame(self, frame_type: FrameType, data: bytes, n_s: int = 0) -> bytes:
        return TcFrame(self._scid, self._vcid, frame_type, data, n_s).encode()

    def _cltu(self, frame: bytes) -> bytes:
        return cltu_encode(frame, randomized=self._randomized)
