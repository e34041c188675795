"""Reads recordings, tick by tick or as series of parameters."""

from __future__ import annotations

import bisect
import mmap
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw.recorder.format import RecordingError, unpack_header
from ground.recordings._decoder import Decoder
from ground.recordings.layout import RecordedParameter, layout_of
from hal.files import open_regular

LARGEST_SERIES = 1 << 31  # octets of the series that are read at once


class RecordedTick:
    """One tick of a recording; it is read on demand and valid until the next one is taken."""

    def __init__(self, reader: RecordingReader, tick: int, digest: int, octets: list[tuple[int, int, bytes]]) -> None:
        self.tick = tick
        self.digest = digest  # of all sections, those not recorded in this tick included
        self.octets = octets
        self._reader = reader

    @property
    def t_ns(self) -> int:
        """Mission time of the tick."""
        return int(self["time.t_ns"])

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - as recorded: int, float or array
        """Return the last recorded value of one parameter."""
        value = self._reader.view(name)
        return value.copy() if value.ndim else value.item()

    def section(self, name: str) -> bytes:
        """Return the octets of one section, as in the pool, padding zero."""
        return self._reader.section(name)


class RecordingReader:
    """A recording, cut short or complete; `complete` tells which.

    Raises `RecordingError` for a file that is no recording, is empty, or holds a damaged record, and `OSError` when it
    cannot be opened. `salvage=True` reads a damaged one up to the damage, which `damage` then describes.
    """

    def __init__(self, path: Path | str, *, salvage: bool = False) -> None:
        self._file = Path(path).name
        octets = _map(Path(path))
        self.header, first = unpack_header(octets, self._file)
        try:
            layout = layout_of(self.header)
        except (KeyError, TypeError, IndexError, AttributeError, ValueError, OverflowError) as error:
            raise RecordingError(f"{self._file}: its header does not describe a recording: {error!r}") from None
        self.base_hz, self.meta, self.parameters = layout.base_hz, layout.meta, layout.parameters
        self._sections = layout.sections
        self.sections = tuple(layout.sections)
        self._decoder = Decoder(layout.groups, layout.keyframe_ticks, layout.step, octets, first)
        self._image = self._decoder.image().view(np.uint8)
        offsets, ticks, self.ticks, self._end, state = self._decoder.index()
        self._keyframes: list[int] = offsets
        self._keyframe_ticks: list[int] = ticks
        self.complete = state == "complete"
        self.first_tick = ticks[0] if ticks else 0
        self.damage = ""
        if state == "damaged":
            self.damage = f"{self._file}: damaged at octet {self._end}, after {self.ticks} ticks"
            if not salvage:
                raise RecordingError(f"{self.damage}; salvage=True reads up to there")

    def view(self, name: str) -> NDArray[Any]:
        """Return one parameter as the decoder's state holds it now."""
        p = self.parameter(name)
        return p.view(self._image, p.at)

    def section(self, name: str) -> bytes:
        """Return the octets of one section as the decoder's state holds them now."""
        if name not in self._sections:
            raise RecordingError(f"{self._file}: no section {name!r}; it has {', '.join(self.sections)}")
        size, pieces = self._sections[name]
        out = bytearray(size)
        for offset, at, octets in pieces:
            out[offset : offset + octets] = self._image[at : at + octets].tobytes()
        return bytes(out)

    def parameter(self, name: str) -> RecordedParameter:
        """Return what the header says of one parameter; raise `RecordingError` when it was not recorded."""
        if name not in self.parameters:
            raise RecordingError(f"{self._file}: parameter {name!r} was not recorded")
        return self.parameters[name]

    @property
    def decoder(self) -> Decoder:
        """The kernel that reads the records up to offset `end`, for whom an object a tick costs too much."""
        return self._decoder

    @property
    def words(self) -> NDArray[np.uint64]:
        """The decoder's state, shared and read-only: it changes with every record."""
        return self._image.view(np.uint64)

    def divider_at(self, at: int) -> int:
        """Return every how many ticks octet `at` of the state is recorded, besides keyframes."""
        return next(int(divider) for lo, hi, divider in self.header["groups"] if 8 * lo <= at < 8 * hi)

    @property
    def end(self) -> int:
        """Offset at which the sound records end."""
        return self._end

    @property
    def keyframe_ticks(self) -> tuple[int, ...]:
        """Ticks of the keyframes."""
        return tuple(self._keyframe_ticks)

    def seek(self, start: int | None = None) -> int:
        """Move to the last keyframe at or before tick number `start`; return the tick of that keyframe.

        The first keyframe for None, or when there is none before. Raises `RecordingError` when there is no tick at all.
        """
        if not self._keyframes:
            raise RecordingError(f"{self._file}: no whole tick in it")
        keyframe = 0 if start is None else max(0, bisect.bisect_right(self._keyframe_ticks, start) - 1)
        self._decoder.seek(self._keyframes[keyframe])
        return self._keyframe_ticks[keyframe]

    def __iter__(self) -> Iterator[RecordedTick]:
        return self.iterate()

    def iterate(self, start: int | None = None, *, with_octets: bool = True) -> Iterator[RecordedTick]:
        """Yield the ticks from tick number `start` on, or all."""
        if not self._keyframes:
            return
        self.seek(start)
        while self._decoder.at < self._end:
            at = self._decoder.at
            octets = self.advance(with_octets)
            if start is None or self._decoder.tick >= start:
                yield RecordedTick(self, self._decoder.tick, self._decoder.digest, octets)
            if self._decoder.at <= at:
                raise RecordingError(f"{self._file}: another reader moved this one; open the file twice")

    def advance(self, with_octets: bool = True) -> list[tuple[int, int, bytes]]:
        """Decode the next record and return its octets; raise `RecordingError` when it does not decode."""
        try:
            return self._decoder.advance(with_octets) or []
        except ValueError as error:
            raise RecordingError(f"{self._file}: record at octet {self._decoder.at}: {error}") from None

    def series(self, name: str, every: int = 1) -> tuple[NDArray[np.float64], NDArray[Any]]:
        """Return (t_s, values) of one parameter at each tick divisible by `every`; values have a row a tick."""
        t_s, table = self.many([name], every)
        return t_s, table[name]

    def many(self, names: Sequence[str], every: int = 1) -> tuple[NDArray[np.float64], dict[str, NDArray[Any]]]:
        """Return t_s [s] and the series of many parameters, read in one pass."""
        wanted = [self.parameter(name) for name in ("time.t_ns", *names)]
        pieces = np.array([(p.at, p.octets) for p in wanted], np.int64)
        starts = np.concatenate([[0], np.cumsum(pieces[:, 1])])
        shape = (self.ticks // every + len(self._keyframes) + 1, int(starts[-1]))
        octets = shape[0] * shape[1]
        if octets > LARGEST_SERIES:
            raise RecordingError(f"{self._file}: {octets} octets of series, expected at most {LARGEST_SERIES}")
        rows = np.zeros(shape, np.uint8)
        taken = 0
        if self._keyframes:
            self._decoder.seek(self._keyframes[0])
            try:
                taken = self._decoder.extract(self._end, every, pieces, rows)
            except ValueError as error:
                raise RecordingError(f"{self._file}: record at octet {self._decoder.at}: {error}") from None
        columns = [p.view(rows, int(at), max(taken, 1))[:taken].copy() for p, at in zip(wanted, starts, strict=False)]
        return columns[0] * 1e-9, dict(zip(names, columns[1:], strict=True))

    def __enter__(self) -> RecordingReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        del self._decoder


def _map(path: Path) -> memoryview:
    """Return the octets of a file without reading them all."""
    with open_regular(path) as file:
        if not os.fstat(file.fileno()).st_size:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
