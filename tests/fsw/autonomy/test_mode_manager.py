"""The mode manager against its requirements: each test is one of them."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.autonomy.exclusions import Exclusions
from fsw.autonomy.mode_manager import ModeManager
from fsw.autonomy.monitors import Action
from fsw.autonomy.requests import Refusal
from fsw.autonomy.transitions import RATE_UNKNOWN_S, TRANSITIONS
from fsw.control.sections import ControlSection
from fsw.core.events import EventId, EventQueue
from fsw.core.executive import Executive
from fsw.core.parameters import ParameterStore
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.core.requests import RequestQueue
from fsw.core.sections import ExecutiveSection, TimeSection
from fsw.dictionary.event_words import describe
from fsw.estimation.sections import AttitudeSection
from fsw.guidance.modes import AdcsMode, SafeReason, SystemMode
from fsw.guidance.sections import GuidanceSection, ModeSection
from fsw.navigation.sections import NavigationSection
from hal.samples import BoardIdentity
from hal.vehicle.functions import Function
from hal.vehicle.load import load_vehicle
from tests.fsw.sections import SamplesSection

VEHICLE = load_vehicle()
FINE_HOLD_S = VEHICLE.autonomy.fine_hold_s
DEG = math.pi / 180
HERE = (0.8, 0.1, 0.0)
LOW, HIGH = -0.5, 0.5


class Satellite:
    """The mode manager with the sections that the other applications would write."""

    def __init__(self):
        self.pool = Pool(flight_sections())
        self.events = EventQueue(self.pool)
        self.parameters = ParameterStore(self.pool, VEHICLE, self.events)
        self.exclusions = Exclusions(self.pool, VEHICLE, self.events)
        self.requests = RequestQueue()
        self.manager = ModeManager(self.pool, VEHICLE, self.events, self.exclusions, self.requests)
        self.time = self.pool.array(TimeSection)
        self.samples = self.pool.array(SamplesSection)
        self.attitude = self.pool.array(AttitudeSection)
        self.navigation = self.pool.array(NavigationSection)
        self.guidance = self.pool.array(GuidanceSection)
        self.control = self.pool.array(ControlSection)
        self.samples["power"]["valid"], self.samples["power"]["state_of_charge"] = 1, 0.8
        self.samples["power"]["bus_voltage_v"], self.samples["power"]["switches"] = 15.0, 1
        self.attitude["rate_valid"] = 1
        self.rate_dps = 5.0
        self.pool.array(AttitudeSection)["sigma_rad"] = 1.0
        self.control["error_rad"] = 1.0
        self.guidance["target_elevation_rad"] = LOW
        self.tick = 0

    @property
    def rate_dps(self):
        return self.attitude["rate_bi_b_radps"][0] / DEG

    @rate_dps.setter
    def rate_dps(self, value):
        self.attitude["rate_bi_b_radps"] = (value * DEG * 0.6, -value * DEG * 0.8, 0.0)

    @property
    def mode(self):
        return self.pool["mode.system"], self.pool["mode.adcs"]

    def advance(self, seconds):
        for _ in range(round(seconds * 10)):
            self.tick += 1
            self.time["t_ns"] = self.tick * 100_000_000
            self.manager.step()
        return self

    def boards_answer(self):
        for name in ("adcs_health", "eps_health"):
            self.samples[name]["identity"] = BoardIdentity.ACCEPTED
        return self

    def boot(self):
        return self.boards_answer().advance(1.2)

    def detumble(self):
        self.boot().rate_dps = 0.2
        return self.advance(10.2)

    def know(self):
        self.attitude["valid"], self.attitude["sigma_rad"] = 1, 1e-3
        self.navigation["valid"] = 1
        return self

    def nadir(self):
        self.detumble().know().control["error_rad"] = 0.01
        return self.advance(FINE_HOLD_S + 0.3)

    def ids(self):
        return [e.id for e in self.events.drain()]


@pytest.fixture
def satellite():
    return Satellite()


def test_boot_waits_until_both_boards_answer_and_are_the_expected_ones(satellite):
    satellite.advance(3)
    assert satellite.mode == (SystemMode.BOOT, AdcsMode.IDLE)
    satellite.samples["adcs_health"]["identity"] = BoardIdentity.ACCEPTED
    satellite.advance(3)
    assert satellite.mode == (SystemMode.BOOT, AdcsMode.IDLE)
    satellite.samples["eps_health"]["identity"] = BoardIdentity.ACCEPTED
    satellite.advance(0.9)
    assert satellite.mode == (SystemMode.BOOT, AdcsMode.IDLE)
    satellite.advance(0.3)
    assert satellite.mode == (SystemMode.NOMINAL, AdcsMode.DETUMBLE)
    assert satellite.ids() == [EventId.SYSTEM_MODE_CHANGED, EventId.ADCS_MODE_CHANGED]
    assert satellite.pool["mode.system_since_ns"] == satellite.pool["mode.adcs_since_ns"] == 4_100_000_000 + 3 * 10**9


def test_a_silent_board_does_not_count_as_the_expected_one(satellite):
    satellite.boards_answer().samples["eps_health"]["silent"] = 1
    assert satellite.advance(4).mode == (SystemMode.BOOT, AdcsMode.IDLE)


def test_detumbling_ends_when_the_rate_has_been_low_for_ten_seconds(satellite):
    satellite.boot().rate_dps = 0.9
    satellite.advance(9)
    satellite.rate_dps = 1.1
    satellite.advance(0.1)
    satellite.rate_dps = 0.9
    satellite.advance(9.9)
    assert satellite.mode[1] is AdcsMode.DETUMBLE
    satellite.advance(0.4)
    assert satellite.mode == (SystemMode.NOMINAL, AdcsMode.SUN_POINTING)


def test_a_rate_that_is_not_known_does_not_end_detumbling_but_leads_to_safe(satellite):
    satellite.boot().rate_dps = 0.1
    satellite.attitude["rate_valid"] = 0
    assert satellite.advance(RATE_UNKNOWN_S - 0.1).mode == (SystemMode.NOMINAL, AdcsMode.DETUMBLE)
    assert satellite.advance(0.3).mode == (SystemMode.SAFE, AdcsMode.DETUMBLE)
    assert satellite.pool["mode.safe_reason"] is SafeReason.RATE_UNKNOWN
    assert satellite.manager.request(Function.LEAVE_SAFE).reason is Refusal.STILL_UNSAFE
    satellite.attitude["rate_valid"] = 1
    satellite.advance(0.1)
    assert satellite.manager.request(Function.LEAVE_SAFE).accepted


@pytest.mark.parametrize("spoil", [
    lambda s: s.attitude.__setitem__("valid", 0),
    lambda s: s.attitude.__setitem__("sigma_rad", 0.006),
    lambda s: s.navigation.__setitem__("valid", 0),
    lambda s: s.control.__setitem__("error_rad", 0.06),
    lambda s: s.guidance.__setitem__("slewing", 1),
])  # fmt: skip
def test_nadir_needs_fine_attitude_navigation_and_a_settled_sun_pointing(spoil):
    good, bad = Satellite(), Satellite()
    for satellite in (good, bad):
        satellite.detumble().know().control["error_rad"] = 0.01
    spoil(bad)
    good.advance(FINE_HOLD_S - 1)
    assert good.mode[1] is AdcsMode.SUN_POINTING
    assert good.advance(2).mode == (SystemMode.NOMINAL, AdcsMode.NADIR)
    assert bad.advance(FINE_HOLD_S + 240).mode[1] is AdcsMode.SUN_POINTING


def test_a_target_is_tracked_until_it_has_been_seen_and_has_set(satellite):
    satellite.nadir()
    result = satellite.manager.request(Function.TRACK_TARGET, HERE)
    assert (result.accepted, result.reason, result.text) == (True, Refusal.NONE, "")
    assert satellite.mode[1] is AdcsMode.TARGET
    assert (satellite.pool["mode.target_lat_rad"], satellite.pool["mode.target_lon_rad"]) == HERE[:2]
    assert satellite.advance(100).mode[1] is AdcsMode.TARGET  # not yet risen
    satellite.guidance["target_elevation_rad"] = HIGH
    assert satellite.advance(100).mode[1] is AdcsMode.TARGET
    satellite.guidance["target_elevation_rad"] = LOW
    satellite.events.drain()
    assert satellite.advance(0.5).mode[1] is AdcsMode.NADIR
    assert satellite.ids() == [EventId.TARGET_SET, EventId.ADCS_MODE_CHANGED]


def test_another_target_starts_anew(satellite):
    satellite.nadir().manager.request(Function.TRACK_TARGET, HERE)
    satellite.guidance["target_elevation_rad"] = HIGH
    satellite.advance(10).manager.request(Function.TRACK_TARGET, (-0.8, 2.0, 10.0))
    satellite.guidance["target_elevation_rad"] = LOW
    assert satellite.advance(50).mode[1] is AdcsMode.TARGET
    satellite.guidance["target_elevation_rad"] = HIGH
    satellite.advance(50)
    satellite.guidance["target_elevation_rad"] = LOW
    assert satellite.advance(0.5).mode[1] is AdcsMode.NADIR


def test_a_target_that_is_up_at_the_request_is_seen(satellite):
    satellite.nadir().guidance["target_elevation_rad"] = HIGH
    satellite.manager.request(Function.TRACK_TARGET, HERE)
    assert satellite.advance(5).mode[1] is AdcsMode.TARGET
    satellite.guidance["target_elevation_rad"] = LOW
    assert satellite.advance(0.5).mode[1] is AdcsMode.NADIR


@pytest.mark.parametrize(("fault", "clear", "seconds", "reason"), [
    (lambda s: s.samples["adcs_health"].__setitem__("silent_ticks", 51),
     lambda s: s.samples["adcs_health"].__setitem__("silent_ticks", 0), 0.1, SafeReason.BOARD_SILENT),
    (lambda s: s.samples["eps_health"].__setitem__("silent_ticks", 51),
     lambda s: s.samples["eps_health"].__setitem__("silent_ticks", 0), 0.1, SafeReason.BOARD_SILENT),
    (lambda s: setattr(s, "rate_dps", 16.0), lambda s: setattr(s, "rate_dps", 0.1), 5.1, SafeReason.EXCESSIVE_RATE),
    (lambda s: s.samples["power"].__setitem__("state_of_charge", 0.24),
     lambda s: s.samples["power"].__setitem__("state_of_charge", 0.9), 30.1, SafeReason.LOW_BATTERY),
    (lambda s: s.pool.array(ExecutiveSection).__setitem__("failed", 1),
     lambda s: s.pool.array(ExecutiveSection).__setitem__("failed", 0), 0.1, SafeReason.APPLICATION_FAILED),
])  # fmt: skip
def test_what_is_unsafe_leads_to_safe_with_its_reason_and_ground_leads_out(fault, clear, seconds, reason):
    satellite = Satellite().nadir()
    fault(satellite)
    satellite.events.drain()
    satellite.advance(seconds - 0.1)
    assert satellite.mode == (SystemMode.NOMINAL, AdcsMode.NADIR)
    satellite.advance(0.1)
    assert satellite.mode == (SystemMode.SAFE, AdcsMode.DETUMBLE)
    assert satellite.pool["mode.safe_reason"] is reason
    texts = [describe(e.id, e.values) for e in satellite.events.drain()]
    assert f"SAFE entered from NOMINAL, NADIR: {reason.name}" in texts
    refused = satellite.manager.request(Function.LEAVE_SAFE)
    assert (refused.accepted, refused.reason) == (False, Refusal.STILL_UNSAFE)
    clear(satellite)
    satellite.advance(20)
    assert satellite.mode == (SystemMode.SAFE, AdcsMode.SUN_POINTING)
    assert satellite.advance(300).mode == (SystemMode.SAFE, AdcsMode.SUN_POINTING)  # no payload mode in SAFE
    assert satellite.manager.request(Function.LEAVE_SAFE).accepted
    assert satellite.mode == (SystemMode.NOMINAL, AdcsMode.DETUMBLE)
    assert satellite.advance(100).mode == (SystemMode.NOMINAL, AdcsMode.NADIR)


def test_the_initial_tumble_is_not_unsafe(satellite):
    """14 deg/s after separation lead to DETUMBLE and not to SAFE."""
    satellite.boot().rate_dps = 14.0
    assert satellite.advance(600).mode == (SystemMode.NOMINAL, AdcsMode.DETUMBLE)


def test_boards_that_never_answer_lead_to_safe(satellite):
    for tick in range(60):
        satellite.samples["adcs_health"]["silent_ticks"] = tick
        satellite.advance(0.1)
    assert satellite.mode[0] is SystemMode.SAFE
    assert satellite.pool["mode.safe_reason"] is SafeReason.BOARD_SILENT


def test_dropped_gyro_samples_do_not_hide_an_excessive_rate(satellite):
    satellite.nadir().rate_dps = 20.0
    for tick in range(60):
        satellite.attitude["rate_valid"] = tick % 7 != 0
        satellite.advance(0.1)
    assert satellite.mode[0] is SystemMode.SAFE


def test_a_second_fault_in_safe_keeps_the_first_reason(satellite):
    satellite.nadir().samples["adcs_health"]["silent_ticks"] = 60
    satellite.advance(1).samples["power"]["state_of_charge"] = 0.1
    satellite.advance(60)
    assert satellite.pool["mode.safe_reason"] is SafeReason.BOARD_SILENT


@pytest.mark.parametrize("mode", [Function.NADIR, Function.TRACK_TARGET, Function.HOLD_INERTIAL])
def test_fine_modes_end_when_the_rate_is_high_or_the_attitude_is_lost(mode):
    arguments = {Function.TRACK_TARGET: HERE, Function.HOLD_INERTIAL: (0, 0, 0, 1)}.get(mode, ())
    satellite = Satellite().nadir()
    satellite.manager.request(mode, arguments)
    satellite.rate_dps = 4.0
    satellite.advance(9.9)
    assert satellite.mode[1] is not AdcsMode.DETUMBLE
    assert satellite.advance(0.3).mode == (SystemMode.NOMINAL, AdcsMode.DETUMBLE)
    satellite.rate_dps = 0.1
    assert satellite.advance(100).mode[1] is AdcsMode.NADIR  # acquired again
    satellite.manager.request(mode, arguments)
    satellite.attitude["valid"] = 0
    satellite.advance(59)
    assert satellite.mode[1] is not AdcsMode.SUN_POINTING
    assert satellite.advance(1.2).mode[1] is AdcsMode.SUN_POINTING


def test_a_mode_that_ground_asked_for_is_held(satellite):
    satellite.nadir()
    assert satellite.manager.request(Function.SUN_POINTING).accepted
    assert satellite.advance(500).mode[1] is AdcsMode.SUN_POINTING
    assert satellite.manager.request(Function.HOLD_INERTIAL, (0.6, 0.0, 0.0, 0.8)).accepted
    assert satellite.pool["mode.q_bi_inertial"].tolist() == pytest.approx([0.6, 0, 0, 0.8])
    assert satellite.advance(500).mode[1] is AdcsMode.INERTIAL
    assert satellite.manager.request(Function.IDLE).accepted
    assert satellite.advance(500).mode[1] is AdcsMode.IDLE
    assert satellite.manager.request(Function.DETUMBLE).accepted  # and that starts the acquisition again
    assert satellite.advance(500).mode[1] is AdcsMode.NADIR


def test_ground_may_ask_for_safe_at_any_time(satellite):
    assert satellite.manager.request(Function.ENTER_SAFE).accepted
    assert satellite.mode == (SystemMode.SAFE, AdcsMode.DETUMBLE)
    assert satellite.pool["mode.safe_reason"] is SafeReason.GROUND_REQUEST
    assert satellite.manager.request(Function.ENTER_SAFE).accepted


NAN = math.nan


@pytest.mark.parametrize(("prepare", "request_", "arguments", "reason"), [
    (Satellite.nadir, 99, (), Refusal.UNKNOWN_REQUEST),
    (Satellite.nadir, 0, (), Refusal.UNKNOWN_REQUEST),
    (Satellite.nadir, Function.NADIR, (1.0,), Refusal.BAD_ARGUMENT),
    (Satellite.nadir, Function.ENTER_SAFE, (1.0,), Refusal.BAD_ARGUMENT),
    (Satellite.nadir, Function.TRACK_TARGET, (), Refusal.BAD_ARGUMENT),
    (Satellite.nadir, Function.TRACK_TARGET, (1.6, 0.0, 0.0), Refusal.BAD_ARGUMENT),
    (Satellite.nadir, Function.TRACK_TARGET, (0.0, 7.0, 0.0), Refusal.BAD_ARGUMENT),
    (Satellite.nadir, Function.TRACK_TARGET, (0.0, 0.0, 2e4), Refusal.BAD_ARGUMENT),
    (Satellite.nadir, Function.TRACK_TARGET, (NAN, 0.0, 0.0), Refusal.BAD_ARGUMENT),
    (Satellite.nadir, Function.HOLD_INERTIAL, (0, 0, 0, 1.01), Refusal.BAD_ARGUMENT),
    (Satellite.nadir, Function.LEAVE_SAFE, (), Refusal.WRONG_SYSTEM_MODE),
    (lambda s: s, Function.DETUMBLE, (), Refusal.WRONG_SYSTEM_MODE),
    (lambda s: s, Function.LEAVE_SAFE, (), Refusal.WRONG_SYSTEM_MODE),
    (lambda s: s.nadir().manager.request(Function.ENTER_SAFE), Function.NADIR, (), Refusal.WRONG_SYSTEM_MODE),
    (Satellite.boot, Function.SUN_POINTING, (), Refusal.RATE_TOO_HIGH),
    (Satellite.detumble, Function.HOLD_INERTIAL, (0, 0, 0, 1), Refusal.ATTITUDE_INVALID),
    (Satellite.detumble, Function.NADIR, (), Refusal.ATTITUDE_INVALID),
    (lambda s: s.detumble().attitude.__setitem__("valid", 1), Function.TRACK_TARGET, HERE, Refusal.NAVIGATION_INVALID),
])  # fmt: skip
def test_a_request_that_cannot_be_carried_out_is_refused_and_changes_nothing(prepare, request_, arguments, reason):
    satellite = Satellite()
    prepare(satellite)
    satellite.advance(0.1)
    before = satellite.pool.array(ModeSection).tobytes()
    satellite.events.drain()
    result = satellite.manager.request(request_, arguments)
    assert (result.accepted, result.reason) == (False, reason)
    assert result.text
    assert satellite.pool.array(ModeSection).tobytes() == before
    (event,) = satellite.events.drain()
    assert (event.id, event.values) == (EventId.REQUEST_REFUSED, (request_, reason))
    assert satellite.pool["autonomy.requests_refused"] == 1


def test_every_transition_names_monitors_that_exist(satellite):
    monitors = satellite.manager.monitors.monitors
    assert all(set(t.guard) <= {m.name for m in monitors} for t in TRANSITIONS)
    given = {SafeReason(m.argument) for m in monitors if m.action is Action.SAFE}
    assert given == set(SafeReason) - {SafeReason.NONE, SafeReason.GROUND_REQUEST}


def test_a_parameter_changed_in_flight_moves_the_guard(satellite):
    satellite.boot().rate_dps = 1.5
    assert satellite.advance(30).mode[1] is AdcsMode.DETUMBLE
    satellite.parameters.set("detumble_exit_radps", 2.0 * DEG)
    assert satellite.advance(10.3).mode[1] is AdcsMode.SUN_POINTING


class Clock:
    def now_ns(self):
        return 0


def test_a_mode_manager_that_fails_three_times_leaves_the_satellite_in_safe(satellite, monkeypatch):
    satellite.nadir()
    executive = Executive(
        satellite.pool, [("mode_manager", satellite.manager, 1)], Clock(), satellite.events, base_hz=10
    )
    monkeypatch.setattr(satellite.manager, "_check", lambda: 1 // 0)
    executive.run(2)
    assert satellite.mode[0] is SystemMode.NOMINAL
    executive.tick()
    assert satellite.mode == (SystemMode.SAFE, AdcsMode.DETUMBLE)
    assert satellite.pool["mode.safe_reason"] is SafeReason.APPLICATION_FAILED
    assert "ZeroDivisionError" in executive.tracebacks["mode_manager"]


def test_a_snapshot_carries_every_condition_on():
    one = Satellite().nadir()
    one.manager.request(Function.TRACK_TARGET, HERE)
    one.guidance["target_elevation_rad"] = HIGH
    one.advance(3)
    two = Satellite()
    two.pool.restore(one.pool.snapshot())
    two.tick = one.tick
    for satellite in (one, two):
        satellite.guidance["target_elevation_rad"] = LOW
        satellite.advance(3)
    assert one.mode == two.mode == (SystemMode.NOMINAL, AdcsMode.NADIR)
    assert one.pool.snapshot() == two.pool.snapshot()


@settings(max_examples=60)
@given(st.lists(st.one_of(
    st.tuples(st.just("request"), st.integers(-1, 9), st.lists(st.floats(), max_size=4)),
    st.tuples(st.just("request"), st.just(4), st.just(list(HERE))),
    st.tuples(st.just("rate"), st.sampled_from([0.1, 2.0, 4.0, 20.0]), st.none()),
    st.tuples(st.just("attitude"), st.booleans(), st.none()),
    st.tuples(st.just("elevation"), st.sampled_from([LOW, HIGH]), st.none()),
    st.tuples(st.just("silent"), st.sampled_from([0, 60]), st.none()),
    st.tuples(st.just("wait"), st.integers(1, 70), st.none()),
), max_size=25))  # fmt: skip
def test_whatever_happens_modes_stay_consistent(steps):
    """In SAFE only DETUMBLE and SUN_POINTING; no payload mode without attitude; every change is an event."""
    satellite = Satellite().nadir()
    satellite.events.drain()
    for kind, value, arguments in steps:
        before, transitions = satellite.mode, satellite.pool["autonomy.transitions"]
        if kind == "request":
            result = satellite.manager.request(value, arguments)
            assert result.accepted == (result.reason is Refusal.NONE)
        elif kind == "rate":
            satellite.rate_dps = value
        elif kind == "attitude":
            satellite.attitude["valid"] = value
        elif kind == "elevation":
            satellite.guidance["target_elevation_rad"] = value
        elif kind == "silent":
            satellite.samples["adcs_health"]["silent_ticks"] = value
        else:
            satellite.advance(value)
        system, adcs = satellite.mode
        assert system in (SystemMode.SAFE, SystemMode.NOMINAL)
        if system is SystemMode.SAFE:
            assert adcs in (AdcsMode.DETUMBLE, AdcsMode.SUN_POINTING)
            assert satellite.pool["mode.safe_reason"] is not SafeReason.NONE
        changes = (EventId.SYSTEM_MODE_CHANGED, EventId.ADCS_MODE_CHANGED)
        told = [e for e in satellite.events.drain() if e.id in changes]
        assert len(told) == satellite.pool["autonomy.transitions"] - transitions
        assert told or before == satellite.mode
