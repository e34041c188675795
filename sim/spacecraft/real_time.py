"""Boards that run elsewhere, in real time: nobody waits, and late answers are missed.

Time runs (`sim.universe`). At each board cycle the world sends the stimulus and does not wait. At the next cycle it
takes the answer and applies it to the time since the last cycle. If the answer has not come, it counts as missed, and
the last actuation stays in force. Flight has its own deadlines, as with real boards.
"""

from __future__ import annotations

from sim.spacecraft.lockstep import BoardEnds, CountedBus


class RealTimeLine:
    """The simulator's end of a board elsewhere in real time; it never waits."""

    runs = True  # the world collects each answer at its next cycle

    def __init__(self, ends: BoardEnds) -> None:
        self.bus = CountedBus(ends.bus)
        self.octets = 0  # both ways
        self._link = ends.stimulus

    def send(self, frame: bytes) -> None:
        """Send one stimulus frame; raise `LinkError` as the link does."""
        self._link.write(frame)
        self.octets += len(frame)

    def receive(self) -> bytes:
        """Return what has come since the last call; raise `LinkError` as the link does."""
        octets = self._link.read()
        self.octets += len(octets)
        return octets
