"""The application `checkpoint`: snapshots of the pool at a declared period, and counts reserved ahead.

It runs in every tick, before the downlink. A snapshot reserves the next `RESERVED` telemetry packets and event numbers:
when as many have been made, a new snapshot is written before any of them leaves. A flight that continues from a
snapshot skips as many, and so repeats none (`restart.py`). While the storage refuses, flight continues and reports it;
the guarantee then holds for the first `RESERVED` only.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from fsw.core.persistence import Draft, SnapshotStore, StorageError
from fsw.core.pool import Pool
from fsw.core.sections import TimeSection
from fsw.pus.sections import SEQ_COUNT_MASK
from fsw.restart.retained import RetainedMemory
from fsw.restart.sections import CheckpointSection

RESERVED = 4096  # telemetry packets, and event numbers, that one snapshot vouches for
BEGIN = RESERVED // 2  # as many used: the next snapshot is begun


class Checkpoint:
    """Writes `CheckpointSection`. `period_ticks` between two snapshots; `retry_ticks` after a refusal.

    With `background` a thread waits for the medium, so that no tick does; a snapshot is late then, and never torn.
    """

    def __init__(
        self,
        pool: Pool,
        store: SnapshotStore,
        *,
        period_ticks: int,
        retry_ticks: int,
        retained: RetainedMemory | None = None,
        cost_clock: Callable[[], int] | None = None,
        background: bool = False,
    ) -> None:
        self._pool, self._store, self._retained = pool, store, retained
        self._period, self._retry = period_ticks, retry_ticks
        self._cost_clock = cost_clock
        self._figures = pool.array(CheckpointSection)
        self._tick = pool.array(TimeSection)["tick"].reshape(1).data
        self._seq_count = pool.view("pus.tm_seq_count").reshape(1).data
        self._raised = pool.view("events.raised").reshape(1).data
        self._thread = ThreadPoolExecutor(1, "checkpoint") if background else None
        self._writing: tuple[Draft, tuple[int, int], Future[float]] | None = None
        self._refused = False
        self._at = self._counts()

    def start(self) -> None:
        """Save the restored state before the first tick; otherwise another end would repeat its counts."""
        self._at = self._counts()
        self.save(wait=True)

    def step(self) -> None:
        """Save when it is due, or when the reserved counts are nearly used up."""
        tick = self._tick[0]
        if self._writing is not None:
            self._settle(wait=self._used() >= RESERVED)
        if (tick % self._period == 0 or self._used() >= BEGIN) and (not self._refused or tick % self._retry == 0):
            self.save()
        if self._retained is not None:
            self._retained.save()

    def save(self, *, wait: bool = False) -> None:
        """Begin a snapshot, unless one is being written; `wait` until it is on the medium or refused."""
        if self._writing is None:
            draft, counts = self._store.draft(self._pool), self._counts()
            future: Future[float] = Future()
            if self._thread is None:
                self._run(draft, future)
            else:
                future = self._thread.submit(self._timed, draft)
            self._writing = (draft, counts, future)
        self._settle(wait=wait or self._thread is None)

    def close(self) -> None:
        """Write a last snapshot and end."""
        if self._writing is not None:
            self._settle(wait=True)
        self._store.events.collect()  # what became of it is in the last snapshot
        self.save(wait=True)
        if self._thread is not None:
            self._thread.shutdown()

    def _counts(self) -> tuple[int, int]:
        return self._seq_count[0], self._raised[0]

    def _used(self) -> int:
        return max((self._seq_count[0] - self._at[0]) & SEQ_COUNT_MASK, self._raised[0] - self._at[1])

    def _run(self, draft: Draft, future: Future[float]) -> None:
        try:
            future.set_result(self._timed(draft))
        except StorageError as error:
            future.set_exception(error)

    def _timed(self, draft: Draft) -> float:
        """Write one draft, in the thread when there is one; return how long it took [s], 0 without a cost clock."""
        begun_ns = self._cost_clock() if self._cost_clock is not None else 0
        self._store.write(draft)
        return (self._cost_clock() - begun_ns) * 1e-9 if self._cost_clock is not None else 0.0

    def _settle(self, *, wait: bool) -> None:
        """Count the result of the snapshot that was being written."""
        assert self._writing is not None
        draft, counts, future = self._writing
        if not wait and not future.done():
            return
        self._writing = None
        error = future.exception()
        if error is not None and not isinstance(error, StorageError):
            raise error
        self._store.note(draft, saved=error is None)
        self._refused = error is not None
        if error is None:
            self._at = counts
            self._figures["saved"] += 1
            self._figures["octets"] = len(draft.octets)
            self._figures["last_s"] = span_s = future.result()
            self._figures["max_s"] = max(span_s, float(self._figures["max_s"]))
        else:
            self._figures["failed"] += 1
