"""Boards that run elsewhere, in lock-step: world and boards wait for each other, and nothing is late.

A board has two ports, and octets on two lines have no common order. STIMULUS therefore holds the number of octets sent
on the bus before it, and ACTUATION the number that the board sent there (modulo 2^16). The receiver of such a packet
first takes that many octets from the bus (docs/adr/0005).
"""

from __future__ import annotations

import select
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hal.links.link import ByteLink

if TYPE_CHECKING:
    from sim.faults.boards import BoardControl

ANSWER_PATIENCE_S = 5.0  # of wall time, for a board that answered last time
SILENT_PATIENCE_S = 0.25  # for one that did not
BUS_PATIENCE_S = 0.5  # for bus octets that the board has announced
POLL_S = 2e-4
COUNT = 1 << 16


@dataclass(frozen=True)
class BoardEnds:
    """The two ports of a board that runs elsewhere: flight's end of the bus, the simulator's end of the stimulus.

    `control` is the interface for faults of the board; None: faults of this board are not possible.
    """

    bus: ByteLink
    stimulus: ByteLink
    control: BoardControl | None = None


class Waiter:
    """Waits until a link may have octets to read, and gives up in the end."""

    def __init__(self, link: ByteLink) -> None:
        self._deadline = 0.0
        self._poll: Any = None
        descriptor = getattr(link, "fileno", None)
        if descriptor is not None:
            self._poll = select.poll()
            self._poll.register(descriptor(), select.POLLIN)

    def start(self, patience_s: float) -> None:
        """Begin to wait for at most `patience_s` of wall time."""
        self._deadline = time.monotonic() + patience_s

    def wait(self) -> bool:
        """Wait a little; False when the time is up."""
        left_s = self._deadline - time.monotonic()
        if left_s <= 0.0:
            return False
        if self._poll is None:
            time.sleep(min(POLL_S, left_s))
        else:
            self._poll.poll(left_s * 1e3)
        return True


class CountedBus:
    """Flight's end of the bus of a board elsewhere: a `ByteLink` that counts.

    `written`: octets written, modulo 2^16; `octets`: both ways.
    """

    def __init__(self, link: ByteLink) -> None:
        self._link = link
        self.written = 0
        self.octets = 0

    def write(self, octets: bytes) -> None:
        """Send `octets`; raise `LinkError` as the link does."""
        self._link.write(octets)
        self.written = (self.written + len(octets)) % COUNT
        self.octets += len(octets)

    def read(self) -> bytes:
        """Return everything that has come since the last call."""
        octets = self._link.read()
        self.octets += len(octets)
        return octets

    def close(self) -> None:
        """Close this end."""
        self._link.close()


class LockstepBus(CountedBus):
    """The same in lock-step, where a read is complete.

    `announce(count)`: the board says that it has put so many octets on the bus; the next `read` returns with all of
    them, or with what came in `BUS_PATIENCE_S`, and counts `octets_missing`.
    """

    def __init__(self, link: ByteLink) -> None:
        super().__init__(link)
        self._waiter = Waiter(link)
        self._taken = 0
        self._announced = 0
        self._news = False  # announced since the last read
        self.octets_missing = 0

    def announce(self, count: int) -> None:
        """Note that the board has put `count` octets (modulo 2^16) on the bus since its reset."""
        self._announced, self._news = count, True

    def restart(self) -> None:
        """Restart the counts, for a board that has just been reset."""
        self._taken, self._news = 0, False

    def read(self) -> bytes:
        """Return all octets that the board has announced, and any others that have come."""
        octets = self._link.read()
        self._taken = (self._taken + len(octets)) % COUNT
        if self._news:
            octets += self._read_rest()
        self.octets += len(octets)
        return octets

    def _read_rest(self) -> bytes:
        """Wait for announced octets; missing ones are counted, and both counts restart.

        More than was announced is what a board had put there before a reset, or what a link has invented.
        """
        octets = b""
        self._news = False
        self._waiter.start(BUS_PATIENCE_S)
        while 0 < (missing := (self._announced - self._taken) % COUNT) < COUNT // 2 and self._waiter.wait():
            more = self._link.read()
            self._taken = (self._taken + len(more)) % COUNT
            octets += more
        self.octets_missing += missing if missing < COUNT // 2 else 0
        self._taken = self._announced
        return octets


class StimulusLine:
    """The simulator's end of the stimulus port of a board elsewhere, as the world's kernel uses it.

    Patience is `ANSWER_PATIENCE_S` while the board answers, `SILENT_PATIENCE_S` once it does not.
    """

    runs = False  # the world waits for each answer

    def __init__(self, ends: BoardEnds) -> None:
        self.bus = LockstepBus(ends.bus)
        self.octets = 0  # both ways
        self._link = ends.stimulus
        self._waiter = Waiter(ends.stimulus)
        self._patience_s = ANSWER_PATIENCE_S

    def send(self, frame: bytes) -> None:
        """Send one stimulus frame and begin to wait for its answer."""
        self._link.write(frame)
        self.octets += len(frame)
        self._waiter.start(self._patience_s)

    def receive(self) -> bytes:
        """Return octets that have come since the last call, after a short wait; `b""` when the patience has ended."""
        while not (octets := self._link.read()):
            if not self._waiter.wait():
                return b""
        self.octets += len(octets)
        return octets

    def answered(self, yes: bool) -> None:
        """Note whether the board answered; this decides how long the world waits for the next answer."""
        if yes or self._patience_s > 0.0:
            self._patience_s = ANSWER_PATIENCE_S if yes else SILENT_PATIENCE_S

    def expect_silence(self, dark: bool) -> None:
        """Wait less for a board that hangs; do not wait at all for one without power (`dark`) until it is started."""
        self._patience_s = 0.0 if dark else SILENT_PATIENCE_S
