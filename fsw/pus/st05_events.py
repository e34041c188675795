"""ST[05] event reporting (ECSS-E-ST-70-41C, 6.5)."""

from __future__ import annotations

import struct
from functools import partial

from fsw.core.events import EventId, EventQueue, Severity
from fsw.core.pool import Pool
from fsw.core.requests import Step
from fsw.pus.definitions import REPORTS as CONTENTS
from fsw.pus.definitions import TELECOMMANDS, read, refuse_repeats, write
from fsw.pus.messages import Failure, RequestError, Service, Tc, Tm
from fsw.pus.outbox import Outbox
from fsw.pus.sections import MAX_EVENTS, EventReportsSection
from fsw.pus.st01_verification import Telecommand

NAME = "events"  # of the application
REPORTS = {
    Severity.INFORMATIVE: Tm.EVENT_INFORMATIVE,
    Severity.LOW: Tm.EVENT_LOW,
    Severity.MEDIUM: Tm.EVENT_MEDIUM,
    Severity.HIGH: Tm.EVENT_HIGH,
}


class EventReporting:
    """The application `events`: sends the events of the queue; ground may disable the report of single events.

    Source data: event definition id (16 bits), events raised before it (32 bits), then its values (64-bit floats).
    """

    service: int = Service.EVENTS

    def __init__(self, pool: Pool, events: EventQueue, outbox: Outbox) -> None:
        self._disabled = pool.array(EventReportsSection)["disabled"]
        self._events = events
        self._outbox = outbox

    def step(self) -> None:
        """Report every event that waits."""
        for event in self._events.drain():
            if event.id < MAX_EVENTS and self._disabled[event.id]:
                continue
            data = struct.pack(f">HI{len(event.values)}d", event.id, event.number & 0xFFFFFFFF, *event.values)
            self._outbox.send(REPORTS[event.severity], data)

    def owner(self, request: Telecommand) -> str:
        """Return the application that executes the request."""
        return NAME

    def prepare(self, request: Telecommand) -> list[Step]:
        """Judge a request to enable or disable reports, or to list the disabled ones."""
        values = read(TELECOMMANDS[request.message].items, request.data)
        if request.message is Tc.EVENTS_REPORT_DISABLED:
            return [lambda: self._report_disabled(request.source)]
        ids = [event_id for (event_id,) in values[0]]
        refuse_repeats(ids)
        for event_id in ids:
            if event_id not in EventId._value2member_map_:
                raise RequestError(Failure.UNKNOWN_IDENTIFIER, event_id)
        disable = request.message is Tc.EVENTS_DISABLE
        return [partial(self._disabled.__setitem__, event_id, disable) for event_id in ids]

    def _report_disabled(self, destination: int) -> None:
        disabled = [(i,) for i in range(MAX_EVENTS) if self._disabled[i]]
        self._outbox.send(Tm.EVENTS_DISABLED, write(CONTENTS[Tm.EVENTS_DISABLED].items, disabled), destination)


def unpack_event(data: bytes) -> tuple[int, int, tuple[float, ...]]:
    """Return (event id, number, values) of a report's source data; ValueError when it is not one."""
    if len(data) < 6 or (len(data) - 6) % 8:
        raise ValueError(f"event report of {len(data)} octets, expected 6 and a multiple of 8")
    event_id, number = struct.unpack(">HI", data[:6])
    return event_id, number, struct.unpack(f">{(len(data) - 6) // 8}d", data[6:])
