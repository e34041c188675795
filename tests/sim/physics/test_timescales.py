from datetime import UTC, datetime, timedelta, timezone

import erfa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.physics.options import PhysicsError
from sim.physics.timescales import (
    LEAP_SECONDS,
    NS,
    jd_tt,
    tai_from_utc,
    tai_from_utc_jd,
    tai_minus_utc_s,
    utc_from_tai,
)  # fmt: skip


def test_the_epoch_is_noon_tai():
    assert tai_from_utc(datetime(2000, 1, 1, 11, 59, 28, tzinfo=UTC)) == 0


@pytest.mark.parametrize(("day", "seconds"), LEAP_SECONDS)
def test_leap_seconds_agree_with_erfa(day, seconds):
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    t = tai_from_utc(start)
    assert tai_minus_utc_s(t) == seconds == erfa.dat(start.year, start.month, 1, 0.0)
    if seconds > 10:
        assert tai_minus_utc_s(t - 1) == seconds - 1
        assert t - tai_from_utc(start - timedelta(seconds=1)) == 2 * NS


def test_the_leap_second_reads_as_the_next_days_first():
    midnight = datetime(2017, 1, 1, tzinfo=UTC)
    t = tai_from_utc(midnight)
    assert utc_from_tai(t - NS) == utc_from_tai(t) == midnight
    assert utc_from_tai(t - NS - 1000) == midnight - timedelta(microseconds=1)


@settings(max_examples=50)
@given(st.datetimes(datetime(1972, 1, 1), datetime(2100, 1, 1)))
def test_utc_to_tai_and_back(naive):
    utc = naive.replace(tzinfo=UTC)
    assert utc_from_tai(tai_from_utc(utc)) == utc


def test_zones_are_respected():
    east = datetime(2020, 5, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    assert tai_from_utc(east) == tai_from_utc(datetime(2020, 5, 1, 12, tzinfo=UTC))


def test_julian_dates():
    """Julian dates of TT and UTC agree with ERFA and a published TLE epoch."""
    t = tai_from_utc(datetime(2019, 11, 18, 13, 13, 19, 94880, tzinfo=UTC))
    assert tai_from_utc_jd(2458805.5, 0.55091545) == pytest.approx(t, abs=1000)
    utc1, utc2 = erfa.dtf2d("UTC", 2019, 11, 18, 13, 13, 19.09488)
    tt1, tt2 = erfa.taitt(*erfa.utctai(utc1, utc2))
    whole, part = jd_tt(t)
    assert ((whole - tt1) + (part - tt2)) * 86400 == pytest.approx(0.0, abs=1e-6)


def test_what_cannot_be_told_is_refused():
    """Times before 1972 and times without a zone are refused in one line."""
    with pytest.raises(PhysicsError, match="naive time"):
        tai_from_utc(datetime(2020, 1, 1))
    with pytest.raises(PhysicsError, match="after 1972"):
        tai_from_utc(datetime(1960, 1, 1, tzinfo=UTC))
    with pytest.raises(PhysicsError, match="after 1972"):
        tai_minus_utc_s(-(10**18) * 2)
