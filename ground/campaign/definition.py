"""The definition of a campaign as plain data: vehicle, scenario, seed, faults, duration and judge of each flight."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hal.schema import SchemaError, from_table, to_table
from hal.vehicle.load import load_vehicle
from hal.vehicle.vehicle import Vehicle
from sim.faults.catalogue import Catalogue, FaultError
from sim.scenario.scenario import Fault, Scenario, load_scenario

if TYPE_CHECKING:
    from sim.mission import Mission

REQUIREMENTS = "ground.campaign.judges:requirements"
PACKAGES = ("hal", "ccsds", "firmware_bindings", "fsw", "sim", "ground")
CODE = frozenset({".py", ".pyx", ".pxd", ".c", ".h", ".so", ".toml", ".json", ".txt", ".build", ""})
Argument = str | int | float | bool


class CampaignError(SchemaError):
    """A campaign that cannot be flown, or a results file of another one; the message is one line."""


@dataclass(frozen=True)
class Flight:
    """One flight of a campaign.

    `vehicle` and `scenario` are names or paths as `smartsat fly` takes them; `faults` come besides those of the
    scenario. `judge` is "MODULE:FUNCTION": a function that takes this flight, flies it and returns its
    `ground.campaign.outcome.Outcome`. `arguments` are the judge's own.
    """

    vehicle: str = "reference"
    scenario: str = "reference"
    seed: int = 1
    faults: tuple[Fault, ...] = ()
    duration_s: float | None = None  # None: all of the scenario
    judge: str = REQUIREMENTS
    arguments: Mapping[str, Argument] = field(default_factory=dict)

    def mission(self, **options: Any) -> Mission:  # noqa: ANN401 - those of `Mission`
        """Return the mission of this flight, as `smartsat fly` would fly it; nothing is recorded."""
        from ground.link.segment import GroundSegment  # noqa: PLC0415 - not to be paid by who only reads results
        from sim.mission import Mission  # noqa: PLC0415

        vehicle, scenario = load_once(self.vehicle, self.scenario)
        scenario = dataclasses.replace(scenario, fault=(*scenario.fault, *self.faults))
        return Mission(vehicle, scenario, GroundSegment, seed=self.seed, duration_s=self.duration_s, **options)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data; `flight_from` makes the flight from it again, floats to the last bit."""
        table = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return table | {"faults": [to_table(fault) for fault in self.faults], "arguments": dict(self.arguments)}


def flight_from(table: Mapping[str, Any]) -> Flight:
    """Return the flight that `Flight.as_dict` made `table` of."""
    faults = tuple(from_table(fault, Fault, "campaign", f"faults[{i}].") for i, fault in enumerate(table["faults"]))
    return Flight(**(dict(table) | {"faults": faults}))


@functools.lru_cache(maxsize=8)
def load_once(vehicle: str, scenario: str) -> tuple[Vehicle, Scenario]:
    """Load a vehicle and a scenario, once in a process."""
    return load_vehicle(vehicle), load_scenario(scenario)


@dataclass(frozen=True)
class Campaign:
    """A name and its flights, in their order; a flight that takes longer than `wall_limit_s` is ended."""

    name: str
    flights: tuple[Flight, ...]
    wall_limit_s: float = 600.0


def flights_of(
    seeds: Sequence[int],
    *,
    vehicles: Sequence[str] = ("reference",),
    scenarios: Sequence[str] = ("reference",),
    faults: Sequence[tuple[Fault, ...]] = ((),),
    duration_s: float | None = None,
    judge: str = REQUIREMENTS,
) -> tuple[Flight, ...]:
    """Return a flight for each vehicle, scenario, set of faults and seed; seeds vary fastest."""
    return tuple(
        Flight(vehicle, scenario, seed, several, duration_s, judge)
        for vehicle, scenario, several, seed in product(vehicles, scenarios, faults, seeds)
    )


def find_judge(name: str) -> Callable[[Flight], Any]:
    """Return the judge "MODULE:FUNCTION"; raise `CampaignError`."""
    module, _, function = name.partition(":")
    try:
        judge = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise CampaignError(f"judge {name!r}: {error}; expected MODULE:FUNCTION that can be imported") from None
    if not callable(judge):
        raise CampaignError(f"judge {name!r}: is not a function; expected MODULE:FUNCTION that can be imported")
    return judge  # type: ignore[no-any-return]


def identity(campaign: Campaign) -> dict[str, str]:
    """Return everything that results depend on, each with its hash: definition, vehicles, scenarios, judges, code.

    Raises `SchemaError`, one line, for what cannot be flown: an unknown vehicle, scenario, fault or judge.
    """
    if not campaign.flights:
        raise CampaignError(f"campaign {campaign.name!r}: has no flights, expected at least one")
    if not 0.0 < campaign.wall_limit_s < 1e7:
        raise CampaignError(f"wall_limit_s: found {campaign.wall_limit_s!r}, expected a number of seconds above 0")
    table = {"name": campaign.name, "wall_limit_s": campaign.wall_limit_s}
    flights = [flight.as_dict() for flight in campaign.flights]
    out = {"definition": _hash(table | {"flights": flights})}
    for name in sorted({flight.vehicle for flight in campaign.flights}):
        out[f"vehicle {name}"] = _hash(to_table(load_vehicle(name)))
    for name in sorted({flight.scenario for flight in campaign.flights}):
        out[f"scenario {name}"] = _hash(to_table(load_scenario(name)))
    for name in sorted({flight.judge for flight in campaign.flights}):
        source = importlib.import_module(find_judge(name).__module__).__file__
        out[f"judge {name}"] = hashlib.sha256(Path(source or "").read_bytes()).hexdigest() if source else ""
    for flight in campaign.flights:
        _check(flight)
    return out | {"code": code_hash()}


def _check(flight: Flight) -> None:
    """Raise `CampaignError` for a fault that is not in the catalogue, before any flight begins."""
    if not flight.faults:
        return
    catalogue = Catalogue(load_vehicle(flight.vehicle))
    for fault in flight.faults:
        try:
            catalogue.check(fault.target, fault.fault, fault.with_ or {})
        except FaultError as error:
            raise CampaignError(f"flight of seed {flight.seed}: {error}") from None


def _hash(value: object) -> str:
    """Return the hash of plain data; raise `CampaignError` for any other data."""
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise CampaignError(f"campaign: {error}; expected texts, numbers that are finite, and truth values") from None
    return hashlib.sha256(text.encode()).hexdigest()


@functools.cache
def code_hash() -> str:
    """Return a hash of all code that flies, simulates and judges: our packages, Python and numpy."""
    digest = hashlib.sha256(f"{platform.python_version()} {np.__version__} {platform.machine()}".encode())
    for package in PACKAGES:
        root = Path(importlib.import_module(package).__file__ or "").parent
        for path in sorted(p for p in root.rglob("*") if p.suffix in CODE and "__pycache__" not in p.parts):
            if path.is_file():
                digest.update(f"{package}/{path.relative_to(root).as_posix()}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
