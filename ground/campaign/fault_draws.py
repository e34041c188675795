"""Draws faults from the whole catalogue with one seed: one a flight, or two and three.

Each flight of the scenario "faults" has its faults with parameters around the catalogue's defaults, for a while or to
the end. `ground/campaign/fault_flights.py` flies and judges them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hal.vehicle.vehicle import Vehicle
from sim.devices.fault_kind import FaultKind, Parameter
from sim.faults.catalogue import Catalogue
from sim.scenario.scenario import Fault

SCENARIO = "faults"
START_S = (330.0, 600.0)  # the satellite points to nadir and has converged
DURATION_S = (20.0, 240.0)  # of faults that end
BROWN_OUT_S = (0.3, 15.0)
TO_THE_END = 0.5  # probability
AXES = 3.0  # all axes or units, as likely as each of so many
DECADES = (-1.0, 0.5)  # of a magnitude, about its default

# Two and three faults
THREE = 1.0 / 3.0  # probability of a third
IN_SEQUENCE = 0.5  # probability that one begins when another is over, or has lasted
TOGETHER_S = (0.0, 120.0)  # from the begin of one to that of another that it overlaps, while it lasts
GAP_S = (5.0, 60.0)  # from the end of one to the begin of the next
LASTED_S = (20.0, 90.0)  # from the begin of one that does not end to that of the next in sequence
SEQUENCE_S = (20.0, 120.0)  # duration in a sequence: three have room
OVER_S = 840.0  # none that ends is left after this

Pair = tuple[str, FaultKind]
MOMENTARY = {"reset", "hang", "bit_flip"}  # of boards: they happen once


@dataclass(frozen=True)
class Draw:
    """One flight of the campaign: its seed, and its faults in the order of their begin."""

    seed: int
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        """Return the faults in words."""
        return f"seed {self.seed}: " + "; ".join(map(words, self.faults))


def words(fault: Fault) -> str:
    """Return one fault in words."""
    values = "".join(f", {name}={value:.6g}" for name, value in (fault.with_ or {}).items())
    lasting = "once" if fault.fault in MOMENTARY else "to the end"
    if fault.duration_s is not None:
        lasting = f"for {fault.duration_s:.1f} s"
    return f"{fault.target} {fault.fault}{values} at {fault.start_s:.1f} s {lasting}"


def draw(count: int, seed: int, vehicle: Vehicle) -> list[Draw]:
    """Return `count` flights of one fault; all (target, fault) pairs occur before any occurs again."""
    rng = _stream(seed, b"fault campaign")
    deck = _deck(rng, count, vehicle)
    return [Draw(seed * 10_000 + number, (_draw_one(rng, pair, vehicle),)) for number, pair in enumerate(deck)]


def draw_combined(count: int, seed: int, vehicle: Vehicle, most: int = 3) -> list[Draw]:
    """Return `count` flights of two faults or, up to `most`, three: at the same time or one after the other.

    All (target, fault) pairs occur before any occurs again; no two faults of a flight are the same pair.
    """
    rng = _stream(seed, b"combined faults")
    deck = _deck(rng, count * most + most, vehicle)[::-1]
    out = []
    for number in range(count):
        several = 3 if most > 2 and rng.random() < THREE else 2
        pairs: list[Pair] = []
        while len(pairs) < several:
            pair = deck.pop()
            if pair in pairs:  # the end of one round of the deck beside the begin of the next
                deck.insert(0, pair)
            else:
                pairs.append(pair)
        out.append(Draw(1_000_000 + seed * 10_000 + number, tuple(_draw_several(rng, pairs, vehicle))))
    return out


def _stream(seed: int, name: bytes) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name)])))


def _deck(rng: np.random.Generator, count: int, vehicle: Vehicle) -> list[Pair]:
    """Return `count` pairs: rounds of all of them, each shuffled."""
    pairs = [(target, kind) for kind in Catalogue(vehicle).kinds for target in kind.targets]
    order: list[int] = []
    while len(order) < count:
        order += rng.permutation(len(pairs)).tolist()
    return [pairs[k] for k in order[:count]]


def _draw_one(rng: np.random.Generator, pair: Pair, vehicle: Vehicle) -> Fault:
    start_s = float(rng.uniform(*START_S))
    duration_s = float(rng.uniform(*DURATION_S)) if rng.random() >= TO_THE_END else None
    if pair[1].name == "brown_out":
        duration_s = float(rng.uniform(*BROWN_OUT_S))
    parameters = _draw_parameters(rng, pair, vehicle)
    return _fault(pair, start_s, duration_s, parameters)


def _draw_several(rng: np.random.Generator, pairs: list[Pair], vehicle: Vehicle) -> Iterator[Fault]:
    """Draw faults that overlap or follow each other."""
    in_sequence = rng.random() < IN_SEQUENCE
    low, high = START_S
    start_s = float(rng.uniform(low, 0.5 * (low + high)))
    for pair in pairs:
        duration_s = float(rng.uniform(*(SEQUENCE_S if in_sequence else DURATION_S)))
        lasting = rng.random() < TO_THE_END
        if pair[1].name == "brown_out":
            duration_s, lasting = float(rng.uniform(*BROWN_OUT_S)), False
        duration_s = min(duration_s, OVER_S - start_s)
        endless = lasting or pair[1].momentary
        yield _fault(pair, start_s, None if lasting else duration_s, _draw_parameters(rng, pair, vehicle))
        if in_sequence:
            start_s += float(rng.uniform(*LASTED_S)) if endless else duration_s + float(rng.uniform(*GAP_S))
        else:
            start_s += float(rng.uniform(*TOGETHER_S)) if endless else duration_s * float(rng.uniform(0.0, 0.9))


def _fault(pair: Pair, start_s: float, duration_s: float | None, parameters: dict[str, float]) -> Fault:
    target, kind = pair
    return Fault(
        target=target, fault=kind.name, start_s=start_s, duration_s=None if kind.momentary else duration_s,
        with_=parameters or None,
    )  # fmt: skip


def _draw_parameters(rng: np.random.Generator, pair: Pair, vehicle: Vehicle) -> dict[str, float]:
    target, kind = pair
    units = Catalogue(vehicle).units_of(target)
    drawn = {p.name: _draw_parameter(rng, p, units) for p in kind.parameters}
    return {name: value for name, value in drawn.items() if value is not None}


def _draw_parameter(rng: np.random.Generator, p: Parameter, units: int) -> float | None:
    """Return a value in the parameter's range; None stands for all axes or units."""
    if p.name in {"inward", "outward"}:
        return None  # both ways, as by default
    if p.name == "unit":
        return None if p.optional and rng.random() < 1.0 / (1.0 + units) else float(rng.integers(units))
    if p.optional:
        return None if rng.random() < 1.0 / (1.0 + AXES) else float(rng.integers(int(p.low), int(p.high) + 1))
    if p.whole and p.default == 0:  # an index
        return float(rng.integers(int(p.low), int(p.high) + 1))
    value = (p.default or 0.0) * float(10.0 ** rng.uniform(*DECADES))
    if p.name.startswith("bias_") and rng.random() < 0.5:
        value = -value
    value = min(max(value, p.low), p.high)
    return float(round(value)) if p.whole else value
