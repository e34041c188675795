"""The contract of `hal.links.link.ByteLink`, for every link: octets both ways, in order, nothing lost, no blocking."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import socket
import tempfile
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bindings.errors import MissingProgramError
from firmware_bindings.host import HostBoard
from firmware_bindings.images import image
from firmware_bindings.qemu.emulator import Emulator
from ground.link.segment import GroundSegment
from ground.recordings.replay_link import ReplayLink
from hal.links import reopened
from hal.links.link import ByteLink, LinkError
from hal.links.open_link import open_link
from hal.links.spy import SpyLink
from hal.links.tcp import TcpLink
from hal.vehicle.load import load_vehicle
from hal.wire import BoardKind
from sim.mission import Mission
from sim.scenario.planning import Plan
from sim.scenario.scenario import load_scenario
from sim.spacecraft.spacecraft import Spacecraft

FUZZ = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PATIENCE_S = 600.0  # for octets on their way through the kernel


class PtyEnd:
    """The far end of a serial line: the master of a pseudo-terminal."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        os.set_blocking(fd, False)
        self.backlog = bytearray()

    def write(self, octets: bytes) -> None:
        self.backlog += octets
        self.drain()

    def drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            del self.backlog[: os.write(self.fd, self.backlog)]

    def read(self) -> bytes:
        self.drain()
        try:
            return os.read(self.fd, 65536)
        except BlockingIOError:
            return b""


def loop_ends() -> Iterator[tuple[ByteLink, ByteLink]]:
    yield open_link("loop://contract"), open_link("loop://contract")


def serial_ends() -> Iterator[tuple[ByteLink, PtyEnd]]:
    master, slave = os.openpty()
    tty.setraw(slave)
    near = open_link(f"serial://{os.ttyname(slave)}?baud=115200")
    yield near, PtyEnd(master)
    near.close()
    os.close(master)
    os.close(slave)


def board_bus() -> Iterator[tuple[ByteLink, ByteLink]]:
    board = HostBoard(BoardKind.ADCS)
    yield board.bus, board.stimulus


def board_stimulus() -> Iterator[tuple[ByteLink, ByteLink]]:
    board = HostBoard(BoardKind.EPS)
    yield board.stimulus, board.bus


def qemu_port(port: str) -> Callable[[], Iterator[tuple[ByteLink, ByteLink]]]:
    """A port of the board that says nothing unless it is asked."""

    def ends() -> Iterator[tuple[ByteLink, ByteLink]]:
        try:
            ping = Emulator("ping", image("ping"))
            ping.start()
        except MissingProgramError as error:
            pytest.skip(str(error))
        with contextlib.closing(ping):
            near, far = (ping.bus, ping.stimulus) if port == "bus" else (ping.stimulus, ping.bus)
            await_frame(ping.bus)
            yield near, far

    return ends


def await_frame(link: ByteLink) -> None:
    """Read the frame that a board sends when it boots."""
    until = time.monotonic() + PATIENCE_S
    while not link.read().endswith(b"\0"):
        assert time.monotonic() < until
        time.sleep(0.001)


def sim_radio() -> Iterator[tuple[ByteLink, ByteLink]]:
    world = make_world()
    yield world.open("sim://radio"), world.radio_ground


def sim_device(name: str) -> Callable[[], Iterator[tuple[ByteLink, ByteLink]]]:
    def ends() -> Iterator[tuple[ByteLink, ByteLink]]:
        world = make_world()
        yield world.open(f"sim://{name}"), world.radio_ground

    return ends


def make_world() -> Spacecraft:
    vehicle, scenario = load_vehicle(), load_scenario()
    return Spacecraft(vehicle, scenario, 1, flight_plan=Plan((), (), None, {}, 5680.0, tick_s=0.1))


def tcp_ends() -> Iterator[tuple[ByteLink, ByteLink]]:
    """A client, and a listener as its far end."""
    with contextlib.closing(open_link("tcp://127.0.0.1:0?listen=1")) as listener:
        assert isinstance(listener, TcpLink)
        with contextlib.closing(open_link(listener.url)) as client:
            yield client, listener


def tcp_listener() -> Iterator[tuple[ByteLink, ByteLink]]:
    """The same, the other way round."""
    for client, listener in tcp_ends():
        yield listener, client


def spied_loop() -> Iterator[tuple[ByteLink, ByteLink]]:
    with tempfile.TemporaryDirectory() as folder:
        near = open_link(f"spy://{folder}/loop.spy?link=loop://spied")
        with contextlib.closing(near):
            yield near, open_link("loop://spied")


def spied_tcp() -> Iterator[tuple[ByteLink, ByteLink]]:
    with tempfile.TemporaryDirectory() as folder:
        for client, listener in tcp_ends():
            yield SpyLink(client, f"{folder}/tcp.spy", "tcp"), listener


def replayed_link(name: str) -> Callable[[], Iterator[tuple[ByteLink, ByteLink]]]:
    """A link over which nothing came in this flight, or only at its start."""

    def ends() -> Iterator[tuple[ByteLink, ByteLink]]:
        near = open_link(f"replay://{short_recording()}?link={name}")
        assert isinstance(near, ReplayLink)
        yield near, near

    return ends


def stepped_link() -> Iterator[tuple[ByteLink, ByteLink]]:
    """A link of a world in another process, which does not step here."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as world:
        world.bind(f"{folder}/world")
        world.listen(1)
        near = open_link(f"step://{folder}/world?link=gnss")
        yield near, near
        near.close()


@functools.cache
def short_recording() -> Path:
    """A minute of flight without uplink."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    mission = Mission(load_vehicle(), load_scenario(), GroundSegment, out=folder, duration_s=60.0, record="full")
    recording = mission.fly().recording
    assert recording is not None
    return recording


ENDS: dict[str, Callable[[], Iterator[tuple[ByteLink, ByteLink]]]] = {
    "loop": loop_ends,
    "serial": serial_ends,
    "sim radio": sim_radio,
    "tcp": tcp_ends,
    "tcp listener": tcp_listener,
    "spy on loop": spied_loop,
    "spy on tcp": spied_tcp,
}


class SerialDevice:
    """A serial device with a name of its own, that comes and goes."""

    def __init__(self, folder: str) -> None:
        self.name = Path(folder) / "tty"
        self.fds: tuple[int, int] = (-1, -1)

    def open(self) -> ByteLink:
        return open_link(f"serial://{self.name}?baud=115200")

    def come(self) -> PtyEnd:
        self.fds = os.openpty()
        tty.setraw(self.fds[1])
        self.name.symlink_to(os.ttyname(self.fds[1]))
        return PtyEnd(self.fds[0])

    def go(self) -> None:
        self.name.unlink()
        for fd in self.fds:
            os.close(fd)


class Server:
    """A listener that comes back at the same address."""

    def __init__(self, _folder: str) -> None:
        self.url, self.far = "tcp://127.0.0.1:0", None

    def open(self) -> ByteLink:
        return open_link(self.url)

    def come(self) -> ByteLink:
        self.far = open_link(f"{self.url}?listen=1")
        assert isinstance(self.far, TcpLink)
        self.url = self.far.url
        return self.far

    def go(self) -> None:
        assert self.far is not None
        self.far.close()


class Caller:
    """A client that calls again."""

    def __init__(self, _folder: str) -> None:
        self.near = open_link("tcp://127.0.0.1:0?listen=1")
        self.far = None

    def open(self) -> ByteLink:
        return self.near

    def come(self) -> ByteLink:
        assert isinstance(self.near, TcpLink)
        self.far = open_link(self.near.url)
        return self.far

    def go(self) -> None:
        assert self.far is not None
        self.far.close()


class SpiedDevice(SerialDevice):
    """The same with a spy on the link."""

    def open(self) -> ByteLink:
        return open_link(f"spy://{self.name.parent}/tty.spy?link=serial://{self.name}")


LOST_AND_FOUND = {"serial": SerialDevice, "tcp": Server, "tcp listener": Caller, "spy on serial": SpiedDevice}


# Behind these links is a device that answers in its own language: only what needs no far end applies to them.
DEVICES = {
    "board bus": board_bus,
    "board stimulus": board_stimulus,
    "qemu bus": qemu_port("bus"),
    "qemu stimulus": qemu_port("stimulus"),
    **{f"sim {name}": sim_device(name) for name in ("adcs", "eps", "str", "gnss")},
    "replay radio": replayed_link("radio"),
    "step gnss": stepped_link,
}


@pytest.fixture(params=list(ENDS))
def ends(request):
    """(the link under test, an end at the far side)."""
    yield from ENDS[request.param]()


@pytest.fixture(params=[*ENDS, *DEVICES])
def near(request):
    """The link under test, with what it sends at once already read."""
    makes = (ENDS | DEVICES)[request.param]()
    link = next(makes)[0]
    link.read()
    yield link
    for _ in makes:
        raise AssertionError("one link a test")


def receive(link, size: int, *others) -> bytes:
    """Read until `size` octets have come, keeping `others` moving."""
    got, until = bytearray(), time.monotonic() + PATIENCE_S
    while len(got) < size and time.monotonic() < until:
        got += link.read()
        for other in others:
            assert other.read() == b""
    return bytes(got)


def test_it_is_a_link(near):
    """LNK-01: it has the methods of `ByteLink`."""
    assert isinstance(near, ByteLink)


def test_nothing_to_read_is_no_octets(near):
    """LNK-01: `read` returns no octets when none have come."""
    assert near.read() == b""


@given(st.lists(st.binary(max_size=400), max_size=6))
@FUZZ
def test_any_octets_may_be_written(near, chunks):
    """LNK-01: neither `write` nor `read` raises, whatever the octets."""
    for chunk in chunks:
        near.write(chunk)
        assert isinstance(near.read(), bytes)


def test_a_big_write_to_somebody_who_does_not_read_returns(near):
    """LNK-01: a write never blocks, even if the far end reads nothing."""
    near.write(bytes(200_000))
    assert isinstance(near.read(), bytes)


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=8))
@FUZZ
def test_any_octets_arrive_in_order_both_ways(ends, chunks):
    """LNK-01, HAL-03: all octets arrive, in order, in both directions."""
    near, far = ends
    sent = b"".join(chunks)
    for chunk in chunks:
        near.write(chunk)
    assert receive(far, len(sent), near) == sent
    for chunk in chunks:
        far.write(chunk)
    assert receive(near, len(sent), far) == sent
    assert near.read() == b""
    assert far.read() == b""


def test_every_octet_value_passes(ends):
    """LNK-01: no octet value is changed or swallowed, such as control characters of a terminal."""
    near, far = ends
    every = bytes(range(256))
    near.write(every)
    far.write(every)
    assert receive(far, 256) == every
    assert receive(near, 256) == every


def test_directions_do_not_mix(ends):
    """LNK-01: each end reads only what the other end wrote."""
    near, far = ends
    near.write(b"out")
    far.write(b"in")
    assert receive(near, 2) == b"in"
    assert receive(far, 3) == b"out"


@pytest.mark.parametrize("size", [70_000, 300_000])
def test_big_writes_arrive_whole_and_do_not_block(ends, size):
    """LNK-01: more octets than the system's buffers hold arrive whole."""
    near, far = ends
    sent = bytes(i * 7 % 251 for i in range(size))
    near.write(sent)  # nobody has read yet: returns all the same
    assert receive(far, size, near) == sent
    far.write(sent)
    assert receive(near, size, far) == sent


def test_writing_nothing_is_nothing(ends):
    """LNK-01: an empty write changes nothing."""
    near, far = ends
    near.write(b"")
    near.write(b"x")
    assert receive(far, 1) == b"x"


def test_octets_are_delivered_once(ends):
    """LNK-01: a second read does not return the same octets again."""
    near, far = ends
    far.write(b"once")
    assert receive(near, 4) == b"once"
    assert near.read() == b""


def test_closed_means_closed(near):
    """LNK-01: after `close`, which may be called twice, every call raises `LinkError`."""
    near.close()
    near.close()
    with pytest.raises(LinkError, match="closed"):
        near.write(b"x")
    with pytest.raises(LinkError, match="closed"):
        near.read()


def test_what_was_written_before_closing_can_still_be_read(ends):
    """LNK-01: `close` loses no octet that was written before it."""
    near, far = ends
    near.write(b"last words")
    near.close()
    assert receive(far, 10) == b"last words"


def working(link) -> bool:
    try:
        return link.read() == b""
    except LinkError:
        return False


@pytest.mark.parametrize("kind", LOST_AND_FOUND)
def test_a_line_that_was_lost_is_found_again(kind, monkeypatch):
    """LNK-07: while it is away every call raises `LinkError`; then only octets of the new line pass."""
    monkeypatch.setattr(reopened, "RETRY_S", 0.02)
    with tempfile.TemporaryDirectory() as folder:
        device = LOST_AND_FOUND[kind](folder)
        far = device.come()
        with contextlib.closing(device.open()) as near:
            for number in range(3):
                until = time.monotonic() + PATIENCE_S
                while not (working(near) and working(far)):
                    assert time.monotonic() < until
                    time.sleep(0.002)
                there, back = b"there %d" % number, b"back %d" % number
                near.write(there)
                assert receive(far, len(there), near) == there
                far.write(back)
                assert receive(near, len(back), far) == back
                device.go()
                while working(near):
                    assert time.monotonic() < until
                for _ in range(5):
                    with pytest.raises(LinkError):
                        near.write(b"to nobody")
                    with pytest.raises(LinkError):
                        near.read()
                    time.sleep(0.01)
                far = device.come()
        with pytest.raises(LinkError, match="closed"):
            near.read()
        device.go()


def test_a_link_that_is_closed_while_its_line_is_away_stays_closed(monkeypatch):
    """LNK-07: a closed link does not open the line again when it comes back."""
    monkeypatch.setattr(reopened, "RETRY_S", 0.0)
    with tempfile.TemporaryDirectory() as folder:
        device = SerialDevice(folder)
        device.come()
        near = device.open()
        device.go()
        while working(near):
            time.sleep(0.001)
        near.close()
        device.come()
        for _ in range(2):
            with pytest.raises(LinkError, match="closed"):
                near.read()
        device.go()
