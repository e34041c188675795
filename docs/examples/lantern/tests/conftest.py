"""The lantern in its night pass, settled: what most of its tests begin with."""

import pytest

from fsw.guidance.modes import AdcsMode


@pytest.fixture
def lantern(satellite):
    """The satellite in nadir pointing, half a minute before the eclipse at the latest."""
    satellite.until(lambda: satellite.mode.adcs == AdcsMode.NADIR, timeout_s=30)
    return satellite
