"""Services as flight wires them: telecommand packets in, telemetry packets out."""

from fsw.core.events import EventQueue
from fsw.core.requests import RequestQueue
from fsw.pus._packetizer import Packetizer
from fsw.pus.outbox import Outbox
from fsw.pus.requests import Requests
from fsw.pus.st01_verification import Acceptance, Verification


class ServiceBench:
    """Acceptance, the request queue and the stage that carries requests out, on `pool`; `services` are given `outbox`.

    `make_services(outbox)` returns them.
    """

    def __init__(self, pool, apid, make_services, outbox=None):
        self.events, self.queue = EventQueue(pool), RequestQueue()
        self.outbox = Outbox() if outbox is None else outbox
        services = {s.service: s for s in make_services(self.outbox)}
        verification = Verification(self.outbox)
        self.acceptance = Acceptance(pool, apid, services, self.queue, verification=verification, events=self.events)
        self.requests = Requests(pool, self.queue, services, verification)
        self._packetizer = Packetizer(apid)
        self._packetizer.bind(pool)

    def receive(self, packet):
        """Take one telecommand packet and carry it out; whether it was one for this satellite."""
        accepted = self.acceptance.receive(packet)
        self.requests.step()
        return accepted

    def packets(self):
        """Return what was sent since the last call, as packets."""
        return [
            self._packetizer.build(message.index, *message.value, destination, data)
            for message, data, destination in self.outbox.take()
        ]
