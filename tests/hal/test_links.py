"""Opening links by URL, and what only one kind of link does."""

from __future__ import annotations

import os
import tty

import pytest

from hal.links import open_link as opening
from hal.links import serial_port
from hal.links.backlog import BACKLOG_MAX
from hal.links.link import LinkError, scheme_of
from hal.links.loop import LoopLink
from hal.links.open_link import known_schemes, open_link, register_scheme
from hal.links.serial_port import SerialLink


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (
            "carrier-pigeon://coop",
            "unknown link scheme, expected one of: loop://, qemu://, replay://, serial://, sim://, spy://, step://, tcp://",
        ),
        ("adcs", "unknown link scheme"),
        ("", "unknown link scheme"),
        ("SERIAL:///dev/x", "unknown link scheme"),
        ("serial://", "no device, expected serial:///dev/NAME"),
        ("serial:///dev/nothing-here", "cannot be opened"),
        ("serial:///dev/null", "cannot be opened"),
        ("serial:///dev/x?baud=fast", "found baud 'fast'"),
        ("serial:///dev/x?baud=0", "found baud '0'"),
        ("serial:///dev/x?speed=9", "unknown option 'speed', expected baud"),
    ],
)
def test_a_url_that_cannot_be_opened_is_one_line(url, says):
    with pytest.raises(LinkError) as error:
        open_link(url)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_scheme_of_another_package_says_what_to_import(monkeypatch):
    monkeypatch.setattr(opening, "_factories", {})
    with pytest.raises(LinkError, match="scheme sim:// is not registered: import sim"):
        open_link("sim://adcs")
    assert "sim" in known_schemes()


def test_a_registered_scheme_is_opened_by_its_factory(monkeypatch):
    monkeypatch.setattr(opening, "_factories", {})
    opened = []

    def factory(url: str) -> LoopLink:
        opened.append(url)
        return LoopLink.pair()[0]

    register_scheme("bench+x", factory)
    assert isinstance(open_link("bench+x://7"), LoopLink)
    assert opened == ["bench+x://7"]
    assert "bench+x" in known_schemes()


@pytest.mark.parametrize("bad", ["", "Sim", "a b", "x://", "1x"])
def test_what_is_not_a_scheme_is_refused(bad):
    with pytest.raises(ValueError, match="link scheme"):
        register_scheme(bad, LoopLink.open)


def test_scheme_of():
    assert [scheme_of(u) for u in ("sim://adcs", "serial:///dev/x", "x", "://")] == ["sim", "serial", "", ""]


def test_loops_pair_by_name():
    a, b = open_link("loop://a"), open_link("loop://b")
    a2, b2 = open_link("loop://a"), open_link("loop://b")
    a.write(b"to a2")
    b.write(b"to b2")
    assert (a2.read(), b2.read(), a.read(), b.read()) == (b"to a2", b"to b2", b"", b"")
    again = open_link("loop://a")
    assert again is not a
    again.close()
    assert open_link("loop://a").read() == b""
    open_link("loop://a").close()


def test_a_port_that_does_not_drain_is_an_error_not_a_loss():
    master, slave = os.openpty()
    tty.setraw(slave)
    port = SerialLink(os.ttyname(slave))
    port.write(bytes(BACKLOG_MAX))
    with pytest.raises(LinkError, match="does not drain"):
        port.write(bytes(BACKLOG_MAX))
    port.close()
    os.close(master)
    os.close(slave)


def test_an_unplugged_port_is_a_link_error():
    master, slave = os.openpty()
    tty.setraw(slave)
    port = SerialLink(os.ttyname(slave))
    os.close(slave)
    os.close(master)
    with pytest.raises(LinkError, match="serial://"):
        for _ in range(3):
            port.write(b"x")
            port.read()
    port.close()


def test_a_device_that_is_away_is_tried_once_a_second_and_what_waited_is_counted(monkeypatch, tmp_path):
    """By the clock that is handed in, whatever the number of calls."""
    now_s, name, opened = [100.0], tmp_path / "tty", []
    master, slave = os.openpty()
    tty.setraw(slave)
    name.symlink_to(os.ttyname(slave))
    port = SerialLink(str(name), now_s=lambda: now_s[0])
    port.write(bytes(200_000))  # more than the system takes
    waiting = port._line.waiting
    assert waiting > 0
    os.close(slave)
    os.close(master)
    name.unlink()
    real = serial_port.Port
    monkeypatch.setattr(serial_port, "Port", lambda *arguments: opened.append(now_s[0]) or real(*arguments))
    for _ in range(40):
        for call in (port.read, lambda: port.write(b"x"), port.fileno):
            with pytest.raises(LinkError):
                call()
        now_s[0] += 0.125
    assert opened == [100.0, 101.0, 102.0, 103.0, 104.0]
    assert (port.octets_dropped, port.connections) == (waiting, 1)
    master, slave = os.openpty()
    tty.setraw(slave)
    name.symlink_to(os.ttyname(slave))
    now_s[0] = 105.0
    assert port.read() == b""
    assert port.connections == 2
    os.write(master, b"again")
    assert port.read() == b"again"
    port.close()
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize("what", ["file", "folder", "pipe"])
def test_what_comes_back_under_the_name_and_is_no_port_is_left_alone(what, tmp_path):
    now_s, name = [0.0], tmp_path / "tty"
    master, slave = os.openpty()
    tty.setraw(slave)
    name.symlink_to(os.ttyname(slave))
    port = SerialLink(str(name), now_s=lambda: now_s[0])
    os.close(slave)
    os.close(master)
    name.unlink()
    {"file": name.touch, "folder": name.mkdir, "pipe": lambda: os.mkfifo(name)}[what]()
    for _ in range(3):
        with pytest.raises(LinkError):
            port.read()
        now_s[0] += 1.0
    port.close()
