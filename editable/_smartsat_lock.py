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
SHOWN = 6  # modules that are named
MADE = r"(?m)^\[\d+/\d+\] (Linking target|Generating) (\S+)"  # what ninja says


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
            _say(f"building what has changed {_last_line(log)}".rstrip())

    thread = threading.Thread(target=tell, name="build progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def tell_changed_rules(build: Path) -> None:
    """Say on standard error what was built in `build` because a `meson.build` had changed, in one line."""
    import re  # noqa: PLC0415 - seldom needed, and this module is imported whenever Python starts

    said = ""
    with suppress(OSError):
        said = (build / "meson-logs" / "meson-python-build-log.txt").read_text("utf-8", "replace")
    if "Regenerating build files" not in said:
        return
    made = re.findall(MADE, said)
    modules = [name.split(".")[0].replace("/", ".") for how, name in made if how == "Linking target"]
    named = modules or [name for _, name in made]
    names = ", ".join(named[:SHOWN]) + (f" and {len(named) - SHOWN} more" if len(named) > SHOWN else "")
    _say(f"meson.build has changed: built again: {names or 'nothing'}")


def _say(words: str) -> None:
    with suppress(OSError, ValueError, AttributeError):  # standard error may be closed or None
        print(f"smartsat: {words}", file=sys.stderr, flush=True)


def _last_line(log: Path) -> str:
    with suppress(OSError):
        lines = log.read_text("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
    return ""
