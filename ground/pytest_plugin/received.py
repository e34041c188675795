"""Everything that ground has received of a flight: telemetry, events, reports, fates of telecommands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from ccsds.errors import PacketError
from ccsds.packets import TmPacket
from fsw.core.events import EventId, Severity
from fsw.dictionary.event_words import describe
from fsw.pus.messages import Service, Tm
from fsw.pus.st05_events import unpack_event
from ground.link.telecommands import SentTelecommand, note_verification
from ground.link.telemetry import NS, Telemetry


@dataclass(frozen=True)
class ReceivedEvent:
    """One event report on ground."""

    t_s: float  # on-board time of the report, in seconds since separation
    id: int  # an `EventId`, unless a newer flight software raised it
    severity: Severity
    text: str
    values: tuple[float, ...]
    number: int  # events raised before it: a gap is an event that was dropped

    def __str__(self) -> str:
        return f"{self.t_s:.1f} s {self.severity.name}: {self.text}"


class Events(Sequence[ReceivedEvent]):
    """The events received so far, oldest first.

    `EventId.SAFE_ENTERED in events` looks for the number, `"SAFE entered" in events` for words in a text.
    """

    def __init__(self, received: Sequence[ReceivedEvent] = ()) -> None:
        self._all = list(received)

    @overload
    def __getitem__(self, index: int) -> ReceivedEvent: ...
    @overload
    def __getitem__(self, index: slice) -> Events: ...
    def __getitem__(self, index: int | slice) -> ReceivedEvent | Events:
        return Events(self._all[index]) if isinstance(index, slice) else self._all[index]

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[ReceivedEvent]:
        return iter(self._all)

    def __contains__(self, what: object) -> bool:
        if isinstance(what, str):
            return any(what in event.text for event in self._all)
        return any(what in (event.id, event) for event in self._all)

    def of(self, event: EventId | int) -> Events:
        """Return those with the number `event`."""
        return Events([e for e in self._all if e.id == event])

    def since(self, t_s: float) -> Events:
        """Return those reported at or after mission time `t_s` [s]."""
        return Events([e for e in self._all if e.t_s >= t_s])

    @property
    def texts(self) -> list[str]:
        """All texts, oldest first."""
        return [event.text for event in self._all]

    def append(self, event: ReceivedEvent) -> None:
        """Take one more."""
        self._all.append(event)

    def __repr__(self) -> str:
        return "[" + "; ".join(map(str, self._all)) + "]"


class ReceivedTelemetry:
    """Sorts the packets that the ground segment receives; `telemetry` is set before the first of them."""

    telemetry: Telemetry

    def __init__(self) -> None:
        self.epoch_tai_ns = 0
        self.words: Callable[[int, tuple[float, ...]], str] = describe  # of events
        self.events = Events()
        self.reports: list[TmPacket] = []  # everything but housekeeping reports
        self.packets_bad = 0  # that are not PUS-C reports
        self.sent: list[SentTelecommand] = []

    def receive(self, packet: bytes) -> None:
        """Take one telemetry packet as it comes from the station."""
        try:
            if tuple(packet[7:9]) == Tm.HK_REPORT.value:
                self.telemetry.receive(packet)
            else:
                self._note(TmPacket.decode(packet))
        except (PacketError, ValueError):
            self.packets_bad += 1

    def _note(self, tm: TmPacket) -> None:
        """Store a report: events in words, verification reports with their telecommand."""
        kind = (tm.service_type, tm.message_subtype)
        self.reports.append(tm)
        if tm.service_type == Service.EVENTS and kind != Tm.EVENTS_DISABLED.value:
            number, before, values = unpack_event(tm.data)
            t_s = round((tm.t_tai_ns - self.epoch_tai_ns) / NS, 4)
            self.events.append(
                ReceivedEvent(t_s, number, Severity(tm.message_subtype), self.words(number, values), values, before)
            )
        note_verification(self.sent, tm)
