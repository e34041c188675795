"""Requirements as data: what a vehicle claims and what a scenario must meet, in the files of both.

A requirement names a measure, how its values become one number (`Statistic`), the times at which they count (`when` and
the keys beside it), and a limit. `sim/requirements/README.md` has the measures and examples. Here are the keys and the
language of conditions; what a name means is found out when a flight is composed.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hal.schema import Defect, Table, key

LONGEST_S = 1e8  # of all times in a requirement: three years
MOST_TERMS = 8  # of one condition
MOST_VALUES = 8  # after `in`
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_SIGNAL = re.compile(r"(norm\()?([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*)(?:\[(\d{1,3})\])?(\))?")
_TERM = re.compile(
    r"(?P<signal>\S+)\s+(?:(?P<steady>steady)|(?P<op>==|!=|<=|>=|<|>|!&|&|in)\s+(?P<values>\S.*?))"
    rf"(?:\s+for\s+(?P<hold>{_NUMBER})\s*s)?"
)
_VALUE = re.compile(rf"{_NUMBER}|[A-Z][A-Z0-9_]*")
PYTHON = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")
SIGNAL_EXPECTED = "a measure, or a parameter as attitude.sigma_rad, gyro.rate[2] or norm(truth.rate_bi_b_radps)"
TERM_EXPECTED = "SIGNAL OP VALUE [for N s], as in 'mode.adcs in NADIR, TARGET' or 'guidance.slewing == 0 for 120 s'"


@enum.unique
class Statistic(enum.StrEnum):
    """How the values of a measure become one number."""

    LARGEST = "largest"
    SMALLEST = "smallest"
    MEAN = "mean"  # of a condition: the share of time in which it holds
    RMS = "rms"
    PERCENTILE = "percentile"  # that `share` of the values do not exceed
    FIRST = "first"
    LAST = "last"
    CHANGE = "change"  # last minus first
    ORBIT_CHANGE = "orbit_change"  # over the last whole orbit
    ENTRIES = "entries"  # how often it becomes other than 0


@dataclass(frozen=True)
class Signal:
    """A number that is read in every tick: a measure of the catalogue, a parameter, or an element or the norm of it."""

    name: str
    index: int | None = None
    norm: bool = False

    def __str__(self) -> str:
        text = self.name if self.index is None else f"{self.name}[{self.index}]"
        return f"norm({text})" if self.norm else text


@dataclass(frozen=True)
class Term:
    """A condition on one signal; it holds once the comparison has held for `hold_s`.

    `op`: ==, !=, <, <=, >, >=, `in`, & (has one of these bits), !& (has none of them), or `steady` (has not changed).
    `values` are numbers or members of the signal's enumeration, as written.
    """

    signal: Signal
    op: str
    values: tuple[str, ...]
    hold_s: float = 0.0


def read_signal(text: str) -> Signal:
    """Return the signal that a text names; raise `ValueError` with what was expected."""
    found = _SIGNAL.fullmatch(text)
    if found is None or bool(found[1]) != bool(found[4]) or (found[1] and found[3]):
        raise ValueError(SIGNAL_EXPECTED)
    return Signal(found[2], None if found[3] is None else int(found[3]), bool(found[1]))


def read_term(text: str) -> Term:
    """Return the condition that a text says; raise `ValueError` with what was expected."""
    found = _TERM.fullmatch(text.strip())
    if found is None:
        raise ValueError(TERM_EXPECTED)
    signal = read_signal(found["signal"])
    hold_s = float(found["hold"] or 0.0)
    if not 0.0 <= hold_s <= LONGEST_S:
        raise ValueError(f"a time of 0 to {LONGEST_S:g} s after 'for'")
    if found["steady"]:
        return Term(signal, "steady", (), hold_s)
    values = tuple(value.strip() for value in found["values"].split(","))
    if not all(map(_VALUE.fullmatch, values)) or (len(values) > 1 and found["op"] != "in"):
        raise ValueError("one number or NAME, and several only after 'in', with commas between")
    if len(values) > MOST_VALUES:
        raise ValueError(f"at most {MOST_VALUES} values after 'in'")
    return Term(signal, found["op"], values, hold_s)


def read_measure(text: str) -> Signal | Term | str:
    """Return what a measure is: a signal, a condition (1 or 0), or the class in Python that makes it.

    Raises `ValueError` with what was expected.
    """
    if PYTHON.fullmatch(text):
        return text
    if re.search(r"\s", text.strip()):
        return read_term(text)
    return read_signal(text.strip())


@dataclass(frozen=True)
class Requirement:
    """One requirement of a vehicle or scenario file.

    An episode is a time in which all of `when` holds. Exactly one of `below` and `at_least` is the limit.
    """

    id: str = key(doc="as in ADCS-010, unique in vehicle and scenario")
    text: str = key(doc="what is required, in words")
    measure: str = key(doc="a measure, a parameter of truth or flight, a condition, or package.module:Class")
    statistic: str = key(choices=tuple(Statistic))
    share: float | None = key(default=None, above=0.0, high=1.0, doc="of the percentile")
    when: tuple[str, ...] = key(default=(), doc="conditions that all hold while the measure counts; none: always")
    entered: tuple[str, ...] = key(
        default=(), doc="conditions that hold in the tick before an episode; or it is left out"
    )
    within_s: float | None = key(default=None, above=0.0, high=LONGEST_S, doc="only so much of the begin of an episode")
    lasting_s: float | None = key(
        default=None, above=0.0, high=LONGEST_S, doc="what is shown only by an episode that lasts so long"
    )
    episodes: int | None = key(default=None, low=1, high=10**6, doc="only so many of the first ones")
    below: float | None = key(default=None, low=-1e30, high=1e30, doc="the limit, which is not reached")
    at_least: float | None = key(default=None, low=-1e30, high=1e30, doc="the limit, which is reached")
    coverage: bool = key(
        default=False, doc="a situation that the mission must meet: not shown as long as it may still come"
    )
    with_: Table | None = key(default=None, doc="what a class in Python takes")


def requirement_defects(requirements: Sequence[Requirement]) -> Iterator[Defect]:
    """Yield what is wrong with the requirements of one file, without knowing what flies."""
    seen: set[str] = set()
    for k, r in enumerate(requirements):
        where = f"requirement[{k}]"
        if not ID.fullmatch(r.id) or len(r.id) > 24:
            yield Defect(f"{where}.id", f"found {r.id[:40]!r}", "capitals and digits with - between, as in ADCS-010")
        elif r.id in seen:
            yield Defect(f"{where}.id", f"found {r.id!r} twice", "an id of its own")
        seen.add(r.id)
        yield from _limits(where, r)
        yield from _texts(where, r)


def _limits(where: str, r: Requirement) -> Iterator[Defect]:
    """One limit, and a share for a percentile alone."""
    if (r.below is None) == (r.at_least is None):
        found = "missing" if r.below is None else "found both below and at_least"
        yield Defect(f"{where}.below", found, "one limit: below or at_least")
    if (r.statistic == Statistic.PERCENTILE) != (r.share is not None):
        found = "missing" if r.share is None else f"found {r.share:g} with statistic {r.statistic!r}"
        yield Defect(f"{where}.share", found, "a share of 0 to 1 if and only if statistic is 'percentile'")
    for name in ("entered", "within_s", "lasting_s", "episodes"):
        if getattr(r, name) and not r.when:
            yield Defect(f"{where}.{name}", "found without when", "conditions in when, which make episodes")
    if r.statistic == Statistic.ORBIT_CHANGE and r.when:
        yield Defect(f"{where}.when", "found with statistic 'orbit_change'", "none: it is over whole orbits")


def _texts(where: str, r: Requirement) -> Iterator[Defect]:
    """Measure and conditions can be read."""
    try:
        python = isinstance(read_measure(r.measure), str)
    except ValueError as error:
        yield Defect(f"{where}.measure", f"found {r.measure[:60]!r}", str(error))
        python = True
    if r.with_ is not None and not python:
        yield Defect(f"{where}.with", f"found with measure {r.measure[:40]!r}", "none: only classes in Python take one")
    for name in ("when", "entered"):
        texts = getattr(r, name)
        if len(texts) > MOST_TERMS:
            yield Defect(f"{where}.{name}", f"found {len(texts)} conditions", f"at most {MOST_TERMS}")
        for k, text in enumerate(texts):
            try:
                read_term(text)
            except ValueError as error:
                yield Defect(f"{where}.{name}[{k}]", f"found {text[:60]!r}", str(error))


def limit_of(r: Requirement) -> float:
    """Return the limit, whichever it is; NaN when there is none."""
    return r.below if r.below is not None else r.at_least if r.at_least is not None else math.nan
