"""CAMP: one random fault a flight, drawn from the whole catalogue; each flight is judged on truth.

A flight ends with its requirements met, or in SAFE with a reason that is true of its fault; nothing sound is excluded,
no application raises, nothing hangs, and every packet is accounted for.
"""

import pytest

from hal.vehicle import load_vehicle
from sim.faults.campaign import SCENARIO, draw
from sim.faults.catalogue import CATALOGUE
from sim.scenario import load_scenario
from tests.sil.fault_judge import fly

SEED = 1
SHORT, LONG = 30, 300


def judged(draws):
    vehicle, scenario = load_vehicle(), load_scenario(SCENARIO)
    return [fly(one, vehicle, scenario) for one in draws]


def test_the_draws_cover_the_catalogue_and_repeat():
    """CAMP-010: every fault of every target within 300; the same seed draws the same, another one another."""
    vehicle = load_vehicle()
    draws = draw(LONG, SEED, vehicle)
    every = {(target, kind.name) for kind in CATALOGUE for target in kind.targets}
    assert {(d.target, d.kind.name) for d in draws} == every
    assert {d.kind.level for d in draws[:SHORT]} == {"physics", "board", "link"}
    assert draws == draw(LONG, SEED, vehicle)
    assert draws != draw(LONG, SEED + 1, vehicle)
    assert len({d.seed for d in draws}) == LONG


def test_thirty_random_faults_end_well():
    """CAMP-020: the first thirty of them."""
    verdicts = judged(draw(LONG, SEED, load_vehicle())[:SHORT])
    assert [str(v) for v in verdicts if v.wrong] == []


@pytest.mark.proof
def test_three_hundred_random_faults_end_well():
    """CAMP-030: all of them."""
    verdicts = judged(draw(LONG, SEED, load_vehicle()))
    assert [str(v) for v in verdicts if v.wrong] == []
