"""Measurements at their time of validity: late ones give what punctual ones would have given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from fsw.estimation.history import HistoryStatus, MekfHistory
from fsw.estimation.mekf import FilterError, Mekf
from fsw.estimation.sections import HISTORY_DEPTH, HISTORY_SLOTS

TICK_NS = 100_000_000
R_ATTITUDE = np.diag([1e-6, 2e-6, 4e-6])
START = (
    Rotation.from_rotvec([0.4, -0.2, 0.9]).as_quat(),
    np.array([1e-3, -2e-3, 5e-4]),
    np.diag([1e-2] * 3 + [1e-6] * 3),
)
RATE = np.array([0.02, -0.05, 0.03])


def fresh(**settings_: float) -> MekfHistory:
    history = MekfHistory(angle_random_walk=1e-4, rate_random_walk=1e-6, attitude_covariance=R_ATTITUDE, **settings_)
    history.start(0, *START)
    return history


def unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v)


def scripted(seed: int, ticks: int) -> tuple[np.ndarray, list[tuple]]:
    """Increments of some ticks and a few measurements at odd times within them."""
    rng = np.random.default_rng(seed)
    dtheta = (RATE + 0.01 * rng.standard_normal((ticks, 3))) * 0.1
    measurements, slots = [], np.zeros(ticks, int)
    for t_ns in np.sort(rng.integers(1, ticks * TICK_NS + 1, size=rng.integers(1, 12))):
        entry = -(-int(t_ns) // TICK_NS) - 1
        if slots[entry] == HISTORY_SLOTS:
            continue
        slots[entry] += 1
        if rng.random() < 0.4:
            measurements.append((int(t_ns), "attitude", Rotation.from_rotvec(0.5 * rng.standard_normal(3)).as_quat()))
        else:
            measurements.append(
                (
                    int(t_ns),
                    "direction",
                    unit(rng.standard_normal(3)),
                    unit(rng.standard_normal(3)),
                    1e-4,
                    float(rng.choice([1.0, 50.0])),
                )
            )
    return dtheta, measurements


def in_order(dtheta: np.ndarray, measurements: list[tuple]) -> Mekf:
    """The plain filter, stepped from measurement to measurement: what the history must reproduce."""
    plain = Mekf(angle_random_walk=1e-4, rate_random_walk=1e-6)
    plain.set(*START)
    now = 0
    for k, increment in enumerate(dtheta):
        end = (k + 1) * TICK_NS
        stops = [m for m in measurements if now < m[0] <= end]
        for m in [*stops, None]:
            until = m[0] if m else end
            if until > now:
                plain.propagate(increment * ((until - now) / TICK_NS), (until - now) * 1e-9)
                now = until
            if m and m[1] == "attitude":
                plain.update_attitude(m[2], R_ATTITUDE)
            elif m:
                plain.update_direction(*m[2:])
    return plain


def give(history: MekfHistory, m: tuple) -> HistoryStatus:
    if m[1] == "attitude":
        return history.attitude(m[0], m[2])[0]
    return history.direction(m[0], *m[2:])[0]


def assert_same(history: MekfHistory, plain: Mekf) -> None:
    q, bias, p = history.state()
    np.testing.assert_allclose(q, plain.q_bi, atol=1e-11)
    np.testing.assert_allclose(bias, plain.bias_b_radps, atol=1e-11)
    scale = np.sqrt(np.diag(plain.p))
    np.testing.assert_allclose(p / np.outer(scale, scale), plain.p / np.outer(scale, scale), atol=1e-8)


@given(seed=st.integers(0, 2**32 - 1), shuffle=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_any_order_and_delay_gives_the_in_order_result(seed, shuffle):
    """All measurements come after all increments, in any order; the filter ends where punctual ones lead."""
    dtheta, measurements = scripted(seed, HISTORY_DEPTH - 1)
    history = fresh()
    for k, increment in enumerate(dtheta):
        history.propagate((k + 1) * TICK_NS, increment)
    arrivals = list(measurements)
    shuffle.shuffle(arrivals)
    assert all(give(history, m) == HistoryStatus.APPLIED for m in arrivals)
    assert_same(history, in_order(dtheta, measurements))


@given(seed=st.integers(0, 2**32 - 1), delay=st.integers(0, HISTORY_DEPTH - 2))
@settings(max_examples=40, deadline=None)
def test_a_constant_latency_changes_nothing_over_a_long_run(seed, delay):
    """Every measurement arrives `delay` ticks late while the ring turns several times over."""
    dtheta, measurements = scripted(seed, 60)
    history = fresh()
    for k in range(len(dtheta) + delay):
        if k < len(dtheta):
            history.propagate((k + 1) * TICK_NS, dtheta[k])
        for m in measurements:
            if -(-m[0] // TICK_NS) - 1 == k - delay:
                assert give(history, m) == HistoryStatus.APPLIED
    assert_same(history, in_order(dtheta, measurements))


def test_too_old_too_new_and_too_many_are_reported_and_change_nothing():
    history = fresh()
    for k in range(HISTORY_DEPTH + 4):
        history.propagate((k + 1) * TICK_NS, RATE * 0.1)
    before = history.state()
    newest = (HISTORY_DEPTH + 4) * TICK_NS
    oldest = newest - (HISTORY_DEPTH - 1) * TICK_NS
    assert history.attitude(oldest - 1, START[0]) == (HistoryStatus.LATE, pytest.approx(np.nan, nan_ok=True))
    assert history.attitude(newest + 1, START[0])[0] == HistoryStatus.EARLY
    for value, then in zip(history.state(), before, strict=True):
        np.testing.assert_array_equal(value, then)
    for k in range(HISTORY_SLOTS):
        assert history.attitude(newest - 10 + k, START[0])[0] == HistoryStatus.APPLIED
    full = history.state()
    assert history.attitude(newest - 5, START[0])[0] == HistoryStatus.FULL
    np.testing.assert_array_equal(history.state()[2], full[2])
    assert history.attitude(oldest, START[0])[0] == HistoryStatus.APPLIED


def test_the_gate_judges_at_the_time_of_validity():
    """An attitude that fits the past but not the present is accepted at its own time, and refused at the present's."""
    statuses = []
    for t_ns in (TICK_NS, 3 * TICK_NS):
        history = MekfHistory(
            angle_random_walk=1e-5, rate_random_walk=1e-8, attitude_covariance=np.eye(3) * 1e-8, gate_probability=0.9999
        )
        history.start(0, [0, 0, 0, 1], np.zeros(3), np.diag([1e-8] * 3 + [1e-12] * 3))
        for k in range(3):
            history.propagate((k + 1) * TICK_NS, [0.0, 0.05, 0.0])
        statuses.append(history.attitude(t_ns, Rotation.from_rotvec([0.0, 0.05, 0.0]).as_quat())[0])
    assert statuses == [HistoryStatus.APPLIED, HistoryStatus.REFUSED]


def test_resume_keeps_later_increments_and_forgets_measurements():
    dtheta, _ = scripted(3, 8)
    history = fresh()
    for k, increment in enumerate(dtheta):
        history.propagate((k + 1) * TICK_NS, increment)
        history.attitude((k + 1) * TICK_NS, START[0])
    start_ns = 4 * TICK_NS + 30_000_000
    assert history.resume(start_ns, *START) == HistoryStatus.APPLIED
    plain = Mekf(angle_random_walk=1e-4, rate_random_walk=1e-6)
    plain.set(*START)
    plain.propagate(dtheta[4] * 0.7, 0.07)
    for increment in dtheta[5:]:
        plain.propagate(increment, 0.1)
    assert_same(history, plain)
    assert history.resume(start_ns - TICK_NS, *START) == HistoryStatus.LATE
    assert history.resume(9 * TICK_NS, *START) == HistoryStatus.EARLY


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda h: h.propagate(0, [0, 0, 0]), "expected a time after the newest"),
        (lambda h: h.propagate(5, [0, 0]), "dtheta_b_rad has shape (2,)"),
        (lambda h: h.attitude(0, [0, 0, 0, np.nan]), "not finite"),
        (lambda h: h.direction(0, [1, 0, 0], [1, 0], 1.0), "r_i has shape (2,)"),
        (
            lambda h: MekfHistory(angle_random_walk=1, rate_random_walk=1, attitude_covariance=np.eye(3)).state(),
            "call start() first",
        ),
    ],
)
def test_bad_input_is_a_typed_error(call, words):
    with pytest.raises(FilterError) as caught:
        call(fresh())
    assert words in str(caught.value)
