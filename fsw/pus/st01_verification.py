"""Telecommand routing and request verification, ST[01] (ECSS-E-ST-70-41C, 6.1, 8.1)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from fsw.ccsds.errors import PacketError
from fsw.ccsds.packets import Acknowledgement, TcPacket
from fsw.core.pool import Pool
from fsw.pus.definitions import REPORTS, write
from fsw.pus.messages import Failure, RequestError, Tc, Tm
from fsw.pus.sections import PusSection
from fsw.pus.sender import TmSender


@dataclass(frozen=True)
class Request:
    """An accepted telecommand on its way through a service."""

    message: Tc
    data: bytes
    source: int
    ack: Acknowledgement
    request_id: bytes  # packet version, type, APID, sequence flags and count: 4 octets


class PusService(Protocol):
    """One service: executes its requests, raises `RequestError` when it cannot."""

    service: int

    def execute(self, request: Request) -> None:
        """Carry out `request` completely, or raise `RequestError` and change nothing."""
        ...


class Router:
    """Checks telecommand packets, hands them to their service and reports (ST[01])."""

    def __init__(self, pool: Pool, apid: int, sender: TmSender, services: Mapping[int, PusService]) -> None:
        self._counters = pool.array(PusSection)
        self._apid = apid
        self._sender = sender
        self._services = services
        self._known = {m.value: m for m in Tc}

    def receive(self, packet: bytes) -> bool:
        """Verify, execute and report one telecommand packet; False when it is not one for this satellite."""
        try:
            tc = TcPacket.decode(packet)
        except PacketError:
            self._counters["tc_rejected"] += 1
            return False
        request_id = packet[:4]
        try:
            message = self._accept(tc)
        except RequestError as error:
            self._counters["tc_rejected"] += 1
            routing = error.code is Failure.ILLEGAL_APID
            self._fail(Tm.ROUTING_FAILED if routing else Tm.ACCEPTANCE_FAILED, request_id, tc.source_id, error)
            return not routing
        request = Request(message, tc.data, tc.source_id, tc.acknowledgement, request_id)
        self._counters["tc_accepted"] += 1
        self._report(request, Acknowledgement.ACCEPTANCE, Tm.ACCEPTANCE_OK)
        self._execute(request)
        return True

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
        self._report(request, Acknowledgement.START, Tm.START_OK)
        try:
            self._services[request.message.value[0]].execute(request)
        except RequestError as error:
            self._counters["tc_failed"] += 1
            self._fail(Tm.COMPLETION_FAILED, request.request_id, request.source, error)
            return
        self._counters["tc_completed"] += 1
        self._report(request, Acknowledgement.COMPLETION, Tm.COMPLETION_OK)

    def _report(self, request: Request, flag: Acknowledgement, message: Tm) -> None:
        if request.ack & flag:
            self._sender.send(message, request.request_id, request.source)

    def _fail(self, message: Tm, request_id: bytes, destination: int, error: RequestError) -> None:
        """Failures are reported whatever the acknowledgement flags say (8.1.2.2)."""
        request = int.from_bytes(request_id, "big")
        data = write(REPORTS[message].items, request, error.code, error.parameter & 0xFFFFFFFF)
        self._sender.send(message, data, destination)


def unpack(layout: str, data: bytes) -> tuple[int | float, ...]:
    """Unpack big-endian arguments of exactly `layout`; `RequestError` BAD_LENGTH otherwise."""
    if len(data) != struct.calcsize(">" + layout):
        raise RequestError(Failure.BAD_LENGTH, len(data))
    return struct.unpack(">" + layout, data)
