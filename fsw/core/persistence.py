"""Snapshots of the pool on a storage that keeps them across a restart: two copies, written in turn.

Each copy carries its generation and a CRC-32; loading takes the newest copy that is sound and that the pool can take.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import NamedTuple, Protocol

from fsw.core.events import EventId, EventQueue
from fsw.core.pool import Pool, SnapshotError

COPIES = 2
_HEAD = struct.Struct("<4sII")  # magic, generation, CRC-32 of generation and snapshot
_MAGIC = b"SSGN"


class StorageError(OSError):
    """The storage did not take the octets; what it held before is still there."""


class Storage(Protocol):
    """Where snapshots are kept: octets by name."""

    def read(self, name: str) -> bytes | None:
        """Return the octets last written under `name`, or None."""

    def write(self, name: str, octets: bytes) -> None:
        """Replace the octets under `name` as a whole or not at all; raise `StorageError` when not."""


class DirectoryStorage:
    """A folder of files. A write is a new file that takes the old one's name when it is safely on the medium."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)

    def read(self, name: str) -> bytes | None:
        """Return the octets of the file, or None when there is none that can be read."""
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, octets: bytes) -> None:
        """Write a file atomically."""
        draft = self._folder / f"{name}.new"
        try:
            with draft.open("wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._folder / name)
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise StorageError(f"{self._folder / name}: not written: {error.strerror}") from None


class Restored(NamedTuple):
    """What `SnapshotStore.load` brought back."""

    generation: int
    parameters: int


class SnapshotStore:
    """Saves and loads the pool under `name`, newest first; every outcome is an event."""

    def __init__(self, storage: Storage, events: EventQueue, name: str = "pool") -> None:
        self._storage = storage
        self._events = events
        self._name = name
        self._generation = max((g for g, _ in self._copies([])), default=0)

    def save(self, pool: Pool) -> int:
        """Write a snapshot over the older copy; return its generation. Raises `StorageError`, after an event."""
        generation = self._generation + 1
        snapshot = pool.snapshot()
        check = zlib.crc32(snapshot, zlib.crc32(struct.pack("<I", generation)))
        try:
            self._storage.write(self._file(generation), _HEAD.pack(_MAGIC, generation, check) + snapshot)
        except StorageError:
            self._events.raise_event(EventId.SNAPSHOT_NOT_SAVED, generation)
            raise
        self._generation = generation
        self._events.raise_event(EventId.SNAPSHOT_SAVED, generation, len(snapshot))
        return generation

    def load(self, pool: Pool) -> Restored | None:
        """Restore the newest sound snapshot; None when there is none that the pool can take, which is a cold start."""
        damaged: list[int] = []
        refused: list[int] = []
        restored = None
        for generation, snapshot in sorted(self._copies(damaged), reverse=True):
            try:
                restored = Restored(generation, pool.restore(snapshot))
                break
            except SnapshotError:
                refused.append(generation)
        # Events live in the pool as well: only now is it what it will be.
        for copy in damaged:
            self._events.raise_event(EventId.SNAPSHOT_DAMAGED, copy)
        for generation in refused:
            self._events.raise_event(EventId.SNAPSHOT_REFUSED, generation)
        if restored is not None:
            self._events.raise_event(EventId.SNAPSHOT_RESTORED, *restored)
        return restored

    def _file(self, generation: int) -> str:
        return f"{self._name}.{generation % COPIES}"

    def _copies(self, damaged: list[int]) -> list[tuple[int, bytes]]:
        """Return (generation, snapshot) of each sound copy; append the numbers of the others to `damaged`."""
        out = []
        for copy in range(COPIES):
            octets = self._storage.read(f"{self._name}.{copy}")
            if octets is None:
                continue
            if len(octets) >= _HEAD.size:
                magic, generation, check = _HEAD.unpack_from(octets)
                snapshot = octets[_HEAD.size :]
                if magic == _MAGIC and zlib.crc32(snapshot, zlib.crc32(octets[4:8])) == check:
                    out.append((generation, snapshot))
                    continue
            damaged.append(copy)
        return out
