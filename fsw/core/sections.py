"""Pool sections of the core: time, events, parameters, and what the executive counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsw.core.section import Section
from hal.record import Record, field
from hal.vehicle.onboard_limits import LIMITS

if TYPE_CHECKING:
    from fsw.core.gap import Gap

MAX_APPLICATIONS = 32
EVENT_VALUES = 4
EVENT_RING = 64


class TimeSection(Section):
    """Mission time and its relation to TAI."""

    section = "time"
    writer = "executive"
    cold_keeps = ("*",)
    tick = field("u8", doc="ticks since start")
    t_ns = field("i8", unit="ns", doc="mission time of this tick, monotonic")
    t_tai_ns = field("i8", unit="ns", doc="TAI since 2000-01-01T12:00:00 TAI at t_ns")

    @classmethod
    def after_gap(cls, own: Any, gap: Gap) -> None:  # noqa: ANN401
        """Time goes on at the first tick."""
        own["tick"], own["t_ns"] = gap.tick, gap.t_ns
        own["t_tai_ns"] = gap.t_ns + gap.pool["tai.offset_ns"]


class TaiSection(Section):
    """What flight knows of TAI; a change holds from the next tick on."""

    section = "tai"
    writer = "time"
    cold_keeps = ("*",)
    offset_ns = field("i8", unit="ns", doc="TAI since 2000-01-01T12:00:00 TAI minus mission time")
    synchronised = field("u1", doc="1 when it comes from GNSS, 0 when from the time set at start")

    @classmethod
    def after_gap(cls, own: Any, gap: Gap) -> None:  # noqa: ANN401
        """When nobody told the time, GNSS did not either."""
        if not gap.time_known:
            own["synchronised"] = 0


class ExecutiveSection(Section):
    """State of the executive; applications are counted in the order of their tick."""

    section = "executive"
    writer = "executive"
    cold_keeps = ("ticks",)
    ticks = field("u8", doc="ticks begun since start, and the number of the next tick")
    exceptions = field("u4", MAX_APPLICATIONS, doc="exceptions that escaped from each application")
    in_a_row = field("u4", MAX_APPLICATIONS, doc="consecutive runs of each application that ended in an exception")
    failed = field("u1", doc="1 while an application has failed three times in a row or more")

    @classmethod
    def after_gap(cls, own: Any, gap: Gap) -> None:  # noqa: ANN401
        """Ticks are counted by mission time."""
        own["ticks"] = gap.tick


class CostSection(Section):
    """Execution times, measured by the host's clock."""

    section = "cost"
    writer = "executive"
    platform = True
    last_s = field("f8", MAX_APPLICATIONS, unit="s", doc="last run of each application")
    max_s = field("f8", MAX_APPLICATIONS, unit="s", doc="longest run of each application")
    mean_s = field("f8", MAX_APPLICATIONS, unit="s", doc="mean run of each application")
    runs = field("u8", MAX_APPLICATIONS, doc="runs of each application")
    tick_last_s = field("f8", unit="s", doc="last tick, all applications")
    tick_max_s = field("f8", unit="s", doc="longest tick")
    tick_mean_s = field("f8", unit="s", doc="mean tick")
    ticks = field("u8", doc="ticks measured")
    deadlines_missed = field("u4", doc="ticks that ended after the next was due")


class EventEntry(Record):
    """One event report that waits to be sent."""

    t_ns = field("i8", unit="ns", doc="mission time at which it was raised")
    values = field("f8", EVENT_VALUES, doc="what the event says of itself (fsw.core.events)")
    number = field("u4", doc="events raised before it")
    id = field("u2", doc="fsw.core.events.EventId")
    count = field("u1", doc="values in use")


class EventsSection(Section):
    """Queue of event reports."""

    section = "events"
    writer = "events"
    cold_keeps = ("raised",)
    raised = field("u4", doc="events raised")
    taken = field("u4", doc="events taken by telemetry")
    dropped = field("u4", doc="events dropped because the queue was full")
    of_severity = field("u4", 4, doc="events raised of each severity, informative to high")
    skipped = field("u4", doc="event numbers left out at warm starts: they may have been used")
    first = field("u2", doc="index of the oldest entry in the ring")
    waiting = field("u2", doc="entries in the ring that wait")
    ring = field(EventEntry, EVENT_RING, doc="the queue")

    @classmethod
    def after_gap(cls, own: Any, gap: Gap) -> None:  # noqa: ANN401
        """Numbers go on past all that may have been used; skipped are those that no event of this queue has.

        Events that wait get others as well: they were raised in this start, or may have been sent before the gap.
        """
        for i in range(int(own["waiting"])):
            own["ring"]["number"][(int(own["first"]) + i) % EVENT_RING] += gap.reserved
        own["raised"] += gap.reserved
        own["skipped"] = own["raised"] - own["taken"] - own["dropped"] - own["waiting"]


def _limited(name: str, unit: str, doc: str) -> Any:  # noqa: ANN401 - as `field`
    """Declare an on-board parameter, with its limits from their one home."""
    return field("f8", unit=unit, doc=doc, low=LIMITS[name].low, high=LIMITS[name].high)


class ParametersSection(Section):
    """On-board parameters that ground may set; `low` and `high` are the limits of what it may set."""

    section = "parameters"
    writer = "requests"
    detumble_exit_radps = _limited("detumble_exit_radps", "rad/s", "rate at which detumbling is complete")
    detumble_enter_radps = _limited("detumble_enter_radps", "rad/s", "rate at which it starts again")
    rate_hold_s = _limited("rate_hold_s", "s", "persistence of the two rates")
    fine_sigma_rad = _limited("fine_sigma_rad", "rad", "knowledge that fine modes need")
    fine_hold_s = _limited("fine_hold_s", "s", "persistence of that knowledge")
    settled_error_rad = _limited("settled_error_rad", "rad", "Sun pointing error that counts as settled")
    settled_hold_s = _limited("settled_hold_s", "s", "persistence of that error")
    attitude_lost_s = _limited("attitude_lost_s", "s", "time without attitude that ends fine modes")
    mask_elevation_rad = _limited("mask_elevation_rad", "rad", "target elevation below which tracking ends")
    safe_rate_radps = _limited("safe_rate_radps", "rad/s", "rate that leads to SAFE")
    safe_rate_hold_s = _limited("safe_rate_hold_s", "s", "persistence of that rate")
    safe_state_of_charge = _limited("safe_state_of_charge", "", "state of charge that leads to SAFE")
    safe_state_of_charge_hold_s = _limited("safe_state_of_charge_hold_s", "s", "persistence of that charge")
    board_silent_s = _limited("board_silent_s", "s", "silence of a board that leads to SAFE")
