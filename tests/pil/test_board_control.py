"""Faults of boards through `BoardControl`: an emulated board suffers what one in the simulator does."""

import dataclasses

import numpy as np
import pytest

from ground.link.segment import GroundSegment
from hal.vehicle.load import load_vehicle
from hal.wire import ResetReason
from sim.mission import Mission
from sim.scenario.scenario import load_scenario
from sim.spacecraft.lockstep import BoardEnds
from tests.board_packets import AdcsConfig

START_S = 8.0
PLAIN = {"telecommand": (), "outage": (), "target": None}


def device_octets(world):
    return b"".join(truth.tobytes() for truth in world.device_truth.values())


@pytest.fixture
def two_worlds(new_emulator):
    """The same flight with boards in the simulator and emulated: `two_worlds()`."""

    def make():
        scenario = dataclasses.replace(load_scenario("modes"), **PLAIN)
        emulators = {name: new_emulator(name) for name in ("adcs", "eps")}
        ends = {name: BoardEnds(e.bus, e.stimulus, e) for name, e in emulators.items()}
        return [Mission(load_vehicle(), scenario, GroundSegment, boards=boards) for boards in (None, ends)]

    return make


def differences(missions):
    """Names of what the pools of two flights do not agree on, wall-clock figures left out; and the truth."""
    here, there = (mission.flight.pool for mission in missions)
    names = [p.name for p in here.parameters() if not p.name.startswith(("cost.", "platform.", "checkpoint."))]
    found = [name for name in names if np.asarray(here[name]).tobytes() != np.asarray(there[name]).tobytes()]
    truths = [mission.world.truth.tobytes() for mission in missions]
    return found + (["truth"] if truths[0] != truths[1] else [])


def health(mission, name, *keys):
    return tuple(int(mission.flight.pool[f"samples.{name}_health.{key}"]) for key in keys)


FLIPS = {"adcs": ("bit_flip", {"octet": 1, "bit": 3}), "eps": ("bit_flip", {"octet": 2, "bit": 2})}


@pytest.mark.parametrize(
    ("faults", "resets", "reason"),
    [
        ({"adcs": ("reset", {})}, 2, ResetReason.EXTERNAL),
        ({"adcs": ("brown_out", {"duration_s": 0.7})}, 2, ResetReason.POWER_ON),
        (FLIPS, 1, ResetReason.POWER_ON),
    ],
    ids=["reset", "brown_out", "bit_flip"],
)
def test_both_worlds_suffer_the_same_bit_for_bit(two_worlds, faults, resets, reason):
    missions = two_worlds()
    for mission in missions:
        for name, (fault, parameters) in faults.items():
            mission.inject(name, fault, start_s=START_S, **parameters)
        mission.advance(START_S + 4.0)
    assert differences(missions) == []
    for name in faults:
        assert health(missions[1], name, "reset_count", "reset_reason", "configured") == (resets, reason, 1)
    assert missions[1].ledger().unaccounted == 0


def test_a_reset_eps_board_does_the_same_to_the_truth(two_worlds):
    """What it answers between its cycles has no order with what flight does: the identity may come a tick later."""
    missions = two_worlds()
    for mission in missions:
        mission.inject("eps", "reset", start_s=START_S)
        mission.advance(START_S + 4.0)
        assert health(mission, "eps", "reset_count", "reset_reason", "configured") == (2, ResetReason.EXTERNAL, 1)
    assert missions[0].world.truth.tobytes() == missions[1].world.truth.tobytes()
    assert device_octets(missions[0].world) == device_octets(missions[1].world)
    assert missions[1].ledger().unaccounted == 0


def test_a_flipped_bit_does_something(two_worlds):
    """The bits of the limit of torquer 0: its dipole is cut to nothing."""
    at = next(f.offset for f in AdcsConfig.fields if f.name == "torquers_limit")
    missions = two_worlds()
    vehicle = missions[0].world.vehicle
    unit = vehicle.device("torquers").units[0]
    limit = round(unit.dipole_max_am2 / unit.dipole_count_am2)
    for mission in missions:
        for bit in range(16):
            if limit >> bit & 1:
                mission.inject("adcs", "bit_flip", start_s=4.0, octet=at + bit // 8, bit=bit % 8)
        mission.advance(12.0)
        assert mission.flight.pool["command.actuators.dipole_am2"][0] != 0.0
        assert mission.flight.pool["samples.torquers.dipole_am2"][0] == 0.0
    assert differences(missions) == []


def test_a_hanging_board_is_reset_by_its_watchdog_in_both(two_worlds):
    """When differs, as the catalogue says: two cycles of board time here, the hardware's half second there."""
    missions = two_worlds()
    missed = []
    for mission in missions:
        mission.inject("adcs", "hang", start_s=START_S)
        mission.advance(START_S + 0.1)
        for _ in range(300):  # a crowded host gives the emulator little time
            mission.advance(0.1)
            if health(mission, "adcs", "reset_count") == (2,):
                break
        mission.advance(5.0)
        assert health(mission, "adcs", "reset_count", "reset_reason", "configured") == (2, ResetReason.WATCHDOG, 1)
        assert mission.ledger().unaccounted == 0
        missed.append(mission.world.adcs.missed)
    assert missed[0] == 2
    assert missed[1] >= 1
