"""Boards that run elsewhere, in real time: nobody waits, and late answers are missed.

The world's clock runs. At each board cycle the world sends the stimulus and does not wait. At the next cycle it takes
the answer and applies it to the time since the last cycle. If the answer has not come, it counts as missed, and the
last actuation stays in force. Flight has its own deadlines, as with real boards.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.world.lockstep import BoardEnds, CountedBus

if TYPE_CHECKING:
    from sim.world._world import WorldKernel

NS = 1_000_000_000


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


class RealTimeClock:
    """A clock that runs (`hal.clock.Clock`): `speed` mission seconds a second, from the first sleep on.

    While flight sleeps the world's board cycles are stepped, each when its time has come. Flight and world share a
    thread, so a tick that takes too long also delays the world's next cycle.
    """

    def __init__(
        self,
        world: WorldKernel,
        speed: float,
        now_ns: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._world, self._speed = world, speed
        self._host_ns, self._sleep = now_ns, sleep
        self._start_ns: int | None = None

    def now_ns(self) -> int:
        """Mission time [ns]; 0 before the first sleep."""
        if self._start_ns is None:
            return 0
        return int((self._host_ns() - self._start_ns) * self._speed)

    def sleep_until(self, t_ns: int) -> None:
        """Return at mission time `t_ns` [ns], or at once when it is past, with every board cycle up to it begun."""
        if self._start_ns is None:
            self._start_ns = self._host_ns()
        while (due_ns := self._world.due_ns) <= t_ns:
            self._wait(due_ns)
            self._world.step(due_ns)
        self._wait(t_ns)

    def _wait(self, t_ns: int) -> None:
        left_ns = t_ns - self.now_ns()
        while left_ns > 0:
            self._sleep(left_ns / self._speed / NS)
            left_ns = t_ns - self.now_ns()
