"""CAMP: random faults, drawn from the whole catalogue, one in a flight or several; each flight is judged on truth.

A flight ends with its requirements met, or in SAFE with a reason that is true of one of its faults; nothing sound is
excluded, no application raises, nothing hangs, and every packet is accounted for.
"""

import math
import subprocess
import sys
import time

import pytest

from ground.campaign.definition import Campaign, CampaignError
from ground.campaign.fault_draws import draw, draw_combined
from ground.campaign.fault_flights import flights
from ground.campaign.runner import run
from ground.campaign.store import Store
from ground.campaign.table import table
from hal.vehicle.load import load_vehicle
from sim.faults.catalogue import Catalogue

SEED = 1
SHORT, LONG, COMBINED = 10, 300, 1000
# Of the combined faults, those that have shown a fault of flight, one a kind (docs/adr/0012):
ONCE_WRONG = {
    80: "a wheel that shakes the body is no noise of the gyro, its tachometer no witness against it",
    86: "a field that jumps does not take the attitude with it, without star tracker",
    121: "a wheel is not left out and used again without end",
    174: "a star tracker with a small offset comes back when the offset is gone",
    176: "with gyro and a tachometer out, a wrong attitude is no measure of magnetometer and Sun sensors",
    341: "a filter that began anew holds nothing against a star tracker",
    364: "a star tracker that is kept does not speak against the gyro",
    796: "a wheel whose tachometer never changes does not run away",
    552: "nor does a bias that it has just given the filter",
    760: "noise of a star tracker gives the filter no bias while samples of the gyro are lost",
}


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
    assert kinds(draws) == {(target, kind.name) for kind in Catalogue(load_vehicle()).kinds for target in kind.targets}
    levels = {Catalogue(vehicle).find(fault.target, fault.fault).level for d in draws[:SHORT] for fault in d.faults}
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


def test_ten_random_faults_and_those_that_were_answered_wrong_once_end_well(tmp_path):
    """CAMP-020: the first ten of them; CAMP-035: combined faults, each of which stands for its kind."""
    vehicle = load_vehicle()
    combined = draw_combined(COMBINED, SEED, vehicle)
    assert wrong_of(draw(LONG, SEED, vehicle)[:SHORT] + [combined[number] for number in ONCE_WRONG], tmp_path) == []


@pytest.mark.proof
def test_three_hundred_random_faults_end_well(tmp_path):
    """CAMP-030: all of them."""
    assert wrong_of(draw(LONG, SEED, load_vehicle()), tmp_path) == []


@pytest.mark.proof
def test_a_thousand_combined_faults_end_well(tmp_path):
    """CAMP-040: two and three at a time."""
    assert wrong_of(draw_combined(COMBINED, SEED, load_vehicle()), tmp_path) == []


@pytest.mark.proof
def test_killed_in_the_middle_and_gone_on_with_it_is_the_same_campaign(tmp_path):
    """CAMP-050: the first forty of them: the same rows and the same table."""
    several = flights(draw_combined(COMBINED, SEED, load_vehicle())[:40])
    campaign = Campaign("faults", several)
    code = (
        "import sys; from pathlib import Path; from tests.sil.test_fault_campaign import *\n"
        "flown = flights(draw_combined(COMBINED, SEED, load_vehicle())[:40])\n"
        "run(Campaign('faults', flown), Path(sys.argv[1]))"
    )
    killed, whole = tmp_path / "killed.sqlite", tmp_path / "whole.sqlite"
    process = subprocess.Popen([sys.executable, "-c", code, str(killed)])
    while finished(killed) < 5:
        assert process.poll() is None
        time.sleep(0.1)
    process.kill()
    process.wait()
    assert finished(killed) < 40
    run(campaign, killed)
    run(campaign, whole)
    with Store(killed) as first, Store(whole) as second:
        assert first.content() == second.content()
        assert table(first) == table(second)


def finished(path):
    """How many flights have a result; 0 before there is a file."""
    try:
        with Store(path) as store:
            return sum(1 for _ in store.outcomes())
    except CampaignError:
        return 0
