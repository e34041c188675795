"""What a command flies: vehicle and scenario, with the warnings about them on standard error."""

from __future__ import annotations

from hal import output
from hal.vehicle import Vehicle, load_vehicle, vehicle_warnings
from sim.planning import mission_warnings
from sim.scenario import Scenario, load_scenario, scenario_warnings


def load_pair(vehicle: str, scenario: str) -> tuple[Vehicle, Scenario]:
    """Load both and warn of what is unusual in them, a line each; raise `SchemaError` for what cannot be flown."""
    flown, mission = load_vehicle(vehicle), load_scenario(scenario)
    for line in (
        *vehicle_warnings(flown, vehicle), *scenario_warnings(mission, scenario), *mission_warnings(flown, mission)
    ):  # fmt: skip
        output.say(f"smartsat: warning: {line}")
    return flown, mission
