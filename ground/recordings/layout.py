"""Checks the layout that the header of a recording declares, so that a reader never leaves the image."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw.recorder.format import LARGEST_IMAGE, Piece
from hal.record import C_TYPES

LARGEST_NUMBER = (1 << 31) - 1  # of rates and dividers
AXES = 4  # of a parameter, at most


@dataclass(frozen=True)
class RecordedParameter:
    """One parameter as the recording's header declares it."""

    name: str
    id: int
    kind: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    at: int  # first octet in the image
    unit: str
    doc: str
    labels: Mapping[str, str]  # enum values by number

    @property
    def octets(self) -> int:
        """Octets of the image from the first element to the end of the last."""
        return int(self.kind[1]) + sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))

    def view(self, buffer: NDArray[np.uint8], at: int, rows: int = 0) -> NDArray[Any]:
        """Return this parameter inside `buffer`, of one row at octet `at` or of `rows` rows."""
        dtype = np.dtype("<" + self.kind)
        if rows:
            step = buffer.strides[0]
            return np.ndarray((rows, *self.shape), dtype, buffer.data, at, (step, *self.strides))
        return np.ndarray(self.shape, dtype, buffer.data, at, self.strides)


@dataclass(frozen=True)
class Layout:
    """The position of everything in the image of a recording, and facts about the flight."""

    base_hz: int
    keyframe_ticks: int
    step: int
    digested: int
    groups: Sequence[tuple[int, int, int]]
    parameters: Mapping[str, RecordedParameter]
    sections: Mapping[str, tuple[int, Sequence[Piece]]]
    meta: dict[str, Any]  # empty when the header has something else there


def layout_of(header: Mapping[str, Any]) -> Layout:
    """Return the layout that a header declares.

    Raises `ValueError`, `TypeError`, `KeyError`, `AttributeError` or `OverflowError` for a header that declares none.
    """
    groups = [(whole(lo), whole(hi), whole(divider, 1)) for lo, hi, divider in header["groups"]]
    words = 0
    for lo, hi, divider in groups:
        if lo != words or not lo <= hi <= LARGEST_IMAGE:
            raise ValueError(f"group {lo} to {hi} every {divider}")
        words = hi
    parameters = [_parameter(entry, words) for entry in header["parameters"]]
    meta = header["meta"]
    return Layout(
        whole(header["base_hz"], 1), whole(header["keyframe_ticks"], 1), whole(header["step"], 1),
        whole(header["digested"], 0, words), groups, {p.name: p for p in parameters},
        {name: _section(name, entry, words) for name, entry in header["sections"].items()},
        meta if isinstance(meta, dict) else {},
    )  # fmt: skip


def whole(value: Any, low: int = 0, high: int = LARGEST_NUMBER) -> int:  # noqa: ANN401 - any JSON
    """Return a whole number of a header; raise `ValueError` for anything else."""
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"found {str(value)[:40]}, expected a whole number from {low} to {high}")
    return value


def _parameter(entry: Mapping[str, Any], words: int) -> RecordedParameter:
    axes = {name: tuple(whole(n, low) for n in entry[name]) for name, low in (("shape", 1), ("strides", 0))}
    p = RecordedParameter(**{**entry, **axes})
    texts = (p.name, p.kind, p.unit, p.doc, *p.labels, *p.labels.values())
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(f"{str(p.name)[:40]}: found no text for one of name, kind, unit, doc, labels")
    if p.kind not in C_TYPES:
        raise ValueError(f"{p.name}: found kind {p.kind[:40]!r}")
    whole(p.id), whole(p.at)
    if len(p.shape) > AXES or math.prod(p.shape) > words * 8 or p.at + p.octets > words * 8:
        raise ValueError(f"{p.name} outside the image")
    return p


def _section(name: str, entry: Mapping[str, Any], words: int) -> tuple[int, list[Piece]]:
    size, pieces = whole(entry["octets"]), [Piece(*(whole(n) for n in piece)) for piece in entry["pieces"]]
    inside = all(p.at + p.octets <= words * 8 and p.offset + p.octets <= size for p in pieces)
    if not inside or size > words * 8:
        raise ValueError(f"section {name} outside the image")
    return size, pieces
