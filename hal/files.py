"""The one way to write a file: whole or not at all, in UTF-8, and one line when it cannot be done."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

CURES = {
    errno.ENOSPC: "free some space or choose another place",
    errno.EDQUOT: "free some space or choose another place",
    errno.EACCES: "choose a place that you may write to",
    errno.EPERM: "choose a place that you may write to",
    errno.EROFS: "choose a place that you may write to",
    errno.ENOENT: "choose a folder that exists",
    errno.ENOTDIR: "choose a folder that exists",
    errno.EISDIR: "give the path of a file",
}


class WriteError(RuntimeError):
    """What should have been written was not; the message is one line, and says what to do."""


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn an `OSError` of writing `path` into a `WriteError` that names it."""
    try:
        yield
    except OSError as error:
        cure = CURES.get(error.errno or 0, "choose another place")
        raise WriteError(f"{path}: cannot be written: {error.strerror or error}; {cure}") from None


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole: whoever reads `path` finds all of `content` or what was there before, after a crash too.

    Text is written in UTF-8 with its line ends as they are. What is no regular file (a terminal, a pipe) is written
    directly. Raises `WriteError`.
    """
    octets = content.encode("utf-8") if isinstance(content, str) else content
    with told(path):
        target = path.resolve() if path.is_symlink() else path
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                file.write(octets)
            return
        draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
        try:
            with draft.open("wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
