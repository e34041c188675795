"""The application `time`: takes TAI from GNSS if it is plausible, and never steps it backwards.

A solution tells TAI to the nanosecond, and its mission time as finely as the exchange reads: octets may have waited for
up to a tick, never less than not at all. So TAI minus mission time is at least what a solution says. It is set forward
at once; it is taken back slowly, and only when the time in use is ahead by more than a tick.

A time in use that came from GNSS is corrected by at most `CORRECTION_NS`; what differs by more is refused, as spoofed
or broken. A time that did not may be set forward by any span when `AGREEING` solutions in a row agree with each other.
What is behind the time in use by more than that is refused: nothing on board can undo that TAI was told too late.
"""

from __future__ import annotations

import numpy as np

from fsw.core.events import EventId, EventQueue
from fsw.core.pool import Pool
from fsw.core.samples import SampleNames
from fsw.core.sections import TaiSection
from fsw.health.devices import Device
from fsw.navigation.sections import SynchronisationSection
from hal.samples import GnssSample
from hal.vehicle.vehicle import Vehicle

DEAD_BAND_NS = 1_000_000  # differences that are not worth a correction
CORRECTION_NS = 500_000_000
AGREEING = 5  # solutions, a minute of a receiver that gives one in 10 s
SLEW_NS_PER_S = 500_000  # TAI in use then runs slow by 500 ppm


class TimeKeeper:
    """Writes `TaiSection` and `SynchronisationSection`; runs once a slow tick. Without GNSS nothing changes."""

    def __init__(self, pool: Pool, vehicle: Vehicle, events: EventQueue) -> None:
        name = SampleNames(pool).first_of(GnssSample)
        self._gnss = pool.handle(name).array if name else np.zeros((), GnssSample.dtype())
        self._seq = self._gnss["seq"].reshape(1).data
        self._state = pool.array(SynchronisationSection)
        self._seen = self._state["seq"].reshape(1).data
        self._ahead = self._state["slew_ns"].reshape(1).data
        self._tai = pool.array(TaiSection)
        self._excluded = pool.view("fdir.excluded").data
        self._events = events
        self._tick_ns = 1_000_000_000 // vehicle.rates.base_hz
        self._slew_ns = SLEW_NS_PER_S // vehicle.rates.slow_hz

    def step(self) -> None:
        """Judge a new solution; when the time in use is ahead, slow it down a little."""
        if self._seq[0] != self._seen[0]:
            self._seen[0] = self._seq[0]
            if self._gnss["valid"] and not self._excluded[Device.GNSS]:
                self._judge(int(self._gnss["t_tai_ns"]) - int(self._gnss["t_ns"]))
        if self._ahead[0] > 0:
            back_ns = min(self._slew_ns, self._ahead[0])
            self._ahead[0] -= back_ns
            self._set_forward(-back_ns)

    def _judge(self, offset_ns: int) -> None:
        """Compare TAI minus mission time according to GNSS with the value in use."""
        state = self._state
        differ_ns = offset_ns - int(self._tai["offset_ns"])
        if -CORRECTION_NS <= differ_ns <= CORRECTION_NS:
            state["agreeing"] = 0
            state["used"] += 1
            self._correct(offset_ns, differ_ns)
            return
        agree = abs(offset_ns - int(state["candidate_ns"])) <= self._tick_ns + DEAD_BAND_NS
        state["candidate_ns"] = offset_ns
        state["agreeing"] = int(state["agreeing"]) + 1 if agree else 1
        if differ_ns > 0 and not self._tai["synchronised"] and state["agreeing"] >= AGREEING:
            state["agreeing"] = 0
            state["used"] += 1
            self._correct(offset_ns, differ_ns)
            return
        state["refused"] += 1
        if state["agreeing"] == 1:
            self._events.raise_event(EventId.TIME_REFUSED, differ_ns * 1e-9)

    def _correct(self, offset_ns: int, differ_ns: int) -> None:
        """Use an accepted time."""
        first = not self._tai["synchronised"]
        self._state["slew_ns"] = max(0, -differ_ns - self._tick_ns) if differ_ns < -self._tick_ns - DEAD_BAND_NS else 0
        forward_ns = differ_ns if differ_ns > DEAD_BAND_NS else 0
        if first or forward_ns:
            self._set_forward(forward_ns)
            self._events.raise_event(EventId.TIME_SYNCHRONISED, forward_ns * 1e-9)

    def _set_forward(self, by_ns: int) -> None:
        self._state["stepped_ns"] += by_ns
        self._tai["offset_ns"] += by_ns
        self._tai["synchronised"] = 1
