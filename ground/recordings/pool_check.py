"""Checks whether a pool is the same as a recording, and in which parameters it differs.

A recording of the pool's own layout is compared by the digest of all sections that each tick carries, and whole at
keyframes. One of another layout, of an older flight software for example, is compared parameter by parameter, by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fsw.core.pool import UNREGISTERED, Parameter, Pool
from fsw.recorder._recording import Encoder
from fsw.recorder.format import RecordingError, describe, plan_image
from fsw.recorder.recorder import make_encoder, source_of
from ground.recordings._pool_check import Runs
from ground.recordings.layout import RecordedParameter
from ground.recordings.reader import RecordingReader

SAME = ("name", "kind", "shape", "strides", "at")  # what makes two entries of a header one place in the image


Run = tuple[str, int, int, int, int, int]  # section, octet in it, octet in the image, octets, divider, owner


class PoolCheck:
    """Compares `pool` with the state that `reader` has decoded last; platform sections are left out.

    `same_layout`: the recording was made of these very sections; `names`: parameters that both have, in the order of
    the pool; `absent`: parameters of the pool that were not recorded; `unknown`: recorded parameters of flight that the
    pool has not. One of another type or shape is in both.
    """

    def __init__(self, pool: Pool, reader: RecordingReader) -> None:
        self._pool, self._reader, self._decoder = pool, reader, reader.decoder
        here = {p.name: p for p in pool.parameters() if not p.section.platform}
        recorded = {p.name: p for p in reader.parameters.values() if p.id != UNREGISTERED}
        shared = [p for p in here.values() if p.name in recorded and _alike(p, recorded[p.name])]
        self.names = tuple(p.name for p in shared)
        self.absent = tuple(name for name in here if name not in set(self.names))
        self.unknown = tuple(name for name in recorded if name not in set(self.names))
        self._runs = Runs(
            [run for i, p in enumerate(shared) for run in self._runs_of(i, p, recorded[p.name])], reader.words
        )
        self._runs.bind(pool)
        self._encoder = self._digesting()
        self.same_layout = self._encoder is not None

    def same(self) -> bool:
        """Whether the pool is what the recording says of this tick."""
        decoder = self._decoder
        if self._encoder is None:
            return self._runs.equal(decoder.tick, decoder.keyframe)
        if self._encoder.digest() != decoder.digest:
            return False
        return not decoder.keyframe or self._runs.equal(decoder.tick, True)

    def differing(self) -> list[str]:
        """Return the parameters recorded in this tick that are not the same, in the order of the pool."""
        return [self.names[i] for i in self._runs.differing(self._decoder.tick, self._decoder.keyframe)]

    def recorded(self, name: str) -> Any:  # noqa: ANN401 - as recorded: int, float or array
        """Return the recorded value of one parameter: a number or a copy of its array."""
        value = self._reader.view(name)
        return value.copy() if value.ndim else value.item()

    def today(self, name: str) -> Any:  # noqa: ANN401 - as declared: int, float or array
        """Return the pool's value of one parameter: a number or a copy of its array."""
        value = self._pool.view(name)
        return value.copy() if value.ndim else value.item()

    def digest(self) -> int:
        """Return the digest of the pool as a recording of this layout would carry it; 0 when the layouts differ."""
        return self._encoder.digest() if self._encoder is not None else 0

    def _runs_of(self, owner: int, p: Parameter, r: RecordedParameter) -> list[Run]:
        """Cut one parameter into octets that lie together on both sides."""
        section, begin = p.section.section, p.offset - self._pool.offset(p.section)
        divider = self._reader.divider_at(r.at)
        size = p.dtype.itemsize
        if p.strides == p.packed == r.strides:
            return [(section, begin, r.at, size * p.count, divider, owner)]
        places = np.ndindex(p.shape)
        return [
            (section, begin + _at(place, p.strides), r.at + _at(place, r.strides), size, divider, owner)
            for place in places
        ]

    def _digesting(self) -> Encoder | None:
        """Return an encoder that digests the pool as the recording did; None when its layout is another."""
        header, pool = self._reader.header, self._pool
        sources = [source_of(s) for s in pool.sections if not s.platform and s.section in self._reader.sections]
        keyframe_ticks = int(header["keyframe_ticks"])
        try:
            plan = plan_image(sources, self._reader.base_hz, keyframe_ticks)
        except RecordingError:
            return None
        if plan.digested != header.get("digested") or int(header["step"]) != 1:
            return None
        digested = 8 * plan.digested
        there = [_place(p) for p in header["parameters"] if p["at"] < digested]
        here = [_place(p) for p in describe(sources, plan, {}, pool.fitted)["parameters"] if p["at"] < digested]
        if sorted(there) != sorted(here):
            return None
        return make_encoder(plan, keyframe_ticks, 1, pool)


def _alike(here: Parameter, there: RecordedParameter) -> bool:
    return (here.kind, here.shape) == (there.kind, there.shape)


def _at(place: tuple[int, ...], strides: tuple[int, ...]) -> int:
    return sum(i * step for i, step in zip(place, strides, strict=True))


def _place(entry: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(tuple(entry[key]) if key in ("shape", "strides") else entry[key] for key in SAME)
