"""The base class for drivers of devices on a link of their own, which a kind of another package names.

A package derives from `UnitDriver`; `smartsat new device` makes an example that works. `hal/drivers/README.md` says
what a driver must do, and `docs/adr/0010-what-other-repositories-build-on.md` why.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hal.board_time import BoardTimeEstimator
from hal.drivers._unit import Unit
from hal.drivers.framing import SyncFraming
from hal.drivers.names import names_of
from hal.drivers.scaling import nanoseconds
from hal.handle import Handles
from hal.vehicle.vehicle import Vehicle

LATE_MAX_NS = 1_000_000_000  # a report this much later than the fastest is stale
RESYNC_AFTER = 3  # consecutive reports that agree with each other, not with the past: the unit restarted
TIME_MAX_NS = 1 << 62


class UnitDriver(Unit, ABC):
    """Base class of a unit's driver: makes samples from octets; sends octets if the class defines `octets_out`.

    A class declares

    - `framing`: how its octets are cut into messages; None: the frames of `hal/wire.py`, each message a packet as
      `hal.packet.FrameDecoder.feed` returns it;
    - `take_message(message, now_ns)`: reads one message and calls `deliver`, `refuse` or `count`.

    - `housekeeping`: report structures that exist from start, as (interval [s], parameters); those that begin with
      "sample." and "health." are its own.

    It is made as `Class(vehicle, settings)`, with the device of the vehicle file, and `bind(pool)` takes its records
    from the pool: `samples.NAME`, of the kind's `sample`, `samples.NAME_health` (`hal.samples.DeviceHealth`) and
    `drivers.NAME` (`hal.link_state.UnitLinkState`). Its whole state is there: `sample`, `counters` and `state` are
    views. An exception of the driver is caught and counted, and the message in work is lost.
    """

    sample: NDArray[Any]
    state: NDArray[Any]
    counters: NDArray[Any]
    framing: ClassVar[SyncFraming | None] = None
    housekeeping: ClassVar[Sequence[tuple[int, Sequence[str]]]] = ()
    latency_ns = 0  # from the time of validity to the arrival of the last octet, when nothing delays it more

    def __init__(
        self,
        vehicle: Vehicle,
        settings: Any,  # noqa: ANN401 - of the kind
        *,
        silent_after_s: float | None = None,
    ) -> None:
        """`silent_after_s`: silence after which the sample is not vouched for; None: the vehicle's limit for boards."""
        self.vehicle, self.settings = vehicle, settings
        self.on_error: Callable[[int, BaseException], None] = lambda _count, _error: None  # set by the composition root
        seconds = vehicle.limits.board_silent_s if silent_after_s is None else silent_after_s
        silent_after_ns = nanoseconds(seconds, vehicle.file, "limits.board_silent_s")
        self._names = names_of(settings.name)
        self.set_unit(silent_after_ns, type(self).octets_out is not UnitDriver.octets_out, self._names)

    def bind(self, pool: Handles) -> None:
        """Take the records from `pool`; raise `TypeError` when one is missing or another."""
        super().bind(pool)
        self.counters = pool.handle(self._names["health"]).array
        self.sample = pool.handle(self._names["sample"]).array
        self.state = pool.handle(self._names["state"]).array
        self._clock = BoardTimeEstimator(pool, f"{self._names['state']}.clock")

    @abstractmethod
    def take_message(self, message: Any, now_ns: int) -> None:  # noqa: ANN401 - octets or a packet
        """Take one message that was read at mission time `now_ns` [ns]."""

    def octets_out(self, t_ns: int) -> bytes | None:
        """Return what to send to the unit in the exchange of tick `t_ns`, or None; asked only where it is defined."""

    def deliver(self, t_ns: int, seq: int, *, valid: bool, **values: Any) -> None:  # noqa: ANN401
        """Write the sample: its time of validity [ns], the unit's own number and its other fields by name.

        A sample with a number that is not finite is never valid, and is counted as out of range.
        """
        finite = True
        for name, value in values.items():
            self.sample[name] = value
            written = self.sample[name]
            finite = finite and (written.dtype.kind != "f" or bool(np.isfinite(written).all()))
        if not finite:
            self.count(out_of_range=1)
        self.note(t_ns, seq & 0xFFFFFFFF, valid and finite)

    def time_of(self, unit_ns: int, now_ns: int) -> int | None:
        """Return the mission time [ns] of a unit's own time; None for a report that is stale, which is counted.

        The map of the two clocks is estimated from arrivals, less `latency_ns` (`hal.board_time`). A report is stale
        when it does not follow the last one or comes more than a second later than the fastest; three in a row that
        follow each other are believed: the unit restarted.
        """
        arrival_ns = max(now_ns - self.latency_ns, 0)
        state = self.state
        possible = 0 <= unit_ns <= TIME_MAX_NS
        if not possible or not self._follows(unit_ns, arrival_ns):
            self.count(stale=1)
            return None
        state["last_unit_ns"] = unit_ns
        self._clock.add(unit_ns, arrival_ns)
        return min(self._clock.mission_ns(unit_ns), now_ns)

    def _follows(self, unit_ns: int, arrival_ns: int) -> bool:
        """Return whether a report is consistent with the last ones, or has contradicted them often enough."""
        state = self.state
        first = not self._clock.running
        late_ns = self._clock.residual_ns(unit_ns, arrival_ns)
        if first or (unit_ns > state["last_unit_ns"] and abs(late_ns) <= LATE_MAX_NS):
            state["refused"] = 0
            return True
        if unit_ns <= state["refused_unit_ns"]:
            state["refused"] = 0
        state["refused"] += 1
        state["refused_unit_ns"] = unit_ns
        if state["refused"] < RESYNC_AFTER:
            return False
        state["refused"] = 0
        self._clock.reset()
        return True

    def split(self, octets: bytes) -> Sequence[Any]:
        """Cut octets into messages; called by the kernel."""
        if self.framing is None:
            return self.decode(octets)
        stream = self.state["stream"]
        waiting = stream["encoded"][: stream["size"]].tobytes()
        found = self.framing.split(waiting + octets, lost=bool(stream["overflow"]))
        stream["size"], stream["overflow"] = len(found.rest), found.lost
        stream["encoded"][: len(found.rest)] = np.frombuffer(found.rest, np.uint8)
        self.count(frames_ok=len(found.frames), frames_bad=found.runs)
        self.counters["octets_dropped"] += found.dropped
        return found.frames

    def forget_octets(self) -> None:
        """Drop a partly received message and count it, because the link failed; called by the kernel."""
        stream = self.state["stream"]
        if stream["size"]:
            self.count(frames_bad=int(not stream["overflow"]))
            self.counters["octets_dropped"] += stream["size"]
        stream["size"], stream["overflow"] = 0, 0

    def failed(self, error: BaseException) -> None:
        """Count an exception of this driver and keep its details; called by the kernel."""
        self.counters["driver_errors"] += 1
        self.distrust()
        self.on_error(int(self.counters["driver_errors"]), error)
