"""On-board parameters: what ground may set in flight (ST[20] of ECSS-E-ST-70-41C).

They live in `ParametersSection`; their defaults come from the vehicle file, their limits from the section's
declaration. Applications read them in place, so that a new value holds from the next tick on.

With a storage, what ground set is kept: the values that are not the defaults, in two copies written in turn, before the
telecommand is complete. At a start they are judged by today's limits.
"""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fsw.core.events import EventId, EventQueue
from fsw.core.modes import ParameterRefusal
from fsw.core.persistence import Copies, Storage, StorageError
from fsw.core.pool import Parameter, Pool
from fsw.core.sections import ParametersSection
from hal.onboard_limits import LIMITS
from hal.vehicle import Vehicle

NAME = "parameters"  # on the storage
MAGIC = b"SSPM"
_ENTRY = struct.Struct("<Hd")  # id, value


class ParameterError(ValueError):
    """A parameter that cannot be read or set; nothing was changed.

    `reason` says why, `number` is its id or 0, `value` what was asked for.
    """

    number = 0
    value = 0.0

    def __init__(self, reason: ParameterRefusal, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class ParameterStore:
    """Reads and sets on-board parameters by name ("safe_rate_radps") or by id; sets every default when made.

    Raises `ParameterError` when a default of the vehicle file is outside the limits.
    """

    def __init__(self, pool: Pool, vehicle: Vehicle, events: EventQueue, storage: Storage | None = None) -> None:
        self._events = events
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
        """Set several parameters, each with an event, and keep them; `ParameterError` when one may not: none is set."""
        self.prepare(pairs)()

    def prepare(self, pairs: Sequence[tuple[str | int, float]]) -> Callable[[], None]:
        """Judge what `set_all` would set, and return what sets it; raise `ParameterError`, with an event, if not."""
        names = [self._judged(key, value) for key, value in pairs]

        def put() -> None:
            for name, (_, value) in zip(names, pairs, strict=True):
                before = self.get(name)
                self._views[name][...] = value
                self._events.raise_event(EventId.PARAMETER_SET, self._entries[name].id, before, value)
            self._save()

        return put

    def load(self) -> None:
        """Take the values that ground set before this start: the defaults and what is kept, whatever a snapshot says.

        A kept value that no longer fits is refused with an event, and the default holds. When nothing kept is sound the
        values stay as they are.
        """
        if self._copies is None:
            return
        damaged: list[int] = []
        sound = self._copies.sound(damaged)
        for copy in damaged:
            self._events.raise_event(EventId.PARAMETERS_DAMAGED, copy)
        if not sound:
            if not damaged:
                self._put({})
            return
        self._generation, octets = sound[0]
        kept = {}
        for number, value in _ENTRY.iter_unpack(octets[: len(octets) // _ENTRY.size * _ENTRY.size]):
            try:
                name = self._name(number)
                self._check(name, value)
            except ParameterError as error:
                self._events.raise_event(EventId.PARAMETER_NOT_RESTORED, number, value, error.reason)
            else:
                kept[name] = value
        self._put(kept)
        self._events.raise_event(EventId.PARAMETERS_RESTORED, len(kept), self._generation)

    def _put(self, kept: Mapping[str, float]) -> None:
        for name, view in self._views.items():
            view[...] = kept.get(name, self._defaults[name])

    def _save(self) -> None:
        """Keep what is not the default; an event when the storage does not take it."""
        if self._copies is None:
            return
        changed = [n for n, default in self._defaults.items() if self.get(n) != default]
        octets = b"".join(_ENTRY.pack(self._entries[name].id, self.get(name)) for name in changed)
        generation = self._generation + 1
        try:
            self._copies.write(generation, self._copies.framed(generation, octets))
        except StorageError:
            self._events.raise_event(EventId.PARAMETERS_NOT_SAVED)
        else:
            self._generation = generation

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
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            raise ParameterError(ParameterRefusal.NOT_A_NUMBER, f"{name}: found {value!r}, expected a finite number")
        entry = self._entries[name]
        low, high = entry.low, entry.high
        if (low is not None and value < low) or (high is not None and value > high):
            raise ParameterError(
                ParameterRefusal.OUT_OF_LIMITS, f"{name}: found {value:g} {entry.unit}, expected {low:g} to {high:g}"
            )
