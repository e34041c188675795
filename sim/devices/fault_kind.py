"""Kinds of faults and their parameters, as models declare them and the catalogue lists them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hal.schema import SchemaError


class FaultError(SchemaError):
    """A fault that cannot be injected; the message is one line, fit for a user."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a fault: a number; `default` None says that it must be given, unless it is `optional`."""

    name: str
    unit: str
    doc: str
    default: float | None = None
    low: float = -math.inf
    high: float = math.inf
    whole: bool = False  # a whole number
    optional: bool = False  # None, when it is not given: all of them
    idle: float | None = None  # the value with which the fault does nothing
    way: bool = False  # one of the directions, of which a fault has at least one

    def check(self, value: object) -> float:
        """Return `value` as a number that fits; raise `FaultError` in words that follow the name of the fault."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not self.low <= float(value) <= self.high or (self.whole and float(value) % 1):  # type: ignore[arg-type]
            raise FaultError(f"parameter {self.name!r}: found {value!r}, expected {self.expected}")
        return float(value)  # type: ignore[arg-type]

    @property
    def expected(self) -> str:
        """What the parameter accepts, in words."""
        words = "a whole number" if self.whole else "a number"
        if math.isfinite(self.low) and math.isfinite(self.high):
            words += f" from {self.low:g} to {self.high:g}"
        elif math.isfinite(self.low):
            words += f" of at least {self.low:g}"
        return words + (f" [{self.unit}]" if self.unit not in {"", "1"} else "")


@dataclass(frozen=True)
class FaultKind:
    """One kind of fault.

    `effect`: what happens in the truth, and in which worlds it differs. `safe_reasons`: names of
    `fsw.guidance.modes.SafeReason` with which a satellite that goes to SAFE tells the truth; other reasons are wrong.
    `isolates`: what flight is right to exclude. `momentary`: it has no duration.

    Of a device, whose model declares it without targets: `acts` is what becomes of the device's values, "dead",
    "stuck", "zero", "biased" or "noisy" (`sim.devices._device.Device.disturb`), and `channels` are the first value
    that it concerns and how many there are, of which `unit` or `axis` picks one. "" is for the model's kind to do
    (`ModelKind.suffer`).
    """

    targets: tuple[str, ...]
    name: str
    level: str  # "physics", "board" or "link"
    parameters: tuple[Parameter, ...]
    effect: str
    safe_reasons: tuple[str, ...] = ()
    isolates: tuple[str, ...] = ()
    momentary: bool = False
    acts: str = ""
    channels: tuple[int, int] = (0, 1)

    def values(self, parameters: Mapping[str, object]) -> dict[str, float | None]:
        """Return all parameters by name, defaults filled in; raise `FaultError` for what does not fit."""
        declared = {p.name: p for p in self.parameters}
        for name in parameters:
            if name not in declared:
                raise FaultError(f"unknown parameter {name!r}; {suggestion(name, declared, 'it takes no parameter')}")
        out: dict[str, float | None] = {}
        for p in self.parameters:
            if parameters.get(p.name) is not None:
                out[p.name] = p.check(parameters[p.name])
            elif p.default is None and not p.optional:
                raise FaultError(f"parameter {p.name!r} is missing, expected {p.expected}")
            else:
                out[p.name] = p.default
        self._require_effect(out)
        return out

    def _require_effect(self, values: Mapping[str, float | None]) -> None:
        """Raise `FaultError` for values with which the fault does nothing."""
        for p in self.parameters:
            if p.idle is not None and values[p.name] == p.idle:
                raise FaultError(f"parameter {p.name!r}: found {p.idle:g}, which has no effect, expected another value")
        ways = [p.name for p in self.parameters if p.way]
        if ways and not any(values[name] for name in ways):
            found = " and ".join(f"{name}=0" for name in ways)
            raise FaultError(f"found {found}, which has no effect, expected at least one of them to be 1")

    def as_dict(self) -> dict[str, Any]:
        """For `smartsat faults list --json`."""
        return {
            "targets": list(self.targets), "name": self.name, "level": self.level, "effect": self.effect,
            "momentary": self.momentary, "safe_reasons": list(self.safe_reasons), "isolates": list(self.isolates),
            "parameters": [
                {"name": p.name, "unit": p.unit, "doc": p.doc, "default": p.default, "required": p.default is None
                 and not p.optional, "low": _finite(p.low), "high": _finite(p.high), "whole": p.whole}
                for p in self.parameters
            ],
        }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def suggestion(name: str, known: Mapping[str, object], none: str) -> str:
    """Return the known name that is most similar."""
    close = difflib.get_close_matches(name, known, 1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"expected one of: {', '.join(known)}" if known else none


# What errors are measured in, and the largest that a device can have.
UNITS = {"radps": "rad/s", "tesla": "T", "share": "1", "rad": "rad", "m": "m", "nm": "N m", "am2": "A m^2",
         "mps2": "m/s^2"}  # fmt: skip
LARGEST = {
    "radps": 100.0,
    "tesla": 0.1,
    "share": 10.0,
    "rad": 3.2,
    "m": 1e8,
    "nm": 100.0,
    "am2": 5000.0,
    "mps2": 1000.0,
}
NO_ANSWER = "does not answer: the board reads its rail, which is no measurement"
AXIS = Parameter("axis", "", "sensor axis, 0 to 2; all when it is not given", low=0, high=2, whole=True, optional=True)


def unit(doc: str, most: int, *, optional: bool = False) -> Parameter:
    """Return the parameter that picks one of the units of an array, at most `most`; all, or the first, by default."""
    return Parameter(
        "unit", "", doc, default=None if optional else 0, low=0, high=most - 1, whole=True, optional=optional
    )


def bias(measure: str, default: float, doc: str) -> Parameter:
    """Return the parameter of what is added, in a unit of `UNITS`."""
    return Parameter(
        f"bias_{measure}", UNITS[measure], doc, default=default, low=-LARGEST[measure], high=LARGEST[measure], idle=0
    )


def noise(measure: str, default: float, doc: str) -> Parameter:
    """Return the parameter of the standard deviation of what is added, in a unit of `UNITS`."""
    return Parameter(f"noise_{measure}", UNITS[measure], doc, default=default, low=0, high=LARGEST[measure], idle=0)


def device_fault(
    name: str, effect: str, *parameters: Parameter, acts: str = "", channels: tuple[int, int] = (0, 1),
    safe_reasons: tuple[str, ...] = (),
) -> FaultKind:  # fmt: skip
    """Return a fault that the model of a kind declares."""
    return FaultKind((), name, "physics", parameters, effect, safe_reasons, acts=acts, channels=channels)
