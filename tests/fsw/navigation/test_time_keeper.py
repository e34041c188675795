"""TAI from GNSS: what is believed, what is refused, and that it never goes backwards."""

import dataclasses
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.core.events import EventId, EventQueue
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.health.devices import Device
from fsw.navigation.time_keeper import AGREEING, CORRECTION_NS, DEAD_BAND_NS, SLEW_NS_PER_S, TimeKeeper
from hal.vehicle.load import load_vehicle

VEHICLE = load_vehicle()
NS = 1_000_000_000
TICK_NS = NS // VEHICLE.rates.base_hz


class Bench:
    """The time keeper in a pool, second by second; GNSS every ten."""

    def __init__(self, offset_ns, vehicle=VEHICLE):
        self.pool = Pool(flight_sections())
        self.events = EventQueue(self.pool)
        self.pool.view("tai.offset_ns")[...] = offset_ns
        self.keeper = TimeKeeper(self.pool, vehicle, self.events)
        self.t_s = 0
        self.tai_ns = [offset_ns]

    @property
    def offset_ns(self):
        return int(self.pool["tai.offset_ns"])

    def second(self, gnss_offset_ns=None, valid=1):
        self.t_s += 1
        if gnss_offset_ns is not None:
            sample = self.pool.view("samples.gnss.seq")
            sample[...] += 1
            self.pool.view("samples.gnss.valid")[...] = valid
            self.pool.view("samples.gnss.t_ns")[...] = self.t_s * NS
            self.pool.view("samples.gnss.t_tai_ns")[...] = self.t_s * NS + gnss_offset_ns
        self.keeper.step()
        self.tai_ns.append(self.t_s * NS + self.offset_ns)

    @property
    def ids(self):
        return [e.id for e in self.events.drain()]


def test_a_small_difference_is_taken_at_once_forward():
    bench = Bench(1000 * NS)
    bench.second(1000 * NS + 20_000_000)
    assert bench.offset_ns == 1000 * NS + 20_000_000
    assert bench.ids == [EventId.TIME_SYNCHRONISED]
    assert bench.pool["tai.synchronised"] == 1


def test_what_agrees_says_so_once_and_changes_nothing():
    bench = Bench(1000 * NS)
    for _ in range(5):
        bench.second(1000 * NS + DEAD_BAND_NS // 2)
    assert bench.offset_ns == 1000 * NS
    assert bench.ids == [EventId.TIME_SYNCHRONISED]


def test_a_time_that_is_ahead_is_taken_back_slowly_down_to_what_a_tick_hides():
    bench = Bench(1000 * NS)
    true_ns = 1000 * NS - 300_000_000
    for _ in range(1000):
        bench.second(true_ns)
    assert all(b - a >= NS - SLEW_NS_PER_S for a, b in zip(bench.tai_ns, bench.tai_ns[1:], strict=False))
    assert bench.offset_ns - true_ns == pytest.approx(TICK_NS, abs=2 * DEAD_BAND_NS)


def test_a_time_that_is_ahead_is_taken_back_to_the_nanosecond_after_one_solution():
    """No further than a tick ahead of what GNSS said, however the rest divides by what is taken back in a second."""
    bench = Bench(1000 * NS)
    ahead_ns = TICK_NS + 2 * SLEW_NS_PER_S + 300_001
    bench.second(1000 * NS - ahead_ns)
    for _ in range(10):
        bench.second()
    assert bench.offset_ns == 1000 * NS - (2 * SLEW_NS_PER_S + 300_001)
    assert bench.pool["synchronisation.slew_ns"] == 0
    assert bench.pool["synchronisation.stepped_ns"] == bench.offset_ns - 1000 * NS
    steps = [NS - (b - a) for a, b in itertools.pairwise(bench.tai_ns)]
    assert sorted(steps) == [0] * 8 + [300_001, SLEW_NS_PER_S, SLEW_NS_PER_S]


def test_a_time_is_taken_back_at_the_same_pace_however_often_the_keeper_runs():
    rates = dataclasses.replace(VEHICLE.rates, slow_hz=2)
    bench = Bench(1000 * NS, dataclasses.replace(VEHICLE, rates=rates))
    bench.second(1000 * NS - CORRECTION_NS)
    assert bench.offset_ns - 1000 * NS == -SLEW_NS_PER_S // 2


@pytest.mark.parametrize(
    ("differ_ns", "used", "moved_ns"),
    [
        (DEAD_BAND_NS, 1, 0),
        (DEAD_BAND_NS + 1, 1, DEAD_BAND_NS + 1),
        (CORRECTION_NS, 1, CORRECTION_NS),
        (CORRECTION_NS + 1, 0, 0),
        (-TICK_NS - DEAD_BAND_NS, 1, 0),
        (-TICK_NS - DEAD_BAND_NS - 1, 1, -DEAD_BAND_NS - 1),
        (-CORRECTION_NS, 1, TICK_NS - CORRECTION_NS),
        (-CORRECTION_NS - 1, 0, 0),
    ],
)
def test_what_is_corrected_and_what_is_refused_to_the_nanosecond(differ_ns, used, moved_ns):
    bench = Bench(1000 * NS)
    bench.second(1000 * NS + differ_ns)
    for _ in range(1000):
        bench.second()
    assert bench.offset_ns - 1000 * NS == moved_ns
    assert (bench.pool["synchronisation.used"], bench.pool["synchronisation.refused"]) == (used, 1 - used)


def test_far_times_agree_when_they_are_a_tick_apart_and_no_further_either_way():
    """Each with the one before it: a time that falls by hours has not been agreed on, nor one that rises."""
    bound_ns = TICK_NS + DEAD_BAND_NS
    for apart_ns, agree in ((bound_ns, True), (-bound_ns, True), (bound_ns + 1, False), (-bound_ns - 1, False)):
        bench = Bench(0)
        for k in range(AGREEING):
            bench.second(7200 * NS + k * apart_ns)
        assert (bench.offset_ns != 0) == agree, apart_ns
        assert bench.ids.count(EventId.TIME_REFUSED) == (1 if agree else AGREEING)


def test_solutions_that_agree_are_counted_anew_after_one_that_is_near():
    """And the count begins at one: four that agree, one that corrects, four that agree are not believed."""
    bench = Bench(0)
    for _ in range(2):
        bench.pool.view("tai.synchronised")[...] = 0
        for _ in range(AGREEING - 1):
            bench.second(3600 * NS)
        assert bench.pool["synchronisation.agreeing"] == AGREEING - 1
        bench.second(DEAD_BAND_NS)
        assert bench.pool["synchronisation.agreeing"] == 0
    assert bench.offset_ns == 0


def test_a_solution_is_judged_once():
    bench = Bench(1000 * NS)
    bench.second(1000 * NS)
    for _ in range(3):
        bench.second()
    assert bench.pool["synchronisation.used"] == 1


def test_how_far_a_time_is_off_is_said_in_seconds():
    bench = Bench(0)
    bench.second(7 * NS)
    bench.second(NS // 4)
    refused, synchronised = bench.events.drain()
    assert (refused.id, refused.values[0]) == (EventId.TIME_REFUSED, pytest.approx(7.0))
    assert (synchronised.id, synchronised.values[0]) == (EventId.TIME_SYNCHRONISED, pytest.approx(0.25))


def test_a_far_time_is_believed_when_solutions_agree_and_only_before_the_first_synchronisation():
    bench = Bench(0)
    far_ns = 3600 * NS
    for i in range(AGREEING):
        assert bench.offset_ns == 0, i
        bench.second(far_ns)
    assert bench.offset_ns == far_ns
    assert bench.ids == [EventId.TIME_REFUSED, EventId.TIME_SYNCHRONISED]
    for _ in range(3 * AGREEING):
        bench.second(far_ns + 10 * NS)  # spoofed: smooth, and wrong
    assert bench.offset_ns == far_ns
    assert bench.pool["synchronisation.refused"] >= 3 * AGREEING


def test_solutions_that_do_not_agree_and_those_not_valid_are_not_believed():
    bench = Bench(0)
    for i in range(20):
        bench.second(3600 * NS + i * NS)
        bench.second(7200 * NS, valid=0)
    assert bench.offset_ns == 0


def test_an_excluded_receiver_tells_no_time():
    bench = Bench(0)
    bench.pool.view("fdir.excluded")[Device.GNSS] = 1
    for _ in range(2 * AGREEING):
        bench.second(10_000_000)
    assert bench.offset_ns == 0


FAR = st.integers(-1 << 60, 1 << 60)
NEAR = st.integers(-2 * CORRECTION_NS, 2 * CORRECTION_NS)


@settings(max_examples=100)
@given(st.lists(st.one_of(st.none(), NEAR, FAR), max_size=60))
def test_tai_never_goes_backwards_whatever_gnss_says(offsets):
    bench = Bench(0)
    for offset in offsets:
        bench.second(offset)
    assert all(b > a for a, b in zip(bench.tai_ns, bench.tai_ns[1:], strict=False))
