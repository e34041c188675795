"""GND-SRV: the space link offered over TCP: every client hears all, none holds another, nothing is lost uncounted."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import termios
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ccsds.tc_frames import ACQUISITION_OCTETS, cltu_encode
from ground.link import link_server as server_module
from ground.link.link_server import CLIENTS_MAX, COMMANDER_S, LinkServer
from ground.link.turns import GRACE_S
from hal.links.backlog import BACKLOG_MAX
from hal.links.link import LinkError

PATIENCE_S = 600.0
RESET = b"\1\0\0\0\0\0\0\0"  # struct linger: close with a reset


class Clock:
    """Time that stands until it is set."""

    now_s = 1000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(server_module, "LINGER_S", 0.2)
    with contextlib.closing(LinkServer("tcp://127.0.0.1:0")) as made:
        yield made


@pytest.fixture
def clocked(monkeypatch):
    monkeypatch.setattr(server_module, "LINGER_S", 0.0)
    clock = Clock()
    with contextlib.closing(LinkServer("tcp://127.0.0.1:0", clock)) as made:
        yield made, clock


def connect(server, stack):
    host, port = server.url.removeprefix("tcp://").split(":")
    return stack.enter_context(socket.create_connection((host, int(port)), timeout=PATIENCE_S))


def client(server, stack):
    before = server.figures.clients
    made = connect(server, stack)
    await_true(lambda: server.downlink(b"") or server.figures.clients > before)
    return made


def await_true(condition):
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.001)


def has_arrived(sock):
    """Whether the far end's system has all that was sent."""
    return fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)) == bytes(4)


def gather(server, size, most=1 << 16):
    got = bytearray()
    await_true(lambda: got.extend(server.uplink(most)) or len(got) >= size)
    return bytes(got)


def test_every_client_gets_the_downlink_from_its_connection_on(server):
    with contextlib.ExitStack() as stack:
        first = client(server, stack)
        server.downlink(b"one")
        second = client(server, stack)
        server.downlink(b"two")
        assert (first.recv(6, socket.MSG_WAITALL), second.recv(3)) == (b"onetwo", b"two")
    assert server.figures.octets_down == 9


def test_a_client_that_does_not_read_is_dropped_and_counted_and_the_others_hear_all(server):
    with contextlib.ExitStack() as stack:
        client(server, stack)
        good = client(server, stack)
        piece, got, given = bytes(range(256)) * 200, 0, 0
        while not server.figures.clients_slow:
            server.downlink(piece)
            given += len(piece)
            assert given < 100_000_000
            got += len(good.recv(len(piece), socket.MSG_WAITALL))
        assert got == given
    assert server.figures.clients_slow == 1
    assert BACKLOG_MAX <= server.figures.octets_dropped <= BACKLOG_MAX + len(piece)


def test_a_client_that_goes_away_is_no_slow_one(server):
    with contextlib.ExitStack() as stack:
        client(server, stack).close()
        rude = client(server, stack)
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        rude.close()
        await_true(lambda: server.downlink(b"") or server.uplink(10) or not server._clients)
    assert (server.figures.clients, server.figures.clients_slow) == (2, 0)


def test_one_more_client_than_there_is_room_for_takes_the_place_of_the_idlest(clocked):
    """Of 32 that never sent a CLTU the first goes; those that command stay; when all command, the newcomer goes."""
    server, clock = clocked
    telecommand = cltu_encode(b"telecommand")
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(CLIENTS_MAX):
            clients.append(client(server, stack))
            clock.now_s += 0.001
        clients[0].sendall(telecommand)
        assert gather(server, len(telecommand)) == telecommand
        operator = client(server, stack)
        assert clients[1].recv(1) == b""
        for other in [clients[0], *clients[2:], operator]:
            other.sendall(telecommand)
            assert gather(server, len(telecommand)) == telecommand
        assert (server.figures.clients_idle, server.figures.clients_refused) == (1, 0)
        beyond = connect(server, stack)
        await_true(lambda: server.downlink(b"") or server.figures.clients_refused == 1)
        assert beyond.recv(1) == b""
        clock.now_s += COMMANDER_S + 1.0
        client(server, stack)
        assert server.figures.clients_idle == 2
        assert clients[0].recv(1) == b""  # whose last CLTU is the longest ago


def test_an_operator_gets_in_and_is_heard_among_idle_and_dripping_clients(clocked):
    """31 idle or dripping clients, none of which ever ends a CLTU: an octet each 10 ms."""
    server, clock = clocked
    telecommand = cltu_encode(b"telecommand" * 8)
    with contextlib.ExitStack() as stack:
        others = [client(server, stack) for _ in range(CLIENTS_MAX)]
        for dripper in others[8:12]:
            dripper.sendall(b"\xeb")
        assert gather(server, 1) == b"\xeb"
        operator = client(server, stack)
        operator.sendall(telecommand)
        await_true(lambda: has_arrived(operator))
        began_s = clock.now_s
        got = bytearray()
        while telecommand not in got:
            got += server.uplink(50)
            others[9 + len(got) % 3].sendall(b"\xeb")
            clock.now_s += 0.01
            assert clock.now_s - began_s < GRACE_S + 0.3
        assert ACQUISITION_OCTETS in got
        assert server.figures.octets_acquisition == len(ACQUISITION_OCTETS)


@pytest.mark.parametrize("cut", [1, 4, 20, 22])
def test_a_client_that_goes_away_within_a_cltu_harms_no_other(server, cut):
    mine, yours = cltu_encode(b"mine" * 10), cltu_encode(b"yours" * 10)
    with contextlib.ExitStack() as stack:
        one, other = client(server, stack), client(server, stack)
        one.sendall(mine[:cut])
        assert gather(server, cut) == mine[:cut]
        one.close()
        other.sendall(yours)
        assert gather(server, 16 + len(yours)) == ACQUISITION_OCTETS + yours
    assert server.figures.octets_up == cut + len(yours)


def test_a_whole_cltu_of_a_client_that_has_gone_goes_up_and_half_a_one_does_not(server):
    mine, yours = cltu_encode(b"mine" * 10), cltu_encode(b"yours" * 10)
    with contextlib.ExitStack() as stack:
        one, other = client(server, stack), client(server, stack)
        other.sendall(yours[:30])
        assert gather(server, 30) == yours[:30]
        one.sendall(mine + mine[:10])
        one.close()
        await_true(lambda: server.uplink(1) or server.downlink(b"") or len(server._clients) == 1)
        other.sendall(yours[30:])
        assert gather(server, len(yours) - 30 + len(mine)) == yours[30:] + mine
        assert server.uplink(100) == b""
    assert server.figures.octets_up_cut == 10


def test_what_a_client_had_sent_before_it_made_room_goes_up(server):
    """Its first CLTU had arrived and was not looked at yet when another client took its place."""
    mine = cltu_encode(b"mine" * 10)
    with contextlib.ExitStack() as stack:
        clients = [client(server, stack) for _ in range(CLIENTS_MAX)]
        clients[0].sendall(mine)
        client(server, stack)
        assert server.figures.clients_idle == 1
        assert gather(server, len(mine)) == mine


def test_whole_cltus_of_clients_that_have_gone_are_kept_for_as_many_as_may_be_here(server):
    """And what is dropped beyond that is counted."""
    mine = cltu_encode(b"mine")
    with contextlib.ExitStack() as stack:
        for _ in range(CLIENTS_MAX + 1):
            gone = client(server, stack)
            gone.sendall(mine)
            gone.close()
            await_true(lambda: server.uplink(0) or not server._clients)
        assert gather(server, CLIENTS_MAX * len(mine)) == CLIENTS_MAX * mine
        assert server.uplink(1000) == b""
    assert server.figures.octets_up_cut == len(mine)


def test_what_goes_up_before_the_grounds_own_octets_is_counted(clocked):
    server, clock = clocked
    with contextlib.ExitStack() as stack:
        client(server, stack).sendall(cltu_encode(b"mine" * 10)[:30])
        assert len(gather(server, 30)) == 30
        assert server.break_in() is None
        clock.now_s += 2 * GRACE_S
        assert server.uplink(100) == b""
        assert server.break_in() == ACQUISITION_OCTETS
    assert server.figures.octets_acquisition == len(ACQUISITION_OCTETS)


def test_one_client_at_a_time_has_the_uplink(server):
    """What begins with half a CLTU is not mixed with another client's, which has its turn after the tail."""
    mine, yours = cltu_encode(b"mine" * 10), cltu_encode(b"yours" * 10)
    with contextlib.ExitStack() as stack:
        one, other = client(server, stack), client(server, stack)
        one.sendall(mine[:20])
        assert gather(server, 20) == mine[:20]
        other.sendall(yours)
        assert server.uplink(1000) == b""
        one.sendall(mine[20:])
        assert gather(server, len(mine) - 20 + len(yours)) == mine[20:] + yours


def test_no_more_is_taken_than_the_radio_sends(server):
    with contextlib.ExitStack() as stack:
        client(server, stack).sendall(b"0123456789")
        assert gather(server, 1, most=4)[:4] == b"0123"
        assert server.uplink(0) == b""
        assert gather(server, 6, most=4) == b"456789"


Step = st.one_of(
    st.tuples(st.just("send"), st.binary(max_size=200)), st.tuples(st.just("down"), st.binary(max_size=200)),
    st.tuples(st.sampled_from(["close", "reset", "new"]), st.just(b"")),
)  # fmt: skip


@given(st.lists(Step, max_size=25), st.integers(0, 100))
@example([("send", b"\0"), ("close", b""), ("new", b""), ("send", b"\0")], 1)
@settings(max_examples=40, deadline=None)
def test_any_octets_and_disconnects_leave_a_server_that_serves(steps, most):
    with contextlib.closing(LinkServer("tcp://127.0.0.1:0")) as server, contextlib.ExitStack() as stack:
        clients = [client(server, stack)]
        for what, octets in steps:
            if what == "new":
                clients.append(client(server, stack))
            elif what == "down":
                server.downlink(octets)
            elif clients and what == "send":
                clients[-1].sendall(octets)
            elif clients:
                leaver = clients.pop(0)
                if what == "reset":
                    leaver.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                leaver.close()
            assert len(server.uplink(most)) <= most
        for leaver in clients:
            leaver.close()
        await_true(lambda: server.uplink(1 << 16) is not None and not server._clients)
        last = client(server, stack)
        last.sendall(b"up")
        got = bytearray()
        await_true(lambda: got.extend(server.uplink(100)) or got.endswith(b"up"))
        # Before it, for clients that went away within a CLTU: acquisition, and what was left of one.
        before = got.removesuffix(b"up")
        assert not before.strip(ACQUISITION_OCTETS[:1]) and len(before) < 2 * len(ACQUISITION_OCTETS)
        server.downlink(b"down")
        assert last.recv(4, socket.MSG_WAITALL) == b"down"


def test_what_is_left_at_the_end_is_waited_for_a_while(server):
    with contextlib.ExitStack() as stack:
        reader, sleeper = client(server, stack), client(server, stack)
        piece = bytes(900_000)
        for _ in range(6):  # more than the system holds
            with contextlib.suppress(TimeoutError):
                server.downlink(piece)
                reader.recv(len(piece), socket.MSG_WAITALL)
        server.close()
        assert server.figures.clients_slow == 1
        assert server.figures.octets_dropped > 0
        assert sleeper.fileno() >= 0


@pytest.mark.parametrize(("url", "says"), [
    ("udp://127.0.0.1:1", "expected tcp://HOST:PORT"), ("tcp://127.0.0.1", "found port '127.0.0.1'"),
    ("tcp://192.0.2.1:1", "cannot listen there"), ("tcp://127.0.0.1:1?speed=9", "unknown option 'speed'"),
])  # fmt: skip
def test_an_address_that_cannot_be_is_one_line(url, says):
    with pytest.raises(LinkError, match=says) as error:
        LinkServer(url)
    assert "\n" not in str(error.value)


def test_without_a_host_only_this_machine_is_served():
    with contextlib.closing(LinkServer("tcp://:0")) as server:
        assert server.url.startswith("tcp://127.0.0.1:")
