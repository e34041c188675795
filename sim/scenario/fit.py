"""What a scenario says of the devices of a vehicle: their error sources, outages and faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hal.schema import Defect
from sim.devices.fault_kind import suggestion
from sim.devices.listed import listed_devices
from sim.faults.catalogue import Catalogue, FaultError

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle
    from sim.scenario.scenario import Scenario


def fit_defects(vehicle: Vehicle, s: Scenario) -> Iterator[Defect]:
    """Yield what the vehicle does not have."""
    yield from _errors(vehicle, s)
    names = dict.fromkeys(device.name for device in vehicle.devices)
    for k, outage in enumerate(s.outage):
        if outage.device not in names:
            yield Defect(f"outage[{k}].device", f"found {outage.device[:40]!r}", _one_of(names, vehicle))
    yield from _faults(vehicle, s)


def _errors(vehicle: Vehicle, s: Scenario) -> Iterator[Defect]:
    """Each table is of a device, and each switch of one of its error sources."""
    listed = {d.name: d for d in listed_devices(vehicle)}
    for name, table in (s.errors or {}).items():
        if name not in listed:
            yield Defect(f"errors.{name}", "unknown device", _one_of(dict.fromkeys(listed), vehicle))
            continue
        if not isinstance(table, dict):
            yield Defect(f"errors.{name}", f"found {table!r}"[:80], "a table of switches")
            continue
        known = dict.fromkeys(listed[name].model.errors)
        for error, on in table.items():
            if error not in known:
                words = suggestion(error, known, f"{name} has no error sources")
                yield Defect(f"errors.{name}.{error}", f"unknown key; {words}", "")
            elif not isinstance(on, bool):
                yield Defect(f"errors.{name}.{error}", f"found {on!r}"[:80], "true or false")


def _faults(vehicle: Vehicle, s: Scenario) -> Iterator[Defect]:
    """Faults are in the catalogue, with their parameters; a momentary fault has no duration."""
    catalogue = Catalogue(vehicle)
    for k, f in enumerate(s.fault):
        try:
            kind, _ = catalogue.check(f.target, f.fault, f.with_ or {})
        except FaultError as error:
            yield Defect(f"fault[{k}]", str(error), "")
            continue
        if kind.momentary and f.duration_s is not None:
            found = f"found {f.duration_s:g}"
            yield Defect(f"fault[{k}].duration_s", found, f"none: {f.target} {f.fault} happens once")


def _one_of(names: dict[str, None], vehicle: Vehicle) -> str:
    return f"a device of {vehicle.name!r}: {', '.join(names)}" if names else f"none: {vehicle.name!r} has no devices"
