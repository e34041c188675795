"""The ground segment of a flight that shares its space link with clients (`ground.link.link_server`)."""

from __future__ import annotations

from pathlib import Path

from ccsds.tc_receiver import TcReceiver
from fsw.comms.sections import TcFramesSection, UplinkBufferSection
from fsw.core.pool import Pool
from ground.link.link_server import LinkServer
from ground.link.segment import GroundSegment
from hal.links.link import ByteLink
from hal.saved import SavedError, State
from hal.vehicle.vehicle import Radio
from sim.scenario.planning import Plan


class SharedSegment(GroundSegment):
    """Receives the downlink as `GroundSegment` does, and shares the link with the clients of `server`.

    Octets of clients go to the radio unchanged; ground's own octets go between their CLTUs; all at the rate of the
    radio (`ground.link.uplink`). For the packet ledger a receiver like the one on board listens to the uplink, and
    `commands` counts its packets. Octets sent while the satellite is out of sight are lost, and counted in the server's
    figures.
    """

    def __init__(self, radio: Radio, link: ByteLink, plan: Plan, out: Path | None, *, server: LinkServer) -> None:
        self._shared = SharedLink(link, radio, server)
        super().__init__(radio, self._shared, plan, out, break_in=server.break_in)
        self._server = server

    @property
    def commands(self) -> int:
        """Telecommand packets sent, by clients and by the plan, in frames that FARM-1 accepts."""
        return self._shared.packets

    def commands_under_way(self, v_r: int) -> int:
        """Telecommand packets that were sent after the last tick of flight, by anybody."""
        return self._shared.packets_under_way

    def save(self) -> State:
        """Raise `SavedError`: what clients have sent and got is theirs."""
        raise SavedError("a flight whose space link has clients (--ground) cannot be saved")

    def step(self, t_ns: int) -> None:
        """Receive the downlink, pass it to the clients, send telecommands that are due and octets of clients."""
        self._shared.packets_under_way = 0  # flight had a tick since
        super().step(t_ns)
        octets = self._server.uplink(self._uplink.room)
        if octets:
            self._uplink.pass_on(octets)


class SharedLink:
    """The ground's end of the radio link, with the clients of a server listening in."""

    def __init__(self, link: ByteLink, radio: Radio, server: LinkServer) -> None:
        self._link, self._server = link, server
        memory = Pool((TcFramesSection, UplinkBufferSection))
        self._listener = TcReceiver(memory, radio.scid, radio.command_vcid, radio.farm_window)
        self.packets = self.packets_under_way = 0

    def write(self, octets: bytes) -> None:
        """Send `octets` now; count the packets in them, unless the satellite is out of sight."""
        before = getattr(self._link, "octets_lost", 0)  # of a link with contacts (sim.spacecraft.spacecraft.RadioEnd)
        self._link.write(octets)
        lost = getattr(self._link, "octets_lost", 0) - before
        self._server.figures.octets_up_lost += lost
        if not lost:
            packets = len(self._listener.feed(octets))
            self.packets += packets
            self.packets_under_way += packets

    def read(self) -> bytes:
        """Return received octets, and pass them to the clients."""
        octets = self._link.read()
        self._server.downlink(octets)
        return octets

    def close(self) -> None:
        """Close this end of the link; the server goes on."""
        self._link.close()
