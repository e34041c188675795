"""Sections of the data pool: records with one writer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar

from hal.record import Field, Record, RecordError

if TYPE_CHECKING:
    from fsw.core.gap import Gap

KEYFRAMES = -1  # `Section.record_hz` of state that only keyframes hold


class Section(Record):
    """A record that lives in the data pool and that exactly one application writes."""

    section: ClassVar[str] = ""  # name in telemetry and tests: "mode" in "mode.system"
    writer: ClassVar[str] = ""  # the one application that writes it
    platform: ClassVar[bool] = False  # measured by host clocks: out of recording hash, diff and replay
    rate_hz: ClassVar[int] = 0  # how often it changes; 0: every tick
    record_hz: ClassVar[int] = 0  # how often values are recorded; 0: as often as it changes; `KEYFRAMES`: with those
    record_hz_of: ClassVar[tuple[tuple[str, int], ...]] = ()  # the same for single fields: (name, rate)
    # Patterns of parameters, as in "gyro.valid", "*.valid", "*"; those of base classes hold as well.
    gap_clears: ClassVar[tuple[str, ...]] = ()  # what a gap in time sets to zero; the rest is kept
    cold_keeps: ClassVar[tuple[str, ...]] = ()  # what even a cold start takes from the flight before, when it can

    @classmethod
    def after_gap(cls, own: Any, gap: Gap) -> None:  # noqa: ANN401 - a structured array
        """Change what is neither kept nor cleared: `own` is the section's array. Called before `gap_clears` is done."""


@dataclass(frozen=True)
class Leaf:
    """One parameter of a section: nested records are flattened to dotted names."""

    name: str  # with the section's name in front: "samples.gyro.t_ns"
    path: tuple[str, ...]  # field names from the section down
    field: Field
    shape: tuple[int, ...]  # of the parameter, arrays of records included
    offset: int  # octets from the start of the section to the first element


def leaves(section: type[Record], name: str = "") -> Iterator[Leaf]:
    """Yield the parameters of a section, or of any record called `name`, in layout order.

    Raises `RecordError` for arrays of records inside arrays of records: one level is what a dictionary can name.
    """
    yield from _walk(section, (name or getattr(section, "section", ""),), (), 0)


def matching(section: type[Section], attribute: str) -> list[Leaf]:
    """Return the parameters that `attribute` ("gap_clears" or "cold_keeps") of a section and its bases names.

    Raises `RecordError` for what is no tuple of texts, and for a pattern that names no parameter.
    """
    found: dict[str, Leaf] = {}
    for cls in section.__mro__:
        patterns = vars(cls).get(attribute, ())
        if not (isinstance(patterns, tuple) and all(isinstance(p, str) for p in patterns)):
            raise RecordError(f"{section.section}: {attribute} is {patterns!r:.60}, expected a tuple of texts")
        for pattern in patterns:
            named = {leaf.name: leaf for leaf in leaves(section) if fnmatchcase(leaf.name.partition(".")[2], pattern)}
            if not named:
                raise RecordError(f"{section.section}: {attribute} names {pattern!r}, which is none of its parameters")
            found |= named
    return list(found.values())


def _walk(record: type[Record], names: tuple[str, ...], outer: tuple[int, ...], base: int) -> Iterator[Leaf]:
    for f in record.fields:
        path = (*names, f.name)
        shape = outer + f.shape
        if isinstance(f.kind, str):
            yield Leaf(".".join(path), path[1:], f, shape, base + f.offset)
        elif len(shape) > 1:
            raise RecordError(f"{'.'.join(path)}: arrays of records may have one axis and may not be nested")
        else:
            yield from _walk(f.kind, path, shape, base + f.offset)
