"""LOST: the link of the ADCS board is lost for good, the worst single fault: what can still be done is done.

docs/adr/0011 says what that is, and what risk stays.
"""

import numpy as np
import pytest

from fsw.guidance.modes import AdcsMode, SafeReason, SystemMode
from ground.campaign.definition import Campaign, Flight, flights_of
from ground.campaign.runner import run
from hal.bounds import is_within
from hal.wire import EpsSwitch
from sim.scenario.scenario import Fault

LOST_S, REST_S = 120.0, 300.0  # the link is lost; so long after that flight takes it for lost
ORBIT_S = 5680.0
JUDGE = "tests.sil.judges:still_charged"


def lost(duration_s=None):
    return Fault(target="adcs.link", fault="disconnect", start_s=LOST_S, duration_s=duration_s)


def load_w(mission, seconds):
    """Mean load over some time."""
    power, loads = mission.world.devices["power"], []
    for _ in range(round(10 * seconds)):
        mission.advance(0.1)
        loads.append(power.load_power_w)
    return float(np.mean(loads))


def test_loads_are_shed_and_the_satellite_is_still_heard():
    """LOST-010: SAFE; after five minutes wheels are off and the transmitter rests: less than arrays give on average."""
    mission = Flight(scenario="faults", faults=(lost(),), duration_s=1000.0).mission()
    pool, power = mission.flight.pool, mission.world.vehicle.device("power")
    mission.advance(LOST_S + 60.0)
    assert (pool["mode.system"], pool["mode.safe_reason"]) == (SystemMode.SAFE, SafeReason.BOARD_SILENT)
    assert load_w(mission, 15.0) > power.base_load_w + power.radio_load_w
    mission.advance(REST_S)
    heard = mission.ground.packets
    assert load_w(mission, 60.0) == pytest.approx(power.base_load_w + 0.2 * power.radio_load_w, abs=0.3)
    assert not pool["samples.power.switches"] & EpsSwitch.WHEELS
    assert mission.ground.packets > heard
    in_any_attitude = sum(array.power_w for array in power.arrays) / 4  # a face of a body that turns at random
    assert load_w(mission, 15.0) < 0.6 * in_any_attitude  # of an orbit in sunlight
    assert mission.fly().ledger.unaccounted == 0


def test_a_board_that_is_heard_again_takes_up_its_work():
    """LOST-020: the loads come back, and the body points its arrays at the Sun, in SAFE until ground says otherwise."""
    mission = Flight(scenario="faults", faults=(lost(400.0),), duration_s=1200.0).mission()
    pool = mission.flight.pool
    mission.advance(1190.0)
    assert (pool["mode.system"], pool["mode.adcs"]) == (SystemMode.SAFE, AdcsMode.SUN_POINTING)
    assert pool["samples.power.switches"] == EpsSwitch.RADIO_TX | EpsSwitch.WHEELS
    assert is_within(mission.judge.pointing_deg, high=10.0)
    assert mission.fly().ledger.unaccounted == 0


@pytest.mark.proof
def test_five_orbits_without_the_board(tmp_path):
    """LOST-030: the battery loses at most 15 % of its charge in five orbits, whatever the attitude at the beginning."""
    flights = flights_of(range(1, 9), scenarios=("faults",), faults=((lost(),),), duration_s=5 * ORBIT_S, judge=JUDGE)
    summary = run(Campaign("lost board", flights), tmp_path / "lost.sqlite")
    assert {n: o.wrong for n, o in summary.wrong.items()} == {}
    assert len(summary.outcomes) == 8
