"""The progress of a command in one line of the terminal; nothing when the output is no terminal."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator

from rich.console import Console

BAR = 24  # characters
PERIOD_S = 0.2  # between two changes of the line
Show = Callable[[float, str], None]  # what is done, of the total; a note


@contextlib.contextmanager
def progress(console: Console, what: str, total: float) -> Iterator[Show]:
    """Yield what shows how much of `total` is done; the line is gone at the end.

    A terminal that goes away in the middle ends the line, not the command.
    """
    shown = console.is_terminal and not console.is_dumb_terminal
    next_s = 0.0

    def write(text: str) -> None:
        nonlocal shown
        try:
            console.file.write(text)
            console.file.flush()
        except (OSError, ValueError):
            shown = False

    def show(done: float, note: str) -> None:
        nonlocal next_s
        now_s = time.monotonic()
        if not shown or now_s < next_s:
            return
        next_s = now_s + PERIOD_S
        share = min(max(done / total, 0.0), 1.0) if total > 0.0 else 1.0
        bar = "━" * round(share * BAR) + " " * (BAR - round(share * BAR))
        line = f"{what} {bar} {100.0 * share:3.0f} %  {note}"
        write(f"\r{line[: shutil.get_terminal_size().columns - 1]}\x1b[K")

    try:
        yield show
    finally:
        if shown and next_s:
            write("\r\x1b[K")
