"""One build at a time in a build folder, and what is said meanwhile: for the start of the install and its build.

It is imported whenever Python starts: PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import fcntl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

QUIET_S = 1.0  # a build that takes longer says so
AGAIN_S = 5.0


@contextmanager
def one_at_a_time(build: Path) -> Iterator[None]:
    """Wait until no other process builds in the folder `build`."""
    with (build / "meson-private" / "editable.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress(build):
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def progress(build: Path, quiet_s: float = QUIET_S, again_s: float = AGAIN_S) -> Iterator[None]:
    """Say on standard error how far a build is, after `quiet_s` [s] and then every `again_s` [s]."""
    done = threading.Event()
    log = build / "meson-logs" / "meson-python-build-log.txt"

    def tell() -> None:
        wait_s = quiet_s
        while not done.wait(wait_s):
            wait_s = again_s
            with suppress(OSError, ValueError, AttributeError):  # standard error may be closed or None
                print(f"smartsat: building what has changed {_last_line(log)}".rstrip(), file=sys.stderr, flush=True)

    thread = threading.Thread(target=tell, name="build progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _last_line(log: Path) -> str:
    with suppress(OSError):
        lines = log.read_text("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
    return ""
