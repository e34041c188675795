"""The judge of a flight: requirements of vehicle and scenario, measured on truth and on flight in every tick.

A name in a requirement is a measure (`sim/requirements/measures.py`) or a parameter: of the truth ("truth.altitude_m"),
of the devices ("device_truth...."), or of flight ("attitude.sigma_rad").
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hal.handle import Handles, Memory, Owners
from hal.saved import State
from hal.schema import Defect, defect
from hal.vehicle.requirement import Requirement, Statistic, limit_of
from sim.requirements._judge import JudgeKernel
from sim.requirements._measures import Measures
from sim.requirements.compiled import Compiled, Entry
from sim.requirements.measures import BITS, OwnMeasures
from sim.requirements.records import MeasureRecord
from sim.requirements.verdict import Judgement

UNDEFINED_DEG = 180.0  # what `Judge.pointing_deg` and `Judge.knowledge_deg` are without a meaning


def entries(vehicle: Any, scenario: Any) -> tuple[Entry, ...]:  # noqa: ANN401 - a Vehicle and a Scenario
    """Return the requirements of a vehicle, then those of a scenario.

    Raises `SchemaError` when both have one id.
    """
    found = [Entry(r, vehicle.file, f"requirement[{k}]") for k, r in enumerate(vehicle.requirement)]
    own = {e.requirement.id for e in found}
    for k, r in enumerate(scenario.requirement):
        if r.id in own:
            raise defect(
                scenario.file, f"requirement[{k}].id", f"found {r.id!r}, which {vehicle.file} has", "another id"
            )
        found.append(Entry(r, scenario.file, f"requirement[{k}]"))
    return tuple(found)


def unmatched_patterns(vehicle: Any, scenario: Any) -> Iterator[Defect]:  # noqa: ANN401 - a Vehicle and a Scenario
    """Yield a doubt when patterns of `shows` mean no requirement of the vehicle or the scenario."""
    ids = [r.id for r in (*vehicle.requirement, *scenario.requirement)]
    asked = [pattern for pattern in scenario.shows if pattern != "*"]
    vain = [pattern for pattern in asked if not any(scenario.matches(number, pattern) for number in ids)]
    if vain:
        found = f"found {', '.join(repr(pattern[:40]) for pattern in vain)}"
        known = f"{', '.join(ids)}; or a pattern as ADCS-0*" if ids else "none"
        yield Defect("shows", found, f"requirements of {vehicle.name!r} or of this scenario: {known}")


class Judge:
    """Judges one flight: `step()` after every tick of flight, `judgements()` at its end.

    `measures`: the kernel of the measures on truth, not bound yet; `flight`: handles of truth, device truth and flight
    by name; `counted`: conditions by name, whose beginnings `count(name)` tells. Raises `SchemaError` with one line for
    a requirement that names what this flight does not have.
    """

    def __init__(
        self,
        given: Sequence[Entry],
        measures: Measures,
        flight: Handles,
        *,
        tick_s: float,
        orbit_s: float,
        counted: Mapping[str, str] | None = None,
    ) -> None:
        self._entries, self._measures = tuple(given), measures
        self._counted = {name: len(given) + k for k, name in enumerate(counted or {})}
        memory = Memory({"measures": MeasureRecord})
        compiled = Compiled(
            (*self._entries, *map(_count, (counted or {}).values())), Owners(flight, measures=memory), tick_s
        )
        self._compiled = compiled
        own = self._own = OwnMeasures(compiled.python, flight)
        seen = Owners(flight, measures=memory, own=own.memory)
        measures.bind(seen)
        self._kernel = JudgeKernel(compiled.signals, compiled.terms, compiled.rules, max(1, round(orbit_s / tick_s)))
        self._kernel.bind(seen)
        self._now = memory["measures"]
        own_step = (own.step,) if compiled.python else ()
        self._parts: tuple[Callable[[], None], ...] = (measures.step, *own_step, self._kernel.step)

    def step(self) -> None:
        """Judge one tick; call after flight's tick."""
        for part in self._parts:
            part()

    def measure(self, name: str) -> float:
        """Return a measure of the last tick; NaN while it has no meaning."""
        return float(self._now[name])

    @property
    def pointing_deg(self) -> float:
        """Pointing error [deg]; 180 in modes that point to nothing."""
        return self._degrees("pointing_error_deg")

    @property
    def knowledge_deg(self) -> float:
        """Knowledge error [deg]; 180 without an estimate."""
        return self._degrees("knowledge_error_deg")

    def _degrees(self, name: str) -> float:
        return self.measure(name) if int(self._now["defined"]) >> BITS[name] & 1 else UNDEFINED_DEG

    def count(self, name: str) -> int:
        """Return how often a condition of `counted` became true."""
        return int(self._kernel.figures(self._counted[name])["entries"])

    def judgements(
        self, at_end: Mapping[str, float | None], asked: Callable[[str], bool] = lambda _id: True, *, whole: bool = True
    ) -> list[Judgement]:
        """Return the judgement of each requirement; `at_end` has the measures of `END` that this flight has.

        One that is about the scenario's target, the recording or wheels is not asked of a flight that has none.
        """
        out = []
        for k, entry in enumerate(self._entries):
            r = entry.requirement
            possible = not self._compiled.lacks(k, at_end)
            achieved, broken = self._achieved(k, r, at_end)
            out.append(Judgement(
                r.id, r.text, limit_of(r), achieved, self._compiled.units[k], at_least=r.at_least is not None,
                coverage=r.coverage, asked=possible and asked(r.id), whole=whole, broken=broken,
                measure=r.measure,
            ))  # fmt: skip
        return out

    def _achieved(self, k: int, r: Requirement, at_end: Mapping[str, float | None]) -> tuple[float, bool]:
        """Return what was achieved, NaN when it was not shown, and whether a value was not finite."""
        end = self._compiled.ends[k]
        if end:
            value = at_end.get(end)
            return (math.nan, False) if value is None else (value, not math.isfinite(value))
        figures = self._kernel.figures(k)
        if figures["broken"]:
            return math.nan, True
        lasting = 0 if r.lasting_s is None else self._compiled.ticks(r.lasting_s)
        if not figures["count"] or figures["longest"] < lasting:
            return math.nan, False
        if r.share is not None:
            return self._kernel.percentile(k, r.share, r.at_least is None), False
        return float(figures[r.statistic]), False

    def save(self) -> State:
        """Return all that was judged so far, as plain data (`hal.saved`)."""
        return self._measures.save(), self._kernel.save(), self._own.save()

    def restore(self, state: State) -> None:
        """Continue from what a judge of the same requirements saved; raise `SavedError` when it does not fit."""
        ticks, octets, own = state
        self._measures.restore(ticks)
        self._kernel.restore(octets)
        self._own.restore(own)


def _count(condition: str) -> Entry:
    """Return the requirement that counts how often a condition becomes true."""
    return Entry(
        Requirement(id="COUNT-1", text="", measure=condition, statistic=Statistic.ENTRIES, at_least=0.0), "", ""
    )
