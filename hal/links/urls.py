"""Link URLs, `scheme://TARGET?option=value&...`: read here only, so that a vehicle file is judged as its links are.

Values of options may be percent-encoded (RFC 3986, 2.1); in `link=URL` of a spy, `&` and `%` have to be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from hal.links.link import LinkError, scheme_of, shown
from hal.links.open_link import require_scheme

DEFAULT_BAUD = 115200
BAUD_MAX = 10_000_000
PORT_MAX = 65535
LOOPBACK = "127.0.0.1"
PACES = ("read", "time")


class SerialPort(NamedTuple):
    """`serial:///dev/NAME?baud=N`."""

    device: str
    baud: int  # [bit/s]


class TcpAddress(NamedTuple):
    """`tcp://HOST:PORT`, or with `?listen=1` the address to listen at."""

    host: str
    port: int  # 0 when listening: any free one
    listen: bool


class Spied(NamedTuple):
    """`spy://FILE?link=URL`."""

    file: str
    link: str  # URL of the link that is spied on


class Stepped(NamedTuple):
    """`step:///PATH?link=NAME`; without a link the clock."""

    path: str  # of the world's socket
    link: str


class Replayed(NamedTuple):
    """`replay://RECORDING?link=NAME`."""

    file: str
    link: str  # its name in the recording
    pace: str  # one of `PACES`


def serial_port(url: str) -> SerialPort:
    """Read the URL of a serial port; raise `LinkError` when it is none."""
    device, options = _split(url, "device", "serial:///dev/NAME?baud=N", ("baud",))
    baud = options.get("baud", str(DEFAULT_BAUD))
    if not (_is_number(baud) and 0 < int(baud) <= BAUD_MAX):
        raise LinkError(f"{shown(url)}: found baud {baud!r}, expected a number of bits per second")
    return SerialPort(device, int(baud))


def tcp_address(url: str) -> TcpAddress:
    """Read the URL of a TCP link; raise `LinkError` when it is none. Without a host it listens on loopback."""
    form = "tcp://HOST:PORT, or tcp://HOST:PORT?listen=1 to listen"
    target, options = _split(url, "host and port", form, ("listen",))
    if options.get("listen", "1") != "1":
        raise LinkError(f"{shown(url)}: found listen {options['listen']!r}, expected 1, or no such option")
    listen = "listen" in options
    host, colon, port = target.rpartition(":")
    if host.startswith("[") and host.endswith("]"):  # IPv6, RFC 3986, 3.2.2
        host = host[1:-1]
    elif ":" in host:
        raise LinkError(f"{shown(url)}: found host {host!r}, expected a name or an address, IPv6 in brackets")
    if not colon or not _is_number(port) or int(port) > PORT_MAX or (int(port) == 0 and not listen):
        least = 0 if listen else 1
        raise LinkError(f"{shown(url)}: found port {port!r}, expected {form}, with a port of {least} to {PORT_MAX}")
    if not host and not listen:
        raise LinkError(f"{shown(url)}: no host, expected {form}")
    return TcpAddress(host or LOOPBACK, int(port), listen)


def spied(url: str) -> Spied:
    """Read the URL of a spy; raise `LinkError` when it is none, or when it names no link to spy on."""
    file, options = _split(url, "file", "spy://FILE?link=URL", ("link",))
    if not options.get("link"):
        raise LinkError(f"{shown(url)}: no option link, expected spy://FILE?link=URL")
    return Spied(unquote(file), options["link"])


def replayed(url: str) -> Replayed:
    """Read the URL of a replayed link; raise `LinkError` when it is none."""
    file, options = _split(url, "recording", "replay://RECORDING?link=NAME", ("link", "pace"))
    link, pace = options.get("link", ""), options.get("pace", PACES[0])
    if not link:
        raise LinkError(f"{shown(url)}: no option link, expected replay://RECORDING?link=NAME")
    if pace not in PACES:
        raise LinkError(f"{shown(url)}: found pace {pace!r}, expected one of: {', '.join(PACES)}")
    return Replayed(unquote(file), link, pace)


def stepped(url: str) -> Stepped:
    """Read the URL of a link, or of the clock, of a stepped world; raise `LinkError` when it is none."""
    path, options = _split(url, "socket", "step:///PATH?link=NAME", ("link",))
    return Stepped(unquote(path), options.get("link", ""))


def innermost(url: str) -> str:
    """Return the URL of the link itself: what a spy, or a spy on a spy, looks at."""
    while scheme_of(url) == "spy":
        url = spied(url).link
    return url


def check(url: str) -> None:
    """Raise `LinkError` for a URL that no link opens, as far as can be said without opening it."""
    require_scheme(url)
    judge = JUDGES.get(scheme_of(url))
    if judge is not None:
        judge(url)
    if scheme_of(url) == "spy":
        check(spied(url).link)


JUDGES: Mapping[str, Callable[[str], object]] = {
    "serial": serial_port, "tcp": tcp_address, "spy": spied, "replay": replayed, "step": stepped,
}  # fmt: skip


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _split(url: str, what: str, form: str, known: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """Return target and options; `what` and `form` are for the message when there is no target."""
    rest = url[len(scheme_of(url)) + len("://") :]
    target, _, query = rest.partition("?")
    options: dict[str, str] = {}
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        if name not in known:
            raise LinkError(f"{shown(url)}: unknown option {name[:40]!r}, expected {' or '.join(known)}")
        if name in options:
            raise LinkError(f"{shown(url)}: option {name!r} is given twice, expected once")
        options[name] = unquote(value)
    if not target:
        raise LinkError(f"{shown(url)}: no {what}, expected {form}")
    if "\0" in unquote(url):
        raise LinkError(f"{shown(url)}: has a NUL, expected {form}")
    return target, options
