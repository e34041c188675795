"""The worker processes of a campaign: each gets one flight at a time, and a dead one is replaced."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ground.campaign.definition import CampaignError
from ground.campaign.outcome import DIED, HUNG, Outcome, outcome_from

START_S = 300.0  # in which a worker must have imported everything, on a machine that is busy
CHUNK = 1 << 16


@dataclass(frozen=True)
class FinishedFlight:
    """A finished flight: number, outcome, wall time, and the last line of a dead worker."""

    number: int
    outcome: Outcome
    wall_s: float
    note: str = ""


class Worker:
    """One process (`ground.campaign.worker`), in a session of its own: only the campaign gets Ctrl-C."""

    def __init__(self, judges: Sequence[str]) -> None:
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ground.campaign.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.errors, start_new_session=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.answers = self.process.stdout.fileno()
        self.ready = False
        self.number: int | None = None  # of the flight under way
        self.since_s = time.monotonic()
        self._octets = b""
        self._say({"path": [path or str(Path.cwd()) for path in sys.path], "judges": list(judges)})

    @property
    def busy(self) -> bool:
        """Whether it is starting or flying."""
        return self.number is not None or not self.ready

    def fly(self, number: int, flight: dict[str, Any]) -> None:
        """Give it a flight."""
        self.number, self.since_s = number, time.monotonic()
        self._say(flight)

    def read(self) -> list[dict[str, Any]] | None:
        """Return the answers that have come; None when it is dead."""
        chunk = os.read(self.answers, CHUNK)
        if not chunk:
            return None
        *lines, self._octets = (self._octets + chunk).split(b"\n")
        return [json.loads(line) for line in lines]

    def last_words(self) -> str:
        """Return the last line on its standard error."""
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def end(self) -> int:
        """End it and everything it has started; return its exit status."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        status = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.errors):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        return status

    def _say(self, order: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it is dead: `read` says so
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            self.process.stdin.flush()


class Pool:
    """Up to `size` workers; each flight has `wall_limit_s`."""

    def __init__(self, size: int, judges: Sequence[str], wall_limit_s: float) -> None:
        self._judges, self._wall_limit_s = judges, wall_limit_s
        self._selector = selectors.DefaultSelector()
        self.workers: list[Worker] = []
        for _ in range(size):
            self._hire()

    def idle(self) -> list[Worker]:
        """Return the workers that are ready for a flight."""
        return [worker for worker in self.workers if worker.ready and worker.number is None]

    def wait(self, patience_s: float) -> list[FinishedFlight]:
        """Wait until flights end; return them.

        Raises `CampaignError` when a worker does not start.
        """
        finished = []
        for key, _ in self._selector.select(patience_s):
            worker: Worker = key.data
            answers = worker.read()
            if answers is None:
                finished += self._bury(worker, DIED)
            for answer in answers or ():
                finished += self._heard(worker, answer)
        now_s = time.monotonic()
        for worker in list(self.workers):
            limit_s = self._wall_limit_s if worker.ready else START_S
            if worker.busy and now_s - worker.since_s > limit_s:
                finished += self._bury(worker, HUNG)
        return finished

    def close(self) -> None:
        """End all workers; flights under way are lost."""
        for worker in list(self.workers):
            self._dismiss(worker)
        self._selector.close()

    def _heard(self, worker: Worker, answer: dict[str, Any]) -> list[FinishedFlight]:
        if not worker.ready:
            worker.ready = True
            return []
        assert worker.number is not None
        finished = FinishedFlight(worker.number, outcome_from(answer), time.monotonic() - worker.since_s)
        worker.number = None
        return [finished]

    def _bury(self, worker: Worker, state: str) -> list[FinishedFlight]:
        """Replace a worker that is dead or takes too long; this is the outcome of its flight."""
        words = worker.last_words()
        status = worker.process.poll() if state == HUNG else worker.process.wait()
        self._dismiss(worker)
        if not worker.ready:
            raise CampaignError(f"a worker does not start: {words or ending(status)}")
        self._hire()
        if worker.number is None:  # it died between two flights
            return []
        how = f"did not end within {self._wall_limit_s:g} s of wall time" if state == HUNG else ending(status)
        outcome = Outcome(wrong=(how,), state=state)
        return [FinishedFlight(worker.number, outcome, time.monotonic() - worker.since_s, words)]

    def _hire(self) -> None:
        worker = Worker(self._judges)
        self.workers.append(worker)
        self._selector.register(worker.answers, selectors.EVENT_READ, worker)

    def _dismiss(self, worker: Worker) -> None:
        self._selector.unregister(worker.answers)
        self.workers.remove(worker)
        worker.end()


def ending(status: int | None) -> str:
    """Return in words how a process ended."""
    if status is not None and status < 0:
        return f"its process was ended by {signal.Signals(-status).name}"
    return f"its process ended with exit status {status}"
