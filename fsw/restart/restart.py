"""The start of flight with a storage: restores state, recovers mission time, and brings sections over the gap.

Each section declares what a gap in time does to it (`fsw.core.section.Section`), here that is done: before the first
tick, and only then. `docs/adr/0009-a-restart-goes-on.md` has the reasons.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from fsw.core.events import EventId, EventQueue
from fsw.core.gap import Gap
from fsw.core.persistence import SnapshotStore
from fsw.core.pool import Pool
from fsw.core.section import Section, matching
from fsw.estimation.bridge import bridge
from fsw.restart.checkpoint import RESERVED
from fsw.restart.retained import RetainedMemory
from fsw.restart.sections import RestartSection
from fsw.restart.start import RestartReason, Start, StartKind, TimeSource
from hal.clock import MissionClock
from hal.devices.registry import kind_of
from hal.exchange.time_recovery import BoardListener, HeardGyro, listeners, recover
from hal.extension_loading import RAISED
from hal.links.link import ByteLink
from hal.vehicle.vehicle import Vehicle

NS = 1_000_000_000


class Restart:
    """Brings a new flight to the state and time from which it continues; call `begin` once.

    `caught` is told what sections of extensions raise, with the application that writes them; they start cold then.
    """

    def __init__(
        self, pool: Pool, vehicle: Vehicle, events: EventQueue, store: SnapshotStore, retained: RetainedMemory | None,
        *, caught: Callable[[str, BaseException], None],
    ) -> None:  # fmt: skip
        self._pool, self._vehicle, self._events, self._caught = pool, vehicle, events, caught
        self._store, self._retained = store, retained
        self._period_ns = NS // vehicle.rates.base_hz

    def begin(self, start: Start, clock: MissionClock, links: Mapping[str, ByteLink]) -> StartKind:
        """Restore, find mission time, bring the state over the gap; return the kind of the start.

        Blocks while it listens for the time (`hal.exchange.time_recovery`). Raises `StorageError` when a snapshot that
        is not to be used cannot be put aside.
        """
        pool = self._pool
        kind = self._restore(start.kind)
        self._note(start, kind)
        if kind is StartKind.COLD:
            self._events.raise_event(EventId.COLD_START, pool["restart.starts"], kind)
            return kind
        before = int(pool["executive.ticks"])
        source, gyro = self._recover_time(before, clock, links)
        tick = max(before, math.ceil(clock.now_ns() / self._period_ns))
        self._bridge_gap(kind, source, tick, tick - before)
        if gyro is not None and kind is not StartKind.SALVAGED:
            flown = kind is not StartKind.RETAINED  # since the snapshot, nobody knows how
            bridge(pool, self._vehicle, gyro, self._vehicle.control.slew_acceleration_max_radps2 if flown else 0.0)
        self._report(kind, source, tick - before)
        return kind

    # -------------------------------------------------------------- what it goes on from

    def _restore(self, most: StartKind) -> StartKind:
        pool = self._pool
        if most is StartKind.RETAINED and self._retained is not None and self._retained.restore():
            return StartKind.RETAINED
        if most in (StartKind.RETAINED, StartKind.SNAPSHOT):
            return StartKind.COLD if self._store.load(pool) is None else StartKind.SNAPSHOT
        past = Pool(pool.sections, {p.name: p.id for p in pool.parameters()}, fitted=pool.fitted)
        if self._store.put_aside(past) is None:
            return StartKind.COLD
        for section in pool.sections:
            for leaf in matching(section, "cold_keeps"):
                pool.view(leaf.name)[...] = past.view(leaf.name)
        return StartKind.SALVAGED

    def _note(self, start: Start, kind: StartKind) -> None:
        section = self._pool.array(RestartSection)
        section["starts"] += 1
        section["warm_starts"] += kind in (StartKind.RETAINED, StartKind.SNAPSHOT)
        section["supervisor_restarts"] = start.restarts
        section["kind"], section["reason"] = kind, start.reason
        if start.reason is not RestartReason.NONE:
            self._events.raise_event(EventId.FLIGHT_RESTARTED, start.reason, start.code, start.restarts)

    # -------------------------------------------------------------- what time it is

    def _recover_time(
        self, before: int, clock: MissionClock, links: Mapping[str, ByteLink]
    ) -> tuple[TimeSource, HeardGyro | None]:
        """Set the offset of `clock`; `before` is the first possible tick. Also return the gyro's increments."""
        pool, least_ns = self._pool, before * self._period_ns
        sources = listeners(self._vehicle, pool, int(pool["tai.offset_ns"]))
        clock.offset_ns = 0
        found = recover(sources, links, clock, least_ns - self._period_ns)
        if found is None:
            clock.offset_ns = least_ns - clock.now_ns()
            return TimeSource.SNAPSHOT, None
        clock.offset_ns = found.offset_ns
        source = next(s for s in sources if s.name == found.source)
        heard = source.gyro if isinstance(source, BoardListener) and self._vehicle.of_kind("gyro") else None
        return source_of(found.source, self._vehicle), heard

    # -------------------------------------------------------------- what must not come back

    def _bridge_gap(self, kind: StartKind, source: TimeSource, tick: int, ticks: int) -> None:
        """Continue at `tick`, `ticks` ticks after the first possible one."""
        pool, t_ns = self._pool, tick * self._period_ns
        note = pool.array(RestartSection)
        note["time_source"], note["started_ns"], note["gap_ns"] = source, t_ns, ticks * self._period_ns
        gap = Gap(
            pool, self._vehicle, tick, t_ns, ticks, time_known=source is not TimeSource.SNAPSHOT,
            reserved=0 if kind is StartKind.RETAINED else RESERVED,  # that one is of the tick before its packets leave
        )  # fmt: skip
        for section in pool.sections:
            self._change(section, gap)
        for section in pool.sections:
            for leaf in matching(section, "gap_clears"):
                pool.view(leaf.name)[...] = 0

    def _change(self, section: type[Section], gap: Gap) -> None:
        """Let a section bring itself over the gap; a section of an extension that raises starts cold."""
        own = self._pool.array(section)
        try:
            section.after_gap(own, gap)
        except RAISED as error:
            if section.__module__.startswith("fsw."):
                raise
            own[...] = np.zeros((), own.dtype)
            self._caught(section.writer, error)

    # -------------------------------------------------------------- what is said of it

    def _report(self, kind: StartKind, source: TimeSource, gap: int) -> None:
        starts, gap_s = self._pool["restart.starts"], gap * self._period_ns / NS
        if kind is StartKind.SALVAGED:
            self._events.raise_event(EventId.COLD_START, starts, kind)
        else:
            self._events.raise_event(EventId.WARM_START, starts, kind, gap_s, source)
        if source is TimeSource.SNAPSHOT:
            self._events.raise_event(EventId.TIME_NOT_RECOVERED, self._vehicle.restart.checkpoint_period_s)


def source_of(link: str, vehicle: Vehicle) -> TimeSource:
    """Return what kind of source the link with that name is."""
    if link in vehicle.boards_in_use:
        return TimeSource[f"{link.upper()}_BOARD"]
    return TimeSource[kind_of(vehicle.device(link)).name.upper()]
