"""Links: octets to and from a device, opened by URL.

`open_link("serial:///dev/ttyUSB0?baud=115200")`. A package that offers another kind of link registers its scheme
with `register_scheme`; nothing else in the house knows which kind it talks to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from hal.errors import InputError

SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://")  # RFC 3986, 3.1, lower case
PROVIDERS = {
    "loop": "hal.links.loop",
    "qemu": "firmware_bindings.qemu.urls",
    "replay": "fsw.core.replay_link",
    "serial": "hal.links.serial_port",
    "sim": "sim.world",
    "spy": "hal.links.spy",
    "step": "hal.links.stepped",
    "tcp": "hal.links.tcp",
}
SHOWN = 120  # characters of a URL in a message


class LinkError(InputError, OSError):
    """A link cannot be opened or used; the message is one line."""


@runtime_checkable
class ByteLink(Protocol):
    """One end of an octet stream: any octets, both ways, in order.

    No call blocks. `tests/contract/test_links.py` is the contract that every link satisfies.
    """

    def write(self, octets: bytes) -> None:
        """Send all of `octets`; raise `LinkError` when the link is closed or broken."""

    def read(self) -> bytes:
        """Return everything received since the last call, `b""` if nothing; raise `LinkError` as `write` does."""

    def close(self) -> None:
        """End the use of this end; a second call does nothing."""


LinkFactory = Callable[[str], ByteLink]
_factories: dict[str, LinkFactory] = {}


def register_scheme(scheme: str, factory: LinkFactory) -> None:
    """Let `open_link` open URLs of `scheme` with `factory(url)`; raise `ValueError` for what is not a scheme."""
    if not SCHEME.fullmatch(scheme + "://"):
        raise ValueError(f"link scheme {scheme!r}: expected a lower-case name such as 'serial'")
    _factories[scheme] = factory


def scheme_of(url: str) -> str:
    """Return the scheme of `url`, `""` if it has none."""
    match = SCHEME.match(url)
    return match[1] if match else ""


def known_schemes() -> frozenset[str]:
    """Return the schemes that are registered or that a package of this house registers."""
    return frozenset(_factories) | frozenset(PROVIDERS)


def shown(url: str) -> str:
    """Return `url` as a message shows it: on one line, and not longer than that."""
    text = url if url and url.isprintable() else repr(url)
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def require_scheme(url: str) -> None:
    """Raise `LinkError` when the scheme of `url` is none of `known_schemes`."""
    if scheme_of(url) not in known_schemes():
        expected = ", ".join(f"{s}://" for s in sorted(known_schemes()))
        raise LinkError(f"{shown(url)}: unknown link scheme, expected one of: {expected}")


def open_link(url: str) -> ByteLink:
    """Open the link that `url` names; raise `LinkError` with one line if that cannot be done."""
    require_scheme(url)
    scheme = scheme_of(url)
    factory = _factories.get(scheme)
    if factory is None and PROVIDERS.get(scheme, "").startswith("hal."):
        _register_own()
        factory = _factories[scheme]
    if factory is None:
        raise LinkError(f"{shown(url)}: scheme {scheme}:// is not registered: import {PROVIDERS[scheme]} first")
    return factory(url)


def _register_own() -> None:
    """Register the links that live in this package, without importing pyserial before it is asked for."""
    from hal.links.loop import LoopLink  # noqa: PLC0415
    from hal.links.serial_port import SerialLink  # noqa: PLC0415
    from hal.links.spy import SpyLink  # noqa: PLC0415
    from hal.links.stepped import SteppedLink  # noqa: PLC0415
    from hal.links.tcp import TcpLink  # noqa: PLC0415

    own: dict[str, LinkFactory] = {
        "loop": LoopLink.open, "serial": SerialLink.open, "spy": SpyLink.open,
        "step": SteppedLink.open, "tcp": TcpLink.open,
    }  # fmt: skip
    for scheme, factory in own.items():
        _factories.setdefault(scheme, factory)
