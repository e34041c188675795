"""GNSS receiver: its octets parsed by pyubx2, converted back, against the truth."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from pyubx2 import UBXReader

from hal.vehicle.load import load_vehicle
from sim.devices.gnss._gnss import Gnss

SPEC = load_vehicle().device("gnss")
A_M, F = 6378137.0, 1 / 298.257223563
J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)


def ecef(lat, lon, height):
    """WGS 84 geodetic to ITRF, closed form."""
    e2 = F * (2 - F)
    n = A_M / math.sqrt(1 - e2 * math.sin(lat) ** 2)
    return np.array([(n + height) * math.cos(lat) * math.cos(lon), (n + height) * math.cos(lat) * math.sin(lon),
                     (n * (1 - e2) + height) * math.sin(lat)])  # fmt: skip


def ned_axes(lat, lon):
    """Rows: north, east, down in ITRF."""
    sp, cp, sl, cl = math.sin(lat), math.cos(lat), math.sin(lon), math.cos(lon)
    return np.array([[-sp * cl, -sp * sl, cp], [-sl, cl, 0.0], [-cp * cl, -cp * sl, -sp]])


def tai_ns(utc, tai_minus_utc_s):
    return (int((utc - J2000).total_seconds()) + tai_minus_utc_s) * 10**9


def parse(octets):
    return UBXReader.parse(octets)


def back(message):
    """ITRF position and velocity of a parsed message."""
    lat, lon = math.radians(message.lat), math.radians(message.lon)
    pos = ecef(lat, lon, message.height * 1e-3)
    vel = ned_axes(lat, lon).T @ (np.array([message.velN, message.velE, message.velD]) * 1e-3)
    return pos, vel


CASES = [
    (0.0, 0.0, 500e3),
    (0.9, 2.0, 507e3),
    (-1.2, -2.9, 495e3),
    (math.pi / 2 - 1e-9, 0.3, 510e3),
    (0.3, 3.14159, 1e3),
]


@pytest.mark.parametrize("place", CASES)
def test_pyubx2_reads_back_position_and_velocity_within_quantisation(helpers, place):
    device = Gnss(SPEC, 1, helpers.only(Gnss))
    pos = ecef(*place)
    vel = np.array([-5123.4567, 4321.0987, -3456.7891])
    message = parse(device.read(helpers.truth(pos_e_m=pos, vel_e_mps=vel, t_tai_ns=0)))
    assert message.identity == "NAV-PVT"
    assert (message.fixType, message.gnssFixOk, message.validDate, message.validTime) == (3, 1, 1, 1)
    pos_back, vel_back = back(message)
    assert np.linalg.norm(pos_back - pos) < 0.0112  # 1e-7 deg is 11 mm, half of it in two directions, and 1 mm
    assert np.abs(vel_back - vel).max() < 1.5e-3
    speed_ne = np.linalg.norm(ned_axes(*place[:2])[:2] @ vel)
    assert message.gSpeed * 1e-3 == pytest.approx(speed_ne, abs=1e-2)


@pytest.mark.parametrize(
    ("utc", "offset"),
    [
        (datetime(2019, 11, 18, 14, 0, 0, tzinfo=UTC), 37),
        (datetime(2000, 1, 1, 0, 0, 0, tzinfo=UTC), 32),
        (datetime(2016, 2, 29, 23, 59, 59, tzinfo=UTC), 36),
        (datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC), 36),
        (datetime(2017, 1, 1, 0, 0, 0, tzinfo=UTC), 37),
        (datetime(2031, 3, 1, 6, 7, 8, tzinfo=UTC), 37),
    ],
)
def test_utc_and_time_of_week(helpers, utc, offset):
    device = Gnss(SPEC, 1, helpers.only(Gnss))
    m = parse(device.read(helpers.truth(t_tai_ns=tai_ns(utc, offset) + 123_456_789)))
    assert (m.year, m.month, m.day, m.hour, m.min, m.second) == (
        utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second)  # fmt: skip
    assert m.nano == 123_456_789
    gps = utc + timedelta(seconds=offset - 19) - datetime(1980, 1, 6, tzinfo=UTC)
    assert m.iTOW == (int(gps.total_seconds()) * 1000 + 123) % (7 * 86400 * 1000)


def test_a_leap_second_reads_sixty(helpers):
    device = Gnss(SPEC, 1, helpers.only(Gnss))
    before = tai_ns(datetime(2017, 1, 1, tzinfo=UTC), 36)
    m = parse(device.read(helpers.truth(t_tai_ns=before)))
    assert (m.year, m.month, m.day, m.hour, m.min, m.second) == (2016, 12, 31, 23, 59, 60)


def test_fractions_past_half_a_second_count_back_from_the_next(helpers):
    device = Gnss(SPEC, 1, helpers.only(Gnss))
    late = tai_ns(datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC), 37) + 600_000_000
    m = parse(device.read(helpers.truth(t_tai_ns=late)))
    assert (m.year, m.month, m.day, m.hour, m.min, m.second, m.nano) == (2020, 1, 1, 0, 0, 0, -400_000_000)


def test_noise_has_the_declared_sigma_per_axis(helpers):
    device = Gnss(SPEC, 2, helpers.only(Gnss, "noise"))
    pos, vel = ecef(0.4, 1.0, 500e3), np.array([7000.0, 1000.0, -2000.0])
    found = []
    for k in range(2000):
        truth = helpers.truth(t_ns=k * SPEC.period_s * 10**9, pos_e_m=pos, vel_e_mps=vel)
        found.append(np.concatenate(back(parse(device.read(truth)))))
    errors = np.array(found) - np.concatenate((pos, vel))
    sigma = np.array([SPEC.noise_position_m] * 3 + [SPEC.noise_velocity_mps] * 3)
    assert np.mean(errors**2, axis=0) / sigma**2 == pytest.approx(np.ones(6), abs=5 * math.sqrt(2 / 2000))
    off = np.corrcoef(errors.T)[np.triu_indices(6, 1)]
    np.testing.assert_allclose(off, 0.0, atol=5 / math.sqrt(2000))


def test_solutions_come_each_period_after_the_latency(helpers):
    device = Gnss(SPEC, 3, helpers.only(Gnss, "latency"))
    arrivals = []
    for k in range(251):
        octets = device.read(helpers.truth(t_ns=k * 10**8, t_tai_ns=k * 10**8))
        if octets:
            arrivals.append((k, parse(octets).iTOW))
    first = 1000 * ((630763200 - 19) % 604800)
    assert arrivals == [(1, first), (101, first + 10_000), (201, first + 20_000)]


def test_a_silent_receiver_sends_nothing(helpers):
    device = Gnss(SPEC, 4, helpers.only(Gnss))
    device.silent = True
    assert device.read(helpers.truth()) == b""
