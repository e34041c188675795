"""Ctrl-C, SIGTERM and a closing terminal (SIGHUP): how a command ends.

A command ends at once, without a word and without half a file. One that has begun something worth keeping ends
`gently`: it is asked to stop, keeps what it has, and ends at once only when it is told a second time.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

from hal.files import discard_drafts

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Handler = Callable[[int, FrameType | None], None]


@dataclass
class Asked:
    """Whether the user has asked to end: the number of the signal, 0 before; it calls `stop`."""

    stop: Callable[[], None]
    number: int = 0

    def exit_code(self, code: int) -> int:
        """Return `code`, or that of the signal when there was one."""
        return 128 + self.number if self.number else code


def endings() -> tuple[int, ...]:
    """Return the signals of `ENDING` that end this process; `nohup` keeps SIGHUP away from it."""
    return tuple(n for n in ENDING if n != signal.SIGHUP or signal.getsignal(n) is not signal.SIG_IGN)


def end_at_once(number: int, _frame: FrameType | None = None) -> None:
    """End the process now, with the exit code of the signal; what was not in its place yet is removed."""
    discard_drafts()
    os._exit(128 + number)


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """Within this context, a signal of `ENDING` ends the process at once."""
    with _handled(end_at_once):
        yield


@contextlib.contextmanager
def gently(stop: Callable[[], None] = lambda: None) -> Iterator[Asked]:
    """Within this context, the first signal of `ENDING` calls `stop`; a second one ends the process at once."""
    asked = Asked(stop)

    def handler(number: int, frame: FrameType | None) -> None:
        if asked.number:
            end_at_once(number, frame)
        asked.number = number
        asked.stop()

    with _handled(handler):
        yield asked


@contextlib.contextmanager
def _handled(handler: Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # Python takes handlers in the main thread only
        yield
        return
    before = {number: signal.signal(number, handler) for number in endings()}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, signal.SIG_DFL if old is None else old)
