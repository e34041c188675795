"""CMP-2: what the judge of flights with faults asks, fault by fault."""

import math

import pytest

from ground.campaign.fault_flights import (
    HONEST_SIGMAS,
    believed_deg,
    larger,
    long_without_star_tracker,
    missed,
    over,
    two_are_missed,
)
from sim.scenario.scenario import Fault


def fault(target, name, start_s=400.0, duration_s=None, **values):
    return Fault(target=target, fault=name, start_s=start_s, duration_s=duration_s, with_=values or None)


@pytest.mark.parametrize("value", [1.01, math.nan, math.inf])
def test_what_is_no_number_is_over_every_limit(value):
    """CMP-210: and stays so, whatever comes after it."""
    assert list(over("error", value, 1.0, "deg")) == [f"error {value:.3f} deg, limit 1"]
    assert list(over("error", 1.0, 1.0, "deg")) == []
    assert math.isnan(larger(larger(0.5, math.nan), 0.7))


def test_only_what_lasts_is_missed():
    """CMP-220: a device that came back, and what a board suffers, ask for what the mission asks for."""
    gyro, tracker = fault("gyro", "dead"), fault("star_tracker.link", "disconnect")
    assert missed((gyro, tracker, fault("gnss", "dead"))) == {"gyro", "star_tracker"}
    assert two_are_missed((gyro, tracker))
    assert not two_are_missed((gyro, fault("star_tracker", "dead", duration_s=100.0)))
    assert not two_are_missed((gyro, fault("gyro", "noisy"), fault("adcs", "reset")))


def test_ten_minutes_without_star_tracker():
    """CMP-230: ADCS-050 says no more."""
    assert long_without_star_tracker((fault("star_tracker", "dead", start_s=599.0),), 1200.0)
    assert not long_without_star_tracker((fault("star_tracker", "dead", start_s=601.0),), 1200.0)
    assert not long_without_star_tracker((fault("gyro", "dead", start_s=100.0),), 1200.0)


def test_a_star_tracker_is_believed_when_nobody_can_contradict_it():
    """CMP-240: by as much as was injected, and only then."""
    biased = fault("star_tracker", "biased", bias_rad=-0.002)
    noisy = fault("star_tracker", "noisy", noise_rad=0.001, axis=2)
    assert believed_deg((biased,)) == 0.0
    assert believed_deg((biased, fault("gyro", "dead"))) == pytest.approx(math.degrees(0.002 * math.sqrt(3)))
    assert believed_deg((noisy, fault("magnetometer", "zero"))) == pytest.approx(math.degrees(HONEST_SIGMAS * 0.001))
    assert believed_deg((fault("star_tracker", "dead"), fault("gyro", "dead"))) == 0.0
