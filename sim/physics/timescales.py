"""Time scales of the truth: TAI is the coordinate, an integer of nanoseconds since 2000-01-01T12:00:00 TAI.

UTC is TAI less the leap seconds of IERS Bulletin C; TT is TAI + 32.184 s. A leap second itself has no own name in
`datetime`: it reads as the first second of the next day.
"""

from __future__ import annotations

import bisect
from datetime import UTC, datetime, timedelta

from sim.physics.options import PhysicsError

NS = 1_000_000_000
TT_TAI_NS = 32_184_000_000
# TAI - UTC [s] from each date on (IERS Bulletin C; none announced since 2017).
LEAP_SECONDS = (
    ("1972-01-01", 10), ("1972-07-01", 11), ("1973-01-01", 12), ("1974-01-01", 13), ("1975-01-01", 14),
    ("1976-01-01", 15), ("1977-01-01", 16), ("1978-01-01", 17), ("1979-01-01", 18), ("1980-01-01", 19),
    ("1981-07-01", 20), ("1982-07-01", 21), ("1983-07-01", 22), ("1985-07-01", 23), ("1988-01-01", 24),
    ("1990-01-01", 25), ("1991-01-01", 26), ("1992-07-01", 27), ("1993-07-01", 28), ("1994-07-01", 29),
    ("1996-01-01", 30), ("1997-07-01", 31), ("1999-01-01", 32), ("2006-01-01", 33), ("2009-01-01", 34),
    ("2012-07-01", 35), ("2015-07-01", 36), ("2017-01-01", 37),
)  # fmt: skip
_EPOCH = datetime(2000, 1, 1, 12, tzinfo=UTC)


def _label_ns(utc: datetime) -> int:
    """Return the nanoseconds between the calendar readings `utc` and 2000-01-01T12:00:00."""
    delta = utc - _EPOCH
    return (delta.days * 86400 + delta.seconds) * NS + delta.microseconds * 1000


_STARTS_UTC_NS = [_label_ns(datetime.fromisoformat(day).replace(tzinfo=UTC)) for day, _ in LEAP_SECONDS]
_STARTS_TAI_NS = [t + s * NS for t, (_, s) in zip(_STARTS_UTC_NS, LEAP_SECONDS, strict=True)]


def tai_minus_utc_s(t_tai_ns: int) -> int:
    """Return TAI - UTC in seconds at `t_tai_ns`; raise `PhysicsError` before 1972."""
    index = bisect.bisect_right(_STARTS_TAI_NS, t_tai_ns) - 1
    if index < 0:
        raise PhysicsError(f"t_tai_ns: found {t_tai_ns}, expected a time after 1972-01-01, when leap seconds began")
    return LEAP_SECONDS[index][1]


def tai_from_utc(utc: datetime) -> int:
    """Return TAI nanoseconds of an aware `datetime`; raise `PhysicsError` if it is naive or before 1972."""
    if utc.tzinfo is None:
        raise PhysicsError(f"utc: found the naive time {utc.isoformat()}, expected one with its zone, such as +00:00")
    label = _label_ns(utc)
    index = bisect.bisect_right(_STARTS_UTC_NS, label) - 1
    if index < 0:
        raise PhysicsError(f"utc: found {utc.isoformat()}, expected a time after 1972-01-01, when leap seconds began")
    return label + LEAP_SECONDS[index][1] * NS


def utc_from_tai(t_tai_ns: int) -> datetime:
    """Return UTC, rounded down to a microsecond."""
    return _EPOCH + timedelta(microseconds=(t_tai_ns - tai_minus_utc_s(t_tai_ns) * NS) // 1000)


def tai_from_utc_jd(jd: float, fraction: float) -> int:
    """Return TAI nanoseconds of a UTC Julian date in two parts, to the microsecond; for example of a TLE's epoch."""
    label = round((jd - 2451545.0) * 86400e6) + round(fraction * 86400e6)
    return tai_from_utc(_EPOCH + timedelta(microseconds=label))


def jd_tt(t_tai_ns: int) -> tuple[float, float]:
    """Return the TT Julian date in two parts whose sum is exact to nanoseconds."""
    days, rest = divmod(t_tai_ns + TT_TAI_NS, 86400 * NS)
    return 2451545.0 + days, rest / (86400 * NS)
