"""Compares two runs; the result is data."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ground.compare.runs import Run
from ground.recordings.events import FlightEvent
from ground.recordings.reader import RecordingReader
from sim.requirements.verdict import Judgement, Verdict


@dataclass(frozen=True)
class Pair:
    """One requirement in both runs; None where a run has not judged it."""

    id: str
    first: Judgement | None
    second: Judgement | None

    @property
    def worse(self) -> bool:
        """Whether the second run fails what the first did not."""
        if self.first is None or self.second is None:
            return False
        return self.second.verdict is Verdict.FAIL and self.first.verdict is not Verdict.FAIL

    @property
    def change(self) -> float:
        """Second minus first; nan when one has not shown it."""
        return math.nan if self.first is None or self.second is None else self.second.achieved - self.first.achieved


@dataclass(frozen=True)
class Line:
    """One key figure in both runs."""

    table: str
    name: str
    first: float
    second: float


@dataclass(frozen=True)
class Difference:
    """The first recorded state that differs."""

    tick: int
    t_s: float
    parameter: str
    values: tuple[str, str]


@dataclass(frozen=True)
class Outcome:
    """Two runs compared."""

    identical: bool  # same recording to the last bit; False also when one was not recorded whole
    difference: Difference | None
    note: str  # why there is no difference to show, when the runs are not identical
    requirements: tuple[Pair, ...]
    figures: tuple[Line, ...]
    events_gone: tuple[FlightEvent, ...]  # in the first run only
    events_new: tuple[FlightEvent, ...]  # in the second run only
    events_note: str = ""  # why events are not compared
    recorded: bool = True  # both were recorded whole

    @property
    def worse(self) -> tuple[str, ...]:
        """Ids of the requirements that became worse."""
        return tuple(pair.id for pair in self.requirements if pair.worse)


def compare(first: Run, second: Run) -> Outcome:
    """Compare two runs; raise `RecordingError` when a recording is damaged."""
    a, b = first.result.get("recording_sha256"), second.result.get("recording_sha256")
    both = first.flight is not None and second.flight is not None
    identical = both and bool(a) and a == b
    difference, note = None, ""
    if not identical and both:
        difference, note = _difference(first.folder / "recording.ssr", second.folder / "recording.ssr")
    elif not both:
        note = (
            f"{_without(first.flight, second.flight)} full recording: fly with --record full to see where they differ"
        )
    gone, new = _events(first.events or (), second.events or ())
    events_note = ""
    if first.events is None or second.events is None:
        gone, new, events_note = (), (), f"{_without(first.events, second.events)} record of events"
    return Outcome(
        identical, difference, note, _pairs(first, second), tuple(_lines(first, second)), gone, new, events_note,
        recorded=both,
    )  # fmt: skip


def _without(first: object, second: object) -> str:
    """Return in words which of the runs lacks something; the name of the thing follows."""
    if first is None and second is None:
        return "neither run has a"
    return f"the {'first' if first is None else 'second'} run has no"


def _pairs(first: Run, second: Run) -> tuple[Pair, ...]:
    a, b = ({r.id: r for r in run.requirements} for run in (first, second))
    return tuple(Pair(name, a.get(name), b.get(name)) for name in dict.fromkeys((*a, *b)))


def _lines(first: Run, second: Run) -> Iterator[Line]:
    """The numbers that both runs have, in the order of the report."""
    other = {(t.title, row[0], head): value for t in second.tables for row in t.rows
             for head, value in zip(t.head[1:], row[1:], strict=True)}  # fmt: skip
    for t in first.tables:
        for row in t.rows:
            for head, value in zip(t.head[1:], row[1:], strict=True):
                there = other.get((t.title, row[0], head))
                if (
                    isinstance(value, float)
                    and isinstance(there, float)
                    and not (math.isnan(value) and math.isnan(there))
                ):
                    yield Line(t.title, f"{row[0]}, {head}", value, there)


def _events(a: tuple[FlightEvent, ...], b: tuple[FlightEvent, ...]) -> tuple[tuple[FlightEvent, ...], ...]:
    """The events that only the first, and only the second has, in their order; times may differ."""
    gone: list[FlightEvent] = []
    new: list[FlightEvent] = []
    matcher = difflib.SequenceMatcher(None, [e.text for e in a], [e.text for e in b], autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        if what != "equal":
            gone += a[i:j]
            new += b[k:m]
    return tuple(gone), tuple(new)


def _difference(first: Path, second: Path) -> tuple[Difference | None, str]:
    """Walk both recordings to the first tick whose digests differ, and on to the first parameter that shows it."""
    a, b = RecordingReader(first), RecordingReader(second)
    if a.header.get("digested") != b.header.get("digested") or a.header["parameters"] != b.header["parameters"]:
        return None, "the recordings have different layouts: made by different versions of the flight software"
    if (a.first_tick, a.header["step"]) != (b.first_tick, b.header["step"]):
        return None, "the recordings do not begin at the same tick"
    digested = int(a.header["digested"])
    since: int | None = None
    for _ in range(min(_begin(a), _begin(b))):
        for reader in (a, b):
            reader.advance(with_octets=False)
        if since is None and a.decoder.digest == b.decoder.digest:
            continue
        since = a.decoder.tick if since is None else since
        if not np.array_equal(a.words[:digested], b.words[:digested]):
            return _named(a, b, since, 8 * digested), ""
    if since is not None:
        return None, f"they differ from tick {since} on, in what is not recorded at every tick"
    return None, f"the same for the {min(a.ticks, b.ticks)} ticks that both have"


def _begin(reader: RecordingReader) -> int:
    """Go to the start; return the number of ticks."""
    reader.seek()
    return reader.ticks


def _named(a: RecordingReader, b: RecordingReader, tick: int, digested: int) -> Difference | None:
    """The first parameter, in the order of the pool, whose recorded values differ now."""
    t_s = float(a.view("time.t_ns")) * 1e-9
    for p in a.parameters.values():
        if p.at >= digested:
            continue
        here, there = a.view(p.name), b.view(p.name)
        if here.tobytes() != there.tobytes():
            return Difference(tick, t_s, *_element(p.name, here, there))
    return None


def _element(name: str, here: Any, there: Any) -> tuple[str, tuple[str, str]]:  # noqa: ANN401 - arrays of any type
    """Name the first element that differs, and its two values."""
    if not here.ndim:
        return name, (f"{here.item()!r}", f"{there.item()!r}")
    octets = [[v.tobytes() for v in array.reshape(-1)] for array in (here, there)]
    at = next(i for i, (x, y) in enumerate(zip(*octets, strict=True)) if x != y)
    place = ", ".join(str(i) for i in np.unravel_index(at, here.shape))
    return f"{name}[{place}]", (f"{here.reshape(-1)[at].item()!r}", f"{there.reshape(-1)[at].item()!r}")
