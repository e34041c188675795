"""Mission time after a restart, from packets as boards and units send them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.clock import MissionClock
from hal.exchange.time_recovery import POLL_NS, listeners, recover
from hal.handle import Memory
from hal.link_state import BoardLinkState
from hal.packet import encode_frame
from hal.record import Record, field
from hal.vehicle.load import load_vehicle
from hal.wire import EPS_OFFSET, Apid, EpsSensors, StarTrackerReport
from tests.board_packets import AdcsSensors

VEHICLE = load_vehicle()
NS = 1_000_000_000
STARTED_NS = 123_456_789_000  # mission time at which the new clock begins
BOARD_OFFSET_NS = 7 * NS  # board minus mission time
DRIFT = 20e-6
LEAST_NS = STARTED_NS - 20 * NS


class Clock:
    def __init__(self, links):
        self.t_ns, self._links = 0, links

    def now_ns(self):
        return self.t_ns

    def sleep_until(self, t_ns):
        self.t_ns = max(self.t_ns, t_ns)
        for link in self._links.values():
            link.go(self.t_ns)


class Line:
    """Octets that arrive at times of the new clock."""

    def __init__(self, *arrivals):
        self._arrivals = sorted(arrivals)
        self._waiting = b""

    def go(self, t_ns):
        while self._arrivals and self._arrivals[0][0] <= t_ns:
            self._waiting += self._arrivals.pop(0)[1]

    def read(self):
        octets, self._waiting = self._waiting, b""
        return octets

    def write(self, octets):
        raise AssertionError("who listens says nothing")


def board_ns(mission_ns):
    return mission_ns + BOARD_OFFSET_NS + round(mission_ns * DRIFT)


def kept(last_ns, period_ns):
    """What a driver keeps of a board that it heard at mission time `last_ns`."""
    state = np.zeros((), BoardLinkState.dtype())
    state["running"] = 1
    state["cycle"], state["board_ns"] = last_ns // period_ns, board_ns(last_ns)
    clock = state["clock"]
    clock["running"], clock["reference_ns"] = 1, board_ns(last_ns)
    clock["offset_ns"], clock["drift"] = last_ns - board_ns(last_ns), -DRIFT / (1.0 + DRIFT)
    return state


class Drivers(Record):
    adcs = field(BoardLinkState)
    eps = field(BoardLinkState)


def memory_of(adcs_kept, eps_kept):
    memory = Memory({"drivers": Drivers})
    memory["drivers"]["adcs"], memory["drivers"]["eps"] = adcs_kept, eps_kept
    return memory


KEPT = (kept(LEAST_NS // 100_000_000 * 100_000_000, 100_000_000), kept(LEAST_NS // NS * NS, NS))


def sensors(kind, offset, mission_ns, period_ns, delay_ns=0, shift_ns=0, cycle=None):
    """One sensor packet of the cycle at `mission_ns`, and when it arrives."""
    record = np.zeros((), kind.dtype())
    record["board_time_ns"] = board_ns(mission_ns) + shift_ns
    record["cycle"] = mission_ns // period_ns if cycle is None else cycle
    frame = encode_frame(Apid.SENSORS + offset, 0, 0, record.tobytes()[: kind.end])
    return mission_ns - STARTED_NS + delay_ns, frame


def adcs(*, delay_ns=lambda k: 0, **more):
    first = -(-STARTED_NS // 100_000_000) * 100_000_000
    times = [first + k * 100_000_000 for k in range(200)]
    return Line(*(sensors(AdcsSensors, 0, t, 100_000_000, delay_ns(k), **more) for k, t in enumerate(times)))


def eps(**more):
    first = -(-STARTED_NS // NS) * NS
    return Line(*(sensors(EpsSensors, EPS_OFFSET, first + k * NS, NS, **more) for k in range(20)))


def star_tracker():
    latency_ns = round(VEHICLE.device("star_tracker").latency_s * NS)
    out = []
    for k in range(100):
        record = np.zeros((), StarTrackerReport.dtype())
        record["valid_time_ns"] = valid_ns = STARTED_NS + k * 200_000_000
        frame = encode_frame(Apid.STAR_TRACKER, 0, k, record.tobytes()[: StarTrackerReport.end])
        out.append((valid_ns - STARTED_NS + latency_ns, frame))
    return Line(*out)


def found(adcs_line, eps_line=None, str_line=None, least_ns=LEAST_NS):
    links = {"adcs": adcs_line, "eps": eps_line or Line(), "star_tracker": str_line or Line(), "gnss": Line()}
    clock = Clock(links)
    return recover(listeners(VEHICLE, memory_of(*KEPT), 0), links, clock, least_ns), clock


def test_the_adcs_board_gives_it_within_a_look_and_a_third_of_a_second():
    time, clock = found(adcs(), eps(), star_tracker())
    assert time.source == "adcs"
    assert STARTED_NS - POLL_NS <= time.offset_ns <= STARTED_NS + 1000
    assert clock.t_ns < 400_000_000


@settings(max_examples=40)
@given(st.lists(st.integers(0, 80_000_000), min_size=3, max_size=3))
def test_delays_make_it_late_and_the_least_of_them_counts(delays_ns):
    time, _ = found(adcs(delay_ns=lambda k: delays_ns[k % 3]))
    assert 0 <= STARTED_NS + 1000 - time.offset_ns <= min(delays_ns) + POLL_NS + 2000


@pytest.mark.parametrize(
    "wrong",
    [{"cycle": 3}, {"shift_ns": -STARTED_NS}, {"shift_ns": 30 * NS}, {"shift_ns": -(1 << 62)}, {"shift_ns": 1 << 61}],
)
def test_a_board_that_was_reset_or_set_is_not_believed(wrong):
    time, _ = found(adcs(**wrong), eps(), star_tracker())
    assert time.source == "eps"
    assert STARTED_NS - POLL_NS <= time.offset_ns <= STARTED_NS + 1000
    time, _ = found(adcs(**wrong), eps(**wrong), star_tracker())
    assert time.source == "star_tracker"
    assert STARTED_NS - POLL_NS <= time.offset_ns <= STARTED_NS


def test_when_nothing_answers_the_wait_ends():
    time, clock = found(Line())
    assert time is None
    assert clock.t_ns <= (VEHICLE.device("gnss").period_s + 1) * NS


def test_a_time_before_what_was_kept_is_not_believed():
    time, _ = found(adcs(), least_ns=STARTED_NS + 3600 * NS)
    assert time is None


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12 * NS), st.binary(max_size=80)), max_size=30))
def test_any_octets_are_no_time_or_a_possible_one(arrivals):
    lines = {name: Line(*arrivals) for name in ("adcs", "eps", "star_tracker", "gnss")}
    time = recover(listeners(VEHICLE, memory_of(*KEPT), 0), lines, Clock(lines), LEAST_NS)
    assert time is None or time.offset_ns >= LEAST_NS - 13 * NS


def test_a_mission_clock_is_its_clock_with_an_offset():
    inner = Clock({})
    clock = MissionClock(inner, 5 * NS)
    clock.sleep_until(7 * NS)
    assert (inner.t_ns, clock.now_ns()) == (2 * NS, 7 * NS)
