"""Links whose line may be lost and found again.

While the line is away every call raises `LinkError`, and looks for it: not more often than its source allows. What had
been written and not been taken is lost with the line, and counted; the next line has nothing to do with the one before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from hal.links.link import LinkError

RETRY_S = 1.0  # pause between two attempts to find a line again; also how long one may take [s]

Seconds = Callable[[], float]  # a clock [s]


class LineLostError(LinkError):
    """The line is gone; octets that the system had not taken are lost."""


class AbsentError(LinkError):
    """A link that has no line at its start; `link` is the link, which goes on looking for one."""

    def __init__(self, reason: LinkError, link: ReopenedLink) -> None:
        super().__init__(str(reason))
        self.link = link


class Line(Protocol):
    """An open line; every call but `close` raises `LineLostError` once it is gone."""

    @property
    def waiting(self) -> int:
        """Octets written that the system has not taken yet."""

    def write(self, octets: bytes) -> None:
        """Send `octets`; raise `LinkError` when too much waits already."""

    def read(self) -> bytes:
        """Return what has come."""

    def drain(self) -> None:
        """Offer what waits to the system."""

    def close(self) -> None:
        """End the line."""


class Source(Protocol):
    """A source of new lines."""

    absent: str  # what is said while there is none

    def poll(self) -> Line | None:
        """Return a line if there is one by now; never waits."""

    def close(self) -> None:
        """Stop looking for lines."""


class Attempts:
    """Says when the next attempt is due: one in `RETRY_S`, by the clock `now_s`."""

    def __init__(self, now_s: Seconds = time.monotonic) -> None:
        self.now_s = now_s
        self._next_s = float("-inf")

    def due(self) -> bool:
        """Tell whether an attempt may begin now, and take it as begun."""
        now_s = self.now_s()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + RETRY_S
        return True

    def over(self) -> bool:
        """Tell whether the attempt under way has had its time."""
        return self.now_s() >= self._next_s


class ReopenedLink:
    """A link over one line after another.

    `connections` counts lines; `octets_dropped` counts octets that were taken and then lost with their line before the
    system took them: what the system had taken is beyond counting.
    """

    def __init__(self, name: str, source: Source) -> None:
        self._name, self._source = name, source
        self._line: Line | None = None
        self._open = True
        self.octets_dropped = 0
        self.connections = 0

    def _begin(self, first: Callable[[], Line]) -> None:
        """Take the first line, for which the start may wait; raise `AbsentError` when there is none."""
        try:
            self._line = first()
        except LinkError as error:
            raise AbsentError(error, self) from None
        self.connections = 1

    def write(self, octets: bytes) -> None:
        """Send `octets`; raise `LinkError`, with nothing of them sent, when closed, without line, or stuck."""
        line = self._found("write")
        try:
            line.write(octets)
        except LineLostError:
            self._lose()
            self.octets_dropped -= len(octets)  # refused, not dropped
            raise

    def read(self) -> bytes:
        """Return everything received since the last call; raise `LinkError` when closed or without line."""
        line = self._found("read")
        try:
            octets = line.read()
            if not octets:
                line.drain()
        except LineLostError:
            self._lose()
            raise
        return octets

    def close(self) -> None:
        """End the line and look for no other."""
        if not self._open:
            return
        self._open = False
        self._lose()
        self._source.close()

    def _found(self, verb: str) -> Line:
        """Return the line there is, or the next one; raise `LinkError` when there is none."""
        if not self._open:
            raise LinkError(f"{self._name}: {verb} on a closed link")
        if self._line is None:
            self._line = self._source.poll()
            if self._line is None:
                raise LinkError(f"{self._name}: {verb}: {self._source.absent}")
            self.connections += 1
        return self._line

    def _lose(self) -> None:
        """End the line there is; count what was still to be sent."""
        if self._line is not None:
            self._line.close()
            self.octets_dropped += self._line.waiting
            self._line = None
