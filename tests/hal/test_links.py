"""Opening links by URL, and what only one kind of link does."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
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


class Installed:
    """Installed packages that offer links: modules by scheme. Nothing is registered yet."""

    def __init__(self, monkeypatch, folder):
        self._folder = folder
        self.entries = []
        monkeypatch.setattr(opening, "_factories", {})
        monkeypatch.setattr(importlib.metadata, "entry_points", self._of_group)
        monkeypatch.syspath_prepend(folder)
        opening._offered.cache_clear()

    def _of_group(self, group):
        assert group == "smartsat.links"
        return self.entries

    def offer(self, scheme, module, text):
        (self._folder / f"{module}.py").write_text(text)
        self.entries.append(importlib.metadata.EntryPoint(scheme, module, opening.GROUP))
        opening._offered.cache_clear()


@pytest.fixture
def installed(monkeypatch, tmp_path):
    yield Installed(monkeypatch, tmp_path)
    opening._offered.cache_clear()


REGISTERS = """
from hal.links.loop import LoopLink
from hal.links.open_link import register_scheme
register_scheme("pigeon", lambda url: LoopLink.pair()[0])
"""


def test_the_schemes_of_this_house_are_known_before_their_modules_are_imported():
    """LNK-08: they are installed with it."""
    code = (
        "import sys\nfrom hal.links.open_link import known_schemes\n"
        "assert {'sim', 'qemu', 'replay'} <= known_schemes()\n"
        "assert not {'sim', 'firmware_bindings', 'ground'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_link_of_an_installed_package_opens(installed):
    """LNK-08."""
    installed.offer("pigeon", "pigeons_that_fly", REGISTERS)
    assert "pigeon" in known_schemes()
    assert isinstance(open_link("pigeon://7"), LoopLink)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("raise SystemExit('no wings')", "cannot be imported: SystemExit: no wings"),
        ("import no_such_bird", "cannot be imported: ModuleNotFoundError: No module named 'no_such_bird'"),
        ("", "should register it and does not"),
    ],
)
def test_a_package_whose_link_does_not_come_is_one_line(installed, text, says):
    """LNK-08."""
    module = f"lame_pigeons_{len(text)}"
    installed.offer("pigeon", module, text)
    with pytest.raises(LinkError) as error:
        open_link("pigeon://7")
    assert str(error.value) == f"pigeon://: module {module} {says}"


def test_an_install_without_entry_points_says_what_to_do(installed):
    """LNK-08: one that is older than its sources."""
    with pytest.raises(LinkError) as error:
        open_link("sim://adcs")
    assert str(error.value) == (
        "sim://adcs: unknown link scheme, expected one of: loop://, serial://, spy://, step://, tcp:// "
        "(no installed package offers more: after an update run make environment)"
    )


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
    """The scheme is the text before "://"; without one it is empty."""
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
