"""Flights for the tests of faults."""

import dataclasses

import pytest

from ground.link.segment import GroundSegment
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario

VEHICLE, MODES = load_vehicle(), load_scenario("modes")


@pytest.fixture(scope="session")
def new_mission():
    """Make a flight of the scenario "modes" without its outage and telecommands: `new_mission(seed=..., ...)`."""

    def make(seed=1, boards=None, **changes):
        plain = {"telecommand": (), "outage": (), "target": None}
        scenario = dataclasses.replace(MODES, **(plain | changes))
        return Mission(VEHICLE, scenario, GroundSegment, seed=seed, boards=boards)

    return make
