"""One life of one emulator process: started frozen on inherited descriptors, ended by `end` or with this process.

There is nothing by which somebody else could reach it or that could be left behind: no port, no path, no file. The
board's ports and the control sessions are connected sockets, made before the process starts and inherited by it; the
log is a pipe; what QEMU prints goes to memory.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from firmware_bindings.errors import EmulatorError, MissingProgramError
from firmware_bindings.qemu.gdbstub import GdbStub
from firmware_bindings.qemu.keeper import spawn
from firmware_bindings.qemu.link import connected_pair
from firmware_bindings.qemu.qmp import Qmp

END_S = 20.0  # a killed process is gone in milliseconds
TRANSLATED_MIB = 32  # memory for translated code; QEMU's default of up to a gigabyte is meant for servers


def find_qemu(program: str) -> str:
    """Return the absolute path of `program`; raise `MissingProgramError` when it is not installed."""
    path = shutil.which(program)
    if path is None:
        raise MissingProgramError(f"{program} not found: install QEMU for ARM (Debian: apt install qemu-system-arm)")
    return str(Path(path).absolute())


class Wires:
    """Everything between this process (`near`) and the emulator's (`far`), connected."""

    def __init__(self, log: bool) -> None:
        self.far: dict[str, socket.socket] = {}
        self.near: dict[str, socket.socket] = {}
        self.log_far = self.log_near = -1
        self._printed = ""
        self.errors = os.memfd_create("emulator-errors")
        try:
            for name in ("bus", "stimulus"):
                self.near[name], self.far[name] = connected_pair()
            for name in ("control", "debug"):
                self.near[name], self.far[name] = socket.socketpair()
            if log:
                self.log_near, self.log_far = os.pipe()
        except OSError:
            self.close_far()
            self.close_near()
            raise

    def inherited(self) -> list[int]:
        """Return the descriptors that the emulator's process needs."""
        return [*(end.fileno() for end in self.far.values()), *([self.log_far] if self.log_far >= 0 else [])]

    def arguments(self) -> list[str]:
        """Return QEMU's arguments that use them."""
        arguments = []
        for name, end in self.far.items():
            arguments += ["-chardev", f"socket,id={name},fd={end.fileno()}"]
        # The order of -serial is that of USART1, USART2.
        arguments += ["-serial", "chardev:bus", "-serial", "chardev:stimulus"]
        arguments += ["-mon", "chardev=control,mode=control", "-gdb", "chardev:debug"]
        if self.log_far >= 0:
            arguments += ["-d", "unimp,cpu_reset", "-D", f"/dev/fd/{self.log_far}"]
        return arguments

    def close_far(self) -> None:
        """Let the emulator's process alone have its ends."""
        for end in self.far.values():
            end.close()
        if self.log_far >= 0:
            os.close(self.log_far)
            self.log_far = -1

    def close_near(self) -> None:
        """Close this process's ends."""
        for end in self.near.values():
            end.close()
        self.close_control()

    def close_control(self) -> None:
        """Close what only a living emulator needs; what it printed is kept."""
        for name in ("control", "debug"):
            if name in self.near:
                self.near[name].close()
        if self.log_near >= 0:
            os.close(self.log_near)
            self.log_near = -1
        if self.errors >= 0:
            self.printed()
            os.close(self.errors)
            self.errors = -1

    def take_log(self) -> int:
        """Return the descriptor to read the log from; the caller closes it."""
        log, self.log_near = self.log_near, -1
        return log

    def printed(self) -> str:
        """Return the first line that the process has printed, a warning only if there is nothing else."""
        if self.errors >= 0:
            lines = os.pread(self.errors, 4096, 0).decode(errors="replace").split("\n")
            said = sorted((line.strip() for line in lines if line.strip()), key=lambda line: "warning:" in line)
            self._printed = said[0] if said else ""
        return self._printed


class EmulatorProcess:
    """A running emulator: its ports, its control and its end. One thread at a time controls it."""

    def __init__(self, name: str, image: Path, machine: str, qemu: str, log: bool) -> None:
        """Start `qemu` with `image` on the board model `machine`, frozen; raise `EmulatorError`."""
        self.name, self.halted, self._killed = name, True, False
        self._lock = threading.RLock()
        program = find_qemu(qemu)
        self._wires = wires = Wires(log)
        self._qmp, self._gdb = Qmp(name, wires.near["control"]), GdbStub(name, wires.near["debug"])
        self.bus, self.stimulus = wires.near["bus"], wires.near["stimulus"]
        arguments = ["-machine", machine, "-kernel", str(image), "-S", "-nodefaults", "-no-user-config"]
        arguments += ["-display", "none", "-accel", f"tcg,tb-size={TRANSLATED_MIB}", *wires.arguments()]
        try:
            self._process = spawn([program, *arguments], wires.inherited(), wires.errors)
        except OSError as error:
            wires.close_near()
            raise EmulatorError(f"{name}: {program} cannot be started: {error}") from None
        finally:
            wires.close_far()
        try:
            self._qmp.open()
            guest = [cpu["thread-id"] for cpu in self._qmp.execute("query-cpus-fast")]
        except EmulatorError as error:
            self.end()
            wires.close_near()
            printed = wires.printed()
            raise EmulatorError(f"{name}: {printed}") if printed else error from None
        self.pid, self.threads = self._process.pid, (self._process.pid, *guest)

    @property
    def running(self) -> bool:
        """Whether the process lives (a halted guest's does)."""
        return self._process.poll() is None

    @property
    def exit_reason(self) -> str:
        """One line that says why the process has ended, `""` while it runs."""
        status = self._process.poll()
        if status is None:
            return ""
        if self._killed:
            return "the emulator has been ended"
        how = f"signal {-status}" if status < 0 else f"status {status}"
        return f"the emulator has ended with {how}: {self._wires.printed() or 'it said nothing'}"

    def take_log(self) -> int:
        """Return the descriptor to read the log from; the caller closes it."""
        return self._wires.take_log()

    def halt(self) -> None:
        """Stop the guest, its clocks included."""
        with self._lock:
            self._qmp.execute("stop")
            self.halted = True
            self._gdb.discard()

    def resume(self) -> None:
        """Let the guest run."""
        with self._lock:
            self._qmp.execute("cont")
            self.halted = False

    def reset(self) -> None:
        """Reset the guest as its reset pin does; RAM is kept. Returns when that has happened."""
        with self._lock:
            self._qmp.forget_events()
            self._qmp.execute("system_reset")
            self._qmp.await_event("RESET")

    @contextlib.contextmanager
    def frozen(self) -> Iterator[GdbStub]:
        """Stop the guest for the block if it runs; gives access to its memory and registers."""
        with self._lock:
            was_halted = self.halted
            if not was_halted:
                self.halt()
            try:
                yield self._gdb
            finally:
                if not was_halted:
                    self.resume()

    def await_end(self, seconds: float) -> None:
        """Wait until the process has ended, at most `seconds`."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def end(self) -> None:
        """Kill the process and wait until it is gone; a second call does nothing."""
        if self.running:
            self._killed = True
            self._process.kill()
        self.await_end(END_S)
        self._wires.close_control()
