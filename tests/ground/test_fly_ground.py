"""GND-SRV: `smartsat fly --ground`: a flight in a process of its own, and clients that are strangers to it."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from fsw.ccsds.packets import Acknowledgement, TcPacket
from fsw.ccsds.tm_frames import ASM
from ground.station import GroundStation
from hal.links.spy_format import Crossing, SpyReader
from hal.packet import FrameDecoder
from hal.vehicle import VEHICLES, load_vehicle
from tests.ground.flight import OfferedFlight

RADIO = load_vehicle().radio
NS = 1_000_000_000
PONG = bytes([17, 2])


class Commander:
    """An external station with COP-1, on a socket."""

    def __init__(self, link):
        self.link, self.station, self.answers = link, GroundStation(RADIO), 0
        self.heard = b""
        self.start = time.monotonic()

    def now_ns(self):
        return int((time.monotonic() - self.start) * NS)

    def ping(self, count):
        packet = TcPacket(RADIO.apid, count, 17, 1, b"", 1, Acknowledgement.NONE).encode()
        self.link.sendall(self.station.send(packet, self.now_ns()))

    def await_answers(self, count):
        until = time.monotonic() + 30
        while self.answers < count or self.station.counts.tc_unacknowledged:
            assert time.monotonic() < until
            octets = self.link.recv(65536)
            self.heard += octets
            self.answers += sum(packet[7:9] == PONG for packet in self.station.receive(octets))
            self.link.sendall(self.station.transmit(self.now_ns()))


def commands_of(result):
    return next(hop for hop in result["ledger"]["hops"] if hop["name"].startswith("telecommand packets"))


def test_an_external_commander_has_cop_1_to_itself_and_two_clients_hear_the_same(tmp_path):
    """20 pings in type-AD frames from outside, garbage between them; all answered, the ledger closed."""
    with OfferedFlight("--speed", "10", "--duration", "6000", cwd=tmp_path) as flight:
        with flight.connect() as one, flight.connect() as other:
            commander = Commander(one)
            for count in range(20):
                commander.ping(count)
                if count % 5 == 0:
                    one.sendall(bytes(range(256)))
            commander.await_answers(20)
            heard = other.recv(1 << 20)
        result = flight.end(interrupt=True)
    stream = (tmp_path / "run" / "downlink.cadu").read_bytes()
    for octets in (commander.heard, heard):
        assert octets.startswith(ASM)
        assert octets in stream
    assert commands_of(result)["generated"] == commands_of(result)["delivered"] == 20
    assert result["ledger"]["unaccounted"] == 0
    assert result["ground"]["octets_up"] > 20 * 30 + 4 * 256


def test_a_client_that_does_not_read_holds_neither_flight_nor_others(tmp_path):
    """At full speed: the slow client is dropped and counted, the other has the stream to its last octet."""
    with OfferedFlight("--speed", "max", "--duration", "12000", cwd=tmp_path) as flight:
        with flight.connect(), flight.connect() as good:
            heard = bytearray()
            while octets := good.recv(1 << 16):
                heard += octets
            result = flight.end()
    assert result["duration_s"] == 12000.0
    assert result["ground"]["clients_slow"] == 1
    assert result["ground"]["octets_dropped"] > 0
    assert len(heard) > 1_000_000
    assert (tmp_path / "run" / "downlink.cadu").read_bytes().endswith(heard)


@pytest.mark.parametrize(("hal", "plan", "sent"), [("pty", (), 0), ("sim", ("--plan",), 1)])
def test_other_worlds_and_the_plan(tmp_path, hal, plan, sent):
    """A board process behind a serial line flies with a client too; `--plan` sends the scenario's telecommands."""
    arguments = ("--hal", hal, "--scenario", "modes", "--duration", "3000", *plan)
    with OfferedFlight(*arguments, "--speed", "1" if hal == "pty" else "max", cwd=tmp_path) as flight:
        with flight.connect() as link:
            assert link.recv(len(ASM)) == ASM
        result = flight.end(interrupt=hal == "pty")
    assert result["ground"]["clients"] == 1
    assert (commands_of(result)["generated"] > 0) == (sent > 0)
    assert result["ledger"]["unaccounted"] == 0


def test_the_flight_is_the_same_with_the_link_offered(tmp_path):
    """Nobody connects: the same recording and downlink as without `--ground`, telecommands included."""
    hashes = []
    for extra in ((), ("--ground", "tcp://127.0.0.1:0", "--plan", "--speed", "max")):
        out = fly("--scenario", "modes", "--duration", "1500", "--json", *extra, cwd=tmp_path)
        result = json.loads(out.stdout)
        hashes.append((result["recording_sha256"], result["cadu_sha256"], commands_of(result)))
    assert hashes[0] == hashes[1]


def fly(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "ground.cli", "fly", *arguments, "--out", str(cwd / "run")],
        check=False, capture_output=True, text=True, cwd=cwd, timeout=120,
    )  # fmt: skip


def test_a_port_in_use_is_one_line(tmp_path):
    with OfferedFlight("--duration", "3000", cwd=tmp_path) as flight:
        out = fly("--ground", f"tcp://127.0.0.1:{flight.port}", cwd=tmp_path)
        flight.end(interrupt=True)
    assert out.returncode == 2
    assert out.stderr == f"smartsat: tcp://127.0.0.1:{flight.port}: cannot listen there: Address already in use\n"


@pytest.mark.parametrize("url", ["127.0.0.1:5000", "tcp://127.0.0.1", "udp://127.0.0.1:5000"])
def test_an_address_that_is_none_is_one_line_and_leaves_no_folder(tmp_path, url):
    out = fly("--ground", url, cwd=tmp_path)
    assert out.returncode == 2
    assert len(out.stderr.splitlines()) == 1 and url in out.stderr
    assert not (tmp_path / "run").exists()


def test_a_vehicle_file_has_its_links_spied_on(tmp_path):
    """`spy://` in the vehicle file: the file has exactly what the recording says crossed that link."""
    from fsw.core.recording_reader import RecordingReader

    text = (VEHICLES / "reference.toml").read_text()
    for name in ("adcs", "gnss"):
        text = text.replace(f'"sim://{name}"', f'"spy://{name}.spy?link=sim%3A%2F%2F{name}"')
    (tmp_path / "spied.toml").write_text(text)
    out = fly("--vehicle", "spied.toml", "--duration", "20", "--json", cwd=tmp_path)
    plain = fly("--duration", "20", "--json", cwd=tmp_path / ".")
    assert json.loads(out.stdout)["cadu_sha256"] == json.loads(plain.stdout)["cadu_sha256"]
    for index, name in ((0, "adcs"), (3, "gnss")):
        crossed = [(d, o) for tick in RecordingReader(tmp_path / "run" / "recording.ssr") for i, d, o in tick.octets
                   if i == index]  # fmt: skip
        spied = [(r.crossing, r.octets) for r in SpyReader(tmp_path / f"{name}.spy")]
        assert spied == crossed
    packets = FrameDecoder().feed(b"".join(o for c, o in crossed if c == Crossing.IN))
    assert packets is not None
