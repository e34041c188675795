"""The thread that keeps the watchdog of one emulator: reads its log, counts its time, resets it."""

from __future__ import annotations

import os
import select
import threading
from pathlib import Path

from firmware_bindings.errors import EmulatorError
from firmware_bindings.qemu.process import EmulatorProcess
from firmware_bindings.qemu.watchdog import LOOKS, GuestTime, Watchdog, WatchdogLog

CHUNK_SIZE = 65536


class Watch:
    """Watches `process` until its process ends."""

    def __init__(self, process: EmulatorProcess) -> None:
        self.bites = 0
        self._process, self._watchdog = process, Watchdog()
        self._log_fd = process.take_log()  # now: when the thread begins, the process may have been ended
        self._thread = threading.Thread(target=self._run, name=f"watchdog of {process.name}", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Return when the process's log has ended."""
        self._thread.join()

    def _run(self) -> None:
        process, watchdog = self._process, self._watchdog
        log, guest = WatchdogLog(watchdog), GuestTime(Path(f"/proc/{process.pid}"), process.threads)
        log_fd, poll = self._log_fd, select.poll()
        poll.register(log_fd, select.POLLIN)
        try:
            while True:
                look_s = watchdog.period_s / LOOKS
                counting = watchdog.running and not process.halted
                poll.poll(look_s * 1e3 if watchdog.running else None)
                elapsed_s = guest.advance(look_s)
                if counting and not process.halted:
                    watchdog.count(elapsed_s)
                while poll.poll(0):  # whatever was written before now is seen before the watchdog may bite
                    octets = os.read(log_fd, CHUNK_SIZE)
                    if not octets:
                        return
                    log.feed(octets)
                if watchdog.expired:
                    self._bite()
        except EmulatorError:
            return  # the emulator has ended meanwhile
        finally:
            os.close(log_fd)

    def _bite(self) -> None:
        self._process.reset()
        self._watchdog.reset()
        self.bites += 1
