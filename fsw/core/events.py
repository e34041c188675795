"""Events: what happened on board, numbered and queued for telemetry.

An event report carries the number of the event and up to four values (ST[05] of ECSS-E-ST-70-41C, 6.5: its auxiliary
data); `fsw.dictionary.event_words` puts both into words.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from fsw.core.pool import Pool
from fsw.core.sections import EVENT_RING, EVENT_VALUES, EventsSection, TimeSection


@enum.unique
class Severity(enum.IntEnum):
    """Severity of an event: the message subtype of its report."""

    INFORMATIVE = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4


class BoardNumber(enum.IntEnum):
    """Boards as events number them."""

    ADCS = 0
    EPS = 1


class EventId(enum.IntEnum):
    """All events: number, severity, text. Numbers never change; `tests/fsw/core/test_events.py` pins them."""

    severity: Severity
    text: str  # str.format template; {0} is the first value, {0:mode} a word of `fsw.dictionary.event_words`

    def __new__(cls, number: int, severity: Severity, text: str) -> EventId:
        """Make the member `number`."""
        self = int.__new__(cls, number)
        self._value_ = number
        self.severity = severity
        self.text = text
        return self

    SYSTEM_MODE_CHANGED = 1, Severity.INFORMATIVE, "system mode {0:system} -> {1:system}"
    ADCS_MODE_CHANGED = 2, Severity.INFORMATIVE, "ADCS mode {0:adcs} -> {1:adcs}"
    SAFE_ENTERED = 3, Severity.HIGH, "SAFE entered from {0:system}, {1:adcs}: {2:safe}"
    REQUEST_REFUSED = 4, Severity.LOW, "mode request {0:request} refused: {1:refused}"
    MONITOR_CONFIRMED = 5, Severity.MEDIUM, "monitor {0:monitor}: {1:g} crossed {2:g}"
    MONITOR_CLEARED = 6, Severity.INFORMATIVE, "monitor {0:monitor} clear again: {1:g}"
    TARGET_SET = 7, Severity.INFORMATIVE, "target set below {0:.4f} rad of elevation"
    BOARD_STARTED = 8, Severity.MEDIUM, "{0:board} board started: {1:reset}"
    BOARD_FAULT = 9, Severity.MEDIUM, "{0:board} board: fault at {1:address}, status {2:address}"
    BOARD_IDENTITY = 10, Severity.INFORMATIVE, "{0:board} board {1:identity}, firmware version {2:.0f}"
    BOARD_REFUSED = 11, Severity.HIGH, "{0:board} board {1:identity}, firmware version {2:.0f}: not what flight expects"
    APPLICATION_EXCEPTION = (
        16,
        Severity.MEDIUM,
        "application {0:application} raised {2:exception} at {3:place}, {1:.0f} in a row",
    )
    APPLICATION_FAILED = 17, Severity.HIGH, "application {0:application} failed {1:.0f} times in a row"
    APPLICATION_RECOVERED = 18, Severity.INFORMATIVE, "application {0:application} runs again after {1:.0f} failures"
    PARAMETER_SET = 32, Severity.INFORMATIVE, "parameter {0:parameter} set from {1:g} to {2:g}"
    PARAMETER_REFUSED = 33, Severity.LOW, "parameter {0:parameter} refused: {1:refusal}"
    PARAMETERS_RESTORED = 34, Severity.INFORMATIVE, "{0:.0f} parameters as ground set them, generation {1:.0f}"
    PARAMETER_NOT_RESTORED = 35, Severity.MEDIUM, "kept value {1:g} of parameter {0:parameter} refused: {2:refusal}"
    PARAMETERS_DAMAGED = 36, Severity.MEDIUM, "copy {0:.0f} of the kept parameters is damaged or cannot be read"
    PARAMETERS_NOT_SAVED = 37, Severity.MEDIUM, "parameters could not be kept: they hold until the next start"
    PARAMETER_CONTRADICTS = 38, Severity.LOW, "parameter {0:parameter} may not be {1:g}: {2:relation}"
    SNAPSHOT_SAVED = 40, Severity.INFORMATIVE, "snapshot {0:.0f} saved, {1:.0f} octets"
    SNAPSHOT_RESTORED = 41, Severity.INFORMATIVE, "snapshot {0:.0f} restored, {1:.0f} parameters"
    SNAPSHOT_DAMAGED = 42, Severity.MEDIUM, "copy {0:.0f} of the snapshot is damaged or cannot be read"
    SNAPSHOT_REFUSED = 43, Severity.MEDIUM, "snapshot {0:.0f} has an unknown layout"
    SNAPSHOT_NOT_SAVED = 44, Severity.MEDIUM, "snapshot {0:.0f} could not be saved"
    MONITOR_NOTED = 48, Severity.INFORMATIVE, "monitor {0:monitor}: {1:g} crossed {2:g}"
    MONITOR_LOW = 49, Severity.LOW, "monitor {0:monitor}: {1:g} crossed {2:g}"
    MONITOR_HIGH = 50, Severity.HIGH, "monitor {0:monitor}: {1:g} crossed {2:g}"
    DEVICE_EXCLUDED = 51, Severity.MEDIUM, "{0:device} excluded: {1:exclusion}, residual {2:g}"
    DEVICE_ADMITTED = 52, Severity.INFORMATIVE, "{0:device} used again after {1:.0f} s, excluded for {2:exclusion}"
    DEVICE_KEPT = 53, Severity.HIGH, "{0:device} kept although {1:exclusion}: to be without it is worse"
    LOADS_HELD_OFF = 54, Severity.MEDIUM, "loads held off: {0:loads}"
    ESTIMATOR_SOURCES = 55, Severity.INFORMATIVE, "attitude from other sources: {0:sources} -> {1:sources}"
    COLD_START = 64, Severity.MEDIUM, "start {0:.0f}: cold, kept: {1:start}"
    WARM_START = 65, Severity.MEDIUM, "start {0:.0f}: warm from {1:start}, {2:.1f} s later by {3:time_source}"
    TIME_NOT_RECOVERED = 66, Severity.HIGH, "mission time not recovered: it may be {0:.1f} s or more behind"
    FLIGHT_RESTARTED = 67, Severity.MEDIUM, "the flight process before ended: {0:restart} {1:.0f}; restart {2:.0f}"
    TIME_SYNCHRONISED = 68, Severity.INFORMATIVE, "TAI from GNSS, {0:.6f} s ahead of the time in use"
    TIME_REFUSED = 69, Severity.LOW, "GNSS time not believed: {0:.3f} s off"
    EXTENSION_INFORMATIVE = 80, Severity.INFORMATIVE, "application {0:application} reports {1:reported}: {2:g}, {3:g}"
    EXTENSION_LOW = 81, Severity.LOW, "application {0:application} reports {1:reported}: {2:g}, {3:g}"
    EXTENSION_MEDIUM = 82, Severity.MEDIUM, "application {0:application} reports {1:reported}: {2:g}, {3:g}"
    EXTENSION_HIGH = 83, Severity.HIGH, "application {0:application} reports {1:reported}: {2:g}, {3:g}"
    TELECOMMAND_UNREADABLE = (
        79,
        Severity.LOW,
        "{0:.0f} octets without a telecommand header, {1:failure}; {2:.0f} so far",
    )
    UNIT_DRIVER_EXCEPTION = (
        84,
        Severity.MEDIUM,
        "driver of unit {0:unit} raised {2:exception} at {3:place}, {1:.0f} in all",
    )


BY_NUMBER: dict[int, EventId] = {int(event): event for event in EventId}


@dataclass(frozen=True)
class Event:
    """One event as it was raised."""

    id: int  # an `EventId`, unless a newer flight software raised it
    t_ns: int
    number: int  # events raised before it: a gap on ground is an event that was dropped
    values: tuple[float, ...]

    @property
    def severity(self) -> Severity:
        """Severity; LOW for a number that is not known here."""
        event = BY_NUMBER.get(self.id)
        return Severity.LOW if event is None else event.severity


class EventQueue:
    """The bounded queue of events in the pool. When it is full new events are dropped and counted: causes come first.

    Any application raises events; they wait in `inbox` until the executive lets this queue `collect` them, when the
    application has run. So the queue alone writes its section. At any time
    raised = taken + dropped + waiting + skipped.
    """

    def __init__(self, pool: Pool) -> None:
        self._state = pool.array(EventsSection)
        self._ring = self._state["ring"]
        self._t_ns = pool.array(TimeSection)["t_ns"]
        self.inbox: list[tuple[EventId, tuple[float, ...]]] = []

    def raise_event(self, event: EventId, *values: float) -> None:
        """Raise `event` with up to four values, as they are now; its time is that of this tick.

        Raises `ValueError`, `TypeError` or `OverflowError` for too many values, and for what is no number.
        """
        if len(values) > EVENT_VALUES:
            raise ValueError(f"{event.name}: {len(values)} values, expected at most {EVENT_VALUES}")
        self.inbox.append((event, tuple(map(float, values))))

    def collect(self) -> None:
        """Put the events that were raised since the last call into the queue."""
        raised = self.inbox.copy()
        self.inbox.clear()  # the list itself is known to the executive
        for event, values in raised:
            self._put(event, values)

    def _put(self, event: EventId, values: tuple[float, ...]) -> None:
        state = self._state
        number = int(state["raised"])
        state["raised"] += 1
        state["of_severity"][event.severity - 1] += 1
        waiting = int(state["waiting"])
        if waiting >= EVENT_RING:
            state["dropped"] += 1
            return
        entry = self._ring[(int(state["first"]) + waiting) % EVENT_RING]
        entry["t_ns"] = self._t_ns
        entry["values"] = 0.0
        entry["values"][: len(values)] = values
        entry["number"] = number
        entry["id"] = event
        entry["count"] = len(values)
        state["waiting"] = waiting + 1

    @property
    def waiting(self) -> int:
        """Events in the queue."""
        self.collect()
        return int(self._state["waiting"])

    def drain(self, limit: int = EVENT_RING) -> list[Event]:
        """Take up to `limit` events, oldest first."""
        self.collect()
        out = []
        state = self._state
        for _ in range(min(limit, int(state["waiting"]))):
            first = int(state["first"]) % EVENT_RING
            entry = self._ring[first]
            count = min(int(entry["count"]), EVENT_VALUES)
            values = tuple(float(v) for v in entry["values"][:count])
            out.append(Event(int(entry["id"]), int(entry["t_ns"]), int(entry["number"]), values))
            state["first"] = (first + 1) % EVENT_RING
            state["waiting"] -= 1
            state["taken"] += 1
        return out
