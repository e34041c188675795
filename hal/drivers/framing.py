"""Frames of a fixed size in a stream of octets, found by their sync marker and a check; no state, no I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from hal.link_state import FRAME_CAPACITY
from hal.packet import CRC_SIZE, crc16


class Split(NamedTuple):
    """The result of a split: each octet is in a frame, was dropped, or begins the next frame."""

    frames: list[bytes]
    runs: int  # runs of octets that belong to no frame
    dropped: int  # octets of these
    rest: bytes  # the beginning of a frame, perhaps; less than a frame
    lost: bool  # octets have been dropped since the last frame: what is dropped next belongs to the same run


def crc16_ok(frame: bytes) -> bool:
    """Return whether a frame ends with the CRC-16 of its other octets (CRC-16-CCITT, start 0xFFFF, big-endian)."""
    return crc16(frame[:-CRC_SIZE]) == int.from_bytes(frame[-CRC_SIZE:], "big")


@dataclass(frozen=True)
class SyncFraming:
    """Frames of `size` octets that begin with `sync` and for which `check` is true.

    A false sync marker costs no frame: after a failed check the search goes on at the next octet. Raises `ValueError`
    for a marker that is empty or as long as the frame, and for a frame beyond the capacity of a driver's state.
    """

    sync: bytes
    size: int
    check: Callable[[bytes], bool] = crc16_ok

    def __post_init__(self) -> None:
        if not 0 < len(self.sync) < self.size <= FRAME_CAPACITY:
            found = f"sync marker of {len(self.sync)}, frame of {self.size} octets"
            raise ValueError(f"{found}: expected 0 < marker < frame <= {FRAME_CAPACITY}")

    def split(self, octets: bytes, *, lost: bool = False) -> Split:
        """Find the frames in `octets`, which begin with `rest` of the last call; `lost` is its `lost`, too."""
        frames: list[bytes] = []
        at = runs = dropped = 0
        while True:
            start = octets.find(self.sync, at)
            start = self._begun(octets, at) if start < 0 else start
            whole = len(octets) - start >= self.size
            frame = octets[start : start + self.size]
            good = whole and self.check(frame)
            gone = start - at + (whole and not good)  # what is before the marker, and the first octet of a false one
            runs += gone > 0 and not lost
            dropped += gone
            lost = not good and (lost or gone > 0)
            if not whole:
                return Split(frames, runs, dropped, frame, lost)
            if good:
                frames.append(frame)
            at = start + (self.size if good else 1)

    def _begun(self, octets: bytes, at: int) -> int:
        """Return the position of an incomplete marker at the end of `octets`; the end when there is none."""
        for size in range(min(len(self.sync) - 1, len(octets) - at), 0, -1):
            if octets.endswith(self.sync[:size]):
                return len(octets) - size
        return len(octets)
