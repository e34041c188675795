"""How flight starts with a storage: what it goes on from, what time it is, and what of the past must not come back.

Before the first tick, and only then, this writes in every section, whoever writes there afterwards: it is the one
place that knows what a gap in time means to each of them. `docs/adr/0009-a-restart-goes-on.md` has the reasons.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from ccsds.formats import FarmState
from ccsds.tm_frames import cadu_octets
from fsw.autonomy.sections import Check
from fsw.core.events import EventId, EventQueue
from fsw.core.persistence import SnapshotStore
from fsw.core.pool import Pool
from fsw.core.sections import SamplesSection, TaiSection, TimeSection
from fsw.estimation.bridge import bridge
from fsw.restart.checkpoint import RESERVED, SEQ_COUNT_MASK
from fsw.restart.retained import RetainedMemory
from fsw.restart.sections import RestartSection
from fsw.restart.start import RestartReason, Start, StartKind, TimeSource
from hal.clock import MissionClock
from hal.exchange.time_recovery import HeardGyro, listeners, recover
from hal.links.link import ByteLink
from hal.vehicle.vehicle import Vehicle

NS = 1_000_000_000
UNKNOWN_FRAMES = 128  # frame counts left out when nobody knows how long the gap was: half of their range
FRAMES_A_TICK = 3  # to a board, at most: configuration, identification, command
# Of the snapshot of a flight that is to start cold: what tells the time, and what counts on the ground's side.
SALVAGED = (
    "executive.ticks", "tai.", "time.", "drivers.adcs.clock.", "drivers.eps.clock.",
    "drivers.adcs.cycle", "drivers.eps.cycle", "drivers.adcs.board_ns", "drivers.eps.board_ns", "drivers.adcs.running",
    "drivers.eps.running", "drivers.adcs.seq_count", "drivers.eps.seq_count", "drivers.adcs.command_seq",
    "drivers.eps.command_seq", "pus.tm_seq_count", "pus.message_counters", "pus.first_count",
    "pus.destination_answers", "pus.destination_used", "pus.destination_ids", "pus.destination_counters",
    "tm_frames.mcfc", "tm_frames.vcfc", "events.raised", "restart.starts", "restart.warm_starts",
)  # fmt: skip


class Restart:
    """Brings a flight that has not ticked yet to the state and time in which it goes on; `begin` once."""

    def __init__(
        self, pool: Pool, vehicle: Vehicle, events: EventQueue, store: SnapshotStore, retained: RetainedMemory | None
    ) -> None:
        self._pool, self._vehicle, self._events = pool, vehicle, events
        self._store, self._retained = store, retained
        self._period_ns = NS // vehicle.rates.base_hz

    def begin(self, start: Start, clock: MissionClock, links: Mapping[str, ByteLink]) -> StartKind:
        """Restore, find mission time, age what was restored; return what flight goes on from.

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
        self._age(kind, source, tick, tick - before)
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
        past = Pool(pool.sections, {p.name: p.id for p in pool.parameters()})
        if self._store.put_aside(past) is None:
            return StartKind.COLD
        for p in past.parameters():
            if p.name in SALVAGED or p.name.startswith(tuple(n for n in SALVAGED if n.endswith("."))):
                pool.view(p.name)[...] = past.view(p.name)
        pool.view("events.skipped")[...] = pool["events.raised"]
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
        """Set the offset of `clock`; `before` is the first tick that it can be. Also return what the gyro said."""
        pool, least_ns = self._pool, before * self._period_ns
        sources = listeners(self._vehicle, pool, int(pool["tai.offset_ns"]))
        clock.offset_ns = 0
        found = recover(sources, links, clock, least_ns - self._period_ns)
        if found is None:
            clock.offset_ns = least_ns - clock.now_ns()
            pool.array(TaiSection)["synchronised"] = 0
            return TimeSource.SNAPSHOT, None
        clock.offset_ns = found.offset_ns
        if found.source == "adcs":
            return TimeSource.ADCS_BOARD, sources[0].gyro
        return TimeSource["EPS_BOARD" if found.source == "eps" else found.source.upper()], None

    # -------------------------------------------------------------- what must not come back

    def _age(self, kind: StartKind, source: TimeSource, tick: int, gap: int) -> None:
        """Go on at `tick`, `gap` ticks after the first that it could have been."""
        pool = self._pool
        t_ns = tick * self._period_ns
        section = pool.array(RestartSection)
        section["time_source"], section["started_ns"], section["gap_ns"] = source, t_ns, gap * self._period_ns
        pool.view("executive.ticks")[...] = tick
        time = pool.array(TimeSection)
        time["tick"], time["t_ns"] = tick, t_ns
        time["t_tai_ns"] = t_ns + pool["tai.offset_ns"]
        self._leave_out_counts(kind, source, gap)
        self._forget_traffic(kind)
        self._forget_samples(t_ns)
        self._forget_intentions()

    def _leave_out_counts(self, kind: StartKind, source: TimeSource, gap: int) -> None:
        """Count on past everything that may have been sent since."""
        pool = self._pool
        if kind is not StartKind.RETAINED:  # that one is of the tick before its packets leave
            seq_count = pool.view("pus.tm_seq_count")
            seq_count[...] = (int(seq_count) + RESERVED) & SEQ_COUNT_MASK
            for name in ("pus.message_counters", "pus.destination_counters", "pus.first_count"):
                pool.view(name)[...] += RESERVED
            pool.view("events.raised")[...] += RESERVED
            pool.view("events.skipped")[...] += RESERVED
        radio, base_hz = self._vehicle.radio, self._vehicle.rates.base_hz
        bits = (gap + 2) * (radio.downlink_bps // base_hz)
        frames = 1 + math.ceil(bits / (8 * cadu_octets(radio.rs_interleave)))
        if source is TimeSource.SNAPSHOT:
            frames = max(frames, UNKNOWN_FRAMES)
        for name in ("tm_frames.mcfc", "tm_frames.vcfc"):
            view = pool.view(name)
            view[...] = (view.astype(int) + frames) & 0xFF
        for board in ("adcs", "eps"):
            view = pool.view(f"drivers.{board}.seq_count")
            view[...] = (int(view) + FRAMES_A_TICK * (gap + 2)) & SEQ_COUNT_MASK
            view = pool.view(f"drivers.{board}.command_seq")
            view[...] = (int(view) + gap + 2) & 0xFFFF

    def _forget_traffic(self, kind: StartKind) -> None:
        """Drop, counted, what waited for the downlink, and what had half arrived on the uplink."""
        pool = self._pool
        pool.view("link.tm_dropped")[...] += pool["tm_frames.vc_packets"].sum()
        for name in ("vc_fill", "vc_head", "vc_partial", "vc_idle_left", "vc_packets"):
            pool.view(f"tm_frames.{name}")[...] = 0
        pool.view("link.downlink_credit_bits")[...] = 0
        for name in ("in_cltu", "pending_fill", "frame_fill", "segment_fill", "segment_open"):
            pool.view(f"uplink_buffer.{name}")[...] = 0
        if kind is not StartKind.RETAINED:
            # Frames accepted since are forgotten: they must not be accepted again. Ground unlocks and sets V(R).
            pool.view("tc_frames.farm_state")[...] = FarmState.LOCKOUT
            pool.view("tc_frames.farm_lockout")[...] = 1

    def _forget_samples(self, t_ns: int) -> None:
        """Nothing measured before is valid; nobody is silent for having spoken to nobody."""
        pool = self._pool
        for p in pool.parameters():
            if p.section is SamplesSection and p.name.endswith((".valid", ".new")):
                pool.view(p.name)[...] = 0
        for link in ("adcs", "eps", "star_tracker", "gnss"):
            pool.view(f"drivers.{link}.heard_ns")[...] = t_ns
            pool.view(f"drivers.{link}.stream.size")[...] = 0
            pool.view(f"drivers.{link}.stream.overflow")[...] = 0
            pool.view(f"samples.{link}_health.silent_ticks")[...] = 0
        for name in ("pending_fill", "other.kind", "other.bad"):
            pool.view(f"drivers.gnss.{name}")[...] = 0
        for board in ("adcs", "eps"):
            pool.view(f"drivers.{board}.urgent")[...] = 1

    def _forget_intentions(self) -> None:
        """No actuator does what an old tick wanted; a slew begins where the body is; no persistence spans the gap."""
        pool = self._pool
        pool.view("command.actuators.valid")[...] = 0
        pool.view("guide.goal")[...] = 0
        status = pool.view("monitors.status")
        status[status == Check.PENDING] = Check.CLEAR

    # -------------------------------------------------------------- what is said of it

    def _report(self, kind: StartKind, source: TimeSource, gap: int) -> None:
        starts, gap_s = self._pool["restart.starts"], gap * self._period_ns / NS
        if kind is StartKind.SALVAGED:
            self._events.raise_event(EventId.COLD_START, starts, kind)
        else:
            self._events.raise_event(EventId.WARM_START, starts, kind, gap_s, source)
        if source is TimeSource.SNAPSHOT:
            self._events.raise_event(EventId.TIME_NOT_RECOVERED, self._vehicle.restart.checkpoint_period_s)
