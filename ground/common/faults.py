"""Faults on the command line: `smartsat faults list`, and `--fault` of `smartsat fly`."""

from __future__ import annotations

import math

from rich.console import Console

from ground.common.tables import Listing
from ground.common.tables import show as show_table
from hal import json_text
from hal.schema import SchemaError
from hal.vehicle.vehicle import Vehicle
from sim.devices.fault_kind import FaultKind, Parameter
from sim.faults.catalogue import Catalogue, FaultError
from sim.scenario.rules import EVENT, EVENTS_EXPECTED
from sim.scenario.scenario import Fault


def show(as_json: bool, vehicle: Vehicle) -> None:
    """Print every fault of the catalogue of `vehicle`."""
    kinds = Catalogue(vehicle).kinds
    if as_json:
        print(json_text.dumps({"faults": [kind.as_dict() for kind in kinds]}))
        return
    table = Listing(("target", "fault", "level", "parameters", "effect"), "Faults that can be injected", lines=True)
    for kind in kinds:
        table.add("\n".join(kind.targets), kind.name, kind.level, _parameters(kind), f"{kind.effect}.")
    show_table(Console(highlight=False, markup=False), table)


def _parameters(kind: FaultKind) -> str:
    words = [_parameter(p) for p in kind.parameters]
    return "\n".join(words) if words else "none"


def _parameter(p: Parameter) -> str:
    unit = f" [{p.unit}]" if p.unit not in {"", "1"} else ""
    default = "all" if p.default is None else f"{p.default:g}"
    return f"{p.name} = {default}{unit}: {p.doc}"


def fault_of(text: str, vehicle: Vehicle) -> Fault:
    """Return the fault of `vehicle` that a text such as "gyro biased start_s=400 duration_s=60 axis=1" names.

    Target and fault come first, then `start_s`, `duration_s` and `at` as in a scenario file, and the parameters of the
    fault. Raises `SchemaError` with one line.
    """
    target, _, rest = text.strip().partition(" ")
    name, *settings = rest.split() or [""]
    values: dict[str, float] = {}
    at = "separation"
    for setting in settings:
        key, sign, value = setting.partition("=")
        if key == "at" and EVENT.fullmatch(value):
            at = value
        elif not sign or key in values or key == "at":
            raise SchemaError(f"--fault {text!r}: found {setting!r}, expected NAME=NUMBER, each once, or at=EVENT with "
                              f"{EVENTS_EXPECTED}")  # fmt: skip
        else:
            values[key] = _number(text, setting, value)
    start_s, duration_s = values.pop("start_s", 0.0), values.pop("duration_s", None)
    try:
        kind, _ = Catalogue(vehicle).check(target, name, values)
    except FaultError as error:
        raise SchemaError(f"--fault {text!r}: {error}") from None
    if duration_s is not None and (kind.momentary or not duration_s > 0.0):
        expected = "none: it happens once" if kind.momentary else "more than 0 s"
        raise SchemaError(f"--fault {text!r}: duration_s: found {duration_s:g}, expected {expected}")
    return Fault(target=target, fault=name, at=at, start_s=start_s, duration_s=duration_s, with_=values or None)


def words_of(fault: Fault) -> str:
    """Return the text from which `fault_of` makes a fault again, numbers to the last bit."""
    words = [fault.target, fault.fault]
    words += [] if fault.at == "separation" else [f"at={fault.at}"]
    words.append(f"start_s={fault.start_s!r}")
    words += [] if fault.duration_s is None else [f"duration_s={fault.duration_s!r}"]
    return " ".join([*words, *(f"{name}={value!r}" for name, value in (fault.with_ or {}).items())])


def _number(text: str, setting: str, value: str) -> float:
    """Return a finite number; raise `SchemaError` with one line."""
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise SchemaError(f"--fault {text!r}: found {setting!r}, expected NAME=NUMBER")
    return number
