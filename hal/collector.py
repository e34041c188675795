"""The garbage collector belongs to the process, so the program that flies decides on it, never a flight."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Collect once, then no more until the end; then the collector is as it was. For programs: one thread at a time.

    Enter it after the start of a flight, before the first tick: ticks leave no garbage.
    """
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
