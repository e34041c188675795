"""Requirements as the judge's kernel takes them: names become handles, conditions numbers, times ticks."""

from __future__ import annotations

import difflib
import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hal.extension_loading import load_class, make, read_settings
from hal.handle import Handle, Handles
from hal.schema import defect
from hal.vehicle.requirement import Requirement, Signal, Statistic, Term, read_measure, read_term
from sim.requirements._judge import KINDS
from sim.requirements.measures import BITS, END, MAY_BE_MISSING, MEASURES, Own


@dataclass(frozen=True)
class Entry:
    """A requirement with the file and the place that it is from."""

    requirement: Requirement
    file: str
    place: str


class Compiled:
    """Requirements as the kernel takes them: signals and conditions that several share are there once."""

    def __init__(self, given: Sequence[Entry], flight: Handles, tick_s: float) -> None:
        self._flight, self._tick_s = flight, tick_s
        self._signals: dict[Signal, int] = {}
        self._terms: dict[Term, int] = {}
        self.signals: list[tuple[str, str, int, int | None, bool, tuple[str, int] | None]] = []
        self.terms: list[tuple[int, str, tuple[float, ...], int]] = []
        self.rules: list[dict[str, Any]] = []
        self.units: list[str] = []
        self.ends: list[str] = []  # the measure of `END` of each requirement, or ""
        self.python: list[Own] = []
        self._about: list[set[str]] = []  # measures that a requirement names
        for entry in given:
            self._add(entry)

    def lacks(self, k: int, at_end: Mapping[str, float | None]) -> bool:
        """Return whether requirement `k` is about something that this flight does not have."""
        end = self.ends[k]
        return (bool(end) and end not in at_end) or bool(self._about[k].intersection(self._missing))

    @property
    def _missing(self) -> set[str]:
        defined = int(self._flight.handle("measures.defined").array)
        return {name for name in MAY_BE_MISSING if not defined >> BITS[name] & 1}

    def ticks(self, time_s: float) -> int:
        """Return a time in whole ticks, at least."""
        return math.ceil(round(time_s / self._tick_s, 6))

    def _add(self, entry: Entry) -> None:
        r, where = entry.requirement, entry.place
        self._about.append(set())
        rule: dict[str, Any] = {"input": None, "term": None, "orbits": r.statistic == Statistic.ORBIT_CHANGE}
        self._measure(entry, rule)
        rule["when"] = [self._term(entry, f"{where}.when[{i}]", read_term(t)) for i, t in enumerate(r.when)]
        rule["entered"] = [self._term(entry, f"{where}.entered[{i}]", read_term(t)) for i, t in enumerate(r.entered)]
        rule["within"] = 0 if r.within_s is None else self.ticks(r.within_s)
        rule["episodes"] = r.episodes or 0
        rule["bins"] = r.share is not None
        self.rules.append(rule)

    def _measure(self, entry: Entry, rule: dict[str, Any]) -> None:
        """Enter the measure of a requirement, and its unit."""
        r, where = entry.requirement, f"{entry.place}.measure"
        read = read_measure(r.measure)
        self.ends.append("")
        if isinstance(read, str):
            unit = self._own(entry, rule, read)
        elif isinstance(read, Term):
            rule["term"], unit = self._term(entry, where, read), "1"
        elif read.name in END:
            if r.statistic != Statistic.LAST or r.when:
                raise defect(
                    entry.file, where, f"found {read.name!r} with a statistic or when", "statistic 'last' alone"
                )
            self.ends[-1] = read.name
            rule["term"], unit = self._term(entry, where, Term(Signal("time_s"), "<", ("0",))), END[read.name][1]
        else:
            rule["input"], unit = self._signal(entry, where, read), self._field(read.name).unit or "1"
        self.units.append("times" if r.statistic == Statistic.ENTRIES else unit)

    def _own(self, entry: Entry, rule: dict[str, Any], path: str) -> str:
        """Enter a measure in Python; return its unit."""
        where = f"{entry.place}.measure"
        cls = load_class(path, entry.file, where)
        if not callable(getattr(cls, "value", None)):
            raise defect(entry.file, where, f"{path} has no method value", "one, as sim.requirements.measures.Measure")
        settings = read_settings(cls, entry.requirement.with_, entry.file, entry.place)
        measure = make(cls, entry.file, where, *(() if settings is None else (settings,)))
        rule["input"] = len(self.signals)
        number = len(self.python)
        self.signals.append((f"own.value_{number}", "f8", 1, None, False, ("own.defined", number)))
        self.python.append(Own(measure, entry.file, where))
        return self.python[-1].unit

    def _signal(self, entry: Entry, where: str, signal: Signal) -> int:
        """Return the number of a signal, which is there once."""
        if signal not in self._signals:
            name, bit = signal.name, None
            if name in MEASURES:
                name, bit = f"measures.{name}", ("measures.defined", BITS[name])
            handle = self._handle(entry, where, name)
            self._check(entry, where, signal, handle)
            self._signals[signal] = len(self.signals)
            self.signals.append((name, str(handle.record), handle.count, signal.index, signal.norm, bit))
        if signal.name in MEASURES:
            self._about[-1].add(signal.name)
        return self._signals[signal]

    def _handle(self, entry: Entry, where: str, name: str) -> Handle:
        try:
            handle = self._flight.handle(name)
        except (KeyError, TypeError, ValueError):
            handle = None
        if handle is None or handle.record not in KINDS:
            raise defect(entry.file, where, f"found {name[:60]!r}, which this flight does not have", _hint(name))
        return handle

    def _check(self, entry: Entry, where: str, signal: Signal, handle: Handle) -> None:
        """One number is named: an element of an array, or its norm."""
        if signal.norm and handle.record != "f8":
            raise defect(entry.file, where, f"found the norm of {signal.name}, which are {handle.record}", "of doubles")
        if signal.index is not None and signal.index >= handle.count:
            raise defect(entry.file, where, f"found {signal}", f"an element of 0 to {handle.count - 1}")
        if handle.count > 1 and signal.index is None and not signal.norm:
            expected = f"{signal.name}[0] to [{handle.count - 1}], or norm({signal.name})"
            raise defect(entry.file, where, f"found {signal.name}, which has {handle.count} numbers", expected)

    def _term(self, entry: Entry, where: str, term: Term) -> int:
        """Return the number of a condition, which is there once."""
        number = self._signal(entry, where, term.signal)
        if term not in self._terms:
            values = tuple(self._value(entry, where, term, value) for value in term.values)
            self._terms[term] = len(self.terms)
            self.terms.append((number, term.op, values, self.ticks(term.hold_s)))
        return self._terms[term]

    def _value(self, entry: Entry, where: str, term: Term, text: str) -> float:
        """Return the number of a value, which may be a member of the signal's enumeration."""
        if not text[0].isupper():
            value = float(text)
            if term.op in ("&", "!&") and (value != int(value) or value < 0):
                raise defect(entry.file, where, f"found {text} after {term.op}", "a mask, as 5 for bits 0 and 2")
            return value
        members = self._field(term.signal.name).enum
        names = [m.name for m in members] if members is not None and issubclass(members, enum.IntEnum) else []
        if text not in names:
            expected = f"one of: {', '.join(names)}" if names else f"a number: {term.signal} has no names"
            raise defect(entry.file, where, f"found {text!r}", expected)
        assert members is not None
        return float(members[text])

    def _field(self, name: str) -> Any:  # noqa: ANN401 - hal.record.Field
        """Return the declaration of a named parameter or measure."""
        if name in MEASURES:
            return MEASURES[name]
        owner, _, leaf = name.rpartition(".")
        fields: Sequence[Any] = getattr(self._flight.handle(owner).record, "fields", ())
        return next(f for f in fields if f.name == leaf)


def _hint(name: str) -> str:
    """Return what a name could have been: something close, or what there is."""
    known = [*MEASURES, *END]
    close = difflib.get_close_matches(name, known, 1)
    if close:
        return f"something that it has; did you mean {close[0]}?"
    if name.startswith(("device_truth.", "samples.")):
        return "a device of this vehicle: name another, or leave the requirement out"
    return f"a measure ({', '.join(known)}) or a parameter"
