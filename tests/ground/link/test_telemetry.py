"""GND-TM: the latest value of a parameter is that of the latest report, in whatever order reports come."""

from __future__ import annotations

import struct

import pytest

from ccsds.packets import TmPacket
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from ground.link.telemetry import LATE_S, Telemetry

NS = 1_000_000_000
NAME = "executive.ticks"
APID = 100


def report(seconds: float, value: int) -> bytes:
    return TmPacket(APID, 0, 3, 25, round(seconds * NS), struct.pack(">Hq", 0, value)).encode()


@pytest.fixture(scope="module")
def parameter():
    return Pool(flight_sections()).parameter(NAME)


@pytest.fixture
def telemetry(parameter):
    assert parameter.dtype.itemsize == 8
    return Telemetry((parameter,), ((0, 1, (NAME,)),), 0, lambda *_: None)


def test_a_report_that_comes_late_changes_no_value(telemetry):
    for seconds in (1000.0, 1002.0, 1001.0, 1002.0):
        telemetry.receive(report(seconds, int(seconds)))
    assert (telemetry[NAME], telemetry.time_s(NAME)) == (1002, 1002.0)
    assert (telemetry.reports, telemetry.reports_late) == (4, 1)


@pytest.mark.parametrize("back_s", [LATE_S + 0.001, 1000.0])
def test_after_the_satellites_time_was_set_back_its_reports_are_the_latest(telemetry, back_s):
    telemetry.receive(report(2000.0, 1))
    telemetry.receive(report(2000.0 - back_s, 2))
    assert (telemetry[NAME], telemetry.reports_late) == (2, 0)
