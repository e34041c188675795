"""Time scales: on-board TAI (integer nanoseconds since 2000-01-01T12:00:00 TAI), UTC and TT.

TAI - UTC is the table of leap seconds of IERS Bulletin C (last entry 2017-01-01; none announced since). TT is
TAI + 32.184 s exactly (IAU 1991). UT1 is UTC plus a value that ground uplinks (`orbit.ut1_utc_s`), 0 at start.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right

SECOND_NS = 1_000_000_000
DAY_S = 86_400
TT_MINUS_TAI_S = 32.184
JD_EPOCH = 2_451_545.0  # Julian date of 2000-01-01T12:00:00 in any of the scales
EPOCH_DATE = datetime.date(2000, 1, 1)

# First day (UTC) from which TAI - UTC [s] holds; before 1972-01-01 UTC was not in steps and is not supported.
LEAP_SECONDS: tuple[tuple[tuple[int, int, int], int], ...] = (
    ((1972, 1, 1), 10), ((1972, 7, 1), 11), ((1973, 1, 1), 12), ((1974, 1, 1), 13), ((1975, 1, 1), 14),
    ((1976, 1, 1), 15), ((1977, 1, 1), 16), ((1978, 1, 1), 17), ((1979, 1, 1), 18), ((1980, 1, 1), 19),
    ((1981, 7, 1), 20), ((1982, 7, 1), 21), ((1983, 7, 1), 22), ((1985, 7, 1), 23), ((1988, 1, 1), 24),
    ((1990, 1, 1), 25), ((1991, 1, 1), 26), ((1992, 7, 1), 27), ((1993, 7, 1), 28), ((1994, 7, 1), 29),
    ((1996, 1, 1), 30), ((1997, 7, 1), 31), ((1999, 1, 1), 32), ((2006, 1, 1), 33), ((2009, 1, 1), 34),
    ((2012, 7, 1), 35), ((2015, 7, 1), 36), ((2017, 1, 1), 37),
)  # fmt: skip


def _utc_seconds(year: int, month: int, day: int) -> int:
    """Seconds from 2000-01-01T12:00:00 UTC to 0 h of the date, counting every UTC day as 86 400 s."""
    return (datetime.date(year, month, day) - EPOCH_DATE).days * DAY_S - DAY_S // 2


LEAP_UTC_S: tuple[int, ...] = tuple(_utc_seconds(*date) for date, _ in LEAP_SECONDS)
LEAP_TAI_NS: tuple[int, ...] = tuple(
    (utc + offset) * SECOND_NS for utc, (_, offset) in zip(LEAP_UTC_S, LEAP_SECONDS, strict=True)
)
TAI_MINUS_UTC_S: tuple[int, ...] = tuple(offset for _, offset in LEAP_SECONDS)


class TimeScaleError(ValueError):
    """An instant that the time scales here do not cover."""


def tai_minus_utc_s(t_tai_ns: int) -> int:
    """TAI - UTC [s] at TAI `t_tai_ns`; raise `TimeScaleError` before 1972-01-01 UTC."""
    index = bisect_right(LEAP_TAI_NS, t_tai_ns) - 1
    if index < 0:
        raise TimeScaleError(f"t_tai_ns {t_tai_ns} is before 1972-01-01 UTC: give an instant from then on")
    return TAI_MINUS_UTC_S[index]


def tai_ns_from_utc(utc: datetime.datetime) -> int:
    """TAI [ns since 2000-01-01T12:00:00 TAI] of a UTC date and time.

    A naive `datetime` is taken as UTC. Raise `TimeScaleError` before 1972-01-01.
    """
    if utc.tzinfo is not None:
        utc = utc.astimezone(datetime.UTC)
    of_day_s = utc.hour * 3600 + utc.minute * 60 + utc.second
    utc_s = _utc_seconds(utc.year, utc.month, utc.day) + of_day_s
    index = bisect_right(LEAP_UTC_S, utc_s) - 1
    if index < 0:
        raise TimeScaleError(f"{utc.isoformat()} is before 1972-01-01 UTC: give an instant from then on")
    return (utc_s + TAI_MINUS_UTC_S[index]) * SECOND_NS + utc.microsecond * 1000


def utc_text(t_tai_ns: int) -> str:
    """UTC as ISO 8601 text with milliseconds (truncated); the second is 60 inside a leap second."""
    leap = 0
    index = bisect_right(LEAP_TAI_NS, t_tai_ns + SECOND_NS) - 1
    if index > 0 and LEAP_TAI_NS[index] - SECOND_NS <= t_tai_ns < LEAP_TAI_NS[index]:
        leap = 1  # show the inserted second as :60 of the day that it ends
    utc_ns = t_tai_ns - (tai_minus_utc_s(t_tai_ns) + leap) * SECOND_NS
    seconds, ns = divmod(utc_ns + DAY_S // 2 * SECOND_NS, SECOND_NS)
    day, of_day_s = divmod(seconds, DAY_S)
    date = EPOCH_DATE + datetime.timedelta(days=day)
    hour, minute, second = of_day_s // 3600, of_day_s // 60 % 60, of_day_s % 60 + leap
    return f"{date.isoformat()}T{hour:02d}:{minute:02d}:{second:02d}.{ns // 1_000_000:03d}Z"


def julian_date_utc(t_tai_ns: int) -> tuple[float, float]:
    """UTC as a Julian date in two parts (days at 12 h, fraction in [0, 1)), as SGP4 takes it."""
    days, rest_ns = divmod(t_tai_ns - tai_minus_utc_s(t_tai_ns) * SECOND_NS, DAY_S * SECOND_NS)
    return JD_EPOCH + days, rest_ns / (DAY_S * SECOND_NS)


def julian_date_tt(t_tai_ns: int) -> tuple[float, float]:
    """TT as a Julian date in two parts (days at 12 h, fraction; the fraction may pass 1 by 32 s)."""
    days, rest_ns = divmod(t_tai_ns, DAY_S * SECOND_NS)
    return JD_EPOCH + days, (rest_ns / SECOND_NS + TT_MINUS_TAI_S) / DAY_S
