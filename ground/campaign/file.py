"""The TOML file that defines a campaign, for `smartsat campaign run`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ground.campaign.definition import REQUIREMENTS, Campaign, Flight, flights_of
from ground.campaign.fault_draws import SCENARIO, draw, draw_combined
from ground.campaign.fault_flights import FAULTS, flights
from hal.schema import defect, key, load
from hal.vehicle.load import load_vehicle
from sim.scenario.scenario import Fault

MOST = 1_000_000  # flights


@dataclass(frozen=True)
class Draws:
    """Flights with faults from the whole catalogue, in the scenario "faults"."""

    flights: int = key(low=1, high=MOST)
    seed: int = key(low=0, default=1, doc="of the draws")
    at_once: int = key(low=1, high=3, default=1, doc="1: one fault a flight; 2 or 3: two to that many")


@dataclass(frozen=True)
class CampaignFile:
    """A campaign file: vehicles, scenarios and seeds in every combination, or drawn faults."""

    name: str = key()
    vehicles: tuple[str, ...] = key(default=("reference",), doc="names or paths")
    scenarios: tuple[str, ...] = key(default=("reference",), doc="names or paths")
    first_seed: int = key(default=1, low=0)
    seeds: int = key(default=1, low=1, high=MOST, doc="how many, one after the other")
    duration_s: float | None = key(default=None, low=1, high=1e8, doc="none: all of the scenario")
    wall_limit_s: float = key(default=600.0, above=0, high=1e6, doc="wall time after which a flight is ended")
    judge: str = key(default=REQUIREMENTS, doc="MODULE:FUNCTION that takes a ground.campaign.definition.Flight")
    fault: tuple[Fault, ...] = key(default=(), count=(0, 1000), doc="in every flight")
    draws: Draws | None = key(default=None, doc="faults that are drawn")


def load_campaign(path: Path) -> Campaign:
    """Return the campaign of a file; raise `SchemaError`, one line, for a file that defines none."""
    file = load(path, CampaignFile)
    for where, found, expected in _defects(file):
        raise defect(path.name, where, found, expected)
    if file.draws is not None:
        drawn = _drawn(file.draws, file.vehicles[0])
        return Campaign(file.name, drawn, file.wall_limit_s)
    seeds = range(file.first_seed, file.first_seed + file.seeds)
    several = flights_of(
        seeds, vehicles=file.vehicles, scenarios=file.scenarios, faults=(file.fault,), duration_s=file.duration_s,
        judge=file.judge,
    )  # fmt: skip
    return Campaign(file.name, several, file.wall_limit_s)


def _drawn(draws: Draws, vehicle: str) -> tuple[Flight, ...]:
    """Return the flights of drawn faults."""
    if draws.at_once == 1:
        return flights(draw(draws.flights, draws.seed, load_vehicle(vehicle)), vehicle)
    return flights(draw_combined(draws.flights, draws.seed, load_vehicle(vehicle), most=draws.at_once), vehicle)


def _defects(file: CampaignFile) -> Iterator[tuple[str, str, str]]:
    """Yield (where, found, expected) for rules about several keys."""
    for name, values in (("vehicles", file.vehicles), ("scenarios", file.scenarios)):
        if not values:
            yield name, "found none", "at least one"
    count = len(file.vehicles) * len(file.scenarios) * file.seeds
    if count > MOST:
        yield "seeds", f"makes {count} flights", f"at most {MOST}"
    if file.draws is None:
        return
    plain = CampaignFile(name=file.name)
    for name in ("scenarios", "first_seed", "seeds", "duration_s", "judge", "fault"):
        if getattr(file, name) != getattr(plain, name):
            yield name, "found beside [draws]", f"none: draws say it (scenario {SCENARIO!r}, judge {FAULTS!r})"
    if len(file.vehicles) != 1:
        yield "vehicles", f"found {len(file.vehicles)} beside [draws]", "one"
