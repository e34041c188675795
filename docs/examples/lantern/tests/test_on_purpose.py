"""A test that fails, to show what that looks like: `pytest -m on_purpose`."""

import pytest

from fsw.guidance.modes import SystemMode


@pytest.mark.on_purpose
@pytest.mark.smartsat(vehicle="../lantern.toml", scenario="../scenarios/night.toml", seed=4)
def test_the_lantern_needs_no_board(lantern):
    """LAN-099: the satellite stays NOMINAL without its ADCS board. (It does not.)"""
    lantern.inject("adcs.link", "disconnect")
    lantern.advance(seconds=10)
    assert lantern.mode.system == SystemMode.NOMINAL
