"""On-board parameters: what ground may set in flight (ST[20] of ECSS-E-ST-70-41C).

They live in `ParametersSection`; their defaults come from the vehicle file, their limits from the section's
declaration. Applications read them in place, so that a new value holds from the next tick on.
"""

from __future__ import annotations

import enum
import math
import operator

import numpy as np
from numpy.typing import NDArray

from fsw.core.events import EventId, EventQueue
from fsw.core.pool import Parameter, Pool
from fsw.core.sections import ParametersSection
from hal.vehicle import Vehicle

# Where the vehicle file holds the default of a parameter; those not named here are in its `autonomy` table.
ELSEWHERE = {
    "detumble_exit_radps": "control.detumble_exit_radps",
    "mask_elevation_rad": "pointing.mask_elevation_rad",
    "safe_rate_radps": "limits.safe_rate_radps",
    "safe_state_of_charge": "limits.safe_state_of_charge",
    "board_silent_s": "limits.board_silent_s",
}


@enum.unique
class ParameterRefusal(enum.IntEnum):
    """Why a parameter was not set."""

    UNKNOWN = 1
    NOT_A_NUMBER = 2
    OUT_OF_LIMITS = 3


class ParameterError(ValueError):
    """A parameter that cannot be read or set; nothing was changed. `reason` says why."""

    def __init__(self, reason: ParameterRefusal, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class ParameterStore:
    """Reads and sets on-board parameters by name ("safe_rate_radps") or by id; sets every default when made.

    Raises `ParameterError` when a default of the vehicle file is outside the limits.
    """

    def __init__(self, pool: Pool, vehicle: Vehicle, events: EventQueue) -> None:
        self._events = events
        self._views: dict[str, NDArray[np.float64]] = {}
        self._entries: dict[str, Parameter] = {}
        self._names: dict[int, str] = {}
        for f in ParametersSection.fields:
            entry = pool.parameter(f"parameters.{f.name}")
            self._views[f.name] = pool.view(entry.name)
            self._entries[f.name] = entry
            self._names[entry.id] = f.name
            default = operator.attrgetter(ELSEWHERE.get(f.name, f"autonomy.{f.name}"))(vehicle)
            self._check(f.name, default)
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
        try:
            name = self._name(key)
            self._check(name, value)
        except ParameterError as error:
            number = key if isinstance(key, int) else self._entries[key].id if key in self._entries else 0
            self._events.raise_event(EventId.PARAMETER_REFUSED, number, error.reason)
            raise
        before = self.get(name)
        self._views[name][...] = value
        self._events.raise_event(EventId.PARAMETER_SET, self._entries[name].id, before, value)

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
