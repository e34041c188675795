"""What is true of a star tracker, as a record."""

from __future__ import annotations

from hal.record import Record, field


class StarTrackerTruth(Record):
    """What a star tracker sent last."""

    flags = field("u2", doc="flags of its last report (hal.wire.StarTrackerFlag), 0: none")
