"""Keeps snapshots of the pool over a restart: two copies, written in turn.

Each copy carries its generation and a CRC-32; loading takes the newest copy that is sound and that the pool can take.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import struct
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from fsw.core.events import EventId, EventQueue
from fsw.core.pool import Pool, SnapshotError

COPIES = 2
CHUNK_OCTETS = 1 << 20
LARGEST_OCTETS = 4 << 20  # of one file; a snapshot has a quarter of it at most
READ_ONLY = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
NOT_OURS = (errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENXIO, errno.ENODEV)  # links, and what nobody may read
PLACES_ASIDE = ("unusable", *(f"unusable.{n}" for n in range(1, 10)))
_HEAD = struct.Struct("<4sII")  # magic, generation, CRC-32 of generation and snapshot
_MAGIC = b"SSGN"
LAST_GENERATION = 2**32 - 1  # no copy has it: there would be none after it
PUT_ASIDE = b"put aside\n"


class StorageError(OSError):
    """The storage did not take the octets (its old content is still there), or cannot return its content."""


class Storage(Protocol):
    """Where snapshots are kept: octets by name."""

    def read(self, name: str) -> bytes | None:
        """Return the octets last written under `name`, or None; raise `StorageError` when what is there is no use."""

    def write(self, name: str, octets: bytes) -> None:
        """Replace the octets under `name` as a whole or not at all; raise `StorageError` when not."""


class DirectoryStorage:
    """A folder of files. A write is a new file that takes the old one's name when it is safely on the medium.

    Whatever stands in the place of a file, it is not waited for, not followed and not read beyond `LARGEST_OCTETS`:
    what cannot have been written here (a pipe, a device, a link, a folder, a file too long) is put aside under another
    name. `system` stands for the module `os`, for tests that cut the power. Raises `StorageError` when the
    folder cannot be made.
    """

    def __init__(self, folder: Path | str, system: ModuleType | Any = os) -> None:  # noqa: ANN401
        self._folder = str(folder)
        self._os = system
        try:
            system.makedirs(self._folder, exist_ok=True)
            self._settle(f"{self._folder}/..")
        except OSError as error:
            raise StorageError(f"{self._folder}: not a folder for state: {error.strerror}") from None

    def read(self, name: str) -> bytes | None:
        """Return the octets of the file, None when there is none; `StorageError` when it is none that can be read."""
        path = f"{self._folder}/{name}"
        try:
            return self._octets(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            if isinstance(error, StorageError) or error.errno in NOT_OURS:
                with contextlib.suppress(OSError):
                    self._put_aside(path)
            raise StorageError(f"{path}: cannot be read: {error.strerror or error}") from None

    def _octets(self, path: str) -> bytes:
        file = self._os.open(path, READ_ONLY)
        try:
            status = self._os.fstat(file)  # of what is open: nothing can take its place any more
            if not stat.S_ISREG(status.st_mode):
                raise StorageError("no file")
            out = b""
            while len(out) <= LARGEST_OCTETS >= status.st_size:
                piece = self._os.read(file, CHUNK_OCTETS)
                if not piece:
                    return out
                out += piece
            raise StorageError(f"more than {LARGEST_OCTETS} octets")
        finally:
            self._os.close(file)

    def _put_aside(self, path: str) -> None:
        """Give what is at `path` the first free name beside it; raise `OSError` when that cannot be done."""
        for place in PLACES_ASIDE:
            if not self._os.path.lexists(f"{path}.{place}"):
                self._os.rename(path, f"{path}.{place}")
                return
        raise StorageError(f"{path}: too much is put aside already")

    def write(self, name: str, octets: bytes) -> None:
        """Write a file atomically: after any failure, or a power cut at any moment, it is the old or the new one."""
        path = f"{self._folder}/{name}"
        try:
            draft = self._draft(f"{path}.new")
            try:
                left = memoryview(octets)
                while left:
                    left = left[self._os.write(draft, left) :]
                self._os.fsync(draft)
            finally:
                self._os.close(draft)
            self._os.replace(f"{path}.new", path)
            self._settle(self._folder)
        except OSError as error:
            raise StorageError(f"{path}: not written: {error.strerror}") from None

    def _draft(self, path: str) -> int:
        """Open a new file; what stands in its way is what a start left unfinished, or is put aside."""
        try:
            return int(self._os.open(path, NEW_FILE, 0o644))
        except FileExistsError:
            try:
                self._os.unlink(path)
            except OSError:
                self._put_aside(path)
            return int(self._os.open(path, NEW_FILE, 0o644))

    def _settle(self, folder: str) -> None:
        """Write a folder's names to the medium."""
        file = self._os.open(folder, os.O_RDONLY)
        try:
            self._os.fsync(file)
        finally:
            self._os.close(file)


class Copies:
    """Two copies of octets under `name`, written in turn, each with its generation and a CRC-32."""

    def __init__(self, storage: Storage, name: str, magic: bytes) -> None:
        self._storage, self._name, self._magic = storage, name, magic
        self._unusable: set[int] = set()  # copies that could not be read and have not been written since

    def framed(self, generation: int, octets: bytes) -> bytes:
        """Return a copy as `write` takes it."""
        check = zlib.crc32(octets, zlib.crc32(struct.pack("<I", generation)))
        return _HEAD.pack(self._magic, generation, check) + octets

    def write(self, generation: int, copy: bytes) -> None:
        """Write a framed copy over the older one; raise `StorageError` when the storage does not take it."""
        self._storage.write(f"{self._name}.{generation % COPIES}", copy)
        self._unusable.discard(generation % COPIES)

    def read(self, copy: int) -> bytes | None:
        """Return the octets of a copy as they are; None when there is none, and for one that cannot be read."""
        try:
            return self._storage.read(f"{self._name}.{copy}")
        except StorageError:
            self._unusable.add(copy)
            return None

    def sound(self, damaged: list[int]) -> list[tuple[int, bytes]]:
        """Return (generation, octets) of each sound copy, newest first; append the numbers of others to `damaged`."""
        out = []
        for copy in range(COPIES):
            octets = self.read(copy)
            if copy in self._unusable:
                damaged.append(copy)
                continue
            if octets is None or octets == PUT_ASIDE:
                continue
            if len(octets) >= _HEAD.size:
                magic, generation, check = _HEAD.unpack_from(octets)
                content = octets[_HEAD.size :]
                if (
                    magic == self._magic
                    and generation < LAST_GENERATION
                    and zlib.crc32(content, zlib.crc32(octets[4:8])) == check
                ):
                    out.append((generation, content))
                    continue
            damaged.append(copy)
        return sorted(out, reverse=True)


class Draft(NamedTuple):
    """A snapshot on its way to the storage."""

    generation: int
    octets: bytes


class Restored(NamedTuple):
    """What `SnapshotStore.load` brought back."""

    generation: int
    parameters: int


class SnapshotStore:
    """Saves and loads the pool under `name`, newest first; a failure is an event, and so is the first success after."""

    def __init__(self, storage: Storage, events: EventQueue, name: str = "pool") -> None:
        self._storage = storage
        self.events = events
        self._name = name
        self._copies = Copies(storage, name, _MAGIC)
        self._generation = max((g for g, _ in self._copies.sound([])), default=0)
        self._silent = False  # 1 after a success: those that follow say nothing

    def save(self, pool: Pool) -> int:
        """Write a snapshot over the older copy; return its generation. Raises `StorageError`, after an event."""
        draft = self.draft(pool)
        try:
            self.write(draft)
        except StorageError:
            self.note(draft, saved=False)
            raise
        self.note(draft, saved=True)
        return draft.generation

    def draft(self, pool: Pool) -> Draft:
        """Return a snapshot as `write` takes it."""
        generation = self._generation + 1
        return Draft(generation, self._copies.framed(generation, pool.snapshot()))

    def write(self, draft: Draft) -> None:
        """Write a draft over the older copy: the part that takes time, and that another thread may do."""
        self._copies.write(*draft)

    def note(self, draft: Draft, *, saved: bool) -> None:
        """Count the result of a draft, and report a change by an event."""
        if not saved:
            self._silent = False
            self.events.raise_event(EventId.SNAPSHOT_NOT_SAVED, draft.generation)
            return
        self._generation = draft.generation
        if not self._silent:
            self.events.raise_event(EventId.SNAPSHOT_SAVED, draft.generation, len(draft.octets) - _HEAD.size)
        self._silent = True

    def load(self, pool: Pool) -> Restored | None:
        """Restore the newest sound snapshot; None when there is none that the pool can take, which is a cold start."""
        damaged: list[int] = []
        refused: list[int] = []
        restored = self._newest(pool, damaged, refused)
        # Events live in the pool as well: only now is it what it will be.
        for copy in damaged:
            self.events.raise_event(EventId.SNAPSHOT_DAMAGED, copy)
        for generation in refused:
            self.events.raise_event(EventId.SNAPSHOT_REFUSED, generation)
        if restored is not None:
            self.events.raise_event(EventId.SNAPSHOT_RESTORED, *restored)
        return restored

    def put_aside(self, pool: Pool) -> Restored | None:
        """Load the newest sound snapshot into `pool`, not flight's own, and keep the copies under other names.

        Nothing is loaded from them any more. Raises `StorageError` when they cannot be put aside.
        """
        restored = self._newest(pool, [], [])
        for copy in range(COPIES):
            octets = self._copies.read(copy)
            if octets is not None and octets != PUT_ASIDE:
                self._storage.write(f"{self._name}.{copy}.aside", octets)
                self._storage.write(f"{self._name}.{copy}", PUT_ASIDE)
        return restored

    def _newest(self, pool: Pool, damaged: list[int], refused: list[int]) -> Restored | None:
        for generation, snapshot in self._copies.sound(damaged):
            try:
                return Restored(generation, pool.restore(snapshot))
            except SnapshotError:
                refused.append(generation)
        return None
