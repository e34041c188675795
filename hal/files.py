"""Reads, writes and locks files; all packages use these functions.

A file is read only when it is a regular one and not larger than it may be: nothing waits for a pipe. A file is written
whole or not at all (`write_whole`), or in pieces while a flight goes on (`Stream`). What cannot be written is one line.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from io import BufferedReader, FileIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

T = TypeVar("T")

CURES = {
    errno.ENOSPC: "free some space or choose another place",
    errno.EDQUOT: "free some space or choose another place",
    errno.EFBIG: "raise the limit of file sizes or choose another place",
    errno.EACCES: "choose a place that you may write to",
    errno.EPERM: "choose a place that you may write to",
    errno.EROFS: "choose a place that you may write to",
    errno.ENOENT: "choose a folder that exists",
    errno.ENOTDIR: "choose a folder that exists",
    errno.EISDIR: "give the path of a file",
    errno.ENAMETOOLONG: "give a shorter name",
    errno.ENXIO: "nobody reads it: start the reader first",
}
KINDS = (
    (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"), (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)  # fmt: skip
CHUNK = 1 << 20  # octets of a stream between writes
_drafts: set[Path] = set()  # files of this process that are not in their place yet


class WriteError(RuntimeError):
    """A file could not be written; the message is one line and says what to do."""


# ------------------------------------------------------------------ reading


class _Unwaiting(FileIO):
    """A descriptor that does not block: where a read would have to wait, it raises `OSError` (some files of /proc)."""

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        count: int | None = super().readinto(buffer)
        return self._there(count)

    def readall(self) -> bytes:
        return self._there(super().readall())

    def _there(self, read: T | None) -> T:
        if read is None:
            raise OSError(errno.EAGAIN, "has nothing to read")
        return read


def open_regular(path: Path | str) -> BufferedReader:
    """Open a regular file for reading; neither this nor a read ever waits.

    Raises `OSError`, also for a folder, a pipe or a device; so does a read that would wait.
    """
    try:
        _require_regular(Path(path).stat().st_mode, path)  # before opening: to open a device may act on it
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except ValueError as error:  # a name with NUL
        raise OSError(errno.EINVAL, str(error), str(path)) from None
    try:
        _require_regular(os.fstat(descriptor).st_mode, path)
        return BufferedReader(_Unwaiting(descriptor))
    except BaseException:
        os.close(descriptor)
        raise


def read_whole(path: Path | str, largest: int) -> bytes:
    """Return the octets of a regular file of at most `largest` octets; raise `OSError` as `open_regular` does."""
    with open_regular(path) as file:
        octets = file.read(largest + 1)
    if len(octets) > largest:
        raise OSError(errno.EFBIG, f"larger than {largest} octets", str(path))
    return octets


def _require_regular(mode: int, path: Path | str) -> None:
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in KINDS if is_kind(mode)), "something else")
        raise OSError(errno.EINVAL, f"is {kind}, expected a regular file", str(path))


# ------------------------------------------------------------------ writing


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Return the `WriteError` for an `OSError` of writing `path`."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {_why(error)}") from None
    except ValueError as error:  # a name with NUL
        raise WriteError(f"{path!s}: cannot be written: {error}; give another name".replace("\0", "\\0")) from None


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole: whoever reads `path` finds all of `content` or what was there before, after a crash too.

    Text is written in UTF-8 with its line ends as they are; what UTF-8 does not have (octets of a file name that is no
    text) is spelled out. What is no regular file (a terminal, a pipe with a reader) is written directly. Raises
    `WriteError`.
    """
    octets = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    with told(path):
        target = path.resolve() if path.is_symlink() else path
        if target.exists() and not target.is_file():
            _write_directly(target, octets)
            return
        draft = target.with_name(f".smartsat-{os.getpid()}.draft")
        _drafts.add(draft)
        try:
            with draft.open("wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        finally:
            _drafts.discard(draft)


def discard_drafts() -> None:
    """Remove what `write_whole` has begun in this process: for one that is about to end at once."""
    for draft in list(_drafts):
        with contextlib.suppress(OSError):
            draft.unlink()


class Stream:
    """A file that grows while a flight goes on. A failure to write never ends the flight.

    `write` keeps octets until there are `CHUNK` of them or until `flush`. From the first failure on nothing more is
    written, so that the file is whole up to there; `lost` counts what is missing. Raises `WriteError` when the file
    cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.octets = self.lost = 0  # in the file, and missing from it
        self._hash = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._size = 0
        self._failure = ""
        with told(path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC
            self._descriptor = os.open(path, flags, 0o666)

    @property
    def sha256(self) -> str:
        """Hash of the file as it is after `flush` or `close`."""
        return self._hash.hexdigest()

    @property
    def loss(self) -> str:
        """What is missing from the file, in one line; empty when nothing is."""
        return f"{self.path}: {self.lost} octets could not be written: {self._failure}" if self._failure else ""

    def write(self, octets: bytes) -> None:
        """Append octets; they are in the file after `flush` at the latest."""
        self._waiting.append(octets)
        self._size += len(octets)
        if self._size >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Put everything that waits into the file."""
        self._put(self._take())

    def _take(self) -> bytes:
        """Return what waits, which waits no longer."""
        octets = b"".join(self._waiting)
        self._waiting.clear()
        self._size = 0
        return octets

    def _put(self, octets: bytes) -> None:
        rest = memoryview(octets)
        while rest and not self._failure:
            try:
                done = os.write(self._descriptor, rest)
            except OSError as error:
                self._failure = _why(error)
                break
            self._hash.update(rest[:done])
            self.octets += done
            rest = rest[done:]
        if rest:
            self.lost += len(rest)

    def close(self) -> None:
        """Flush and close; a second call does nothing."""
        if self._descriptor < 0:
            return
        self._put(self._take())
        descriptor, self._descriptor = self._descriptor, -1
        try:
            os.close(descriptor)
        except OSError as error:  # what the system had taken is lost after all
            self._failure = self._failure or _why(error)

    def __del__(self) -> None:
        if getattr(self, "_descriptor", -1) >= 0:  # of a flight that broke
            self.close()


# ------------------------------------------------------------------ locking


def take_lock(descriptor: int) -> bool:
    """Lock an open file or folder for this process and those that inherit it; False when another has it.

    The lock ends when all of them have closed it, however they end. Raises `OSError` on a file system without locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


# ------------------------------------------------------------------ inside


def _why(error: OSError) -> str:
    return f"{error.strerror or error}; {CURES.get(error.errno or 0, 'choose another place')}"


def _write_directly(target: Path, octets: bytes) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
