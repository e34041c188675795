"""The interface of a link, which moves octets to and from a device. `open_link.py` opens links by URL."""

from __future__ import annotations

import re
from typing import Protocol, runtime_checkable

from hal.errors import InputError

SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://")  # RFC 3986, 3.1, lower case
SHOWN = 120  # characters of a URL in a message


class LinkError(InputError, OSError):
    """A link cannot be opened or used; the message is one line."""


@runtime_checkable
class ByteLink(Protocol):
    """One end of an octet stream: any octets, both ways, in order.

    No call blocks. Every link passes the tests in `tests/contract/test_links.py`.
    """

    def write(self, octets: bytes) -> None:
        """Send all of `octets`; raise `LinkError` when the link is closed or broken."""

    def read(self) -> bytes:
        """Return everything received since the last call, `b""` if nothing; raise `LinkError` as `write` does."""

    def close(self) -> None:
        """End the use of this end; a second call does nothing."""


def scheme_of(url: str) -> str:
    """Return the scheme of `url`, `""` if it has none."""
    match = SCHEME.match(url)
    return match[1] if match else ""


def shown(url: str) -> str:
    """Return `url` shortened to one line for a message."""
    text = url if url and url.isprintable() else repr(url)
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."
