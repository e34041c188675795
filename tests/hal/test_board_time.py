"""Board time to mission time: exact in lock-step, robust to delays, drift recovered."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.board_time import BoardTimeEstimator

NS = 1_000_000_000
TICK_NS = 100_000_000


@given(st.integers(0, 10**15), st.integers(0, 10**12))
@settings(max_examples=30, deadline=None)
def test_exact_in_lock_step_at_constant_offset(board0, t0):
    clock = BoardTimeEstimator()
    for k in range(400):
        clock.add(board0 + k * TICK_NS, t0 + k * TICK_NS)
        assert clock.mission_ns(board0 + k * TICK_NS) == t0 + k * TICK_NS
    assert clock.drift == 0.0


@pytest.mark.parametrize("ppm", [-50.0, -1.0, 0.3, 20.0, 100.0])
def test_exact_in_lock_step_at_constant_drift(ppm):
    clock = BoardTimeEstimator()
    errors = []
    for k in range(2000):
        t = 5 * NS + k * TICK_NS
        board = round((t - 5 * NS) / (1 + ppm * 1e-6))
        clock.add(board, t)
        errors.append(clock.mission_ns(board) - t)
    assert max(abs(e) for e in errors) <= abs(ppm) * 1e-6 * 4 * NS + 2  # before the slope is known
    assert max(abs(e) for e in errors[100:]) <= 5  # rounding to nanoseconds
    assert clock.drift == pytest.approx(ppm * 1e-6, abs=2e-9)


@pytest.mark.parametrize("ppm", [-30.0, 0.0, 30.0])
def test_delays_do_not_pull_the_line(ppm):
    """With random delays the error of the map is that of the least delays."""
    rng = np.random.default_rng(3)
    clock = BoardTimeEstimator()
    errors = []
    for k in range(6000):
        t = k * TICK_NS
        board = 7 * NS + round(t / (1 + ppm * 1e-6))
        delay = 200_000 + int(rng.exponential(5e6)) + (int(60e6) if rng.random() < 0.1 else 0)
        clock.add(board, t + delay)
        errors.append(clock.mission_ns(board) - t)
    settled = np.array(errors[1500:]) - 200_000  # the least delay cannot be told from an offset
    assert np.abs(settled).max() < 1_000_000  # mean delay was 11 ms
    assert clock.drift == pytest.approx(ppm * 1e-6, abs=3e-6)


def test_a_faster_arrival_corrects_at_once():
    clock = BoardTimeEstimator()
    clock.add(0, 50_000_000)
    assert clock.residual_ns(TICK_NS, TICK_NS + 1_000_000) == -49_000_000
    clock.add(TICK_NS, TICK_NS + 1_000_000)
    assert clock.mission_ns(TICK_NS) == TICK_NS + 1_000_000


def test_a_mad_oscillator_is_bounded():
    """A board clock at twice the speed gives the largest allowed drift, 1000 ppm."""
    clock = BoardTimeEstimator()
    for k in range(400):
        clock.add(k * TICK_NS, k * 2 * TICK_NS)
    assert clock.drift == pytest.approx(1e-3)


def test_reset_forgets():
    """After `reset` the map is that of a new estimator."""
    clock = BoardTimeEstimator()
    clock.add(0, NS)
    assert clock.running
    clock.reset()
    assert not clock.running
    assert (clock.residual_ns(5, 7), clock.mission_ns(5)) == (0, 5)
    clock.add(0, 3 * NS)
    assert clock.mission_ns(0) == 3 * NS


def test_same_pairs_same_line():
    """The same pairs give the same map, bit for bit."""
    rng = np.random.default_rng(4)
    pairs = [(k * TICK_NS, k * TICK_NS + int(rng.integers(0, 10**7))) for k in range(500)]
    first, second = BoardTimeEstimator(), BoardTimeEstimator()
    for pair in pairs:
        first.add(*pair)
        second.add(*pair)
        assert first.mission_ns(pair[0]) == second.mission_ns(pair[0])


@pytest.mark.parametrize("bad", [-1, 2**62 + 1])
def test_times_beyond_reason_are_refused(bad):
    with pytest.raises(ValueError, match="expected 0 to"):
        BoardTimeEstimator().add(bad, 0)
