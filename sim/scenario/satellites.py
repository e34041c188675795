"""The satellites of a scenario: one, or those of its `[[satellite]]` tables, each with its vehicle and seed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from hal import tle
from hal.links.link import LinkError
from hal.links.urls import check
from hal.schema import Defect, SchemaError, defect
from hal.vehicle.load import load_vehicle
from hal.vehicle.physical_rules import orbit
from hal.vehicle.vehicle import Orbit, Vehicle

if TYPE_CHECKING:
    from sim.scenario.scenario import Satellite, Scenario

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class Flown(NamedTuple):
    """What one satellite flies."""

    name: str  # "" of a scenario with one satellite
    vehicle: Vehicle
    scenario: Scenario  # of this satellite alone
    seed: int


def satellites(vehicle: Vehicle, scenario: Scenario, seed: int) -> tuple[Flown, ...]:
    """Return what each satellite flies, in the order of the file; raise `SchemaError` for what does not fit.

    `vehicle` and `seed` are those of a satellite that names none; the seed of the next one is one more.
    """
    if not scenario.satellite:
        return (Flown("", vehicle, scenario, seed),)
    return tuple(
        Flown(
            s.name,
            _vehicle(s, vehicle, scenario, f"satellite[{k}]"),
            dataclasses.replace(scenario, satellite=(), initial=s.initial or scenario.initial),
            seed + k if s.seed is None else s.seed,
        )
        for k, s in enumerate(scenario.satellite)
    )


def require_one(scenario: Scenario) -> None:
    """Raise `SchemaError` for a scenario with several satellites."""
    if scenario.satellite:
        found = f"found {len(scenario.satellite)} tables"
        raise defect(scenario.file, "satellite", found, "none here: only smartsat fly flies several satellites")


def satellite_defects(s: Scenario) -> Iterator[Defect]:
    """Yield violations of the rules for several satellites."""
    seen: set[str] = set()
    for k, one in enumerate(s.satellite):
        if not NAME.fullmatch(one.name) or one.name in seen:
            expected = "a name of its own, of lower-case letters, digits, - and _"
            yield Defect(f"satellite[{k}].name", f"found {one.name[:40]!r}", expected)
        seen.add(one.name)
    if s.satellite and s.dispersions.epoch_range_s:
        expected = "0: satellites share one epoch"
        yield Defect("dispersions.epoch_range_s", f"found {s.dispersions.epoch_range_s:g}", expected)


def _vehicle(one: Satellite, default: Vehicle, scenario: Scenario, where: str) -> Vehicle:
    """Return the vehicle of a satellite, with its orbit and links."""
    try:
        vehicle = default if one.vehicle is None else load_vehicle(one.vehicle)
    except SchemaError as error:
        raise defect(scenario.file, f"{where}.vehicle", str(error)) from None
    if one.tle is not None:
        vehicle = _on_orbit(vehicle, one.tle, scenario, where)
    for name, url in (one.links or {}).items():
        vehicle = _linked(vehicle, name, url, scenario, f"{where}.links.{name}")
    return vehicle


def _on_orbit(vehicle: Vehicle, lines: tuple[str, ...], scenario: Scenario, where: str) -> Vehicle:
    """Return the vehicle on the orbit of another element set, which follows the rules for that of a vehicle file."""
    turned = dataclasses.replace(vehicle, orbit=Orbit(tle=lines))
    for found in orbit(turned):
        raise defect(scenario.file, f"{where}.{found.where.removeprefix('orbit.')}", found.found, found.expected)
    return dataclasses.replace(vehicle, orbit=Orbit(tle=tle.normal(lines)))


def _linked(vehicle: Vehicle, name: str, url: str, scenario: Scenario, where: str) -> Vehicle:
    """Return the vehicle with another link of a board, a device or the radio; `adcs.stimulus` is a stimulus port."""
    try:
        check(url)
    except LinkError as error:
        raise defect(scenario.file, where, str(error)) from None
    board, _, port = name.partition(".")
    if board in {"adcs", "eps"} and port in {"", "stimulus"}:
        changed = dataclasses.replace(getattr(vehicle.boards, board), **{port or "link": url})
        return dataclasses.replace(vehicle, boards=dataclasses.replace(vehicle.boards, **{board: changed}))
    if name == "radio":
        return dataclasses.replace(vehicle, radio=dataclasses.replace(vehicle.radio, link=url))
    linked = [d.name for d in vehicle.devices if getattr(d, "link", None) is not None]
    if name not in linked:
        known = ", ".join(("adcs", "adcs.stimulus", "eps", "eps.stimulus", "radio", *linked))
        raise defect(scenario.file, where, "found", f"one of: {known}")
    return vehicle.changed(name, link=url)
