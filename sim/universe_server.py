"""Serves a world to a flight process: links and clock over a socket (`hal.links.stepped`), in lock-step.

The universe keeps mission time. A flight process connects, hands over what it has written and asks for the time of its
next tick; it may end at any moment. `idle` advances time without one. Octets of boards and units in that time are lost,
as on lines that nobody reads.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from hal.links.stepped import NAMES, Pipe
from sim.universe import Universe

STEP_PATIENCE_S = 60.0  # wall time after which a flight process that asks for nothing is given up


class UniverseServer:
    """Serves a universe with one spacecraft at the socket `path`, to one flight process at a time."""

    def __init__(self, universe: Universe, path: Path) -> None:
        self.universe = universe
        (craft,) = universe.spacecraft.values()
        self._ends = [craft.links[name] for name in NAMES]
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._pipe: Pipe | None = None
        self._start_ns = 0
        self.url = f"step://{path}"

    def link_url(self, name: str) -> str:
        """Return the URL of one link, for a flight process."""
        return f"{self.url}?link={name}"

    def accept(self, timeout_s: float = 60.0) -> None:
        """Wait for a flight process; its clock begins at 0 now. Raises `TimeoutError`."""
        self.hang_up()
        self._listener.settimeout(timeout_s)
        connection, _ = self._listener.accept()
        connection.settimeout(STEP_PATIENCE_S)
        self._pipe = Pipe(connection)
        self._start_ns = self.universe.t_ns
        self._discard()

    def serve(self, before_step: Callable[[], None]) -> bool:
        """Serve one step: take what flight wrote, call `before_step`, step, answer. False when flight is gone."""
        asked = self.receive()
        if asked is None:
            return False
        before_step()
        return self.answer(asked)

    def receive(self) -> int | None:
        """Wait until flight has finished a tick; return the mission time [ns] of its next one, None when it is gone."""
        message = None if self._pipe is None else self._pipe.receive()
        if message is None:
            return None
        t_ns, entries = message
        for number, octets in entries:
            self._ends[number].write(octets)
        return self._start_ns + t_ns

    def answer(self, t_ns: int) -> bool:
        """Step the universe to `t_ns` and wake flight; False when it is gone."""
        assert self._pipe is not None
        self.universe.step(t_ns)
        entries = [(number, octets) for number, end in enumerate(self._ends) if (octets := end.read())]
        try:
            self._pipe.send(self.universe.t_ns - self._start_ns, entries)
        except OSError:
            return False
        return True

    def idle(self, t_ns: int) -> None:
        """Advance to `t_ns` without a flight process; octets sent to it are lost."""
        self.universe.step(t_ns)
        self._discard()

    def hang_up(self) -> None:
        """Close the connection to the flight process, which then ends."""
        if self._pipe is not None:
            self._pipe.close()
        self._pipe = None

    def close(self) -> None:
        """Close connection and socket."""
        self.hang_up()
        self._listener.close()

    def _discard(self) -> None:
        for end in self._ends:
            end.read()
