"""Parts of the dictionary: enumerations, values of messages, and frames of vectors."""

from __future__ import annotations

import enum
import inspect
import string
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fsw.core.events import EventId
from fsw.core.pool import Parameter
from fsw.dictionary.event_words import DICTIONARY_WORDS, WORDS, names_of
from fsw.dictionary.headers import Bits
from fsw.pus.definitions import Item, Repeated, Value

Entry = dict[str, Any]
FRAMES = ("i", "e", "o", "b", "s", "teme")  # fsw/CONVENTIONS.md


def frame(p: Parameter) -> str:
    """Return the frame of a vector ("b") or the frames of a quaternion ("i to b") by its name; "" when it has none."""
    tokens = p.name.rsplit(".", 1)[-1].split("_")
    if p.shape[-1:] == (4,) and "q" in tokens[:-1]:
        pair = tokens[tokens.index("q") + 1]
        return f"{pair[1]} to {pair[0]}" if len(pair) == 2 and set(pair) <= set(FRAMES) else ""
    if p.shape[-1:] == (3,):
        if p.unit and len(tokens) > 1:
            tokens.pop()  # the unit
        return tokens[-1] if tokens[-1] in FRAMES else ""
    return ""


def enum_name(members: type | None) -> str:
    """Return the name of an enumeration in the dictionary; "" for none."""
    return "" if members is None else members.__name__


def enumeration(members: type[enum.IntEnum | enum.IntFlag]) -> Entry:
    """Describe one enumeration; of flags, every combination."""
    doc = (inspect.getdoc(members) or "").splitlines()[0]
    return {
        "name": members.__name__, "doc": doc,
        "members": [{"value": number, "name": name} for number, name in sorted(names_of(members).items())],
    }  # fmt: skip


def fields(items: Sequence[Item], offset: int | None = 0) -> list[Entry]:
    """Describe the items of a message; `offset` counts octets while every length is fixed, None after that."""
    out: list[Entry] = []
    for item in items:
        if isinstance(item, Value):
            out.append({
                "field": "value", "name": item.name, "offset": offset, "type": item.kind, "unit": item.unit,
                "low": item.low, "high": item.high, "enum": enum_name(item.enum), "doc": item.doc,
            })  # fmt: skip
            offset = None if offset is None else offset + int(item.kind[1])
        elif isinstance(item, Repeated):
            group = fields(item.items, 0)
            out.append({
                "field": "repeated", "name": item.name, "offset": offset, "count_type": "u2", "least": item.least,
                "most": item.most, "fields": group, "doc": "the count, then that many times the fields",
            })  # fmt: skip
            offset = None
        else:
            out.append({
                "field": "deduced", "name": item.name, "offset": offset, "deduced_from": item.by, "doc": item.doc,
            })  # fmt: skip
            offset = None
    return out


def enums_of(items: Iterable[Item]) -> Iterator[type[enum.IntEnum]]:
    """Yield the enumerations that items name, those of repeated groups included."""
    for item in items:
        if isinstance(item, Repeated):
            yield from enums_of(item.items)
        elif isinstance(item, Value) and item.enum is not None:
            yield item.enum


def event_values(event: EventId) -> list[Entry]:
    """Describe the values of an event, as its text uses them."""
    out = {}
    for _, place, spec, _ in string.Formatter().parse(event.text):
        if place is not None:
            words = enum_name(WORDS.get(spec or "")) or DICTIONARY_WORDS.get(spec or "", "")
            out[int(place)] = {"place": int(place), "format": spec or "", "enum": words}
    return [out[place] for place in sorted(out)]


def bits(header: Sequence[Bits]) -> list[Entry]:
    """Describe a header."""
    out: list[Entry] = []
    at = 0
    for b in header:
        out.append({"name": b.name, "bit": at, "bits": b.bits, "value": b.value, "doc": b.doc})
        at += b.bits
    return out
