"""The supervisor: runs flight in a child process, and starts it again when it ends or falls silent.

It owns the retained memory, which therefore survives the end of flight, and knows nothing else about flight. When
processes die quickly several times in a row, the next one may use less: first no retained memory, then nothing at all,
with the snapshot put aside. Bad kept state can then not end flight again and again.
"""

from __future__ import annotations

import os
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fsw.restart.retained import OWNER_OCTETS, SIZE, is_retained_memory, owner_in
from fsw.restart.start import RestartReason, StartKind
from fsw.restart.state_folder import StateError, lock
from hal.clock import Clock, SystemClock
from hal.exit_codes import ExitCode
from hal.vehicle.vehicle import Restart

NS = 1_000_000_000
LONGEST_BACK_OFF_S = 60.0
TERMINATION_S = 10.0  # patience with a process that was asked to end


@dataclass(frozen=True)
class End:
    """The end of a flight process."""

    reason: RestartReason
    code: int
    flew_s: float
    beats: int  # heartbeats seen

    @property
    def text(self) -> str:
        """The end in words."""
        if self.reason is RestartReason.SILENT:
            return "no heartbeat: ended"
        what = f"signal {self.code}" if self.reason is RestartReason.SIGNAL else f"exit code {self.code}"
        return f"ended with {what}"


class Escalation:
    """Decides what the next process may use, and how long to wait before it starts."""

    def __init__(self, rules: Restart) -> None:
        self._rules = rules
        self.quick_deaths = 0  # in a row

    def after(self, end: End) -> tuple[StartKind, float]:
        """Return the most that the next start may use, and the wait before it [s]."""
        rules = self._rules
        self.quick_deaths = self.quick_deaths + 1 if end.flew_s < rules.quick_death_s else 0
        n = self.quick_deaths
        wait_s = min(rules.back_off_s * 2.0 ** min(n - 1, 16), LONGEST_BACK_OFF_S) if n else 0.0
        if n < rules.deaths_to_snapshot:
            return StartKind.RETAINED, wait_s
        return (StartKind.SNAPSHOT if n < rules.deaths_to_cold else StartKind.SALVAGED), wait_s


class Supervisor:
    """Runs `python -m fsw.flight_process` with `arguments` until SIGTERM or SIGINT.

    `memory`: descriptor of the retained memory, None for memory of its own; `say` takes one line about each start and
    end; `clock` measures how long processes live; `held` are descriptors that flight keeps open as well, for the locks
    that are on them.
    """

    def __init__(
        self, arguments: Sequence[str], rules: Restart, memory: int | None, say: Callable[[str], None],
        clock: Clock | None = None, *, held: Sequence[int] = (),
    ) -> None:  # fmt: skip
        self._held = tuple(held)
        self._arguments, self._rules, self._say = list(arguments), rules, say
        self._memory = new_memory() if memory is None else memory
        self._clock = clock or SystemClock()
        self._asked_to_end = False
        self._wake, self._wakes = os.pipe()  # a signal ends any wait
        for descriptor in (self._wake, self._wakes):
            os.set_blocking(descriptor, False)

    def run(self) -> int:
        """Supervise until told to end; return the exit code: that of flight, 2 when the first start was refused."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        escalation, restarts, flown = Escalation(self._rules), 0, False
        kind, end = StartKind.RETAINED, End(RestartReason.NONE, 0, 0.0, 0)
        while True:
            end = self._fly(kind, end, restarts)
            flown = flown or end.beats > 0
            if self._asked_to_end or (end.reason is RestartReason.EXIT and end.code == 0):
                return end.code if end.reason is RestartReason.EXIT else 1
            if not flown and end.code == ExitCode.BAD_INPUT:
                return ExitCode.BAD_INPUT  # a wrong option, vehicle file or link: it has said so
            kind, wait_s = escalation.after(end)
            restarts += 1
            self._say(f"{end.text} after {end.flew_s:.1f} s; restart {restarts} in {wait_s:g} s, from {kind.name}")
            self._pause(wait_s)
            if self._asked_to_end:
                return 1

    def _end(self, _number: int, _frame: object) -> None:
        self._asked_to_end = True
        os.write(self._wakes, b".")

    def _fly(self, kind: StartKind, last: End, restarts: int) -> End:
        """Start one flight process and watch it to its end."""
        listen, beat = os.pipe()
        words = [
            "--heartbeat", str(beat), "--retained", str(self._memory), "--start", kind.name,
            "--reason", last.reason.name, "--code", str(last.code), "--restarts", str(restarts),
        ]  # fmt: skip
        begun_ns = self._clock.now_ns()
        process = subprocess.Popen(
            [sys.executable, "-m", "fsw.flight_process", *self._arguments, *words],
            pass_fds=(beat, self._memory, *self._held),
        )
        os.close(beat)
        self._say(f"flight process {process.pid} started, from {kind.name}")
        try:
            beats, silent = self._watch(process, listen)
        finally:
            os.close(listen)
        code = process.wait()
        flew_s = (self._clock.now_ns() - begun_ns) / NS
        if silent:
            return End(RestartReason.SILENT, signal.SIGKILL, flew_s, beats)
        return End(RestartReason.SIGNAL if code < 0 else RestartReason.EXIT, abs(code), flew_s, beats)

    def _watch(self, process: subprocess.Popen[bytes], listen: int) -> tuple[int, bool]:
        """Listen to heartbeats until they end; return how many came, and whether silence ended the process."""
        poll = select.poll()
        poll.register(listen, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        beats, patience_s, silent = 0, self._rules.start_silent_s, False
        while True:
            ready = dict(poll.poll(patience_s * 1e3))
            if self._wake in ready:
                os.read(self._wake, 4096)
                process.terminate()
                patience_s = TERMINATION_S
            elif listen in ready:
                octets = os.read(listen, 65536)
                if not octets:
                    return beats, silent
                beats += len(octets)
                if not self._asked_to_end:
                    patience_s = self._rules.heartbeat_silent_s
            else:
                process.kill()  # its end of the pipe closes
                silent = True

    def _pause(self, wait_s: float) -> None:
        """Wait, or until a signal comes."""
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        poll.poll(wait_s * 1e3)


def new_memory() -> int:
    """Return a descriptor of new retained memory, which ends with the last process that has it."""
    descriptor = os.memfd_create("fsw-retained", os.MFD_CLOEXEC)
    os.ftruncate(descriptor, SIZE)
    return descriptor


def open_memory(path: str, owner: bytes = bytes(OWNER_OCTETS), *, adopt: bool = False) -> int:
    """Return a descriptor of the retained memory in a file, locked, and made when there is none or it is empty.

    Raises `StateError`, and leaves what it found as it is: no file, no retained memory, in use, or not of `owner`
    unless `adopt` is given. Raises `OSError` when it cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o600)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise StateError(f"memory {path}: found no file, expected a file or none; give another path")
        lock(descriptor, f"memory {path}")
        if status.st_size == 0:
            os.ftruncate(descriptor, SIZE)
            return descriptor
        octets = os.pread(descriptor, SIZE, 0) if status.st_size == SIZE else b""
        if not is_retained_memory(octets):
            raise StateError(
                f"memory {path}: found a file of {status.st_size} octets that is no retained memory, and left it as it "
                "is; give another path"
            )
        if owner_in(octets) not in (owner, bytes(OWNER_OCTETS)) and not adopt:
            raise StateError(
                f"memory {path}: found that of another vehicle; give another path, or --adopt to begin it anew"
            )
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
