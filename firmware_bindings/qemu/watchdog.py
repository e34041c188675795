"""The independent watchdog (IWDG) of the STM32F405, which QEMU does not model, outside the emulator.

The guest's writes to the watchdog's registers are seen in QEMU's log of unimplemented devices. Registers, keys and
periods: ST RM0090, 21.3 and 21.4.

What time counts. The watchdog has its own oscillator and goes on while the core sleeps, so neither the emulator's
processor time nor its instructions measure it. The wall clock does, except that a crowded host stops the emulator
where nothing would stop a core. `GuestTime` leaves out what the emulator's threads waited for a processor, and counts
at most `MOST_LOOKS` looks' worth a look: a look that comes late was itself kept waiting, by this process, by a virtual
machine's host or by a suspended machine. Nothing counts while the guest is halted or the emulator is stopped by a
signal. So a bite may come late, never early.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

LSI_HZ = 32_000  # nominal; 17 to 47 kHz by the data sheet DS8626
KEY_RELOAD, KEY_UNLOCK, KEY_START = 0xAAAA, 0x5555, 0xCCCC
KR, PR, RLR = 0x0, 0x4, 0x8  # offsets of the registers
RELOAD_AT_RESET = 0xFFF
LOOKS = 8  # in a watchdog's period
MOST_LOOKS = 2

# QEMU 7.2 puts "I2S2ext" over the watchdog, at the watchdog's address.
WRITE = re.compile(
    rb"(?:IWDG|I2S2ext): unimplemented device write \(size \d, offset 0x([0-9a-f]+), value 0x([0-9a-f]+)\)"
)
RESET = b"CPU Reset"


class Watchdog:
    """The state of the watchdog: registers, and the time since it was last kicked."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Switch the watchdog off, as a reset of the chip does."""
        self.running = self._unlocked = False
        self._prescaler, self._reload = 4, RELOAD_AT_RESET
        self._counts, self._elapsed_s = RELOAD_AT_RESET + 1, 0.0

    @property
    def period_s(self) -> float:
        """The time from a kick to the bite [s]."""
        return self._counts * self._prescaler / LSI_HZ

    def write(self, offset: int, value: int) -> None:
        """The guest has written `value` to the register at `offset`."""
        if offset == KR:
            self._unlocked = value == KEY_UNLOCK
            if value == KEY_START and not self.running:
                self.running, self._counts, self._elapsed_s = True, RELOAD_AT_RESET + 1, 0.0
            elif value == KEY_RELOAD:
                self._counts, self._elapsed_s = self._reload + 1, 0.0
        elif offset == PR and self._unlocked:
            self._prescaler = 4 << min(value & 7, 6)
        elif offset == RLR and self._unlocked:
            self._reload = value & 0xFFF

    @property
    def expired(self) -> bool:
        """Whether the watchdog bites."""
        return self.running and self._elapsed_s >= self.period_s

    def count(self, seconds: float) -> None:
        """Let `seconds` pass."""
        if self.running:
            self._elapsed_s += seconds


class WatchdogLog:
    """Feeds a `Watchdog` with what QEMU logs (`-d unimp,cpu_reset`), in pieces of any size."""

    def __init__(self, watchdog: Watchdog) -> None:
        self._watchdog, self._rest = watchdog, b""

    def feed(self, octets: bytes) -> None:
        """Take the next octets of the log."""
        lines = (self._rest + octets).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if line.startswith(RESET):
                self._watchdog.reset()
            elif match := WRITE.match(line):
                self._watchdog.write(int(match[1], 16), int(match[2], 16))


class Thread(NamedTuple):
    """One thread as Linux reports it (proc(5)); an idle one where it does not."""

    state: bytes = b"S"  # R runs or waits for a processor, T and t are stopped
    ran_s: float = 0.0
    waited_s: float = 0.0  # for a processor, without the wait that goes on

    @classmethod
    def read(cls, folder: Path) -> Thread:
        """Read the state of the thread at `folder` (`/proc/PID/task/TID`)."""
        try:
            ran_ns, waited_ns = (folder / "schedstat").read_bytes().split()[:2]
            state = (folder / "stat").read_bytes().rpartition(b")")[2].split()[0]
        except (OSError, IndexError, ValueError):
            return cls()
        return cls(state, int(ran_ns) * 1e-9, int(waited_ns) * 1e-9)

    def could_run_s(self, before: Thread, elapsed_s: float) -> float:
        """Return for how long of `elapsed_s`, since it was `before`, it had or could have had a processor [s]."""
        if self.state in b"Tt":
            return 0.0
        if self.state == b"R":  # it may be waiting now, which is reported when it ends
            return min(self.ran_s - before.ran_s, elapsed_s)
        return elapsed_s - (self.waited_s - before.waited_s)


class GuestTime:
    """The time in which an emulator could run."""

    def __init__(self, folder: Path, threads: Sequence[int], clock: Callable[[], float] = time.monotonic) -> None:
        """Watch the threads with ids `threads` of the process at `folder` (`/proc/PID`)."""
        self._folders = [folder / "task" / str(thread) for thread in threads]
        self._clock = clock
        self._last_s, self._last = clock(), [Thread.read(folder) for folder in self._folders]

    def advance(self, look_s: float) -> float:
        """Return the time [s] since the last call that counts, when a look was due after `look_s`."""
        now_s, now = self._clock(), [Thread.read(folder) for folder in self._folders]
        elapsed_s, before = now_s - self._last_s, self._last
        self._last_s, self._last = now_s, now
        could_run_s = min(thread.could_run_s(was, elapsed_s) for thread, was in zip(now, before, strict=True))
        return min(max(could_run_s, 0.0), MOST_LOOKS * look_s)
