"""The catalogue of measures: on truth in every tick, at the end of a flight, and those of somebody's own in Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from hal.errors import one_line
from hal.extension_loading import RAISED, words
from hal.handle import Handles, Memory
from hal.record import Record, field
from hal.saved import State
from hal.schema import SchemaError, defect
from sim.requirements.records import MeasureRecord

END = {  # measures that are known when the flight has ended: what they are, and their unit
    "recording_mb": ("size of the recording, when there is one", "MB"),
    "accepted_share.star_tracker": ("share of the star tracker's measurements that the estimator accepted", "1"),
    "accepted_share.magnetometer": ("the same of the magnetometer", "1"),
    "accepted_share.sun_sensors": ("the same of the Sun sensors", "1"),
}
MEASURES = {f.name: f for f in MeasureRecord.fields if f.name != "defined"}
BITS = {name: bit for bit, name in enumerate(MEASURES)}  # of `MeasureRecord.defined`
MAY_BE_MISSING = ("target_error_deg", "target_elevation_deg", "wheel_speed_share")  # without target, without wheels


class Measure(Protocol):
    """A measure of somebody's own: `measure = "package.module:Class"`.

    The class may have a dataclass `Settings` for the table `with` of the requirement, of which it is made. One that
    remembers something has `save` and `restore` (`hal.saved.Saved`), too.
    """

    unit: str

    def value(self, flight: Handles) -> float | None:
        """Return the measure of the tick that has just ended; None while it has no meaning.

        `flight.handle("truth.pos_i_m").array` is a parameter of truth, devices or flight, by name.
        """


class Own(NamedTuple):
    """A measure in Python, and where a file names it."""

    measure: Measure
    file: str
    where: str

    @property
    def unit(self) -> str:
        """The unit that the class says, or 1."""
        try:
            return str(getattr(self.measure, "unit", "1"))
        except RAISED as error:
            raise self._defect("unit", f"raised {words(error)}", "a text") from error

    def call(self, name: str, *arguments: object) -> Any:  # noqa: ANN401 - value() gives numbers, save() a state
        """Return what a method returns; what it raises is a `SchemaError` where it is named, and ends the flight."""
        try:
            return getattr(self.measure, name)(*arguments)
        except RAISED as error:
            raise self._defect(name, f"raised {words(error)}", "no exception") from error

    def value(self, flight: Handles) -> float | None:
        """Return the measure of this tick; None while it has no meaning."""
        value = self.call("value", flight)
        try:
            return None if value is None else float(value)
        except (TypeError, ValueError, OverflowError) as error:
            found = f"gave {type(value).__name__} {value!r}"
            raise self._defect("value", found[:120], "a number, or None while it has none") from error

    def _defect(self, name: str, found: str, expected: str) -> SchemaError:
        return defect(self.file, self.where, f"{type(self.measure).__name__}.{name} {one_line(found)}", expected)


class OwnMeasures:
    """The measures in Python of one flight, as a record "own": fields `value_0` ..., and their bits in `defined`."""

    def __init__(self, measures: Sequence[Own], flight: Handles) -> None:
        self._measures, self._flight = tuple(measures), flight
        fields = {f"value_{k}": field("f8") for k in range(len(measures))} | {"defined": field("u8")}
        self.memory = Memory({"own": type("OwnMeasureRecord", (Record,), fields)})
        self._out = self.memory["own"]

    def step(self) -> None:
        """Compute all of them."""
        defined = 0
        for k, own in enumerate(self._measures):
            value = own.value(self._flight)
            self._out[f"value_{k}"] = math.nan if value is None else value
            defined |= (value is not None) << k
        self._out["defined"] = np.uint64(defined)

    def save(self) -> State:
        """Return the state of those that have some (`hal.saved`)."""
        return tuple(own.call("save") if hasattr(own.measure, "save") else None for own in self._measures)

    def restore(self, state: State) -> None:
        """Continue from what was saved of the same measures."""
        for own, kept in zip(self._measures, state, strict=True):
            if hasattr(own.measure, "restore"):
                own.call("restore", kept)
