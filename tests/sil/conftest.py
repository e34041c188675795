"""Flights for the tests of this folder, composed as `smartsat fly` composes them."""

import pytest

from ground.link.segment import GroundSegment
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario


def make_mission(seed, out=None, duration_s=None, record="none", flight_vehicle=lambda v: v):
    """One flight of the reference scenario."""
    return Mission(
        load_vehicle(), load_scenario(), lambda radio, link, plan: GroundSegment(radio, link, plan, out),
        seed=seed, out=out, duration_s=duration_s, record=record, flight_vehicle=flight_vehicle,
    )  # fmt: skip


def failed_requirements(result):
    """Requirements that a result does not meet, or should show and does not, in words."""
    return [
        f"{r.id} {r.text}: {r.achieved:.4g} {r.unit}, limit {r.limit:g}"
        for r in result.requirements
        if r.asked and not r.passed
    ]


@pytest.fixture(scope="session")
def mission():
    """Maker of flights."""
    return make_mission


@pytest.fixture(scope="session")
def failures():
    """Judge of results."""
    return failed_requirements
