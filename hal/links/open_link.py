"""Opens links by URL: `open_link("serial:///dev/ttyUSB0?baud=115200")`.

A package that offers another kind of link registers its scheme with `register_scheme`; nothing else in the house knows
which kind it talks to.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from hal.links.link import SCHEME, ByteLink, LinkError, scheme_of, shown

OWN = {  # imported when the first of a scheme is opened: not everybody has pyserial
    "loop": "hal.links.loop.LoopLink",
    "serial": "hal.links.serial_port.SerialLink",
    "spy": "hal.links.spy.SpyLink",
    "step": "hal.links.stepped.SteppedLink",
    "tcp": "hal.links.tcp.TcpLink",
}
ELSEWHERE = {  # modules of this house that register a scheme when they are imported
    "qemu": "firmware_bindings.qemu.urls",
    "replay": "ground.recordings.replay_link",
    "sim": "sim.world.world",
}

LinkFactory = Callable[[str], ByteLink]
_factories: dict[str, LinkFactory] = {}


def register_scheme(scheme: str, factory: LinkFactory) -> None:
    """Let `open_link` open URLs of `scheme` with `factory(url)`; raise `ValueError` for what is not a scheme."""
    if not SCHEME.fullmatch(scheme + "://"):
        raise ValueError(f"link scheme {scheme!r}: expected a lower-case name such as 'serial'")
    _factories[scheme] = factory


def known_schemes() -> frozenset[str]:
    """Return the schemes that are registered or that a package of this house registers."""
    return frozenset(_factories) | frozenset(OWN) | frozenset(ELSEWHERE)


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
    if factory is None and scheme in OWN:
        factory = _factories[scheme] = _own(OWN[scheme])
    if factory is None:
        raise LinkError(f"{shown(url)}: scheme {scheme}:// is not registered: import {ELSEWHERE[scheme]} first")
    return factory(url)


def _own(path: str) -> LinkFactory:
    """Return what opens a link of this package."""
    module, _, name = path.rpartition(".")
    factory: LinkFactory = getattr(importlib.import_module(module), name).open
    return factory
