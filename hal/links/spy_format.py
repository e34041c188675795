"""The file of a spy: every octet that crossed a link, with direction and time. All numbers are little-endian.

    magic "SSATSPY1" | i8 UTC of opening [ns since 1970] | u2 length | URL of the link, UTF-8
    then records: i8 time since opening [ns] | u1 direction | u4 length | octets

Directions are those of `hal.octets.Direction` (0 out, 1 in, 2 refused when written, 3 refused when read), and 4: that
many octets (u8) in that many records (u8) crossed and could not be written to the file.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from hal.errors import InputError
from hal.files import open_regular

MAGIC = b"SSATSPY1"
HEADER = struct.Struct("<8sqH")
RECORD = struct.Struct("<qBI")
LOST = struct.Struct("<QQ")
RECORD_OCTETS_MAX = 1 << 26  # of one record: more is damage


@enum.unique
class Crossing(enum.IntEnum):
    """What a record is; the first four as `hal.octets.Direction`."""

    OUT = 0
    IN = 1
    OUT_FAILED = 2
    IN_FAILED = 3
    LOST = 4


class SpyError(InputError, ValueError):
    """A file that no spy wrote, or that is damaged; the message is one line."""


class SpyRecord(NamedTuple):
    """One write or read."""

    t_ns: int  # since opening
    crossing: Crossing
    octets: bytes


class SpyReader:
    """Reads a spy's file, record by record. `cut` is, after the last record, how many octets of another follow it.

    Raises `SpyError` for what is no such file, and, while records are read, where it is damaged; `OSError` when the
    file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._file: BinaryIO = open_regular(path)
        self.cut = 0
        try:
            self._begin()
        except BaseException:
            self._file.close()
            raise

    def _begin(self) -> None:
        head = self._file.read(HEADER.size)
        if len(head) < HEADER.size or not head.startswith(MAGIC):
            raise self._wrong(f"found {head[:8]!r}, expected a spy's file, which starts with {MAGIC!r}")
        _, self.opened_utc_ns, length = HEADER.unpack(head)
        url = self._file.read(length)
        self.url = url.decode("utf-8", "replace")
        self._at = HEADER.size + length
        if len(url) < length:
            raise self._wrong("cut in its header; nothing can be read")

    def __iter__(self) -> Iterator[SpyRecord]:
        with self._file:
            while head := self._file.read(RECORD.size):
                if len(head) < RECORD.size:
                    self.cut = len(head)
                    return
                t_ns, crossing, length = RECORD.unpack(head)
                self._judge(t_ns, crossing, length)
                octets = self._file.read(length)
                if len(octets) < length:
                    self.cut = len(head) + len(octets)
                    return
                yield SpyRecord(t_ns, Crossing(crossing), octets)
                self._at += RECORD.size + length

    def _judge(self, t_ns: int, crossing: int, length: int) -> None:
        """Raise `SpyError` for a record that no spy writes."""
        if crossing not in Crossing._value2member_map_:
            raise self._wrong(f"octet {self._at}: found direction {crossing}, expected 0 to {max(Crossing)}")
        if length > RECORD_OCTETS_MAX or (crossing == Crossing.LOST and length != LOST.size) or t_ns < 0:
            raise self._wrong(f"octet {self._at}: found a record of {length} octets at {t_ns} ns: the file is damaged")

    def _wrong(self, what: str) -> SpyError:
        return SpyError(f"{self._name}: {what}")


def pack_header(url: str, opened_utc_ns: int) -> bytes:
    """Return the octets that open a file."""
    text = url.encode()[:0xFFFF]
    return HEADER.pack(MAGIC, opened_utc_ns, len(text)) + text


def pack_record(t_ns: int, crossing: Crossing, octets: bytes) -> bytes:
    """Return the octets of one record."""
    return RECORD.pack(t_ns, crossing, len(octets)) + octets
