"""Telecommand routing and request verification, ST[01] (ECSS-E-ST-70-41C, 6.1, 8.1).

Every telecommand that comes out of an accepted frame ends in one of four ways: refused at acceptance (TM[1,2], or
TM[1,10] when it is for another application process), refused at its start (TM[1,4]), failed in its execution
(TM[1,8]), or complete (TM[1,7]). Only data without a readable header has no report: an event tells of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ccsds._coding import crc16_of
from ccsds.errors import PacketError, PacketReject
from ccsds.formats import PACKET_HEADER_OCTETS
from ccsds.packets import Acknowledgement, TcPacket, packet_octets
from fsw.core.events import EventId, EventQueue
from fsw.core.pool import Pool
from fsw.pus.definitions import REPORTS, write
from fsw.pus.messages import Failure, RequestError, Tc, Tm
from fsw.pus.sections import PusSection
from fsw.pus.sender import GROUND, TmSender

Execution = Callable[[], None]  # what is left to do of a request that was judged
REJECTS = {
    PacketReject.LENGTH: Failure.BAD_LENGTH,
    PacketReject.VERSION: Failure.PACKET_VERSION,
    PacketReject.TYPE: Failure.PACKET_TYPE,
    PacketReject.NO_SECONDARY_HEADER: Failure.NO_SECONDARY_HEADER,
    PacketReject.CHECKSUM: Failure.BAD_CHECKSUM,
    PacketReject.PUS_VERSION: Failure.PUS_VERSION,
    PacketReject.SEGMENTED: Failure.SEGMENTED,
    PacketReject.TRAILING: Failure.TRAILING_OCTETS,
}
SOURCE_ID = slice(9, 11)  # of a telecommand packet


@dataclass(frozen=True)
class Request:
    """An accepted telecommand on its way through a service."""

    message: Tc
    data: bytes
    source: int
    ack: Acknowledgement
    request_id: bytes  # packet version, type, APID, sequence flags and count: 4 octets


class PusService(Protocol):
    """One service: judges its requests, and executes those that it accepts."""

    service: int

    def prepare(self, request: Request) -> Execution:
        """Judge all of `request` and change nothing: raise `RequestError`, or return what carries it out completely."""
        ...


class Router:
    """Checks telecommand packets, hands them to their service and reports (ST[01]).

    `events` takes the event of data that no report can name.
    """

    def __init__(
        self, pool: Pool, apid: int, sender: TmSender, services: Mapping[int, PusService],
        events: EventQueue | None = None,
    ) -> None:  # fmt: skip
        self._events = events
        self._counters = pool.array(PusSection)
        self._apid = apid
        self._sender = sender
        self._services = services
        self._known = {m.value: m for m in Tc}

    def receive(self, packet: bytes) -> bool:
        """Verify, execute and report one telecommand packet; False when it is not one for this satellite.

        What a service raises in its execution, other than `RequestError`, is reported and raised again.
        """
        try:
            tc = TcPacket.decode(packet)
        except PacketError as error:
            self.refuse(packet, error)
            return False
        request_id = packet[:4]
        try:
            message = self._accept(tc)
        except RequestError as error:
            self._count(error.code)
            routing = error.code is Failure.ILLEGAL_APID
            self._fail(Tm.ROUTING_FAILED if routing else Tm.ACCEPTANCE_FAILED, request_id, tc.source_id, error)
            return not routing
        request = Request(message, tc.data, tc.source_id, tc.acknowledgement, request_id)
        self._counters["tc_accepted"] += 1
        self._report(request, Acknowledgement.ACCEPTANCE, Tm.ACCEPTANCE_OK)
        self._execute(request)
        return True

    def refuse(self, octets: bytes, error: PacketError) -> None:
        """Count and report octets that are no telecommand; by an event when they have no header to name them by."""
        code, parameter = REJECTS[error.reason], error.found
        if code is Failure.TRAILING_OCTETS and crc16_of(octets[: packet_octets(octets)]):
            code, parameter = Failure.BAD_LENGTH, len(octets)  # what stands before them is no packet either
        self._count(code)
        if len(octets) >= PACKET_HEADER_OCTETS and octets[0] >> 5 == 0:
            sound = error.reason is PacketReject.SEGMENTED  # of all else the source may be damaged
            source = int.from_bytes(octets[SOURCE_ID], "big") if sound else GROUND
            self._fail(Tm.ACCEPTANCE_FAILED, octets[:4], source, RequestError(code, parameter))
            return
        self._counters["tc_unreadable"] += 1
        count = int(self._counters["tc_unreadable"])
        if self._events is not None and count & (count - 1) == 0:  # 1, 2, 4, ...: other events have room
            self._events.raise_event(EventId.TELECOMMAND_UNREADABLE, len(octets), code, count)

    def _count(self, code: Failure) -> None:
        self._counters["tc_rejected"] += 1
        self._counters["tc_rejects"][code] += 1

    def _accept(self, tc: TcPacket) -> Tc:
        if tc.apid != self._apid:
            raise RequestError(Failure.ILLEGAL_APID, tc.apid)
        if tc.service_type not in self._services:
            raise RequestError(Failure.ILLEGAL_SERVICE, tc.service_type)
        message = self._known.get((tc.service_type, tc.message_subtype))
        if message is None:
            raise RequestError(Failure.ILLEGAL_SUBTYPE, tc.message_subtype)
        return message

    def _execute(self, request: Request) -> None:
        """Judge a request, then carry it out; what becomes of it is counted and reported."""
        failed = Tm.START_FAILED
        try:
            execution = self._services[request.message.value[0]].prepare(request)
            self._report(request, Acknowledgement.START, Tm.START_OK)
            failed = Tm.COMPLETION_FAILED
            execution()
        except Exception as error:
            known = error if isinstance(error, RequestError) else RequestError(Failure.EXCEPTION)
            self._counters["tc_failed"] += 1
            self._fail(failed, request.request_id, request.source, known)
            if known is not error:
                raise
            return
        self._counters["tc_completed"] += 1
        self._report(request, Acknowledgement.COMPLETION, Tm.COMPLETION_OK)

    def _report(self, request: Request, flag: Acknowledgement, message: Tm) -> None:
        if request.ack & flag:
            self._sender.send(message, request.request_id, request.source)

    def _fail(self, message: Tm, request_id: bytes, destination: int, error: RequestError) -> None:
        """Failures are reported whatever the acknowledgement flags say (8.1.2.2)."""
        request = int.from_bytes(request_id, "big")
        data = write(REPORTS[message].items, request, error.code, error.parameter & 0xFFFFFFFF, error.value)
        self._sender.send(message, data, destination)
