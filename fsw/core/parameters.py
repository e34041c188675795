"""On-board parameters, which ground may set in flight (ST[20] of ECSS-E-ST-70-41C).

They live in `ParametersSection`; their defaults come from the vehicle file, their limits from the section's
declaration. Applications read them in place, so that a new value holds from the next tick on.

With a storage, what ground set is kept: the values that are not the defaults, in two copies written in turn, before the
telecommand is complete. At a start they are judged by today's limits.
"""

from __future__ import annotations

import enum
import operator
import struct
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fsw.core.events import EventId, EventQueue
from fsw.core.persistence import Copies, Storage, StorageError
from fsw.core.pool import Parameter, Pool
from fsw.core.sections import ParametersSection
from hal.bounds import is_within
from hal.vehicle.onboard_limits import LIMITS, Relation
from hal.vehicle.vehicle import Vehicle

NAME = "parameters"  # on the storage
MAGIC = b"SSPM"
NAMES = {limit.key: name for name, limit in LIMITS.items()}  # by the key of the vehicle file
_ENTRY = struct.Struct("<Hd")  # id, value


@enum.unique
class ParameterRefusal(enum.IntEnum):
    """Why an on-board parameter was not set."""

    UNKNOWN = 1
    NOT_A_NUMBER = 2
    OUT_OF_LIMITS = 3
    CONTRADICTION = 4  # to another value: hal.vehicle.onboard_limits.Relation


class ParameterError(ValueError):
    """A parameter that cannot be read or set; nothing has changed.

    `reason` says why, `number` is its id or 0, `value` what was asked for; of a contradiction, the `Relation`.
    """

    number = 0
    value = 0.0

    def __init__(self, reason: ParameterRefusal, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class ParameterStore:
    """Reads and sets on-board parameters by name ("safe_rate_radps") or by id; sets every default when made.

    What may be set is what the vehicle file may say: the same limits, and the same relations to the other values and to
    the rest of the file (`hal.vehicle.onboard_limits`). Raises `ParameterError` when a default is outside the limits.
    """

    def __init__(self, pool: Pool, vehicle: Vehicle, events: EventQueue, storage: Storage | None = None) -> None:
        self._events, self._vehicle = events, vehicle
        self._copies = None if storage is None else Copies(storage, NAME, MAGIC)
        self._generation = 0
        self._defaults: dict[str, float] = {}
        self._views: dict[str, NDArray[np.float64]] = {}
        self._entries: dict[str, Parameter] = {}
        self._names: dict[int, str] = {}
        for f in ParametersSection.fields:
            entry = pool.parameter(f"parameters.{f.name}")
            self._views[f.name] = pool.view(entry.name)
            self._entries[f.name] = entry
            self._names[entry.id] = f.name
            default = operator.attrgetter(LIMITS[f.name].key)(vehicle)
            self._check(f.name, default)
            self._defaults[f.name] = float(default)
            self._views[f.name][...] = default

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all on-board parameters."""
        return tuple(self._entries)

    def get(self, key: str | int) -> float:
        """Return the value of one parameter; raise `ParameterError` when there is none."""
        return float(self._views[self._name(key)])

    def set(self, key: str | int, value: float) -> None:
        """Set one parameter and raise an event; raise `ParameterError` when it is unknown or out of limits."""
        self.set_all([(key, value)])

    def set_all(self, pairs: Sequence[tuple[str | int, float]]) -> None:
        """Set several parameters, each with an event, and keep them. `ParameterError`: one is refused, none is set."""
        self.prepare(pairs)()
        self.keep()

    def prepare(self, pairs: Sequence[tuple[str | int, float]]) -> Callable[[], None]:
        """Judge what `set_all` would set, and return what sets it; raise `ParameterError`, with an event, if not.

        `keep` then makes the values outlive this flight.
        """
        names = [self._judged(key, value) for key, value in pairs]
        wanted = {name: float(value) for name, (_, value) in zip(names, pairs, strict=True)}
        broken = self._broken(wanted, self.get)
        if broken is not None:
            raise self._contradiction(broken, wanted)

        def put() -> None:
            for name, (_, value) in zip(names, pairs, strict=True):
                before = self.get(name)
                self._views[name][...] = value
                self._events.raise_event(EventId.PARAMETER_SET, self._entries[name].id, before, value)

        return put

    def load(self) -> None:
        """Take the values that ground set before this start: the defaults and what is kept, whatever a snapshot says.

        A kept value that no longer fits is refused with an event, and the default holds. When nothing kept is sound the
        values of the snapshot are judged in the same way.
        """
        if self._copies is None:
            return
        damaged: list[int] = []
        sound = self._copies.sound(damaged)
        for copy in damaged:
            self._events.raise_event(EventId.PARAMETERS_DAMAGED, copy)
        if not sound:
            here = [(e.id, self.get(n)) for n, e in self._entries.items() if self.get(n) != self._defaults[n]]
            self._put(self._fitting(here) if damaged else {})
            return
        self._generation, octets = sound[0]
        kept = self._fitting(_ENTRY.iter_unpack(octets[: len(octets) // _ENTRY.size * _ENTRY.size]))
        self._put(kept)
        self._events.raise_event(EventId.PARAMETERS_RESTORED, len(kept), self._generation)

    def _fitting(self, pairs: Iterable[tuple[int, float]]) -> dict[str, float]:
        """Return those values, by name, that fit today's limits and each other; an event for each that does not."""
        kept = {}
        for number, value in pairs:
            try:
                name = self._name(number)
                self._check(name, value)
            except ParameterError as error:
                self._events.raise_event(EventId.PARAMETER_NOT_RESTORED, number, value, error.reason)
            else:
                kept[name] = value
        while (broken := self._broken(kept, self._defaults.__getitem__)) is not None:
            name = next(NAMES[key] for key in broken.keys if NAMES.get(key) in kept)
            number, value = self._entries[name].id, kept.pop(name)
            self._events.raise_event(EventId.PARAMETER_NOT_RESTORED, number, value, ParameterRefusal.CONTRADICTION)
        return kept

    def _broken(self, wanted: Mapping[str, float], other: Callable[[str], float]) -> Relation | None:
        """Return a relation of a wanted value that would not hold; `other` gives the parameters that stay."""

        def value(key: str) -> float | None:
            name = NAMES.get(key)
            if name is None:
                return self._vehicle.value(key)
            return wanted[name] if name in wanted else other(name)

        touched = (r for r in Relation if any(NAMES.get(key) in wanted for key in r.keys))
        return next((r for r in touched if not r.holds(value)), None)

    def _contradiction(self, broken: Relation, wanted: Mapping[str, float]) -> ParameterError:
        """Return the error of a value that would break a relation, after its event."""
        name = next(NAMES[key] for key in broken.keys if NAMES.get(key) in wanted)
        error = ParameterError(
            ParameterRefusal.CONTRADICTION,
            f"{name}: found {wanted[name]:g}, expected {broken.lower} < {broken.upper}, as in the vehicle file",
        )
        error.number, error.value = self._entries[name].id, float(broken)
        self._events.raise_event(EventId.PARAMETER_CONTRADICTS, error.number, wanted[name], broken)
        return error

    def _put(self, kept: Mapping[str, float]) -> None:
        for name, view in self._views.items():
            view[...] = kept.get(name, self._defaults[name])

    def keep(self) -> bool:
        """Write the values that are not the defaults to the storage; False, with an event, when it does not take them.

        Without a storage there is nothing to do.
        """
        if self._copies is None:
            return True
        changed = [n for n, default in self._defaults.items() if self.get(n) != default]
        octets = b"".join(_ENTRY.pack(self._entries[name].id, self.get(name)) for name in changed)
        generation = self._generation + 1
        try:
            self._copies.write(generation, self._copies.framed(generation, octets))
        except StorageError:
            self._events.raise_event(EventId.PARAMETERS_NOT_SAVED)
            return False
        self._generation = generation
        return True

    def _judged(self, key: str | int, value: float) -> str:
        """Return the name of a parameter that may have this value; raise `ParameterError`, with an event, if not."""
        try:
            name = self._name(key)
            self._check(name, value)
        except ParameterError as error:
            number = key if isinstance(key, int) else self._entries[key].id if key in self._entries else 0
            self._events.raise_event(EventId.PARAMETER_REFUSED, number, error.reason)
            error.number, error.value = number, value
            raise
        return name

    def _name(self, key: str | int) -> str:
        name = self._names.get(key, "") if isinstance(key, int) else key
        if name not in self._entries:
            raise ParameterError(ParameterRefusal.UNKNOWN, f"parameter {key!r}: not an on-board parameter")
        return name

    def _check(self, name: str, value: float) -> None:
        """Raise `ParameterError` unless `value` may be set."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not is_within(value, low=-sys.float_info.max, high=sys.float_info.max):
            raise ParameterError(ParameterRefusal.NOT_A_NUMBER, f"{name}: found {value!r}, expected a finite number")
        entry = self._entries[name]
        low, high = entry.low, entry.high
        if not is_within(value, low=low, high=high):
            raise ParameterError(
                ParameterRefusal.OUT_OF_LIMITS, f"{name}: found {value:g} {entry.unit}, expected {low:g} to {high:g}"
            )
