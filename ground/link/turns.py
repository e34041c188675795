"""Shares one uplink among many senders in turns of one CLTU, sans-I/O. Time is handed in.

A turn is one CLTU: it ends with the tail sequence (CCSDS 231.0-B-4, 5.2). While nobody else waits, octets go up as they
come. A sender with a whole CLTU waits only a limited time for a slow one (`GRACE_S`, `TURN_OCTETS`). When the uplink
changes to another sender within a CLTU, the acquisition sequence goes up first (231.0-B-4, 5.2 and 7). It ends the
incomplete CLTU at the receiver, which then searches for the next start.
"""

from __future__ import annotations

import math

from ccsds.tc_frames import ACQUISITION_OCTETS, CLTU_OCTETS_MAX, TAIL_SEQUENCE

HOLD_S = 1.0  # silence after which an unfinished CLTU gives the uplink to the next sender [s]
HOLD_MAX_S = 5.0  # time after which a sender without an end gives it up anyway, when another waits [s]
GRACE_S = 0.5  # time in all that a turn may have nothing to send while another sender has a whole CLTU [s]
TURN_OCTETS = CLTU_OCTETS_MAX  # that a turn may send, no end in sight, while another sender has a whole CLTU
TURN_OCTETS_MAX = 2 * CLTU_OCTETS_MAX  # of a turn whose end is in sight: a CLTU with something before it
ROOM_OCTETS = TURN_OCTETS_MAX  # octets of one sender that wait here; the rest waits in its connection


class Sender:
    """Octets of one client that wait for the uplink."""

    def __init__(self) -> None:
        self.waiting = bytearray()
        self.commanded_s = -math.inf  # when its last whole CLTU had gone up
        self._last = b""  # the last octets that went up, as many as may begin a tail

    @property
    def room(self) -> int:
        """Octets that can still be taken."""
        return ROOM_OCTETS - len(self.waiting)

    @property
    def whole(self) -> bool:
        """Whether the end of a CLTU is among the waiting octets."""
        return self._end() > 0

    def ends_within(self, octets: int) -> bool:
        """Return whether a CLTU ends within this many octets."""
        return 0 < self._end() <= octets

    def keep_whole(self) -> int:
        """Drop octets after the last whole CLTU, whose rest will never come; return how many."""
        at = (self._last + self.waiting).rfind(TAIL_SEQUENCE)
        end = 0 if at < 0 else at - len(self._last) + len(TAIL_SEQUENCE)
        dropped = len(self.waiting) - end
        del self.waiting[end:]
        return dropped

    def take(self, most: int) -> tuple[bytes, bool]:
        """Return octets of one CLTU, at most that many, and whether they end it."""
        end = self._end()
        octets = bytes(self.waiting[: min(most, end) if end else most])
        del self.waiting[: len(octets)]
        ended = 0 < end == len(octets)
        self._last = b"" if ended else (self._last + octets)[1 - len(TAIL_SEQUENCE) :]
        return octets, ended

    def _end(self) -> int:
        """Return how many octets wait up to the end of a CLTU, 0 when none ends."""
        at = (self._last + self.waiting).find(TAIL_SEQUENCE)
        return 0 if at < 0 else at - len(self._last) + len(TAIL_SEQUENCE)


class Turns:
    """Gives the uplink to one sender after the other; `senders` are in the order of their turns."""

    def __init__(self) -> None:
        self.senders: list[Sender] = []
        self.holder: Sender | None = None
        self._unfinished: Sender | None = None  # whose CLTU has begun and not ended on the uplink
        self._between = b""  # octets that go up before the holder's
        self._began_s = self._heard_s = self._seen_s = 0.0  # of the turn: start, last octets, last look
        self._starved_s = 0.0  # time in which the turn had nothing to send and the radio was free
        self._starves = False  # so it was after the last look
        self._octets = 0  # that it has sent

    @property
    def _dawdles(self) -> bool:
        """Return whether the turn has used up the time for which it may delay a sender with a whole CLTU."""
        return self._starved_s > GRACE_S or self._octets >= TURN_OCTETS

    def break_in(self) -> bytes | None:
        """Return octets to send before octets outside of turns; None while the CLTU of a turn must end first."""
        if self.holder is not None and self._octets and not self._dawdles:
            return None
        before = self._between or (b"" if self._unfinished is None else ACQUISITION_OCTETS)
        self.holder, self._unfinished, self._between = None, None, b""
        return before

    def leave(self, sender: Sender) -> None:
        """Remove a sender."""
        self.senders.remove(sender)
        if sender is self.holder:
            self.holder = None

    def next_octets(self, most: int, now_s: float) -> tuple[bytes, int]:
        """Return at most `most` octets to send now, and how many of them are the acquisition sequence."""
        out, added = b"", 0
        if most <= 0:  # the radio is busy: nobody keeps anybody waiting
            self._seen_s = now_s
        while len(out) < most:
            self._judge(now_s)
            if self.holder is None and not self._grant(now_s):
                break
            if self._between:
                piece, self._between = self._between[: most - len(out)], self._between[most - len(out) :]
                added += len(piece)
                self._unfinished = None
            else:
                piece = self._send(most - len(out), now_s)
            if not piece:
                break
            out += piece
        self._starves = len(out) < most and self.holder is not None and not self.holder.waiting
        return out, added

    def _send(self, most: int, now_s: float) -> bytes:
        """Return octets of the current sender to send now; its turn ends with its CLTU."""
        holder = self.holder
        if holder is None or not holder.waiting:
            return b""
        octets, ended = holder.take(most)
        self._heard_s = now_s
        self._octets += len(octets)
        self._unfinished = None if ended else holder
        if ended:
            holder.commanded_s = now_s
            self.holder = None
        return octets

    def _judge(self, now_s: float) -> None:
        """End the turn of a sender that keeps others waiting."""
        holder, passed_s = self.holder, now_s - self._seen_s
        self._seen_s = now_s
        if holder is None:
            return
        if self._starves:
            self._starved_s += passed_s
        if holder.ends_within(TURN_OCTETS_MAX - self._octets):
            return
        others = [sender for sender in self.senders if sender is not holder and sender.waiting]
        silent = not holder.waiting and now_s - self._heard_s > HOLD_S
        too_long = bool(others) and now_s - self._began_s > HOLD_MAX_S
        if silent or too_long or (self._dawdles and any(sender.whole for sender in others)):
            self.holder = None

    def _grant(self, now_s: float) -> bool:
        """Give the uplink to the next sender that waits, one with a whole CLTU first; False when none waits."""
        waiting = [sender for sender in self.senders if sender.waiting]
        if not waiting:
            return False
        holder = next((sender for sender in waiting if sender.whole), waiting[0])
        self.senders.remove(holder)
        self.senders.append(holder)
        if self._unfinished not in {None, holder} and not self._between:
            self._between = ACQUISITION_OCTETS
        self.holder = holder
        self._began_s = self._heard_s = self._seen_s = now_s
        self._starved_s, self._octets = 0.0, 0
        return True
