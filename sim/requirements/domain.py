"""Checks at every tick that the truth is within the domain of its models; a flight that leaves it ends.

The check itself is compiled (`_domain.pyx`): every number of the truth is finite and within its declared limits, the
satellite is between the heights for which there are models, it turns slowly enough to be integrated, and energy and
angular momentum change no more than the modelled forces and torques can change them.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hal.bounds import is_within
from hal.record import Field, Record
from hal.tle import DECAY_HEIGHT_M, FARTHEST_M
from sim.physics.constants import GM_EARTH_M3PS2
from sim.physics.records import TruthRecord
from sim.requirements._domain import Domain

if TYPE_CHECKING:
    from sim.spacecraft.spacecraft import Spacecraft

TURN_RAD = 0.7  # in one integration step: beyond it Runge-Kutta loses 0.1 % of the angular momentum in each
ENERGY_SLACK_JPKG = 1.0  # between two ticks; a jump in speed of 0.14 mm/s makes as much
THRUST_SHARE = 1e-3  # of the energy that actuators put in between two ticks; more when the body turns in a step
MOMENTUM_SHARE = 1e-3  # of the angular momentum, between two ticks
LARGEST = float(np.finfo(np.float64).max)


class Departure(enum.IntEnum):
    """Result of the compiled check; 0: nothing found."""

    OUT_OF_LIMITS = 1
    TOO_LOW = 2
    TOO_HIGH = 3
    TOO_FAST = 4
    ENERGY = 5
    MOMENTUM = 6


@dataclass(frozen=True)
class Left:
    """The truth left the domain of its models."""

    t_s: float  # mission time
    what: str  # "altitude 99.9 km, below 100 km, ..."

    def __str__(self) -> str:
        return f"the truth left the domain of its models at {self.t_s:.1f} s: {self.what}"


class DomainError(RuntimeError):
    """A flight that cannot continue because its truth left the domain of its models; the message is one line."""

    def __init__(self, left: Left) -> None:
        super().__init__(str(left))
        self.left = left


class DomainWatch:
    """Checks the truth of `world`: `step()` after each tick returns 0 while all is well; `left()` names the defect."""

    def __init__(self, world: Spacecraft) -> None:
        vehicle = world.vehicle
        self._records: list[tuple[str, type[Record], NDArray[Any]]] = [("truth", TruthRecord, world.truth)]
        self._records += [
            (f"device_truth.{name}", model.TRUTH, model.truth)
            for name, model in world.devices.items() if model.TRUTH is not None
        ]  # fmt: skip
        self._truth = world.truth
        step_s = min(world.scenario.physics.step_s, 1e-3 * vehicle.boards.adcs.period_ms)
        self._fastest_radps = TURN_RAD / step_s
        self._kernel = Domain(
            [reach for name, record, _ in self._records for reach in reaches(name, record)],
            lowest_m=DECAY_HEIGHT_M, highest_m=FARTHEST_M, rate_radps=self._fastest_radps,
            gm=GM_EARTH_M3PS2, step_s=step_s,
            energy_slack=ENERGY_SLACK_JPKG, thrust_share=THRUST_SHARE, momentum_share=MOMENTUM_SHARE,
        )  # fmt: skip
        self._kernel.bind(world)
        self.step, self.save, self.restore = self._kernel.step, self._kernel.save, self._kernel.restore

    def left(self, found: int) -> Left:
        """Put what `step` returned into words, now."""
        return Left(float(self._truth["t_ns"]) * 1e-9, self._what(Departure(found)))

    def _what(self, found: Departure) -> str:
        truth, excess = self._truth, self._kernel.excess
        altitude_km = float(truth["altitude_m"]) * 1e-3
        if found is Departure.OUT_OF_LIMITS:
            return next(
                filter(None, (first_defect(record, memory) for _, record, memory in self._records)),
                "a number was not finite",
            )
        if found is Departure.TOO_LOW:
            return (
                f"altitude {altitude_km:.1f} km, below {DECAY_HEIGHT_M * 1e-3:g} km, where the model of the "
                "atmosphere ends and satellites burn up"
            )
        if found is Departure.TOO_HIGH:
            return f"altitude {altitude_km:.0f} km, above {FARTHEST_M * 1e-3:.0f} km"
        if found is Departure.TOO_FAST:
            rate_radps = float(np.linalg.norm(truth["rate_bi_b_radps"]))
            return (
                f"body rate {rate_radps:.2f} rad/s, above {self._fastest_radps:.2f} rad/s, which the integration of "
                "the truth cannot follow"
            )
        if found is Departure.ENERGY:
            return f"the energy of the orbit changed by {excess:.3g} J/kg that no force explains"
        return f"the angular momentum changed by {excess:.3g} N m s that no torque explains"


def limits(f: Field) -> tuple[float, float]:
    """Return the lowest and the highest allowed value of a field."""
    return (-LARGEST if f.low is None else f.low), (LARGEST if f.high is None else f.high)


def reaches(name: str, record: type[Record]) -> Iterator[tuple[str, float, float]]:
    """Yield (name, low, high) of every floating-point field of a record called `name`."""
    for f in record.fields:
        if f.kind == "f8":
            yield (f"{name}.{f.name}", *limits(f))


def first_defect(record: type[Record], memory: NDArray[Any]) -> str:
    """Name the first number of a record that is not finite or is outside its limits; empty when all are well."""
    for f in record.fields:
        low, high = limits(f)
        for at, value in np.ndenumerate(memory[f.name]) if f.kind == "f8" else ():
            if not is_within(float(value), low=low, high=high):
                place = f.name + (f"[{', '.join(map(str, at))}]" if at else "")
                expected = f"expected {low:g} to {high:g}" if np.isfinite(value) else "no finite number"
                return f"{place} is {float(value)!r}, {expected}"
    return ""
