"""`spy://FILE?link=URL`: another link, with every octet that crosses it written to a file."""

from __future__ import annotations

import contextlib
import os
import stat
import time

from hal.files import take_lock
from hal.links.link import ByteLink, LinkError
from hal.links.open_link import open_link
from hal.links.spy_format import LOST, MAGIC, Crossing, pack_header, pack_record
from hal.links.urls import spied


class SpyLink:
    """A link that passes everything on and notes it in a file (`hal.links.spy_format`).

    The spy never fails the link: what cannot be written to the file, because the disk is full, is counted in
    `octets_lost`, and in the file as soon as it takes something again. Each call is in the file when it returns.
    """

    def __init__(self, link: ByteLink, file: str, url: str) -> None:
        """Spy on `link`, whose URL is `url`; raise `LinkError` when the file cannot be written or is something else."""
        self._link, self._name = link, f"spy://{file}"
        self._start_ns = time.monotonic_ns()
        self._fd = _claim(file)
        self._end = 0  # octets of whole records in the file
        self.octets_lost = self.records_lost = 0
        self._told = (0, 0)  # octets and records lost that the file knows of
        if not self._append(pack_header(url, time.time_ns())):
            os.close(self._fd)
            raise LinkError(f"spy://{file}: cannot be written: no room")

    @classmethod
    def open(cls, url: str) -> SpyLink:
        """Open `spy://FILE?link=URL`, and the link that it names."""
        file, inner = spied(url)
        link = open_link(inner)
        try:
            return cls(link, file, inner)
        except LinkError:
            link.close()
            raise

    @property
    def link(self) -> ByteLink:
        """The link that is spied on."""
        return self._link

    @property
    def loss(self) -> str:
        """What is missing from the file, in one line; empty when nothing is."""
        if not self.records_lost:
            return ""
        return f"{self._name}: {self.octets_lost} octets in {self.records_lost} records could not be written"

    def write(self, octets: bytes) -> None:
        """Send `octets`; raise `LinkError` as the link does."""
        try:
            self._link.write(octets)
        except LinkError:
            self._note(Crossing.OUT_FAILED, octets)
            raise
        self._note(Crossing.OUT, octets)

    def read(self) -> bytes:
        """Return everything received since the last call; raise `LinkError` as the link does."""
        try:
            octets = self._link.read()
        except LinkError:
            self._note(Crossing.IN_FAILED, b"")
            raise
        if octets:
            self._note(Crossing.IN, octets)
        return octets

    def close(self) -> None:
        """Close the link and the file."""
        self._link.close()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _note(self, crossing: Crossing, octets: bytes) -> None:
        if self._fd < 0:
            return
        t_ns = time.monotonic_ns() - self._start_ns
        missing = (self.octets_lost - self._told[0], self.records_lost - self._told[1])
        entry = pack_record(t_ns, crossing, octets)
        if missing[1]:
            entry = pack_record(t_ns, Crossing.LOST, LOST.pack(*missing)) + entry
        if self._append(entry):
            self._told = (self.octets_lost, self.records_lost)
        else:
            self.octets_lost += len(octets)
            self.records_lost += 1

    def _append(self, entry: bytes) -> bool:
        """Write an entry whole, or leave the file as it was."""
        try:
            if os.pwrite(self._fd, entry, self._end) == len(entry):
                self._end += len(entry)
                return True
        except OSError:
            pass
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, self._end)
        return False


def _claim(file: str) -> int:
    """Return the descriptor of an empty file that is this spy's alone; raise `LinkError`."""
    name = f"spy://{file}"
    try:  # not blocking: a pipe that nobody reads would hold the caller
        fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    except (OSError, ValueError) as error:
        raise LinkError(f"{name}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise LinkError(f"{name}: is not an ordinary file, expected one, or none")
        if not take_lock(fd):
            raise LinkError(f"{name}: another spy writes to it, expected another file")
        if os.pread(fd, len(MAGIC), 0) not in {b"", MAGIC}:
            raise LinkError(f"{name}: is not a file of a spy and is not overwritten, expected another name")
        os.ftruncate(fd, 0)
    except BaseException:
        os.close(fd)
        raise
    return fd
