"""`step://`: links and clock of a world in another process, and what a broken far end does."""

import socket
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hal.links.link import ByteLink, LinkError
from hal.links.open_link import open_link
from hal.links.stepped import NAMES, Pipe, SteppedWorld, WorldEnded, open_clock


class FarEnd:
    """A world of one connection, in this process."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(1)

    def accept(self):
        self.connection, _ = self.listener.accept()
        return Pipe(self.connection)

    def close(self):
        self.connection.close()
        self.listener.close()


@pytest.fixture
def world(tmp_path):
    far = FarEnd(tmp_path / "w")
    near = SteppedWorld(str(tmp_path / "w"))
    pipe = far.accept()
    yield near, pipe, far.connection
    near._pipe.close()
    far.close()


def step(near, pipe, t_ns, answer):
    """One step: return what the far end got."""
    got = []

    def serve():
        got.append(pipe.receive())
        pipe.send(t_ns, answer)

    thread = threading.Thread(target=serve)
    thread.start()
    near.sleep_until(t_ns)
    thread.join()
    return got[0]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(NAMES) - 1), st.binary(max_size=300)), max_size=10),
       st.lists(st.tuples(st.integers(0, len(NAMES) - 1), st.binary(max_size=300)), max_size=10))  # fmt: skip
def test_any_octets_cross_in_order_with_the_step(world, there, back):
    near, pipe, _ = world
    for number, octets in there:
        near.links[NAMES[number]].write(octets)
    assert step(near, pipe, 77, back) == (77, there)
    assert near.now_ns() == 77
    for number, name in enumerate(NAMES):
        assert near.links[name].read() == b"".join(octets for n, octets in back if n == number)
        assert near.links[name].read() == b""


def test_a_closed_link_is_closed_and_the_others_go_on(world):
    near, pipe, _ = world
    link = near.links["gnss"]
    assert isinstance(link, ByteLink)
    link.close()
    link.close()
    for use in (link.read, lambda: link.write(b"x")):
        with pytest.raises(LinkError):
            use()
    near.links["eps"].write(b"y")
    assert step(near, pipe, 1, []) == (1, [(1, b"y")])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_whatever_a_broken_world_says_it_is_over(octets):
    one, two = socket.socketpair()
    with one, two:
        one.sendall(octets)
        one.close()
        pipe = Pipe(two)
        message = pipe.receive()
        if message is not None:
            assert all(number < len(NAMES) for number, _ in message[1])


def test_the_end_of_the_world_is_no_exception_that_an_application_may_catch(world):
    near, pipe, _ = world
    pipe.close()
    with pytest.raises(WorldEnded):
        near.sleep_until(1)
    assert not issubclass(WorldEnded, Exception)


@pytest.mark.parametrize("url", ["step:///none/there?link=adcs", "step:///x?link=wheel", "step://", "step:///x?port=1"])
def test_what_leads_nowhere_is_one_line(url):
    """A URL without a world behind it is refused in one line."""
    with pytest.raises(LinkError) as error:
        open_link(url)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("url", ["step:///none/there", "tcp://127.0.0.1:1", "step:///x?link=adcs"])
def test_a_clock_that_is_none_is_one_line(url):
    with pytest.raises(LinkError) as error:
        open_clock(url)
    assert "\n" not in str(error.value)
