"""OPS: what operators rely on, in any world: `pytest tests/sil/test_operations.py --smartsat-hal qemu`."""

import pytest

from fsw.core.events import EventId
from fsw.guidance.modes import AdcsMode, SafeReason, SystemMode

pytestmark = pytest.mark.smartsat(scenario="nadir")


@pytest.fixture
def nadir(satellite):
    """The satellite in nadir pointing, settled."""
    satellite.advance(minutes=1)
    assert satellite.mode == (SystemMode.NOMINAL, AdcsMode.NADIR, SafeReason.NONE)
    return satellite


@pytest.mark.parametrize("board", ["adcs", "eps"])
def test_a_silent_board_leads_to_safe_and_ground_leads_back(nadir, board):
    """OPS-010: a board silent for 5 s enters SAFE, with the reason in telemetry; back, it is left by telecommand."""
    injection = nadir.inject(f"{board}.link", "disconnect")
    took_s = nadir.until(lambda: nadir.mode.system == SystemMode.SAFE, timeout_s=10)
    assert took_s > 5.0
    assert nadir.mode.safe_reason == SafeReason.BOARD_SILENT
    assert len(nadir.events.of(EventId.SAFE_ENTERED)) == 1
    refused = nadir.telecommand("leave_safe")
    nadir.advance(seconds=2)
    assert refused.failure
    nadir.clear(injection)
    nadir.advance(seconds=5)
    left = nadir.telecommand("leave_safe")
    nadir.advance(seconds=3)
    assert left.completed, left
    assert nadir.mode.system == SystemMode.NOMINAL


def test_a_dead_star_tracker_leaves_it_in_nadir_pointing(nadir):
    """OPS-020: five minutes without star tracker cost accuracy (ADCS-050), not the mode."""
    nadir.inject("star_tracker.link", "disconnect", duration_s=300)
    nadir.advance(minutes=5)
    assert nadir.mode.adcs == AdcsMode.NADIR
    assert nadir.telemetry["attitude.str_age_s"] > 250
    assert nadir.truth["knowledge_deg"] < 0.3


def test_a_target_is_tracked_and_left(nadir):
    """OPS-030: TC[8,1] track_target is obeyed at once, and nadir again."""
    place = nadir.telemetry["navigation.latitude_rad"], nadir.telemetry["navigation.longitude_rad"], 0.0
    tracked = nadir.telecommand("track_target", *place)
    nadir.until(lambda: nadir.mode.adcs == AdcsMode.TARGET, timeout_s=3)
    assert tracked.completed, tracked
    back = nadir.telecommand("nadir")
    nadir.until(lambda: nadir.mode.adcs == AdcsMode.NADIR and nadir.truth["pointing_deg"] < 0.1, timeout_s=300)
    assert back.completed, back
