"""`loop://NAME`: two ends in memory. What one end writes, the other reads."""

from __future__ import annotations

from typing import ClassVar

from hal.links.link import LinkError
from hal.saved import State


class LoopLink:
    """One end of a link in memory; `pair` makes both, `open` finds the other end by name."""

    _waiting: ClassVar[dict[str, LoopLink]] = {}  # far ends of pairs of which one end has been opened by URL

    def __init__(self, incoming: bytearray, outgoing: bytearray, name: str = "loop://") -> None:
        self._incoming, self._outgoing, self._name = incoming, outgoing, name
        self._open = True

    @classmethod
    def pair(cls, name: str = "loop://") -> tuple[LoopLink, LoopLink]:
        """Return two connected ends."""
        there, back = bytearray(), bytearray()
        return cls(back, there, name), cls(there, back, name)

    @classmethod
    def open(cls, url: str) -> LoopLink:
        """Return one end of the link that `url` names; the second caller with the same URL gets the other end."""
        if url in cls._waiting:
            return cls._waiting.pop(url)
        near, cls._waiting[url] = cls.pair(url)
        return near

    def save(self) -> State:
        """Return what is under way, both ways (`hal.saved`)."""
        return bytes(self._incoming), bytes(self._outgoing)

    def restore(self, state: State) -> None:
        """Take over what was saved."""
        self._incoming[:], self._outgoing[:] = state

    def write(self, octets: bytes) -> None:
        """Send `octets`; raise `LinkError` when this end is closed."""
        if not self._open:
            raise LinkError(f"{self._name}: write on a closed link")
        self._outgoing += octets

    def read(self) -> bytes:
        """Return everything received since the last call; raise `LinkError` when this end is closed."""
        if not self._open:
            raise LinkError(f"{self._name}: read on a closed link")
        if not self._incoming:
            return b""
        octets = bytes(self._incoming)
        self._incoming.clear()
        return octets

    def close(self) -> None:
        """Close this end; what it wrote can still be read at the other."""
        self._open = False
        self._waiting.pop(self._name, None)
