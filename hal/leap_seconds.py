"""UTC to TAI.

The table is that of IERS Bulletin C (list of UTC steps since 1972); a UTC day after its last entry has the last
entry's difference. Epoch of `t_tai_ns` everywhere in the house: 2000-01-01T12:00:00 TAI.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right

EPOCH = datetime.date(2000, 1, 1)
NS = 1_000_000_000
HALF_DAY_S = 43200
DAY_S = 86400

# (first UTC day, TAI - UTC in seconds from its 00:00 UTC)
TAI_MINUS_UTC_S = (
    ((1972, 1, 1), 10), ((1972, 7, 1), 11), ((1973, 1, 1), 12), ((1974, 1, 1), 13), ((1975, 1, 1), 14),
    ((1976, 1, 1), 15), ((1977, 1, 1), 16), ((1978, 1, 1), 17), ((1979, 1, 1), 18), ((1980, 1, 1), 19),
    ((1981, 7, 1), 20), ((1982, 7, 1), 21), ((1983, 7, 1), 22), ((1985, 7, 1), 23), ((1988, 1, 1), 24),
    ((1990, 1, 1), 25), ((1991, 1, 1), 26), ((1992, 7, 1), 27), ((1993, 7, 1), 28), ((1994, 7, 1), 29),
    ((1996, 1, 1), 30), ((1997, 7, 1), 31), ((1999, 1, 1), 32), ((2006, 1, 1), 33), ((2009, 1, 1), 34),
    ((2012, 7, 1), 35), ((2015, 7, 1), 36), ((2017, 1, 1), 37),
)  # fmt: skip
_FIRST_DAYS = [datetime.date(*day).toordinal() for day, _ in TAI_MINUS_UTC_S]


def tai_minus_utc_s(day: datetime.date) -> int:
    """Return TAI - UTC [s] on a UTC day; raise `ValueError` before 1972, when UTC had no whole-second steps."""
    i = bisect_right(_FIRST_DAYS, day.toordinal())
    if i == 0:
        raise ValueError(f"UTC day {day}: expected 1972-01-01 or later")
    return TAI_MINUS_UTC_S[i - 1][1]


def utc_to_tai_ns(day: datetime.date, second_of_day: int, nanosecond: int = 0) -> int:
    """Return `t_tai_ns` of a UTC time; second 86400 is the leap second at the end of `day`."""
    days = day.toordinal() - EPOCH.toordinal()
    return (days * DAY_S + second_of_day - HALF_DAY_S + tai_minus_utc_s(day)) * NS + nanosecond
