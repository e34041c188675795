"""Judges of campaigns that only the tests have: a worker imports them by name."""

import tempfile
from pathlib import Path

from ground.campaign.judges import ending
from ground.campaign.outcome import Measure, Outcome
from hal.bounds import is_within
from tests.sil.test_kills import twenty_kills

CHARGE_LOST = 0.15  # in the flights without the ADCS board


def still_charged(flight):
    """The battery over several orbits with the first fault of the flight, which lasts."""
    mission = flight.mission()
    mission.advance(flight.faults[0].start_s)
    before = float(mission.world.device_truth["power"]["state_of_charge"])
    result = mission.fly()
    after = float(mission.world.device_truth["power"]["state_of_charge"])
    mode, reason = ending(mission)
    wrong = []
    if not is_within(before - after, high=CHARGE_LOST):
        wrong.append(f"state of charge {before:.3f} before, {after:.3f} after")
    if (mode, reason) != ("SAFE", "BOARD_SILENT"):
        wrong.append(f"ends in {mode} {reason}")
    measures = (Measure("charge lost", before - after, "1"),)
    return Outcome(tuple(wrong), mode, reason, (), measures, result.cadu_sha256)


def killed(flight):
    """The reference mission with kills drawn from the flight's seed; what has to hold of each kill raises."""
    with tempfile.TemporaryDirectory() as folder:
        return Outcome(tuple(twenty_kills(Path(folder), flight.seed)))
