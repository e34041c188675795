"""Loads vehicle files: shipped ones by name, any by path. Raises `hal.schema.SchemaError` with one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hal import tle
from hal.schema import defect, from_table, implausible, is_toml, warning
from hal.vehicle.base import read_vehicle
from hal.vehicle.rules import first_defect
from hal.vehicle.vehicle import Orbit, Vehicle
from hal.vehicle.warnings import WARNINGS

_ON_ADCS = 'kind = "{0}", name = "{1}", board = "adcs"'.format
_ARRAY = " and a [[device.unit]] each"
OLD_TABLES = {  # devices before there was one list of them, and what they are in it
    "gyro": _ON_ADCS("gyro", "gyro"),
    "magnetometer": _ON_ADCS("magnetometer", "magnetometer"),
    "sun_sensors": _ON_ADCS("coarse_sun_sensors", "sun_sensors") + _ARRAY,
    "star_tracker": 'kind = "star_tracker", name = "star_tracker"',
    "gnss": 'kind = "gnss", name = "gnss"',
    "wheels": _ON_ADCS("reaction_wheels", "wheels") + _ARRAY,
    "torquers": _ON_ADCS("magnetorquers", "torquers") + _ARRAY,
    "power": 'kind = "power", name = "power", board = "eps"',
    "unit": "the kind that its package declares (docs/how-to/add-a-device.md), its name and link",
}
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
    _refuse_old_form(table, origin)
    orbit = table.get("orbit")
    if isinstance(orbit, Mapping) and "tle" in orbit:
        table = {**table, "orbit": {**orbit, "tle": tle.lines_of(orbit["tle"])}}
    vehicle = from_table(table, Vehicle, origin, prefix)
    wrong = first_defect(vehicle)
    if wrong is not None:
        raise defect(origin, *wrong)
    return replace(vehicle, orbit=Orbit(tle=tle.normal(vehicle.orbit.tle)))


def _refuse_old_form(table: Mapping[str, Any], origin: str) -> None:
    """Raise `SchemaError` for a device that has a table of its own, as before `[[device]]`."""
    old = next((name for name in OLD_TABLES if name in table), None)
    if old is None:
        return
    entry = OLD_TABLES[old]
    raise defect(origin, old, "a table of its own", f"a [[device]] with {entry}, and its keys (hal/vehicles/README.md)")
