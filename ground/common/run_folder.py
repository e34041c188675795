"""The run folder of one flight, with a lock for its owner and hashes of its files.

The owner holds a lock on the folder (`flock`) for the whole flight; it ends with the process, however that ends.
`result.json` is written last and has the hash of every other file of the flight.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hal import json_text
from hal.errors import InputError
from hal.files import WriteError, open_regular, read_whole, take_lock, told, write_whole

RESULT = "result.json"
RECORDING, PLATFORM, DOWNLINK, EVENTS = "recording.ssr", "recording.ssr.platform", "downlink.cadu", "events.jsonl"
SNAPSHOTS = "recording.ssr.snapshots"
REPORT, COMPARISON, EXCEPTIONS = "report.html", "compare.html", "exceptions.txt"
FILES = (  # all that a flight may leave
    RECORDING, PLATFORM, SNAPSHOTS, DOWNLINK, EVENTS, EXCEPTIONS, REPORT, COMPARISON, RESULT,
)  # fmt: skip
DRAFTS = ".smartsat-*.draft"  # what a killed flight was writing
LARGEST_RESULT = 1 << 26
CUTS = 100  # default names to try
FOREIGN = {errno.EEXIST, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL}  # no folder can be there


class RunFolderError(InputError):
    """A folder that a flight cannot have, or that holds no flight; the message is one line."""


class RunFolder:
    """The folder of one flight, claimed; use as a context. `losses` are lines about what could not be written."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.losses: list[str] = []
        self._lock = lock

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def write(self, name: str, content: str) -> None:
        """Write one file whole; when that fails, note the loss."""
        try:
            write_whole(self.path / name, content)
        except WriteError as error:
            self.losses.append(str(error))

    def finish(self, result: Mapping[str, Any], hashes: Mapping[str, str]) -> dict[str, Any]:
        """Write `result.json`, and return it: `result` with the hashes of the files beside it and what was lost.

        `hashes`: those that are known already; others are taken from the disk.
        """
        known = dict(hashes)
        for name in FILES:
            path = self.path / name
            if name not in known and name not in (RESULT, COMPARISON) and path.is_file():
                known[name] = sha256_of(path)
        whole = {**result, "files": known, "not_written": list(self.losses)}
        self.write(RESULT, json_text.dumps(whole, indent=1) + "\n")
        return whole

    def clear(self) -> None:
        """Remove the files of a run, and nothing else."""
        for path in _held(self.path):
            with told(path):
                path.unlink()

    def discard(self) -> None:
        """Give up the flight: remove its files, and the folder when nothing else is in it."""
        with contextlib.suppress(WriteError, OSError):
            self.clear()
            self.path.rmdir()

    def release(self) -> None:
        """Let others have the folder; a second call does nothing."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def claim(path: Path | None, *, force: bool = False) -> RunFolder:
    """Claim a folder for one flight, making it where there is none; None: a new one in `runs`.

    Raises `RunFolderError` for one that another flight is using, that holds an earlier run (unless `force`, which
    removes the files of that run) or that can be no folder, and `WriteError` where none can be made.
    """
    if path is not None:
        return _claim(path, force)
    stamp = Path("runs") / datetime.now(UTC).strftime("%Y%m%dT%H%M%S_%fZ")
    for again in range(CUTS):  # two flights may begin in the same microsecond
        with contextlib.suppress(RunFolderError):
            return _claim(stamp if not again else stamp.with_name(f"{stamp.name}-{again}"), force=False)
    return _claim(stamp, force=False)


def _claim(path: Path, force: bool) -> RunFolder:
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in FOREIGN:
            raise RunFolderError(f"--out {path}: {error.strerror}; give the path of a folder, or of none yet") from None
        raise WriteError(f"--out {path}: cannot be made: {error.strerror}; give a folder you may write to") from None
    except ValueError as error:  # NUL
        raise RunFolderError(f"--out {path!s}: {error}; give the path of a folder") from None
    folder = RunFolder(path, lock)
    try:
        _lock(folder.path, lock)
        held = [file.name for file in _held(path) if file.name in FILES]
        if held and not force:
            raise RunFolderError(
                f"--out {path}: holds an earlier run ({', '.join(held)}); give another folder, or --force to replace it"
            )
        folder.clear()
    except BaseException:
        folder.release()
        raise
    return folder


def _lock(path: Path, lock: int) -> None:
    alone = True
    with contextlib.suppress(OSError):  # a file system without locks: what it holds is still seen
        alone = take_lock(lock)
    if not alone:
        raise RunFolderError(f"--out {path}: another flight is using it; give another folder")


def _held(path: Path) -> Iterator[Path]:
    """Yield the files of a run in a folder, with unfinished ones of a killed flight."""
    for name in FILES:
        if os.path.lexists(path / name):
            yield path / name
    yield from path.glob(DRAFTS)


# ------------------------------------------------------------------ reading one


def load_result(folder: Path) -> dict[str, Any]:
    """Return `result.json` of a run folder; raise `RunFolderError` when there is none or it is no object."""
    path = folder / RESULT
    try:
        result = json_text.loads(read_whole(path, LARGEST_RESULT).decode("utf-8"))
    except OSError as error:
        raise RunFolderError(f"{path}: cannot be read: {error.strerror}; give a run folder of smartsat fly") from None
    except ValueError as error:
        raise RunFolderError(f"{path}: not a result of smartsat fly: {error}") from None
    if not isinstance(result, dict):
        raise RunFolderError(f"{path}: not a result of smartsat fly: found {type(result).__name__}, expected an object")
    return result


def require_whole(
    folder: Path, result: Mapping[str, Any], names: Sequence[str] = (RECORDING, DOWNLINK, EVENTS)
) -> None:
    """Raise `RunFolderError` when a file of the folder is not the one whose hash `result` has."""
    files = result.get("files")
    for name in names:
        path = folder / name
        if not path.is_file():
            continue
        expected = files.get(name) if isinstance(files, dict) else _of_before(result, name)
        try:
            found = sha256_of(path)
        except OSError as error:
            raise RunFolderError(f"{path}: cannot be read: {error.strerror}") from None
        if found != expected:
            told_of = f"{expected[:12]}..." if isinstance(expected, str) and expected else "no such file"
            raise RunFolderError(
                f"{path}: found sha256 {found[:12]}..., {RESULT} beside it says {told_of}: the file was changed, or "
                "the folder mixes two flights; fly again into another folder"
            )


def _of_before(result: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - whatever is there
    """Return the hash in a result that has no list of files."""
    return result.get({RECORDING: "recording_sha256", DOWNLINK: "cadu_sha256"}.get(name, ""), None)


def sha256_of(path: Path) -> str:
    """Return the hash of a regular file; raise `OSError`."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
