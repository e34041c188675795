"""CAMP: random faults, drawn from the whole catalogue, one in a flight or several; each flight is judged on truth.

A flight ends with its requirements met, or in SAFE with a reason that is true of one of its faults; nothing sound is
excluded, no application raises, nothing hangs, and every packet is accounted for.
"""

import math

import pytest

from ground.campaign.definition import Campaign
from ground.campaign.fault_flights import flights
from ground.campaign.runner import run
from hal.vehicle import load_vehicle
from sim.faults.campaign import draw, draw_combined
from sim.faults.catalogue import CATALOGUE, find

SEED = 1
SHORT, LONG, COMBINED = 30, 300, 1000


def wrong_of(draws, folder):
    """Fly draws; what was not as it must be, in words."""
    summary = run(Campaign("faults", flights(draws)), folder / "faults.sqlite")
    assert len(summary.outcomes) == len(draws)
    return [f"{draws[n]}: {o.ends} {o.safe_reason}: {'; '.join(o.wrong)}" for n, o in summary.wrong.items()]


def kinds(draws):
    return {(fault.target, fault.fault) for one in draws for fault in one.faults}


def test_the_draws_cover_the_catalogue_and_repeat():
    """CAMP-010: every fault of every target within 300; the same seed draws the same, another one another."""
    vehicle = load_vehicle()
    draws = draw(LONG, SEED, vehicle)
    assert kinds(draws) == {(target, kind.name) for kind in CATALOGUE for target in kind.targets}
    levels = {find(fault.target, fault.fault).level for d in draws[:SHORT] for fault in d.faults}
    assert levels == {"physics", "board", "link"}
    assert draws == draw(LONG, SEED, vehicle)
    assert draws != draw(LONG, SEED + 1, vehicle)
    assert len({d.seed for d in draws}) == LONG


def test_several_faults_overlap_or_follow_each_other():
    """CAMP-015: two and three of them, all kinds, at the same time and in sequence; none that ends ends late."""
    vehicle = load_vehicle()
    draws = draw_combined(COMBINED, SEED, vehicle)
    assert kinds(draws) == kinds(draw(LONG, SEED, vehicle))
    counts = [len(d.faults) for d in draws]
    assert 250 < counts.count(3) < 420 and counts.count(2) + counts.count(3) == COMBINED
    apart = together = 0
    for d in draws:
        assert len(kinds([d])) == len(d.faults)
        for a, b in zip(d.faults, d.faults[1:], strict=False):
            assert a.start_s <= b.start_s <= 840.0
            end_s = math.inf if a.duration_s is None else a.start_s + a.duration_s
            together += b.start_s < end_s
            apart += b.start_s >= end_s
        assert all(f.duration_s is None or f.start_s + f.duration_s <= 840.0 + 1e-9 for f in d.faults)
    assert apart > 200 and together > 500
    assert draws == draw_combined(COMBINED, SEED, vehicle) != draw_combined(COMBINED, SEED + 1, vehicle)
    assert {d.seed for d in draws}.isdisjoint({d.seed for d in draw(LONG, SEED, vehicle)})
    assert {len(d.faults) for d in draw_combined(50, SEED, vehicle, most=2)} == {2}


def test_thirty_random_faults_end_well(tmp_path):
    """CAMP-020: the first thirty of them."""
    assert wrong_of(draw(LONG, SEED, load_vehicle())[:SHORT], tmp_path) == []


@pytest.mark.proof
def test_three_hundred_random_faults_end_well(tmp_path):
    """CAMP-030: all of them."""
    assert wrong_of(draw(LONG, SEED, load_vehicle()), tmp_path) == []


@pytest.mark.proof
def test_a_thousand_combined_faults_end_well(tmp_path):
    """CAMP-040: two and three at a time."""
    assert wrong_of(draw_combined(COMBINED, SEED, load_vehicle()), tmp_path) == []
