"""LNK-TCP: connections that come and go, far ends that do not read, any octets in any pieces; nothing blocks."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.links import tcp_peer
from hal.links.backlog import BACKLOG_MAX
from hal.links.link import LinkError
from hal.links.open_link import open_link
from hal.links.tcp import TcpLink
from hal.packet import FrameDecoder, encode_frame

PATIENCE_S = 600.0


def listening():
    link = open_link("tcp://127.0.0.1:0?listen=1")
    assert isinstance(link, TcpLink)
    return link


def await_true(condition, what):
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.002)


def reads(link):
    """What one read gives; None while there is no far end."""
    try:
        return link.read()
    except LinkError:
        return None


def plain_client(link):
    host, port = link.url.removeprefix("tcp://").split(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE_S)


@pytest.fixture
def listener():
    with contextlib.closing(listening()) as link:
        yield link


def test_a_client_of_nobody_is_one_line():
    """A client whose far end does not listen is refused in one line."""
    with socket.socket() as nobody:  # has a port and does not listen: nobody else can get it
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(LinkError, match=r"tcp://127.0.0.1:\d+: cannot be opened: "):
            open_link(f"tcp://127.0.0.1:{nobody.getsockname()[1]}")


def test_a_port_in_use_is_one_line(listener):
    with pytest.raises(LinkError, match="cannot listen there: Address already in use"):
        open_link(listener.url + "?listen=1")


def test_a_host_that_is_none_is_one_line():
    with pytest.raises(LinkError, match=r"host 'no\.such\.host\.invalid'"):
        open_link("tcp://no.such.host.invalid:1")


def test_without_far_end_every_call_says_so(listener):
    for call in (listener.read, lambda: listener.write(b"x")):
        with pytest.raises(LinkError, match="no far end is connected"):
            call()


def test_a_client_finds_its_far_end_again():
    """Disconnect: a LinkError, once what came before is read. Reconnect: by itself, and octets flow both ways."""
    with contextlib.closing(listening()) as far:
        url = far.url
        near = open_link(url)
        await_true(lambda: reads(far) is not None, "connected")
        far.write(b"last words")
        far.close()
        got = bytearray()
        with pytest.raises(LinkError, match="the far end has closed"):
            while True:
                got += near.read()
        assert got == b"last words"
        with pytest.raises(LinkError, match="no far end"):
            near.write(b"to nobody")
    with contextlib.closing(open_link(url + "?listen=1")) as far:
        await_true(lambda: reads(near) is not None and reads(far) is not None, "connected again")
        near.write(b"again")
        await_true(lambda: far.read() == b"again", "octets of the new connection only")
        assert near.connections == 2
        assert near.octets_dropped == 0
        near.close()


def test_a_listener_takes_the_next_when_the_first_has_gone(listener):
    with plain_client(listener) as first:
        await_true(lambda: reads(listener) == b"", "the first")
        second = plain_client(listener)
        second.sendall(b"second")
        first.sendall(b"first")
        await_true(lambda: listener.read() == b"first", "only the first is heard")
        assert listener.read() == b""
    await_true(lambda: reads(listener) == b"second", "then the second")
    assert listener.connections == 2
    second.close()


def test_a_far_end_that_does_not_read_holds_nobody_and_loses_nothing_uncounted(listener):
    """What the system takes is under way; the rest is held up to the bound, refused beyond, counted when lost."""
    far = plain_client(listener)
    await_true(lambda: reads(listener) == b"", "connected")
    piece, taken = bytes(100_000), 0
    with pytest.raises(LinkError, match="wait for a far end that does not read"):
        for _ in range(10_000):
            listener.write(piece)
            taken += len(piece)
    assert reads(listener) == b""  # still connected
    held = listener._line.waiting
    assert BACKLOG_MAX - len(piece) < held <= BACKLOG_MAX
    far.settimeout(PATIENCE_S)
    got = 0
    while got < taken:
        got += len(far.recv(1 << 16))
        reads(listener)
    assert got == taken
    with pytest.raises(LinkError, match="does not read"):
        for _ in range(10_000):
            listener.write(piece)
    held = listener._line.waiting
    far.close()
    await_true(lambda: reads(listener) is None, "disconnected")
    assert listener.octets_dropped == held > 0


def test_a_reset_is_a_link_error_and_not_the_end(listener):
    for octets in (b"one", b"two"):
        far = plain_client(listener)
        far.sendall(octets)
        await_true(lambda: reads(listener) == octets, "octets")  # noqa: B023
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # close with a reset
        far.close()
        await_true(lambda: reads(listener) is None, "reset seen")
    assert listener.connections == 2


def test_a_read_ends_though_the_far_end_sends_on(listener, monkeypatch):
    monkeypatch.setattr(tcp_peer, "CHUNK_OCTETS", 1000)
    with plain_client(listener) as far:
        await_true(lambda: reads(listener) == b"", "connected")
        far.sendall(bytes(50_000))
        assert len(listener._line.read(16 * 1000)) <= 16 * 1000


Step = st.one_of(
    st.tuples(st.just("near"), st.binary(max_size=300)),
    st.tuples(st.just("far"), st.binary(max_size=300)),
    st.tuples(st.sampled_from(["hang up", "reset"]), st.just(b"")),
)


@given(st.lists(Step, max_size=25))
@settings(max_examples=40, deadline=None)
def test_any_octets_in_any_pieces_with_any_disconnects(steps):
    """Only `LinkError`; what arrives is a beginning of what was sent on that connection; then a packet passes."""
    link = listening()
    with contextlib.closing(link), contextlib.ExitStack() as stack:
        far = stack.enter_context(plain_client(link))
        await_true(lambda: reads(link) == b"", "connected")
        sent, got, came, told = bytearray(), bytearray(), bytearray(), bytearray()
        for what, octets in steps:
            if what == "near":
                with contextlib.suppress(LinkError):
                    link.write(octets)
                    told += octets
            elif what == "far":
                far.sendall(octets)
                sent += octets
            else:
                if what == "reset":
                    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                else:
                    far.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        while piece := far.recv(4096):
                            came += piece
                far.close()
                while (piece := reads(link)) is not None:
                    got += piece
                assert sent.startswith(got)
                assert told.startswith(came)
                if what == "hang up" and not told:  # octets that the far end left unread make a reset of it
                    assert got == sent
                sent, got, came, told = bytearray(), bytearray(), bytearray(), bytearray()
                far = stack.enter_context(plain_client(link))
                await_true(lambda: reads(link) == b"", "connected again")
            got += reads(link) or b""
        decoder, packet = FrameDecoder(), (0x20, 0, 7, b"payload")
        decoder.feed(bytes(got))
        far.sendall(b"\0" + encode_frame(*packet))
        found = []
        await_true(lambda: found.extend(decoder.feed(link.read())) or packet in found, "a packet passes")
        assert packet in found
