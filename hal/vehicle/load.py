"""Loads vehicle files: shipped ones by name, any by path. Raises `hal.schema.SchemaError` with one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hal.schema import defect, from_table, implausible, is_toml, warning
from hal.vehicle import tle
from hal.vehicle.base import read_vehicle
from hal.vehicle.rules import first_defect
from hal.vehicle.vehicle import Orbit, Vehicle
from hal.vehicle.warnings import WARNINGS

VEHICLES = Path(__file__).parents[1] / "vehicles"


def vehicle_names() -> list[str]:
    """Return the names of the vehicles that ship with the package."""
    return sorted(path.stem for path in VEHICLES.glob("*.toml"))


def load_vehicle(name_or_path: str | Path = "reference") -> Vehicle:
    """Load a shipped vehicle by name or any vehicle file by path (`*.toml`).

    A file with `base = "reference"` holds only what differs from that vehicle (`hal.vehicle.base`). Raises
    `SchemaError` with one line that names file, key, what was found and what was expected.
    """
    path = vehicle_path(name_or_path)
    return _sound(read_vehicle(path, vehicle_path), path.name)


def vehicle_path(name_or_path: str | Path) -> Path:
    """Return the path of a shipped vehicle's file, or of any; raise `SchemaError` for an unknown name."""
    if is_toml(name_or_path):
        return Path(name_or_path)
    if str(name_or_path) not in vehicle_names():
        shipped = ", ".join(vehicle_names())
        raise defect(str(name_or_path), "", "no such vehicle", f"one of: {shipped}; or the path of a .toml file")
    return VEHICLES / f"{name_or_path}.toml"


def vehicle_from_table(table: Mapping[str, Any], origin: str) -> Vehicle:
    """Return the vehicle that `hal.schema.to_table` made `table` from, equal to the last bit.

    Raises `SchemaError` with one line that names `origin` when it is none.
    """
    return _sound(table, origin, "vehicle.")


def vehicle_warnings(vehicle: Vehicle, file: str) -> tuple[str, ...]:
    """Return the warnings about a vehicle, each a line that begins with `file`; most are about wrong units."""
    lines = [warning(file, found) for found in implausible(vehicle)]
    return tuple(lines + [str(defect(file, *found)) for rule in WARNINGS for found in rule(vehicle)])


def _sound(table: Mapping[str, Any], origin: str, prefix: str = "") -> Vehicle:
    """Return the vehicle of a table after all checks, its element set in the columns of the standard."""
    orbit = table.get("orbit")
    if isinstance(orbit, Mapping) and "tle" in orbit:
        table = {**table, "orbit": {**orbit, "tle": tle.lines_of(orbit["tle"])}}
    vehicle = from_table(table, Vehicle, origin, prefix)
    wrong = first_defect(vehicle)
    if wrong is not None:
        raise defect(origin, *wrong)
    return replace(vehicle, orbit=Orbit(tle=tle.normal(vehicle.orbit.tle)))
