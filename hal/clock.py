"""Clocks that give mission time."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Mission time in nanoseconds, 0 at the start, monotonic. A clock tells time and moves nothing.

    It runs by itself (`SystemClock`), or somebody else moves it: the simulator's stands still between two steps of its
    universe, and to sleep on it past its time is an error at once.
    """

    def now_ns(self) -> int:
        """Return mission time [ns]."""

    def sleep_until(self, t_ns: int) -> None:
        """Return when mission time is `t_ns` [ns] or later; at once if it already is."""


class SystemClock:
    """The system's monotonic clock, counted from the construction of this object."""

    def __init__(self) -> None:
        self._start_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        """Return nanoseconds since the start."""
        return time.monotonic_ns() - self._start_ns

    def sleep_until(self, t_ns: int) -> None:
        """Sleep until `t_ns` nanoseconds after the start."""
        left_ns = t_ns - self.now_ns()
        while left_ns > 0:
            time.sleep(left_ns * 1e-9)
            left_ns = t_ns - self.now_ns()


class MissionClock:
    """Mission time on a clock that counts from the start of a process: another start, another offset.

    `offset_ns` is mission time minus the time of `clock`; it is set before the first tick and never after.
    """

    def __init__(self, clock: Clock, offset_ns: int = 0) -> None:
        self._clock = clock
        self.offset_ns = offset_ns

    def now_ns(self) -> int:
        """Return mission time [ns]."""
        return self._clock.now_ns() + self.offset_ns

    def sleep_until(self, t_ns: int) -> None:
        """Return when mission time is `t_ns` [ns] or later."""
        self._clock.sleep_until(t_ns - self.offset_ns)
