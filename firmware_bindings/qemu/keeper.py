"""Child processes that end when this process ends, however it ends.

The kernel kills such a child when the *thread* that forked it ends (prctl(2)), so one thread, which lives as long as
the process, forks them all. Nothing has to run in the dying process: SIGKILL, `os._exit` and a crash are covered.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

GUARD = Path(__file__).with_name("guard.py")


class Keeper:
    """The thread that forks."""

    def __init__(self) -> None:
        self._requests: queue.SimpleQueue[tuple[list[str], list[int], int, Future[subprocess.Popen[bytes]]]]
        self._requests = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="emulator keeper", daemon=True).start()

    def spawn(self, command: Sequence[str], pass_fds: Sequence[int], errors: int) -> subprocess.Popen[bytes]:
        """See `spawn`."""
        future: Future[subprocess.Popen[bytes]] = Future()
        guarded = [sys.executable, "-I", "-S", str(GUARD), str(os.getpid()), *command]
        self._requests.put((guarded, list(pass_fds), errors, future))
        return future.result()

    def _serve(self) -> None:
        while True:
            command, pass_fds, errors, future = self._requests.get()
            try:
                process = subprocess.Popen(
                    command,
                    pass_fds=pass_fds,
                    stdin=subprocess.DEVNULL,
                    stdout=errors,
                    stderr=errors,
                    start_new_session=True,  # an interrupt typed at the terminal is for the parent to handle
                )
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(process)
            del future


_lock = threading.Lock()
_keeper: Keeper | None = None


def spawn(command: Sequence[str], pass_fds: Sequence[int], errors: int) -> subprocess.Popen[bytes]:
    """Start `command` (an absolute path and arguments) as a child that ends with this process.

    The child keeps the descriptors `pass_fds`; what it prints goes to the descriptor `errors`. Raises `OSError`.
    """
    global _keeper  # noqa: PLW0603
    with _lock:
        if _keeper is None:
            _keeper = Keeper()
        keeper = _keeper
    return keeper.spawn(command, pass_fds, errors)


def _forget_keeper() -> None:
    """Forget the thread: a forked copy of the process does not have it."""
    global _keeper, _lock
    _keeper, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_keeper)
