"""The fault campaign: random faults from the whole catalogue, drawn from one seed.

Each flight of the scenario "faults" has one fault, with parameters around the catalogue's defaults, for a while or to
the end. `tests/sil/test_fault_campaign.py` flies and judges them.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from hal.vehicle import Vehicle
from sim.faults.catalogue import CATALOGUE
from sim.faults.kind import FaultKind, Parameter

SCENARIO = "faults"
START_S = (330.0, 600.0)  # the satellite points to nadir and has converged
DURATION_S = (20.0, 240.0)  # of faults that end
BROWN_OUT_S = (0.3, 15.0)
TO_THE_END = 0.5  # probability
AXES = 3.0  # all axes or units, as likely as each of so many
DECADES = (-1.0, 0.5)  # of a magnitude, about its default


@dataclass(frozen=True)
class Draw:
    """One flight of the campaign: its seed, and its fault as `Mission.inject` takes it."""

    seed: int
    target: str
    kind: FaultKind
    start_s: float
    duration_s: float | None  # None: to the end, or once
    parameters: dict[str, float]

    def __str__(self) -> str:
        """Say what is injected, and how to do it again."""
        values = "".join(f", {name}={value:.6g}" for name, value in self.parameters.items())
        lasting = "once" if self.kind.momentary else "to the end"
        if self.duration_s is not None:
            lasting = f"for {self.duration_s:.1f} s"
        return f"seed {self.seed}: {self.target} {self.kind.name}{values} at {self.start_s:.1f} s {lasting}"


def draw(count: int, seed: int, vehicle: Vehicle) -> list[Draw]:
    """Return `count` flights; all (target, fault) pairs occur before any occurs again."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(b"fault campaign")])))
    pairs = [(target, kind) for kind in CATALOGUE for target in kind.targets]
    order: list[int] = []
    while len(order) < count:
        order += rng.permutation(len(pairs)).tolist()
    return [_draw_one(rng, seed * 10_000 + number, *pairs[k], vehicle) for number, k in enumerate(order[:count])]


def _draw_one(rng: np.random.Generator, seed: int, target: str, kind: FaultKind, vehicle: Vehicle) -> Draw:
    start_s = float(rng.uniform(*START_S))
    duration_s = float(rng.uniform(*DURATION_S)) if rng.random() >= TO_THE_END else None
    if kind.name == "brown_out":
        duration_s = float(rng.uniform(*BROWN_OUT_S))
    parameters = {}
    for p in kind.parameters:
        value = _draw_parameter(rng, p, units_of(target, vehicle))
        if value is not None:
            parameters[p.name] = value
    return Draw(seed, target, kind, start_s, None if kind.momentary else duration_s, parameters)


def units_of(target: str, vehicle: Vehicle) -> int:
    """Return how many units of a target the vehicle has; 1 for those that are one."""
    units = {
        "wheels": vehicle.wheels, "torquers": vehicle.torquers.units, "sun_sensors": vehicle.sun_sensors,
        "power": vehicle.power.arrays,
    }  # fmt: skip
    return len(units[target]) if target in units else 1


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
