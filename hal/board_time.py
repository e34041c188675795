"""Board time to mission time, from the arrival of stamped packets.

A board stamps its samples with its own clock. Each packet gives one pair: its board time of validity and the mission
time at which it was read. Delays only ever add, so the line that maps one clock to the other is the lower envelope
of `mission - board`: the fastest arrival of each window (1 s long at first, doubling to 16 s) is kept for 16 windows;
drift is their least-squares slope, at most 1000 ppm, and the offset the highest line of that slope that no point lies
below. An arrival faster than the line pulls it down at once. Without delay variation (lock-step) the map is exact to
the nanosecond at constant offset, and after two windows to a few nanoseconds at constant drift; with it, the error is
that of the least delays. Integer and plain double arithmetic only: the same pairs give the same line.

Source of the idea: Paxson, *On Calibrating Measurements of Packet Transit Times*, SIGMETRICS 1998 (minima of delay
over windows); the kernel is `hal/_board_time.pxd`.

`BoardTimeEstimator(pool, name)` works in the record `name` of `pool` (`hal.link_state.BoardTime`), by default in one of
its own.
"""

from hal._board_time import BoardTimeEstimator

__all__ = ["BoardTimeEstimator"]
