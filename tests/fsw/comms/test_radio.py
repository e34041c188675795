"""COM: the radio link as flight uses it: everything crosses, and is noted for the recorder."""

import pytest

from fsw.recorder._recording import digest_octets
from fsw.recorder.radio import NotedRadio
from hal.links.link import LinkError
from hal.links.loop import LoopLink
from hal.octets import RADIO, Direction


class Exchange:
    """The part of `hal.exchange.exchange.Exchange` that is written to."""

    def __init__(self):
        self.octets = []


@pytest.fixture
def ends():
    exchange = Exchange()
    near, far = LoopLink.pair()
    return NotedRadio(near, exchange), far, exchange.octets


def test_the_downlink_crosses_and_is_noted_by_its_digest(ends):
    radio, far, noted = ends
    radio.write(b"telemetry")
    assert far.read() == b"telemetry"
    assert noted == [(RADIO, Direction.OUT, digest_octets(b"telemetry"))]
    assert len(noted[0][2]) == 8


def test_the_uplink_crosses_and_is_noted_as_it_is_when_there_is_some(ends):
    radio, far, noted = ends
    assert (radio.read(), noted) == (b"", [])
    far.write(b"telecommand")
    assert radio.read() == b"telecommand"
    assert noted == [(RADIO, Direction.IN, b"telecommand")]


def test_what_the_link_refuses_is_noted_as_refused(ends):
    radio, far, noted = ends
    radio.close()
    with pytest.raises(LinkError):
        radio.write(b"telemetry")
    with pytest.raises(LinkError):
        radio.read()
    assert noted == [
        (RADIO, Direction.OUT_FAILED, digest_octets(b"telemetry")), (RADIO, Direction.IN_FAILED, b""),
    ]  # fmt: skip
    assert far.read() == b""
