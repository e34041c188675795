"""What the lantern is for: to be seen at night."""

import math

import pytest
from lantern.sim.lamp import illuminance_lx

from fsw.core.events import EventId
from fsw.guidance.modes import SafeReason, SystemMode

pytestmark = pytest.mark.smartsat(vehicle="../lantern.toml", scenario="../scenarios/night.toml")
VISIBLE_LX = 4e-6  # a bright star is 2e-6


def seen_lx(satellite):
    """Illuminance on the ground below the satellite, by what is true of it."""
    error_rad = math.radians(satellite.truth["pointing_deg"])
    return illuminance_lx(satellite.truth["altitude_m"], error_rad)


def test_the_lamp_is_seen_in_the_eclipse(lantern):
    """LAN-010: in the Earth's shadow the lamp outshines every star but the Sun."""
    lantern.until(lambda: lantern.truth["sunlit"] == 0.0, timeout_s=120)
    lantern.advance(seconds=5)
    assert seen_lx(lantern) > VISIBLE_LX
    assert lantern.telemetry["navigation.altitude_m"] == pytest.approx(lantern.truth["altitude_m"], abs=5e3)


def test_a_silent_board_ends_in_safe_mode(lantern):
    """LAN-020: without its ADCS board the satellite is in SAFE within ten seconds, and says why."""
    injection = lantern.inject("adcs.link", "disconnect")
    lantern.advance(seconds=10)
    assert lantern.mode.system == SystemMode.SAFE
    assert lantern.telemetry["mode.safe_reason"] == SafeReason.BOARD_SILENT
    assert EventId.SAFE_ENTERED in lantern.events
    lantern.clear(injection)
    back = lantern.telecommand(17, 1)
    lantern.advance(seconds=3)
    assert back.completed, back
