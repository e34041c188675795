"""Request verification, ST[01] (ECSS-E-ST-70-41C, 6.1, 8.1): acceptance of telecommands, and all their reports.

Every telecommand that comes out of an accepted frame ends in one of four ways: refused at acceptance (TM[1,2], or
TM[1,10] when it is for another application process), refused at its start (TM[1,4]), failed in its execution
(TM[1,8]), or complete (TM[1,7]). Only data without a readable header has no report: an event tells of it.
`fsw.pus.requests` carries out what was accepted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ccsds._coding import crc16_of
from ccsds.errors import PacketError, PacketReject
from ccsds.formats import PACKET_HEADER_OCTETS
from ccsds.packets import Acknowledgement, TcPacket, packet_octets
from fsw.core.events import EventId, EventQueue
from fsw.core.pool import Pool
from fsw.core.requests import Request, RequestQueue
from fsw.pus.definitions import REPORTS, write
from fsw.pus.messages import Failure, RequestError, Tc, Tm
from fsw.pus.outbox import GROUND, Outbox
from fsw.pus.sections import UplinkSection

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
class Telecommand(Request):
    """An accepted telecommand."""

    message: Tc
    data: bytes
    source: int
    ack: Acknowledgement
    request_id: bytes  # packet version, type, APID, sequence flags and count: 4 octets


class Verification:
    """Sends the reports of ST[01]."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def report(self, request: Telecommand, flag: Acknowledgement, message: Tm, *values: int) -> None:
        """Report a success if the telecommand asks for it; `values` follow the request id."""
        if request.ack & flag:
            number = int.from_bytes(request.request_id, "big")
            self._outbox.send(message, write(REPORTS[message].items, number, *values), request.source)

    def fail(self, message: Tm, request_id: bytes, destination: int, error: RequestError, *values: int) -> None:
        """Report a failure, whatever the acknowledgement flags are (8.1.2.2); `values` follow the request id."""
        number = int.from_bytes(request_id, "big")
        data = write(REPORTS[message].items, number, *values, error.code, error.parameter & 0xFFFFFFFF, error.value)
        self._outbox.send(message, data, destination)


class Acceptance:
    """Checks telecommand packets, reports the result (TM[1,1], TM[1,2], TM[1,10]), and queues accepted ones.

    `services` are the service types of this satellite; `events` takes the event of data that no report can name.
    """

    def __init__(
        self, pool: Pool, apid: int, services: Collection[int], queue: RequestQueue, *,
        verification: Verification, events: EventQueue,
    ) -> None:  # fmt: skip
        self._counters = pool.array(UplinkSection)
        self._apid, self._services = apid, services
        self._queue, self._verification, self._events = queue, verification, events
        self._known = {m.value: m for m in Tc}

    def receive(self, packet: bytes) -> bool:
        """Check one telecommand packet; return False when it is not for this satellite."""
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
            refusal = Tm.ROUTING_FAILED if routing else Tm.ACCEPTANCE_FAILED
            self._verification.fail(refusal, request_id, tc.source_id, error)
            return not routing
        request = Telecommand(message, tc.data, tc.source_id, tc.acknowledgement, request_id)
        self._counters["tc_accepted"] += 1
        self._verification.report(request, Acknowledgement.ACCEPTANCE, Tm.ACCEPTANCE_OK)
        self._queue.put(request)
        return True

    def refuse(self, octets: bytes, error: PacketError) -> None:
        """Count and report octets that are not a telecommand; by an event when they have no readable header."""
        code, parameter = REJECTS[error.reason], error.found
        if code is Failure.TRAILING_OCTETS and crc16_of(octets[: packet_octets(octets)]):
            code, parameter = Failure.BAD_LENGTH, len(octets)  # what stands before them is no packet either
        self._count(code)
        if len(octets) >= PACKET_HEADER_OCTETS and octets[0] >> 5 == 0:
            sound = error.reason is PacketReject.SEGMENTED  # of all else the source may be damaged
            source = int.from_bytes(octets[SOURCE_ID], "big") if sound else GROUND
            self._verification.fail(Tm.ACCEPTANCE_FAILED, octets[:4], source, RequestError(code, parameter))
            return
        self._counters["tc_unreadable"] += 1
        count = int(self._counters["tc_unreadable"])
        if count & (count - 1) == 0:  # 1, 2, 4, ...: other events have room
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
