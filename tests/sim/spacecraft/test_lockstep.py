"""Boards elsewhere in lock-step: bus octets are complete, patience ends, what does not come is counted."""

import os
import socket

import pytest

from sim.spacecraft import lockstep
from sim.spacecraft.lockstep import BoardEnds, LockstepBus, StimulusLine, Waiter


class Line:
    """A link that gives what it is told to, one piece a read."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)
        self.written = b""

    def write(self, octets):
        self.written += octets

    def read(self):
        return self.pieces.pop(0) if self.pieces else b""

    def close(self):
        self.pieces = []


def test_read_returns_all_that_was_announced():
    bus = LockstepBus(Line(b"a", b"", b"bc", b"", b"", b"d"))
    bus.announce(4)
    assert bus.read() == b"abcd"
    assert bus.octets_missing == 0
    assert bus.read() == b""


def test_octets_that_never_come_are_counted_and_both_counts_start_anew(monkeypatch):
    monkeypatch.setattr(lockstep, "BUS_PATIENCE_S", 0.0)
    line = Line(b"abc")
    bus = LockstepBus(line)
    bus.announce(10)
    assert bus.read() == b"abc"
    assert bus.octets_missing == 7
    line.pieces = [b"defg"]
    bus.announce(14)
    assert bus.read() == b"defg"
    assert bus.octets_missing == 7


def test_a_board_that_was_reset_counts_from_zero(monkeypatch):
    monkeypatch.setattr(lockstep, "BUS_PATIENCE_S", 60.0)
    line = Line(b"x" * 1000)
    bus = LockstepBus(line)
    bus.announce(1000)
    bus.read()
    line.pieces = [b"y" * 50]
    bus.announce(50)  # less than before: not 64 k octets to wait for
    assert bus.read() == b"y" * 50
    line.pieces = [b"", b"z"]
    bus.announce(51)
    assert bus.read() == b"z"


def test_octets_of_late_answers_are_not_waited_for_twice(monkeypatch):
    """A board was slow: its octets come, its announcements are for stimuli that nobody waits for any more."""
    monkeypatch.setattr(lockstep, "BUS_PATIENCE_S", 60.0)
    line = Line(b"a" * 80)
    bus = LockstepBus(line)
    bus.announce(80)
    bus.read()
    line.pieces = [b"b" * 800]
    assert len(bus.read()) == 800
    line.pieces = [b"c" * 80]
    bus.announce(960)
    assert bus.read() == b"c" * 80
    assert bus.octets_missing == 0


def test_counts_wrap():
    """The counts of octets wrap at 2^16 without a loss."""
    line = Line()
    bus = LockstepBus(line)
    for k in range(1, 20):
        bus.write(b"o" * 7001)
        line.pieces = [b"", b"i" * 7001]
        bus.announce(7001 * k % 65536)
        assert len(bus.read()) == 7001
        assert bus.written == 7001 * k % 65536
    assert bus.octets == 2 * 19 * 7001
    assert bus.octets_missing == 0


def test_a_silent_board_is_waited_for_less():
    line = StimulusLine(BoardEnds(Line(), Line()))
    assert line._patience_s == lockstep.ANSWER_PATIENCE_S
    line.answered(False)
    line.send(b"?")
    assert line.receive() == b""
    assert line._patience_s == lockstep.SILENT_PATIENCE_S
    line.answered(True)
    assert line._patience_s == lockstep.ANSWER_PATIENCE_S


@pytest.mark.parametrize(("dark", "patience_s"), [(False, lockstep.SILENT_PATIENCE_S), (True, 0.0)])
def test_a_board_that_was_stopped_is_waited_for_less_until_it_is_started(dark, patience_s):
    """At once; one without power is not waited for at all."""
    line = StimulusLine(BoardEnds(Line(), Line()))
    line.expect_silence(dark=dark)
    assert line._patience_s == patience_s
    line.answered(False)
    assert line._patience_s == patience_s
    line.answered(True)
    assert line._patience_s == lockstep.ANSWER_PATIENCE_S


def test_waiting_wakes_when_octets_come():
    """With a descriptor the wait ends at once, not at the end of the patience."""
    near, far = socket.socketpair()
    with near, far:
        waiter = Waiter(near)
        far.send(b"x")
        waiter.start(3600.0)
        assert waiter.wait()
        assert near.recv(10) == b"x"
        waiter.start(0.01)
        while waiter.wait():
            assert not os.get_blocking(near.fileno()) or near.gettimeout() is None


@pytest.mark.parametrize("patience_s", [0.0, -1.0])
def test_no_patience_is_no_wait(patience_s):
    """With a patience of zero a call returns at once."""
    waiter = Waiter(Line())
    waiter.start(patience_s)
    assert waiter.wait() is False
