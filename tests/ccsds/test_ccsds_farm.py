"""FARM-1 row by row, then against an independent model that knows the windows as sets of numbers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsds.clcw import Clcw
from ccsds.errors import FrameError
from ccsds.farm import Farm1
from ccsds.formats import FarmEvent, FarmState
from ccsds.tc_frames import FrameType, TcFrame, TcFrameError
from fsw.comms.sections import TcFramesSection

OPEN, WAIT, LOCKOUT = FarmState
VCID = 5
W = 10
V_R = 250


def ad(n_s):
    return TcFrame(1, VCID, FrameType.AD, b"x", n_s)


BD = TcFrame(1, VCID, FrameType.BD, b"x")
UNLOCK = TcFrame(1, VCID, FrameType.BC, b"\x00")


def set_v_r(value):
    return TcFrame(1, VCID, FrameType.BC, bytes([0x82, 0, value]))


def flags(farm):
    clcw = Clcw.decode(farm.clcw())
    assert clcw.vcid == VCID
    assert clcw.report_value == farm.v_r
    return farm.state, clcw.lockout, clcw.wait, clcw.retransmit, clcw.farm_b, farm.v_r


def farm_in(memory, state, retransmit=False):
    """A FARM-1 brought to `state` by events, with V(R) = 250 and FARM-B = 0."""
    farm = Farm1(memory, W, VCID)
    farm.receive(set_v_r(V_R))
    if retransmit:
        farm.receive(ad(V_R + 1))
    if state is WAIT:
        farm.receive(ad(V_R), buffer_free=False)
    elif state is LOCKOUT:
        farm.receive(ad((V_R + 100) % 256))
    for _ in range(3):
        farm.receive(BD)
    assert flags(farm)[0] is state
    assert flags(farm)[4] == 0
    return farm


S1, S2, S3 = (OPEN, False, False), (WAIT, False, True), (LOCKOUT, True, False)


def s1(*, again=False, b=0, v_r=V_R, given=False):
    """Outcome: state, lockout, wait, retransmit, FARM-B, V(R), delivered."""
    return *S1, again, b, v_r, given


def s2(*, b=0, given=False):
    return *S2, True, b, V_R, given


def s3(*, b=0, given=False):
    return *S3, False, b, V_R, given


FROM_WAIT = (LOCKOUT, True, True, True, 0, V_R, False)  # lockout does not end the wait

# event: frame, buffer free, outcomes from S1, S2, S3
TABLE = {
    "E1 expected": (ad(250), True, s1(v_r=251, given=True), None, s3()),
    "E2 no buffer": (ad(250), False, s2(), s2(), s3()),
    "E3 positive, next": (ad(251), True, s1(again=True), s2(), s3()),
    "E3 positive, last": (ad(254), True, s1(again=True), s2(), s3()),
    "E4 negative, first": (ad(249), True, s1(), s2(), s3()),
    "E4 negative, last": (ad(245), True, s1(), s2(), s3()),
    "E5 just above": (ad(255), True, s3(), FROM_WAIT, s3()),
    "E5 just below": (ad(244), True, s3(), FROM_WAIT, s3()),
    "E5 far": (ad(100), True, s3(), FROM_WAIT, s3()),
    "E6 bypass": (BD, True, s1(b=1, given=True), s2(b=1, given=True), s3(b=1, given=True)),
    "E7 unlock": (UNLOCK, True, s1(b=1), s1(b=1), s1(b=1)),
    "E8 set V(R)": (set_v_r(9), True, s1(b=1, v_r=9), s1(b=1, v_r=9), s3(b=1)),
}


@pytest.mark.parametrize("row", TABLE)
@pytest.mark.parametrize("state", FarmState)
def test_every_row_in_every_state(memory, row, state):
    frame, buffer_free, *expected = TABLE[row]
    outcome = expected[state - 1]
    if outcome is None:
        return  # no buffer is free in S2: E1 cannot happen there
    farm = farm_in(memory, state)
    _, delivered = farm.receive(frame, buffer_free=buffer_free)
    assert (*flags(farm), delivered) == outcome


@pytest.mark.parametrize("frame", [UNLOCK, set_v_r(250), ad(250)])
def test_retransmit_is_cleared_by_progress_and_by_commands(memory, frame):
    farm = farm_in(memory, OPEN, retransmit=True)
    assert flags(farm)[3]
    farm.receive(frame)
    assert not flags(farm)[3]


def test_e10_buffer_released(memory, new_memory):
    """Row E10 of the state table: a released buffer ends WAIT, and does not end LOCKOUT."""
    farm = farm_in(memory, WAIT)
    farm.buffer_released()
    assert flags(farm)[:3] == S1
    assert farm.receive(ad(250)) == (FarmEvent.EXPECTED, True)
    locked = farm_in(new_memory(), WAIT)
    locked.receive(ad(100))
    locked.buffer_released()
    assert flags(locked)[:3] == S3  # wait ends, lockout stays


@pytest.mark.parametrize("data", [b"\x01", b"\x82\x00", b"\x82\x01\x05", b"\x00\x00", b"\x82\x00\x05\x00", b"\x83"])
@pytest.mark.parametrize("state", FarmState)
def test_e9_unknown_commands_change_nothing(memory, state, data):
    farm = farm_in(memory, state)
    before = memory.snapshot()
    with pytest.raises(TcFrameError, match="control command"):
        farm.receive(TcFrame(1, VCID, FrameType.BC, data))
    assert memory.snapshot() == before


@pytest.mark.parametrize("window", [0, 1, 3, 255, 256, -2])
def test_impossible_windows_are_refused(memory, window):
    with pytest.raises(FrameError, match="even"):
        Farm1(memory, window, VCID)


def test_channel_status_is_reported(memory):
    farm = Farm1(memory, W, VCID)
    farm.set_channel_status(rf_available=False, bit_lock=False)
    assert Clcw.decode(farm.clcw()) == Clcw(VCID, 0, no_rf_available=True, no_bit_lock=True)
    farm.set_channel_status(rf_available=True, bit_lock=True)
    assert Clcw.decode(farm.clcw()) == Clcw(VCID, 0)


class Model:
    """FARM-1 as the tables say it, with N(S) looked up in explicit lists."""

    def __init__(self, window):
        self.half = window // 2
        self.state, self.lockout, self.wait, self.retransmit, self.b, self.v_r = OPEN, False, False, False, 0, 0

    def ad(self, n_s, free):
        positive = [(self.v_r + i) % 256 for i in range(1, self.half)]
        negative = [(self.v_r - i) % 256 for i in range(1, self.half + 1)]
        if self.state is LOCKOUT:
            return False
        if n_s == self.v_r:
            if self.state is WAIT:
                return False
            if free:
                self.v_r = (self.v_r + 1) % 256
                self.retransmit = False
                return True
            self.state, self.wait, self.retransmit = WAIT, True, True
        elif n_s in positive:
            self.retransmit = self.retransmit or self.state is OPEN
        elif n_s not in negative:
            self.state, self.lockout = LOCKOUT, True
        return False

    def command(self, v_r):
        self.b = (self.b + 1) % 4
        if v_r is None:
            self.state, self.lockout, self.wait, self.retransmit = OPEN, False, False, False
        elif self.state is not LOCKOUT:
            self.state, self.wait, self.retransmit, self.v_r = OPEN, False, False, v_r

    def flags(self):
        return self.state, self.lockout, self.wait, self.retransmit, self.b, self.v_r


near = st.integers(-12, 12)
actions = st.one_of(
    st.tuples(st.just("near"), near, st.booleans()),
    st.tuples(st.just("ad"), st.integers(0, 255), st.booleans()),
    st.tuples(st.just("set"), st.integers(0, 255), st.none()),
    st.tuples(st.sampled_from(["bd", "unlock", "released"]), st.none(), st.none()),
)


@given(st.integers(1, 127), st.lists(actions, max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_sequence_of_events_follows_the_model(new_memory, half, events):
    memory = new_memory()
    farm, model = Farm1(memory, 2 * half, VCID), Model(2 * half)
    delivered = 0
    for kind, value, free in events:
        expected = None
        if kind in ("near", "ad"):
            n_s = (model.v_r + value) % 256 if kind == "near" else value
            _, got = farm.receive(ad(n_s), buffer_free=free)
            expected = model.ad(n_s, free)
        elif kind == "bd":
            _, got = farm.receive(BD)
            model.b, expected = (model.b + 1) % 4, True
        elif kind == "released":
            farm.buffer_released()
            got, model.wait = expected, False
            model.state = OPEN if model.state is WAIT else model.state
        else:
            _, got = farm.receive(UNLOCK if kind == "unlock" else set_v_r(value))
            expected = False
            model.command(None if kind == "unlock" else value)
        assert got == expected
        assert flags(farm) == model.flags()
        delivered += bool(got)
    state = memory[TcFramesSection]
    assert delivered == state["farm_accepted_ad"] + state["farm_accepted_bd"]
    frames = sum(kind in ("near", "ad") for kind, _, _ in events)
    assert frames == state["farm_accepted_ad"] + state["farm_discarded"]
