"""The one way in which services send telemetry."""

from __future__ import annotations

from typing import Protocol

from fsw.core.pool import Pool
from fsw.pus._packetizer import Packetizer
from fsw.pus.messages import TM_INDEX, Service, Tm
from hal.vehicle.vehicle import Radio

GROUND = 0  # destination identifier of the ground


def virtual_channels(radio: Radio) -> dict[int, int]:
    """Return the virtual channel of each service's reports: housekeeping has its own, the others share one."""
    return dict.fromkeys(map(int, Service), radio.event_vcid) | {int(Service.HOUSEKEEPING): radio.housekeeping_vcid}


class PacketSink(Protocol):
    """Takes telemetry packets for the downlink."""

    def push(self, vcid: int, packet: bytes) -> None:
        """Queue `packet` on a virtual channel; a full queue drops and counts it."""
        ...


class TmSender:
    """Wraps source data in PUS telemetry packets and hands them to the downlink."""

    def __init__(self, pool: Pool, apid: int, sink: PacketSink, vcid_by_service: dict[int, int]) -> None:
        self.packetizer = Packetizer(apid)
        self.packetizer.bind(pool)
        self._sink = sink
        self._vcid = vcid_by_service

    def send(self, message: Tm, data: bytes, destination: int = GROUND) -> None:
        """Send one message; ValueError when `data` does not fit one packet."""
        service, subtype = message.value
        packet = self.packetizer.build(TM_INDEX[message], service, subtype, destination, data)
        self._sink.push(self._vcid[service], packet)

    def send_packet(self, service: int, packet: bytes) -> None:
        """Queue a packet that the packetizer made."""
        self._sink.push(self._vcid[service], packet)
