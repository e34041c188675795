"""Loads the vehicle and scenario of a command, and prints their warnings on standard error."""

from __future__ import annotations

from hal import output
from hal.vehicle.load import load_vehicle, vehicle_warnings
from hal.vehicle.vehicle import Vehicle
from sim.scenario.planning import mission_warnings
from sim.scenario.scenario import Scenario, load_scenario, scenario_warnings


def load_pair(vehicle: str, scenario: str) -> tuple[Vehicle, Scenario]:
    """Load both and warn of what is unusual in them, a line each; raise `SchemaError` for what cannot be flown."""
    flown, mission = load_vehicle(vehicle), load_scenario(scenario)
    for line in (
        *vehicle_warnings(flown, vehicle), *scenario_warnings(mission, scenario), *mission_warnings(flown, mission)
    ):  # fmt: skip
        output.say(f"smartsat: warning: {line}")
    return flown, mission
