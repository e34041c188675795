"""A growing file that a thread writes: an append never waits for the medium."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from hal.files import Stream

BACKLOG = 4 << 20  # octets that may wait for the medium


class BackgroundStream(Stream):
    """A `Stream` whose `flush` hands what waits to a thread; `close` waits for it.

    While the thread is busy octets wait here, at most `BACKLOG`. A medium that is slower ends the file: it is whole up
    to there, and `lost` counts the rest.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._thread = ThreadPoolExecutor(1, "stream")
        self._writing: Future[None] | None = None

    def flush(self) -> None:
        """Hand everything that waits to the thread, unless it is still busy with what it got before."""
        if self._writing is not None and not self._writing.done():
            if self._size > BACKLOG:
                self._failure = self._failure or "the medium is too slow; choose another place"
                self.lost += len(self._take())
            return
        self._writing = self._thread.submit(self._put, self._take())

    def close(self) -> None:
        """Write everything that waits, and close; a second call does nothing."""
        self._thread.shutdown()
        super().close()
