"""The `satellite` fixture, used as tests use it: its time, its commands, what it sees."""

import numpy as np
import pytest

from fsw.core.events import EventId, Severity
from fsw.guidance.modes import AdcsMode, SafeReason, SystemMode
from ground.link.telecommands import TelecommandError
from ground.link.telemetry import NotReceivedError, TelemetryError
from ground.pytest_plugin.satellite import NotMetError, TruthError

settled = pytest.mark.smartsat(scenario="nadir")


@settled
def test_nadir_scenario_is_settled_within_a_minute(satellite):
    """PLUG-010: where tests begin: nadir pointing, known and held to what ADCS-020 and ADCS-030 ask for."""
    satellite.advance(minutes=1)
    assert satellite.mode == (SystemMode.NOMINAL, AdcsMode.NADIR, SafeReason.NONE)
    assert satellite.truth["knowledge_deg"] < 0.02
    assert satellite.truth["pointing_deg"] < 0.1
    assert satellite.truth["sunlit"] == 1.0


@settled
def test_time_goes_on_when_the_test_says_so(satellite):
    """PLUG-011: seconds, minutes and hours add up to whole ticks; less than one is refused."""
    satellite.advance(seconds=30, minutes=2, hours=0.01)
    assert satellite.t_s == pytest.approx(186.0)
    satellite.advance(0.1)
    assert satellite.truth["t_ns"] == 186_000_000_000  # the last tick is at the end of the one before
    for wrong in ({}, {"seconds": 0.01}, {"seconds": -5}, {"hours": float("nan")}):
        with pytest.raises(ValueError, match=r"expected at least one tick of 0\.1 s"):
            satellite.advance(**wrong)


@settled
def test_until_stops_at_the_tick_that_meets_the_condition(satellite):
    """PLUG-012: it returns the mission time it took, and fails the test when that is too long."""
    took_s = satellite.until(lambda: satellite.mode.adcs == AdcsMode.NADIR, timeout_s=60)
    assert took_s == pytest.approx(satellite.t_s)
    assert 15.0 < took_s < 20.0
    assert satellite.until(lambda: True, timeout_s=0) == 0.0
    with pytest.raises(NotMetError, match=r"not met within 3 s of mission time: <satellite at .* NOMINAL NADIR>"):
        satellite.until(lambda: satellite.mode.system == SystemMode.SAFE, timeout_s=3)
    assert satellite.t_s == pytest.approx(took_s + 3.0)


REFUSALS = (
    "uplink.tc_rejects", "uplink.tc_unreadable", "pus.destinations_replaced", "tc_frames.tc_rejected",
    "tc_frames.farm_discarded",
)  # fmt: skip


@settled
def test_telemetry_is_what_the_satellite_sent(satellite):
    """PLUG-013: every parameter of every structure, against the pool at the time of its report."""
    pool = satellite.mission.flight.pool
    with pytest.raises(NotReceivedError, match=r"mode\.system: comes with structure 0, every 1 s; no report with it"):
        satellite.telemetry["mode.system"]
    satellite.advance(seconds=40)
    counting = (
        "tm_frames.",
        "tc_frames.",
        "link.",
        "uplink.",
        "downlink.",
        "requests.",
        "pus.",
    )  # go on counting in the tick that samples them
    seen = set()
    for _ in range(700):  # at most a minute until a structure is sampled again: watch it come
        satellite.advance(seconds=0.1)
        now_s = satellite.t_s - 0.1
        for name in set(satellite.telemetry) - seen:
            constant = name.startswith("dictionary.") or name in REFUSALS  # in large reports, a tick later
            if constant or satellite.telemetry.time_s(name) == pytest.approx(now_s, abs=1e-3):
                same = np.array_equal(satellite.telemetry[name], pool[name], equal_nan=True)
                assert same or name.startswith(counting), name
                seen.add(name)
    assert seen == set(satellite.telemetry)
    assert len(seen) > 60
    assert isinstance(satellite.telemetry["mode.adcs"], AdcsMode)


@settled
def test_a_parameter_that_does_not_come_down_is_asked_for(satellite):
    """PLUG-014: a structure of its own, made by telecommand; the name that nobody knows has neighbours."""
    satellite.advance(seconds=2)
    with pytest.raises(TelemetryError, match=r"str_accepted: in no housekeeping structure; telemetry\.request\("):
        satellite.telemetry["attitude.str_accepted"]
    with pytest.raises(TelemetryError, match=r"mode\.sistem: no such parameter; did you mean mode\.system or"):
        satellite.telemetry["mode.sistem"]
    sent = satellite.telemetry.request("attitude.str_accepted", "mode.system", interval_s=3)
    satellite.advance(seconds=8)
    assert sent.completed, sent
    assert satellite.telemetry["attitude.str_accepted"] > 10
    assert satellite.telemetry["mode.system"] is SystemMode.NOMINAL  # of the structure that came last
    with pytest.raises(TelemetryError, match="no such parameter"):
        satellite.telemetry.request("attitude.none")


def test_a_telecommand_says_what_became_of_it(satellite):
    """PLUG-015: accepted and completed, or why not; what cannot be written is refused at once."""
    satellite.advance(seconds=5)
    ping = satellite.telecommand(17, 1)
    nadir = satellite.telecommand("nadir")
    unknown = satellite.telecommand(17, 99, b"abc")
    assert (ping.accepted, ping.completed, ping.failure) == (False, False, "")
    satellite.advance(seconds=2)
    assert ping.accepted and ping.completed, ping
    assert [tm.seq_count for tm in satellite.reports(17, 2)] != []
    assert nadir.accepted and not nadir.completed
    assert "start failed: REFUSED" in str(nadir)
    assert not unknown.accepted
    assert "acceptance failed: ILLEGAL_SUBTYPE (99)" in str(unknown)
    for wrong, words in (
        (("nadr",), r"'nadr': no such function of ST\[08\]; did you mean 'nadir'\?"),
        (("track_target", 1.0), "found 1 arguments, expected 3"),
        (("track_target", "a", "b", "c"), "expected 3 numbers"),
        ((17,), "expected service, subtype and octets"),
        ((17, 1, "text"), "expected service, subtype and octets"),
        ((17, 256), "expected service, subtype and octets"),
    ):
        with pytest.raises(TelecommandError, match=words):
            satellite.telecommand(*wrong)


@settled
def test_events_by_number_and_in_words(satellite):
    """PLUG-016: as received on ground, with their on-board time."""
    satellite.advance(seconds=20)
    satellite.telecommand("enter_safe")
    satellite.advance(seconds=3)
    assert EventId.SAFE_ENTERED in satellite.events
    assert "SAFE entered from NOMINAL, NADIR: GROUND_REQUEST" in satellite.events
    assert EventId.APPLICATION_FAILED not in satellite.events
    assert "no such words" not in satellite.events
    (event,) = satellite.events.of(EventId.SAFE_ENTERED)
    assert event.severity == Severity.HIGH
    assert 20.0 <= event.t_s <= 21.0
    assert event in satellite.events.since(20.0)
    assert "BOOT -> NOMINAL" in satellite.events
    assert "BOOT -> NOMINAL" not in satellite.events.since(20.0)
    assert [e.number for e in satellite.events] == list(range(len(satellite.events)))  # none was dropped
    assert satellite.mode.safe_reason == SafeReason.GROUND_REQUEST


@settled
def test_truth_is_named_and_a_copy(satellite):
    """PLUG-017: the simulator's records, with units in their names; changing a copy changes nothing."""
    satellite.advance(seconds=1)
    before = satellite.truth["rate_bi_b_radps"]
    before[:] = 9.0
    assert np.linalg.norm(satellite.truth["rate_bi_b_radps"]) < 0.01
    assert 0.0 < satellite.truth["power.state_of_charge"] <= 1.0
    assert {"pos_i_m", "q_bi", "gyro.bias_s_radps", "knowledge_deg"} <= set(satellite.truth.names)
    with pytest.raises(TruthError, match="rate_radps: not in the truth; did you mean rate_bi_b_radps"):
        satellite.truth["rate_radps"]
