"""Opens links by URL: `open_link("serial:///dev/ttyUSB0?baud=115200")`.

A module that offers another kind of link calls `register_scheme` when it is imported. An installed package names that
module as an entry point of the group `smartsat.links`, under the scheme, so that nobody has to import it before:

    [project.entry-points."smartsat.links"]
    pigeon = "my_package.pigeon_link"

Nothing else in the house knows which kind of link it talks to.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache

from hal.extension_loading import RAISED, words
from hal.links.link import SCHEME, ByteLink, LinkError, scheme_of, shown

GROUP = "smartsat.links"
OWN = {  # imported when the first of a scheme is opened: not everybody has pyserial
    "loop": "hal.links.loop.LoopLink",
    "serial": "hal.links.serial_port.SerialLink",
    "spy": "hal.links.spy.SpyLink",
    "step": "hal.links.stepped.SteppedLink",
    "tcp": "hal.links.tcp.TcpLink",
}

LinkFactory = Callable[[str], ByteLink]
_factories: dict[str, LinkFactory] = {}


def register_scheme(scheme: str, factory: LinkFactory) -> None:
    """Let `open_link` open URLs of `scheme` with `factory(url)`; raise `ValueError` for what is not a scheme."""
    if not SCHEME.fullmatch(scheme + "://"):
        raise ValueError(f"link scheme {scheme!r}: expected a lower-case name such as 'serial'")
    _factories[scheme] = factory


def known_schemes() -> frozenset[str]:
    """Return the schemes that are registered or that an installed package offers."""
    return frozenset(_factories) | frozenset(OWN) | frozenset(_offered())


def is_known(scheme: str) -> bool:
    """Whether `scheme` is one of `known_schemes`."""
    return scheme in _factories or scheme in OWN or scheme in _offered()


def expected_schemes(form: str, between: str) -> str:
    """Return what a link may begin with, for a message: every known scheme put into `form`, `between` them."""
    text = between.join(form.format(scheme) for scheme in sorted(known_schemes()))
    return text if _offered() else f"{text} (no installed package offers more: after an update run make environment)"


def require_scheme(url: str) -> None:
    """Raise `LinkError` when the scheme of `url` is none of `known_schemes`."""
    if not is_known(scheme_of(url)):
        raise LinkError(f"{shown(url)}: unknown link scheme, expected one of: {expected_schemes('{}://', ', ')}")


def open_link(url: str) -> ByteLink:
    """Open the link that `url` names; raise `LinkError` with one line if that cannot be done."""
    require_scheme(url)
    scheme = scheme_of(url)
    if scheme not in _factories and scheme in OWN:
        _factories[scheme] = _own(OWN[scheme])
    if scheme not in _factories:
        _import(_offered()[scheme], scheme)
    return _factories[scheme](url)


@cache
def _offered() -> Mapping[str, str]:
    """Return the modules that installed packages name, by scheme; searched once, and only for what is not known yet."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - takes 30 ms

    return {entry.name: entry.value for entry in entry_points(group=GROUP)}


def _import(module: str, scheme: str) -> None:
    """Let a module register its scheme; raise `LinkError` when it does not."""
    try:
        importlib.import_module(module)
    except RAISED as error:
        raise LinkError(f"{scheme}://: module {module} cannot be imported: {words(error)}") from error
    if scheme not in _factories:
        raise LinkError(f"{scheme}://: module {module} should register it and does not")


def _own(path: str) -> LinkFactory:
    """Return what opens a link of this package."""
    module, _, name = path.rpartition(".")
    factory: LinkFactory = getattr(importlib.import_module(module), name).open
    return factory
