"""GND-SRV: a flight that offers its space link: external commander, slow clients, contacts, spies, one-line errors."""

from __future__ import annotations

import contextlib
import io
import json
import socket

import pytest
from rich.console import Console

from ccsds.packets import Acknowledgement, TcPacket
from ccsds.tm_frames import ASM
from ground.cli import flights, fly
from ground.link.link_server import LinkServer
from ground.link.segment import GroundSegment
from ground.link.station import GroundStation
from ground.recordings.reader import RecordingReader
from ground.worlds.worlds import open_spies
from hal.links.spy_format import SpyReader
from hal.vehicle.load import VEHICLES, load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import SCENARIOS, load_scenario
from tests.ground.ended import ended

RADIO = load_vehicle().radio
NS = 1_000_000_000
PATIENCE_S = 600.0
PONG = bytes([17, 2])


class Offered:
    """A mission in this process, which moves only when it is told to, with its link offered."""

    def __init__(self, out=None, scenario="reference", duration_s=1e5):
        self.server = LinkServer("tcp://127.0.0.1:0")
        self.mission = Mission(
            load_vehicle(), load_scenario(scenario),
            flights.ground_of(fly.Options(ground=self.server.url), out, self.server),
            duration_s=duration_s,
        )  # fmt: skip

    def connect(self):
        host, port = self.server.url.removeprefix("tcp://").split(":")
        return socket.create_connection((host, int(port)), timeout=PATIENCE_S)

    def end(self):
        """Judge what was flown; return the ledger's hop of the uplink, and what is unaccounted anywhere."""
        self.mission.duration_s = self.mission.flown_s
        ledger = self.mission.fly().ledger
        return next(hop for hop in ledger.hops if hop.name.startswith("telecommand packets")), ledger.unaccounted

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()


def all_of(link):
    """What has come over a socket, without waiting."""
    got = b""
    link.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while octets := link.recv(1 << 20):
            got += octets
    link.settimeout(PATIENCE_S)
    return got


class Commander:
    """An external station with COP-1, on a socket; its time is mission time."""

    def __init__(self, link, mission):
        self.link, self.mission, self.station = link, mission, GroundStation(RADIO)
        self.heard, self.answers, self.count = b"", 0, 0

    def ping(self):
        packet = TcPacket(RADIO.apid, self.count, 17, 1, b"", 1, Acknowledgement.NONE).encode()
        self.count += 1
        self.link.sendall(self.station.send(packet, round(self.mission.flown_s * NS)))

    def listen(self):
        octets = all_of(self.link)
        if octets:
            self.heard += octets
            self.answers += sum(packet[7:9] == PONG for packet in self.station.receive(octets))
        self.link.sendall(self.station.transmit(round(self.mission.flown_s * NS)))


def test_an_external_commander_has_cop_1_to_itself_and_two_clients_hear_the_same(tmp_path):
    """20 pings in type-AD frames, garbage between them, the window as narrow as it is: all answered, ledger closed."""
    with Offered(tmp_path) as offered, offered.connect() as one, offered.connect() as other:
        commander = Commander(one, offered.mission)
        for _ in range(20):
            commander.ping()
            one.sendall(bytes(range(256)))
        while commander.answers < 20 or commander.station.counts.tc_unacknowledged:
            assert offered.mission.flown_s < 1000
            offered.mission.advance(0.1)
            commander.listen()
        heard = other.recv(1 << 20)
        uplink, unaccounted = offered.end()
        figures = offered.server.figures
    stream = (tmp_path / "downlink.cadu").read_bytes()
    for octets in (commander.heard, heard):
        assert octets.startswith(ASM)
        assert stream.startswith(octets)
    assert (uplink.generated, uplink.delivered, unaccounted) == (20, 20, 0)
    assert (figures.clients, figures.octets_up >= 20 * 256 + 20 * 30) == (2, True)


def test_octets_sent_in_the_last_tick_are_under_way_and_not_lost():
    with Offered() as offered, offered.connect() as link:
        commander = Commander(link, offered.mission)
        offered.mission.advance(10.0)
        commander.ping()
        generated = 0
        while not generated:  # what the server has not taken is not sent
            offered.mission.advance(0.1)
            generated = offered.mission.ground.commands
        uplink, unaccounted = offered.end()
    assert (uplink.generated, uplink.delivered, uplink.stored, unaccounted) == (1, 0, 1, 0)


def test_the_uplink_is_no_faster_than_the_radio():
    """4000 bit/s in the reference vehicle: 50 octets a tick, whatever a client sends."""
    with Offered() as offered, offered.connect() as link:
        link.sendall(bytes(1000))
        offered.mission.advance(0.1)  # takes the client, perhaps not yet its octets
        offered.mission.advance(0.5)
        assert 200 <= offered.server.figures.octets_up <= 300
        offered.mission.advance(5.0)
        assert offered.server.figures.octets_up == 1000


def test_a_client_that_does_not_read_holds_neither_flight_nor_others(tmp_path):
    """It is dropped and counted; the other has the stream to its last octet."""
    with Offered(tmp_path) as offered, offered.connect(), offered.connect() as good:
        heard = bytearray()
        while not offered.server.figures.clients_slow:
            assert offered.mission.flown_s < 20_000
            offered.mission.advance(60.0)
            heard += all_of(good)
        offered.end()
        offered.server.close()
        while octets := good.recv(1 << 20):
            heard += octets
        figures = offered.server.figures
    assert (figures.clients, figures.clients_slow) == (2, 1)
    assert figures.octets_dropped > 1 << 20
    assert (tmp_path / "downlink.cadu").read_bytes() == heard


def test_what_is_sent_without_contact_is_lost_and_counted(tmp_path):
    """Before the first contact nobody hears; in it a ping is answered; the ledger is closed."""
    text = (SCENARIOS / "modes.toml").read_text()
    assert "[ground]" not in text
    path = tmp_path / "contacts.toml"
    path.write_text(text + '\n[ground]\nvisibility = "passes"\ncontacts = [{ start_s = 60.0, duration_s = 600.0 }]\n')
    with Offered(scenario=str(path)) as offered, offered.connect() as link:
        commander = Commander(link, offered.mission)
        offered.mission.advance(50.0)
        commander.ping()
        while not offered.server.figures.octets_up:
            offered.mission.advance(0.1)
        lost = offered.server.figures.octets_up_lost
        assert lost == offered.server.figures.octets_up > 30
        while not commander.answers:
            assert offered.mission.flown_s < 300
            offered.mission.advance(0.1)
            commander.listen()  # its timer sends again
        assert commander.station.counts.tc_frames_resent > 0


def test_the_flight_is_the_same_with_the_link_offered(tmp_path):
    """Nobody connects: the same recording and downlink as without `--ground`; `--no-plan` is another flight."""
    found = []
    for i, options in enumerate(({}, {"ground": "tcp://127.0.0.1:0", "plan": True}, {"ground": "tcp://127.0.0.1:0"})):
        out = tmp_path / str(i)
        fly.run(
            fly.Options(scenario="modes", duration_s=100.0, speed="max", out=out, as_json=True, report=False, **options)
        )
        result = json.loads((out / "result.json").read_text())
        found.append((result["recording_sha256"], result["cadu_sha256"], result["ledger"]["hops"][2]["delivered"]))
    assert found[0] == found[1] != found[2]
    assert found[0][2] > found[2][2] == 0


def test_where_it_is_offered_is_one_line_and_real_time_the_default(tmp_path):
    console, options = Console(file=io.StringIO()), fly.Options(ground="tcp://127.0.0.1:0")
    with contextlib.ExitStack() as stack:
        server = fly._offer(options, console, stack)
        said = console.file.getvalue()
        assert said == f"ground: the space link is at {server.url}: CADUs down, CLTUs up\n"
        assert flights.speed_of(options) == "1"
    assert flights.speed_of(fly.Options()) == "max"


@pytest.mark.parametrize("url", ["127.0.0.1:5000", "tcp://127.0.0.1", "udp://127.0.0.1:5000", "in use"])
def test_an_address_that_cannot_be_is_one_line_and_leaves_no_folder(tmp_path, capsys, url):
    with contextlib.closing(LinkServer("tcp://127.0.0.1:0")) as other:
        url = other.url if url == "in use" else url
        assert ended("fly", "--ground", url, "--out", tmp_path / "run") == 2
    said = capsys.readouterr().err
    assert said.startswith("smartsat: ") and url in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_vehicle_file_has_its_links_spied_on(tmp_path):
    """`spy://` in the vehicle file: the spy has exactly what the recording says crossed that link."""
    text = (VEHICLES / "reference.toml").read_text()
    for name in ("adcs", "gnss"):
        text = text.replace(f'"sim://{name}"', f'"spy://{tmp_path}/{name}.spy?link=sim%3A%2F%2F{name}"')
    (tmp_path / "spied.toml").write_text(text)
    vehicle = load_vehicle(tmp_path / "spied.toml")
    with open_spies("sim", vehicle) as tap:
        mission = Mission(
            vehicle, load_scenario(), GroundSegment, out=tmp_path, duration_s=20.0, record="full", tap=tap
        )
        result = mission.fly()
    plain = Mission(load_vehicle(), load_scenario(), GroundSegment, duration_s=20.0).fly()
    assert result.cadu_sha256 == plain.cadu_sha256
    for index, name in ((0, "adcs"), (3, "gnss")):
        crossed = [
            (way, octets) for tick in RecordingReader(result.recording) for link, way, octets in tick.octets
            if link == index
        ]  # fmt: skip
        assert [(r.crossing, r.octets) for r in SpyReader(tmp_path / f"{name}.spy")] == crossed
        assert crossed
