"""Retained memory: the pool of every tick, in memory that survives the end of the flight process.

RAM keeps its content over the reset of a processor; memory of the supervisor keeps it over the end of the flight
process. A power cut erases it; for that case there are snapshots (`persistence.py`). The memory holds the pool itself,
where an observer may read it between two ticks, and two copies that are written in turn. A process that ends while it
writes a copy leaves the other one.
"""

from __future__ import annotations

import mmap
import struct

import numpy as np
from numpy.typing import NDArray

from fsw.core.pool import Pool

COPIES = 2
HEAD_OCTETS = 128
SIZE = 1 << 20  # octets: the pool and its copies fit several times
_MAGIC = b"SSRM"
OWNER_OCTETS = 16
_HEAD = struct.Struct("<4sI32s16s")  # magic, octets of an image, layout hash, whose it is
_NUMBERS = slice(64, 64 + 8 * COPIES)  # of each copy: its number, 0 while it is written or when there is none


class RetainedError(ValueError):
    """Memory that cannot hold the pool; the message is one line."""


def is_retained_memory(octets: bytes) -> bool:
    """Return whether the octets of a file are retained memory, of any layout or still empty."""
    return len(octets) == SIZE and (octets.startswith(_MAGIC) or not any(octets))


def owner_in(octets: bytes) -> bytes:
    """Return the owner of this memory: `OWNER_OCTETS` zeros when it has none."""
    return bytes(_HEAD.unpack_from(octets)[3])


class RetainedMemory:
    """`SIZE` octets of shared memory by its descriptor. `place` is for `Pool`; then `attach` its pool.

    `owner`: octets that tell the vehicle from others.
    """

    def __init__(self, descriptor: int, owner: bytes = bytes(OWNER_OCTETS)) -> None:
        self._owner = owner
        try:
            self._map = mmap.mmap(descriptor, SIZE)
        except (OSError, ValueError) as error:
            raise RetainedError(f"retained memory: descriptor {descriptor} cannot be used: {error}") from None
        self._octets: NDArray[np.uint8] = np.frombuffer(self._map, np.uint8)
        self._numbers = self._octets[_NUMBERS].view("<u8")
        self._number = 0
        self._end = HEAD_OCTETS

    def place(self, size: int) -> NDArray[np.uint8]:
        """Return aligned memory for a pool of `size` octets."""
        self._end = HEAD_OCTETS + -(-size // 64) * 64
        if self._end + COPIES * size > SIZE:
            raise RetainedError(f"retained memory: a pool of {size} octets, expected at most {SIZE // (COPIES + 1)}")
        return self._octets[HEAD_OCTETS : HEAD_OCTETS + size]

    def attach(self, pool: Pool) -> None:
        """Copy `pool` from now on; memory of another layout or vehicle is forgotten."""
        self._image = pool.memory[: pool.image_size]
        size = pool.image_size
        self._copies = [self._octets[self._end + i * size : self._end + (i + 1) * size] for i in range(COPIES)]
        head = np.frombuffer(_HEAD.pack(_MAGIC, size, pool.layout_hash(), self._owner), np.uint8)
        if self._octets[: _HEAD.size].tobytes() != head.tobytes():
            self._numbers[:] = 0
            self._octets[: _HEAD.size] = head
        self._number = int(self._numbers.max())

    def save(self) -> None:
        """Copy the pool over the older copy."""
        self._number += 1
        copy = self._number % COPIES
        self._numbers[copy] = 0
        self._copies[copy][:] = self._image
        self._numbers[copy] = self._number

    def restore(self) -> bool:
        """Restore the newest whole copy into the pool; return False when there is none."""
        newest = int(self._numbers.max())
        if not newest:
            return False
        self._image[:] = self._copies[newest % COPIES]
        return True
