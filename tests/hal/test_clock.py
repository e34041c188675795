"""The system clock: from 0, monotonic, sleeps at least until asked."""

from hal.clock import SystemClock


def test_starts_at_zero_and_never_goes_back():
    clock = SystemClock()
    readings = [clock.now_ns() for _ in range(1000)]
    assert 0 <= readings[0] < 10**10
    assert readings == sorted(readings)


def test_sleeps_until_the_time_asked_for_and_not_for_times_past():
    clock = SystemClock()
    for ahead_ns in (0, 1_000, 3_000_000):
        wake_ns = clock.now_ns() + ahead_ns
        clock.sleep_until(wake_ns)
        assert clock.now_ns() >= wake_ns
    before_ns = clock.now_ns()
    clock.sleep_until(-(10**18))
    assert clock.now_ns() >= before_ns
