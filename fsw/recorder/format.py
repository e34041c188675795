"""The format of a recording: magic, length, check word, a JSON header that describes the rest, then records.

The header says where each parameter lies in the *image*: the words of all recorded sections, sorted by how often they
are recorded. `_recording.pxd` describes the records, `_delta.pxd` their coding.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fsw.core.registry import Registry
from fsw.core.section import KEYFRAMES, Section, leaves
from hal import json_text
from hal.errors import InputError
from hal.record import Record

MAGIC = b"SSATREC1"
FORMAT = 1
LARGEST_IMAGE = 1 << 16  # words: what a copy can name
HEADER = struct.Struct("<8sII")  # magic, octets of JSON, CRC-32 of the JSON


class RecordingError(InputError, ValueError):
    """A recording that cannot be made or read; the message is one line."""


class Source(NamedTuple):
    """A record to be recorded."""

    name: str
    record: type[Record]
    rate_hz: int = 0  # how often it changes; 0: every tick
    flown: bool = True  # part of flight's state, which the digest of every tick covers


class Piece(NamedTuple):
    """Octets of a section that lie together and are recorded together."""

    offset: int  # in the section
    at: int  # in the image
    octets: int


@dataclass(frozen=True)
class Plan:
    """Where everything lies in the image."""

    groups: tuple[tuple[int, int, int], ...]  # first word, end, divider [ticks]
    pieces: Mapping[str, tuple[Piece, ...]]  # by section
    masks: NDArray[np.uint64]
    digested: int  # words that every tick's digest covers


def plan_image(sources: Sequence[Source], base_hz: int, keyframe_ticks: int) -> Plan:
    """Lay out the image; raise `RecordingError` when a rate does not divide the base rate or the image is too large."""
    chunks = [  # (divider, source, first octet, end)
        (divider, source, start, end)
        for source in sources
        for divider, start, end in _chunks(source, base_hz, keyframe_ticks)
    ]
    # What the digest covers comes first: the rest of flight's state is for keyframes, and truth is not flight's.
    chunks.sort(key=lambda chunk: (chunk[0] >= keyframe_ticks, not chunk[1].flown, chunk[0]))
    at = 0
    groups: list[tuple[int, int, int]] = []
    pieces: dict[str, list[Piece]] = {source.name: [] for source in sources}
    masks = []
    for divider, source, start, end in chunks:
        pieces[source.name].append(Piece(start, at, end - start))
        masks.append(_used_octets(source.record)[start:end])
        first = groups.pop()[0] if groups and groups[-1][2] == divider else at // 8
        at += end - start
        groups.append((first, at // 8, divider))
    if at // 8 > LARGEST_IMAGE:
        raise RecordingError(f"recording of {at} octets a tick: at most {LARGEST_IMAGE * 8} can be recorded")
    image = np.concatenate(masks) if masks else np.zeros(0, np.uint8)
    digested = sum(end - start for divider, source, start, end in chunks if divider < keyframe_ticks and source.flown)
    return Plan(tuple(groups), {name: tuple(p) for name, p in pieces.items()}, image.view(np.uint64), digested // 8)


def _chunks(source: Source, base_hz: int, keyframe_ticks: int) -> list[tuple[int, int, int]]:
    """Cut a record into (divider, first octet, end) where the recording rate of its fields changes."""
    record = source.record
    whole, single = (record.record_hz, dict(record.record_hz_of)) if issubclass(record, Section) else (0, {})
    for name in single:
        if name not in {f.name for f in record.fields}:
            raise RecordingError(f"{source.name}: record_hz_of names {name!r}, which is not one of its fields")
    out: list[tuple[int, int, int]] = []
    for f in record.fields:
        hz = single.get(f.name, whole)
        divider = max(_divider(source, source.rate_hz, base_hz), _divider(source, hz, base_hz, keyframe_ticks))
        if out and out[-1][0] == divider:
            continue
        if f.offset % 8:
            raise RecordingError(f"{source.name}.{f.name}: a field with a rate of its own must start on 8 octets")
        if out:
            out[-1] = (*out[-1][:2], f.offset)
        out.append((divider, f.offset, record.size))
    return out


def _divider(source: Source, hz: int, base_hz: int, keyframe_ticks: int = 1) -> int:
    """Return the number of ticks between two records for a rate; 0 Hz is every tick."""
    if hz == KEYFRAMES:
        return keyframe_ticks
    if hz and (hz > base_hz or base_hz % hz):
        raise RecordingError(f"{source.name}: {hz} Hz does not divide the base rate of {base_hz} Hz")
    return base_hz // hz if hz else 1


def _used_octets(record: type[Record]) -> NDArray[np.uint8]:
    """Return 0xFF where a record has data and 0 where it has padding."""
    out = np.zeros(record.size, np.uint8)
    for f in record.fields:
        one = np.full(f.item_size, 0xFF, np.uint8) if isinstance(f.kind, str) else _used_octets(f.kind)
        out[f.offset : f.offset + f.size] = np.tile(one, f.count)
    return out


def describe(
    sources: Sequence[Source], plan: Plan, ids: Registry, fitted: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Return the part of the header that names sections and parameters.

    `fitted`: how many there are of what fields are declared `per`.
    """
    parameters = []
    for source in sources:
        array = np.zeros((), source.record.dtype(fitted))
        for leaf in leaves(source.record, source.name):
            view: NDArray[Any] = array
            for name in leaf.path:
                view = view[name]
            view = leaf.field.shown(view, fitted or {})
            piece = next(p for p in plan.pieces[source.name] if p.offset <= leaf.offset < p.offset + p.octets)
            members: Iterable[Any] = leaf.field.enum or ()  # type: ignore[assignment]
            parameters.append({
                "name": leaf.name, "id": ids.get(leaf.name, 0), "kind": str(leaf.field.kind),
                "shape": view.shape, "strides": view.strides, "at": piece.at + leaf.offset - piece.offset,
                "unit": leaf.field.unit, "doc": leaf.field.doc,
                "labels": {str(int(m)): m.name for m in members},
            })  # fmt: skip
    return {
        "groups": plan.groups,
        "digested": plan.digested,
        "sections": {s.name: {"octets": s.record.size, "pieces": plan.pieces[s.name]} for s in sources},
        "parameters": parameters,
    }


def pack_header(header: Mapping[str, Any]) -> bytes:
    """Return the first octets of a file."""
    text = json.dumps(header, separators=(",", ":")).encode()
    return HEADER.pack(MAGIC, len(text), zlib.crc32(text)) + text


def unpack_header(octets: memoryview, file: str) -> tuple[dict[str, Any], int]:
    """Return the header and the offset of the first record; raise `RecordingError` when there is no sound header."""
    if not len(octets):
        raise RecordingError(f"{file}: empty file, expected a recording")
    if len(octets) < HEADER.size or bytes(octets[:8]) != MAGIC:
        raise RecordingError(f"{file}: found {bytes(octets[:8])!r}, expected a recording, which starts with {MAGIC!r}")
    _, length, check = HEADER.unpack_from(octets)
    text = bytes(octets[HEADER.size : HEADER.size + length])
    if len(text) < length:
        raise RecordingError(f"{file}: cut in its header at octet {len(octets)}; nothing can be read")
    if zlib.crc32(text) != check:
        raise RecordingError(f"{file}: its header is damaged; nothing can be read")
    try:
        header = json_text.loads(text)
    except ValueError as error:
        raise RecordingError(f"{file}: its header is not JSON: {error}") from None
    if not isinstance(header, dict):
        raise RecordingError(f"{file}: its header is {type(header).__name__}, expected an object")
    if header.get("format") != FORMAT:
        raise RecordingError(f"{file}: found format {header.get('format')!r}, expected {FORMAT}")
    return header, HEADER.size + length
