"""A board in a process of its own, behind two serial lines (pseudo-terminals).

`python -m firmware_bindings.board_process adcs` runs a `HostBoard` and prints one JSON line with its devices:
`{"kind": "adcs", "pid": 71, "bus": "/dev/pts/3", "stimulus": "/dev/pts/4"}`. Whoever opens them meets what a real
board on a serial adapter is: octets that take their time. The process ends on SIGTERM, and when its parent ends.

The board is powered on by the first octets that reach it, so its BOOT is never said to nobody: opening a serial line
discards what waits there. The lines stay when they are closed, and can be opened again; the board runs on.

`BoardProcess(kind)` starts one and stops it, as a context manager.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import tty
from types import TracebackType

from firmware_bindings.host import HostBoard, HostPort
from hal.links.link import LinkError
from hal.wire import BoardKind

KINDS = {kind.name.lower(): kind for kind in BoardKind}
CHUNK_SIZE = 65536  # octets that one system call moves
PARENT_CHECK_MS = 200  # between two looks whether the parent lives
START_PATIENCE_S = 60.0  # an editable install may rebuild first
PR_SET_PDEATHSIG = 1  # prctl(2)


class Line:
    """The board's end of one pseudo-terminal: raw octets, never blocking."""

    def __init__(self) -> None:
        # This process keeps the far end open too: the line lives on when its user closes it.
        self.fd, self._far = os.openpty()
        tty.setraw(self._far)
        os.set_blocking(self.fd, False)
        self.device = os.ttyname(self._far)
        self._poll = select.poll()
        self._poll.register(self.fd, select.POLLIN)
        self._backlog = b""

    def take(self, capacity: int = CHUNK_SIZE) -> bytes:
        """Return what has come, at most `capacity` octets, `b""` if nothing."""
        try:
            return os.read(self.fd, capacity)
        except BlockingIOError:
            return b""

    def wait(self, limit_ms: int, capacity: int) -> bytes:
        """Return octets that have come or come within `limit_ms`: Linux keeps no order between two pseudo-terminals."""
        octets = self.take(capacity)
        if not octets and self._poll.poll(limit_ms):
            octets = self.take(capacity)
        return octets

    def give(self, port: HostPort) -> bool:
        """Send the octets of `port`; return whether the line is full because nobody reads it.

        Nothing more is fetched from the port then: it keeps 4096 octets and drops whole frames, as documented.
        """
        while octets := self._backlog or port.read():
            self._backlog = octets
            try:
                self._backlog = octets[os.write(self.fd, octets) :]
            except BlockingIOError:
                return True
        return False


class Server:
    """A board of `kind` on its two lines."""

    def __init__(self, kind: BoardKind) -> None:
        self.kind = kind
        self.bus, self.stimulus = Line(), Line()
        self._board: HostBoard | None = None
        self._poll = select.poll()
        for line in (self.bus, self.stimulus):
            self._poll.register(line.fd, select.POLLIN)

    def serve(self, parent: int) -> None:
        """Carry octets until process `parent` is no longer the parent."""
        while os.getppid() == parent:
            if self._poll.poll(PARENT_CHECK_MS):
                self._carry()

    def _carry(self) -> None:
        """Move octets from the lines to the board and back, the bus before the stimulus port."""
        bus, stimulus = self.bus.take(), self.stimulus.take()
        if self._board is None:
            if not bus and not stimulus:
                return
            self._board = HostBoard(self.kind)
            self._board.wait_for_bus_with(self.bus.wait)
        if bus:
            self._board.bus.write(bus)
        if stimulus:
            self._board.stimulus.write(stimulus)
        for line, port in ((self.bus, self._board.bus), (self.stimulus, self._board.stimulus)):
            full = line.give(port)
            self._poll.modify(line.fd, select.POLLIN | select.POLLOUT if full else select.POLLIN)


class BoardProcess:
    """A board process that this process starts and stops.

    `kind`: "adcs" or "eps". `start()` starts the process, named `pid`; `wait()` returns when it is ready. From then on
    until `stop()`, `bus_url` and `stimulus_url` are links for `open_link`. A `with` statement does all three. The
    process lives no longer than the thread that started it, however that ends. Raises `ValueError` for another kind,
    `LinkError` when the process does not get ready.
    """

    def __init__(self, kind: str) -> None:
        if kind not in KINDS:
            raise ValueError(f"board process: found kind {kind!r}, expected one of: {', '.join(KINDS)}")
        self.kind = kind
        self.pid = 0
        self.bus_url = self.stimulus_url = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; another may be started before waiting for this one."""
        # A session of its own: Ctrl-C at the terminal is for the flight, which then stops the board.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "firmware_bindings.board_process", self.kind, "--parent", str(os.getpid())],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self.pid = self._process.pid

    def wait(self) -> None:
        """Return when the lines can be opened."""
        devices = json.loads(self._first_line())
        self.bus_url, self.stimulus_url = (f"serial://{devices[name]}" for name in ("bus", "stimulus"))

    def stop(self) -> None:
        """End the process; a second call does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # it has nothing to tidy up, and this reaches even a stopped one
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def __enter__(self) -> BoardProcess:
        self.start()
        try:
            self.wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _first_line(self) -> bytes:
        """Return the line that the process prints when its lines are open."""
        assert self._process is not None and self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], START_PATIENCE_S)
        line = self._process.stdout.readline() if ready else b""
        if line:
            return line
        what = "ended" if ready else f"said nothing for {START_PATIENCE_S:.0f} s"
        raise LinkError(f"board process {self.kind}: {what} before its lines were open; its standard error says why")


def main() -> None:
    """Run a board until the parent ends."""
    parser = argparse.ArgumentParser(prog="python -m firmware_bindings.board_process", description=__doc__)
    parser.add_argument("kind", choices=list(KINDS))
    parser.add_argument("--parent", type=int, default=os.getppid(), help="process without which the board ends")
    arguments = parser.parse_args()
    # Reaches even a stopped process; where the system refuses, `serve` still looks for itself.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    server = Server(KINDS[arguments.kind])
    devices = {"bus": server.bus.device, "stimulus": server.stimulus.device}
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        print(json.dumps({"kind": arguments.kind, "pid": os.getpid()} | devices), flush=True)
        server.serve(arguments.parent)


if __name__ == "__main__":
    main()
