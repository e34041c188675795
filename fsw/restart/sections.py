"""Pool sections of restart: how this flight started, and its checkpoints."""

from __future__ import annotations

from fsw.core.section import Section
from fsw.restart.start import RestartReason, StartKind, TimeSource
from hal.record import field


class RestartSection(Section):
    """How this flight started, and how the supervisor saw the last one end; all zero without a storage."""

    section = "restart"
    writer = "checkpoint"
    cold_keeps = ("starts", "warm_starts")
    rate_hz = 1
    starts = field("u4", doc="starts of the flight software on this storage, this one included")
    warm_starts = field("u4", doc="of these, with the state of the flight before")
    supervisor_restarts = field("u4", doc="restarts by the supervisor since it began")
    kind = field("u1", enum=StartKind, doc="what this flight went on from")
    time_source = field("u1", enum=TimeSource, doc="where its mission time came from")
    reason = field("u1", enum=RestartReason, doc="why the flight before ended")
    started_ns = field("i8", unit="ns", doc="mission time of its first tick")
    gap_ns = field("i8", unit="ns", doc="mission time from the state it went on from to its first tick")


class CheckpointSection(Section):
    """Counters of the checkpoints of this process."""

    section = "checkpoint"
    writer = "checkpoint"
    platform = True
    rate_hz = 1
    saved = field("u4", doc="snapshots on the storage")
    failed = field("u4", doc="snapshots that the storage refused")
    octets = field("u4", unit="octet", doc="size of the last one")
    last_s = field("f8", unit="s", doc="time the last write took; 0 without a cost clock")
    max_s = field("f8", unit="s", doc="longest write")
