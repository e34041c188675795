"""The outbox of the services: messages wait here for the telemeter of the same tick."""

from __future__ import annotations

from fsw.pus._packetizer import MAX_DATA_OCTETS
from fsw.pus.messages import Service, Tm
from hal.vehicle.vehicle import Radio

GROUND = 0  # destination identifier of the ground


OutgoingMessage = tuple[Tm, bytes, int]  # of a service, without headers: kind, source data, destination


class Outbox:
    """The messages of this tick, in the order in which they were sent."""

    def __init__(self) -> None:
        self.waiting: list[OutgoingMessage] = []

    def send(self, message: Tm, data: bytes, destination: int = GROUND) -> None:
        """Add one message; ValueError when `data` does not fit into one packet."""
        if len(data) > MAX_DATA_OCTETS:
            raise ValueError(f"source data of {len(data)} octets, expected at most {MAX_DATA_OCTETS}")
        self.waiting.append((message, data, destination))

    def take(self) -> list[OutgoingMessage]:
        """Return and remove all waiting messages."""
        waiting, self.waiting = self.waiting, []
        return waiting


def virtual_channels(radio: Radio) -> dict[int, int]:
    """Return the virtual channel of each service's reports: housekeeping has its own, the others share one."""
    return dict.fromkeys(map(int, Service), radio.event_vcid) | {int(Service.HOUSEKEEPING): radio.housekeeping_vcid}
