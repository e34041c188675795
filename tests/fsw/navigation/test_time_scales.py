"""Time scales against pyerfa's leap-second table and calendar."""

import datetime

import erfa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.navigation.time_scales import (
    SECOND_NS,
    TimeScaleError,
    julian_date_tt,
    julian_date_utc,
    tai_minus_utc_s,
    tai_ns_from_utc,
    utc_text,
)

dates = st.datetimes(datetime.datetime(1972, 1, 1), datetime.datetime(2028, 12, 31))


@settings(max_examples=100, deadline=None)
@given(dates)
def test_tai_of_a_date_agrees_with_erfa(when):
    jd, fraction = erfa.dtf2d(
        "UTC", when.year, when.month, when.day, when.hour, when.minute, when.second + when.microsecond * 1e-6
    )
    tai = erfa.utctai(jd, fraction)
    days = (tai[0] - 2451545.0) + tai[1]
    t = tai_ns_from_utc(when)
    assert t * 1e-9 == pytest.approx(days * 86400.0, abs=2e-5)  # a double holds days of 40 years to 2 us
    assert tai_minus_utc_s(t) == erfa.dat(when.year, when.month, when.day, 0.5)
    own = julian_date_utc(t)
    assert (own[0] - jd) + (own[1] - fraction) == pytest.approx(0.0, abs=1.2e-5)  # erfa stretches leap days
    tt = erfa.taitt(*tai)
    own_tt = julian_date_tt(t)
    assert (own_tt[0] - tt[0]) + (own_tt[1] - tt[1]) == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(dates)
def test_text_reads_back(when):
    """The UTC text of a time, read by `datetime`, gives the time to the millisecond."""
    text = utc_text(tai_ns_from_utc(when))
    assert datetime.datetime.fromisoformat(text.rstrip("Z")) == when.replace(
        microsecond=when.microsecond // 1000 * 1000
    )


def test_a_leap_second_is_second_60_of_its_day():
    before = tai_ns_from_utc(datetime.datetime(2016, 12, 31, 23, 59, 59, tzinfo=datetime.UTC))
    after = tai_ns_from_utc(datetime.datetime(2017, 1, 1, tzinfo=datetime.UTC))
    assert after - before == 2 * SECOND_NS
    assert utc_text(before + 3 * SECOND_NS // 2) == "2016-12-31T23:59:60.500Z"
    assert utc_text(after - 1) == "2016-12-31T23:59:60.999Z"
    assert utc_text(after) == "2017-01-01T00:00:00.000Z"
    assert (tai_minus_utc_s(after - 1), tai_minus_utc_s(after)) == (36, 37)


def test_the_epoch_is_noon_in_tai_and_an_offset_is_respected():
    assert utc_text(0) == "2000-01-01T11:59:28.000Z"
    cest = datetime.timezone(datetime.timedelta(hours=2))
    assert tai_ns_from_utc(datetime.datetime(2020, 6, 1, 2, tzinfo=cest)) == tai_ns_from_utc(
        datetime.datetime(2020, 6, 1, tzinfo=datetime.UTC)
    )


def test_instants_before_1972_are_refused():
    with pytest.raises(TimeScaleError, match="before 1972-01-01 UTC"):
        tai_ns_from_utc(datetime.datetime(1971, 12, 31, tzinfo=datetime.UTC))
    with pytest.raises(TimeScaleError, match="before 1972-01-01 UTC"):
        tai_minus_utc_s(-900_000_000 * SECOND_NS)
