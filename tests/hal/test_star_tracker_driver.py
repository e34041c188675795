"""The star tracker's driver: norm, range, age, order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hal.drivers.star_tracker import StarTrackerDriver
from hal.packet import encode_frame
from hal.wire import Apid, StarTrackerFlag

TICK_NS = 100_000_000
SECOND_NS = 1_000_000_000
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def new_driver(vehicle, memory):
    def make() -> StarTrackerDriver:
        for name in ("samples", "drivers"):
            memory[name][...] = np.zeros((), memory[name].dtype)
        driver = StarTrackerDriver(vehicle, vehicle.device("star_tracker"))
        driver.bind(memory)
        return driver

    return make


@pytest.fixture
def driver(new_driver):
    return new_driver()


def exchange(driver, t_ns: int, *chunks: bytes) -> None:
    driver.begin(t_ns)
    assert driver.send(t_ns) is None
    for chunk in chunks:
        driver.receive(chunk, t_ns)
    driver.end(t_ns)


def test_attitude_is_scaled_and_normalised(driver, samples, star_tracker_frame):
    q = np.array([0.1, -0.5, 0.7, 0.5])
    q /= np.linalg.norm(q)
    exchange(driver, 10 * SECOND_NS, star_tracker_frame(9_850_000_000, q * 1.0009, seq=7))
    sample = samples["star_tracker"]
    np.testing.assert_allclose(sample["q_si"], q, atol=2e-9)
    assert np.linalg.norm(sample["q_si"]) == pytest.approx(1.0, abs=1e-15)
    assert (sample["t_ns"], sample["seq"], sample["new"], sample["valid"]) == (9_850_000_000, 7, 1, 1)
    exchange(driver, 10 * SECOND_NS + TICK_NS)
    assert (sample["new"], sample["valid"]) == (0, 1)


@pytest.mark.parametrize("scale", [0.0, 0.998, 1.002])
def test_a_quaternion_of_another_norm_is_out_of_range(driver, samples, star_tracker_frame, scale):
    exchange(driver, SECOND_NS, star_tracker_frame(SECOND_NS, [0, 0, 0, 1], seq=1))
    exchange(driver, 2 * SECOND_NS, star_tracker_frame(2 * SECOND_NS, [scale, 0, 0, 0], seq=2))
    sample = samples["star_tracker"]
    assert (sample["new"], sample["valid"], samples["star_tracker_health"]["samples_out_of_range"]) == (1, 0, 1)
    assert sample["q_si"].tolist() == [0, 0, 0, 1]


def test_the_unit_says_why_it_sees_nothing(driver, samples, star_tracker_frame):
    flags = StarTrackerFlag.SUN_EXCLUSION | StarTrackerFlag.RATE_LIMIT
    exchange(driver, SECOND_NS, star_tracker_frame(SECOND_NS, [0, 0, 0, 0], flags=flags))
    sample = samples["star_tracker"]
    assert (sample["new"], sample["valid"], sample["flags"]) == (1, 0, flags)
    assert samples["star_tracker_health"]["samples_out_of_range"] == 0


@pytest.mark.parametrize(
    ("valid_ns", "stale"),
    [
        (10 * SECOND_NS, 0),
        (9_450_000_000, 0),  # latency 0.15 s and two periods of 0.2 s
        (9_449_999_999, 1),
        (10_000_000_001, 1),  # from the future
        (-(2**63), 1),
        (2**63 - 1, 1),
    ],
)
def test_age(driver, samples, star_tracker_frame, valid_ns, stale):
    """A report from the future, or older than latency and two periods, is stale."""
    exchange(driver, 10 * SECOND_NS, star_tracker_frame(valid_ns))
    assert samples["star_tracker_health"]["samples_stale"] == stale
    assert samples["star_tracker"]["new"] == 1 - stale


def test_repeated_and_out_of_order_reports_are_stale(driver, samples, star_tracker_frame):
    first, second = star_tracker_frame(900_000_000, seq=65535), star_tracker_frame(SECOND_NS, seq=0)
    exchange(driver, SECOND_NS, first, second)
    exchange(driver, SECOND_NS + TICK_NS, second)
    exchange(driver, SECOND_NS + 2 * TICK_NS, first)
    assert samples["star_tracker_health"]["samples_stale"] == 2
    assert samples["star_tracker"]["t_ns"] == SECOND_NS


def test_silence(driver, samples, star_tracker_frame):
    """After 50 ticks without a report the unit is silent and its sample not valid."""
    exchange(driver, 0, star_tracker_frame(0))
    for tick in range(1, 51):
        exchange(driver, tick * TICK_NS)
    health = samples["star_tracker_health"]
    assert (health["silent"], health["silent_ticks"], samples["star_tracker"]["valid"]) == (1, 50, 0)


@given(st.lists(st.binary(max_size=80), max_size=5))
@FUZZ
def test_recovers_after_any_garbage(new_driver, samples, star_tracker_frame, garbage):
    driver = new_driver()
    exchange(driver, SECOND_NS, *garbage, b"\0")
    exchange(driver, 2 * SECOND_NS, star_tracker_frame(2 * SECOND_NS, seq=5))
    assert (samples["star_tracker"]["new"], samples["star_tracker"]["valid"]) == (1, 1)


@given(st.binary(min_size=28, max_size=28))
@FUZZ
def test_any_report_is_judged(new_driver, samples, body):
    """Any report is taken or counted as stale, and its quaternion stays finite."""
    driver = new_driver()
    exchange(driver, SECOND_NS, encode_frame(Apid.STAR_TRACKER, 0, 0, body))
    sample, health = samples["star_tracker"], samples["star_tracker_health"]
    assert health["frames_ok"] == 1
    assert sample["new"] + health["samples_stale"] == 1
    assert np.all(np.isfinite(sample["q_si"]))
    if sample["valid"]:
        assert np.linalg.norm(sample["q_si"]) == pytest.approx(1.0)
