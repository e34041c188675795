"""Octets that were written to a link and that the operating system has not taken yet."""

from __future__ import annotations

from collections.abc import Callable

CHUNK_OCTETS = 65536  # that one system call moves
BACKLOG_MAX = 1 << 20  # octets that may wait for a far end that does not read


class Backlog:
    """Octets that wait until the system takes them, in order; `send` offers it some and returns how many it took.

    `send` raises `BlockingIOError` when the system takes none now, another `OSError` when the line is broken.
    """

    def __init__(self, send: Callable[[bytes], int]) -> None:
        self._send = send
        self._waiting = bytearray()

    def __len__(self) -> int:
        """Return how many octets wait."""
        return len(self._waiting)

    def put(self, octets: bytes) -> bool:
        """Take `octets` and offer what waits; False, with nothing taken, when more than `BACKLOG_MAX` would wait.

        One write of any size is taken while nothing waits. Raises what `send` raises but `BlockingIOError`.
        """
        if self._waiting and len(self._waiting) + len(octets) > BACKLOG_MAX:
            return False
        self._waiting += octets
        self.drain()
        return True

    def drain(self) -> None:
        """Offer what waits until the system takes no more; raises what `send` raises but `BlockingIOError`."""
        while self._waiting:
            try:
                taken = self._send(bytes(self._waiting[:CHUNK_OCTETS]))
            except BlockingIOError:
                return
            if not taken:
                return
            del self._waiting[:taken]
