"""The GNSS driver: UBX framing, time, coordinates, checks."""

from __future__ import annotations

import datetime
import itertools

import erfa
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyubx2 import GET, UBXMessage

from hal.drivers.gnss import GnssDriver, geodetic_to_ecef, ned_to_ecef
from hal.drivers.ubx import HEAD, UbxStream, fletcher8
from hal.handle import Memory
from hal.leap_seconds import tai_minus_utc_s, utc_to_tai_ns
from hal.link_state import GnssLinkState
from hal.samples import GnssSample, UnitHealth
from hal.vehicle.load import load_vehicle

NS = 1_000_000_000
TICK_NS = 100_000_000
START = datetime.datetime(2026, 3, 4, 5, 6, 7)
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def tai_ns(utc: datetime.datetime) -> int:
    """TAI since 2000-01-01T12:00 TAI, by erfa: an independent table of leap seconds."""
    utc1, utc2 = erfa.dtf2d("UTC", utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second)
    tai1, tai2 = erfa.utctai(utc1, utc2)
    return round(((tai1 - 2451545.0) + tai2) * 86400) * NS


def pvt(seconds: float = 0.0, **values: object) -> bytes:
    """A NAV-PVT message, `seconds` after `START`."""
    utc = START + datetime.timedelta(seconds=seconds)
    gps = utc - datetime.datetime(1980, 1, 6) + datetime.timedelta(seconds=18)
    fields = {
        "iTOW": round(gps.total_seconds() % 604800 * 1000 + int(values.get("nano", 0)) / 1e6),
        "year": utc.year, "month": utc.month, "day": utc.day,
        "hour": utc.hour, "min": utc.minute, "second": utc.second,
        "validDate": 1, "validTime": 1, "fullyResolved": 1, "fixType": 3, "gnssFixOk": 1,
        "lat": -33.1234567, "lon": 151.7654321, "height": 507_123_456,
        "velN": 7_400_123, "velE": -1_234_567, "velD": 12_345, "hAcc": 3000, "vAcc": 4000,
    }  # fmt: skip
    return UBXMessage("NAV", "NAV-PVT", GET, **(fields | values)).serialize()


@pytest.fixture
def new_driver(vehicle, memory):
    def make() -> GnssDriver:
        for name in ("samples", "drivers"):
            memory[name][...] = np.zeros((), memory[name].dtype)
        driver = GnssDriver(vehicle, vehicle.device("gnss"))
        driver.bind(memory)
        return driver

    return make


@pytest.fixture
def driver(new_driver):
    return new_driver()


def exchange(driver, t_ns: int, *chunks: bytes) -> None:
    driver.begin(t_ns)
    for chunk in chunks:
        driver.receive(chunk, t_ns)
    driver.end(t_ns)


def test_solution_in_itrf_and_tai(driver, samples):
    exchange(driver, 10_100_000_000, pvt(nano=-123_000_000))
    sample = samples["gnss"]
    lat, lon = np.radians([-33.1234567, 151.7654321])
    pos = erfa.gd2gc(erfa.WGS84, lon, lat, 507123.456)
    np.testing.assert_allclose(sample["pos_e_m"], pos, rtol=0, atol=1e-6)
    north = [-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)]
    east, down = [-np.sin(lon), np.cos(lon), 0], [-np.cos(lat) * np.cos(lon), -np.cos(lat) * np.sin(lon), -np.sin(lat)]
    vel = np.array([north, east, down]).T @ [7400.123, -1234.567, 12.345]
    np.testing.assert_allclose(sample["vel_e_mps"], vel, rtol=0, atol=1e-9)
    assert sample["t_tai_ns"] == tai_ns(START) - 123_000_000
    assert sample["t_ns"] == 10 * NS  # arrival less the declared latency
    assert sample["accuracy_m"] == pytest.approx(5.0)
    assert (sample["new"], sample["valid"], sample["seq"]) == (1, 1, 1)
    exchange(driver, 10_200_000_000)
    assert (sample["new"], sample["valid"]) == (0, 1)


def test_mission_time_follows_tai_through_jitter(driver, samples):
    rng = np.random.default_rng(2)
    errors = []
    for k in range(30):
        arrival_ns = 10 * NS * (k + 1) + TICK_NS * (1 + int(rng.integers(0, 4)))
        exchange(driver, arrival_ns, pvt(10.0 * k))
        errors.append(int(samples["gnss"]["t_ns"]) - 10 * NS * (k + 1))
    assert max(abs(e) for e in errors[3:]) <= TICK_NS
    assert samples["gnss_health"]["samples_stale"] == 0


@pytest.mark.parametrize(
    "day", [datetime.date(*d) for d in ((1972, 1, 1), (1999, 1, 1), (2012, 6, 30), (2012, 7, 1), (2017, 1, 1))]
)
def test_leap_seconds_against_erfa(day):
    assert tai_minus_utc_s(day) == erfa.dat(day.year, day.month, day.day, 0.0)
    noon = datetime.datetime(day.year, day.month, day.day, 12, 34, 56)
    assert utc_to_tai_ns(day, 45296) == tai_ns(noon)


def test_leap_second_itself():
    """The leap second is one second before the next day begins."""
    end = datetime.date(2016, 12, 31)
    assert utc_to_tai_ns(end, 86400) == utc_to_tai_ns(end, 86399) + NS
    assert utc_to_tai_ns(datetime.date(2017, 1, 1), 0) == utc_to_tai_ns(end, 86400) + NS


def test_a_leap_second_that_the_table_lacks_is_taken_from_gps_time(driver, samples):
    utc = START + datetime.timedelta(seconds=-1)  # what the receiver shows after one more leap second
    exchange(driver, NS, pvt(second=utc.second))
    assert samples["gnss"]["t_tai_ns"] == tai_ns(START)


@pytest.mark.parametrize(
    "bad",
    [
        {"validTime": 0}, {"validDate": 0}, {"month": 0}, {"month": 13}, {"day": 31, "month": 2}, {"hour": 25},
        {"iTOW": 0}, {"year": 1971},
    ],
)  # fmt: skip
def test_a_time_that_is_not_resolved_or_contradicts_itself_is_dropped(driver, samples, bad):
    exchange(driver, NS, pvt(**bad))
    assert (samples["gnss"]["new"], samples["gnss_health"]["samples_out_of_range"]) == (0, 1)


@pytest.mark.parametrize(
    ("bad", "counted"),
    [
        ({"fixType": 2}, 0), ({"fixType": 0}, 0), ({"gnssFixOk": 0}, 0), ({"invalidLlh": 1}, 0),
        ({"hAcc": 200_000}, 1), ({"velN": 12_100_000}, 1), ({"height": -30_000_000}, 1),
    ],
)  # fmt: skip
def test_a_solution_without_a_good_fix_is_not_valid(driver, samples, bad, counted):
    exchange(driver, NS, pvt(**bad))
    assert (samples["gnss"]["new"], samples["gnss"]["valid"]) == (1, 0)
    assert samples["gnss_health"]["samples_out_of_range"] == counted


def test_repeated_and_late_solutions_are_stale(driver, samples):
    exchange(driver, 10 * NS, pvt(0))
    exchange(driver, 11 * NS, pvt(0))
    exchange(driver, 22 * NS, pvt(10))
    assert samples["gnss_health"]["samples_stale"] == 2
    exchange(driver, 30 * NS, pvt(20))
    assert samples["gnss"]["new"] == 1


def test_a_receiver_that_was_wrong_at_first_is_believed_when_it_persists(driver, samples):
    exchange(driver, 10 * NS, pvt(86400 * 300))
    accepted = []
    for k in range(4):
        exchange(driver, (20 + 10 * k) * NS, pvt(10 + 10 * k))
        accepted.append(int(samples["gnss"]["new"]))
    assert accepted == [0, 0, 1, 1]
    assert samples["gnss"]["t_tai_ns"] == tai_ns(START + datetime.timedelta(seconds=40))


def test_silence_after_three_periods(driver, samples):
    exchange(driver, 0, pvt(0))
    for tick in range(1, 300):
        exchange(driver, tick * TICK_NS)
    assert samples["gnss_health"]["silent"] == 0
    exchange(driver, 300 * TICK_NS)
    assert (samples["gnss_health"]["silent"], samples["gnss"]["valid"]) == (1, 0)


def test_checksum_is_that_of_pyubx2():
    message = pvt()
    assert message[:6] == HEAD
    assert fletcher8(message[2:-2]) == message[-2:]


@given(st.lists(st.binary(max_size=200), max_size=4), st.integers(0, 100), st.integers(1, 100))
@FUZZ
def test_finds_the_message_after_any_garbage(garbage, keep, piece):
    """Garbage may end in the head of a message, or in a message that is cut off."""
    stream, message = UbxStream(), pvt()
    octets = b"".join(garbage) + message[:keep] + message + message
    found = [m for i in range(0, len(octets), piece) for m in stream.feed(octets[i : i + piece])]
    assert found[-1] == message
    assert len(found) >= 2
    if keep < 100 and HEAD not in b"".join(garbage):
        assert stream.dropped >= (keep > 0 or any(garbage))


@given(st.integers(0, 99), st.integers(1, 255))
@FUZZ
def test_a_changed_octet_is_never_delivered(at, change):
    message = bytearray(pvt())
    message[at] ^= change
    stream = UbxStream()
    assert stream.feed(bytes(message)) == []
    assert stream.feed(pvt()) == [pvt()]


@given(st.binary(min_size=92, max_size=92))
@FUZZ
def test_any_payload_is_judged(new_driver, samples, body):
    """Any payload with a good checksum is accepted or refused, and the next solution is taken."""
    driver = new_driver()
    message = HEAD + body
    exchange(driver, NS, message + fletcher8(message[2:]))
    exchange(driver, 2 * NS, pvt())
    sample = samples["gnss"]
    assert samples["gnss_health"]["frames_ok"] == 2
    assert np.all(np.isfinite(sample["pos_e_m"]))
    assert 0 <= sample["t_ns"] <= 2 * NS


@given(st.lists(st.binary(max_size=300), max_size=5))
@FUZZ
def test_recovers_after_any_garbage(new_driver, samples, garbage):
    driver = new_driver()
    exchange(driver, NS, *garbage)
    exchange(driver, 2 * NS, pvt(), pvt(1))
    assert (samples["gnss"]["new"], samples["gnss"]["valid"]) == (1, 1)


@given(st.floats(-np.pi / 2, np.pi / 2), st.floats(-np.pi, np.pi), st.floats(-1e3, 2e6))
@FUZZ
def test_coordinates_against_erfa(lat, lon, height):
    np.testing.assert_allclose(
        geodetic_to_ecef(lat, lon, height), erfa.gd2gc(erfa.WGS84, lon, lat, height), rtol=0, atol=1e-6
    )
    up = np.array(geodetic_to_ecef(lat, lon, height + 1.0)) - geodetic_to_ecef(lat, lon, height)
    np.testing.assert_allclose(ned_to_ecef(lat, lon, (0.0, 0.0, -1.0)), up, rtol=0, atol=1e-8)


def sentence(text: str) -> bytes:
    """An NMEA sentence, with the checksum of its text."""
    check = 0
    for octet in text.encode():
        check ^= octet
    return f"${text}*{check:02X}\r\n".encode()


GGA = sentence("GNGGA,,,,,,0,00,99.99,,,,,,")
NAV_SAT = UBXMessage("NAV", "NAV-SAT", GET, iTOW=1000, version=1, numSvs=0).serialize()
LONG_UBX = bytes.fromhex("b562 0a04 dc00") + bytes(range(220))
LONG_UBX += fletcher8(LONG_UBX[2:])
RTCM_1005 = bytes.fromhex(
    "d300133ed7d30202980edeef34b4bd62ac0941986f33360b98"
)  # the example of RTCM 10403, message 1005
VEHICLE = load_vehicle()
LAWFUL = (GGA, NAV_SAT, LONG_UBX, RTCM_1005, sentence("PUBX,00"))


def counted(octets: bytes, cuts) -> tuple[int, int]:
    """What the driver counts of a stream cut into reads."""
    memory = Memory({"sample": GnssSample, "health": UnitHealth, "state": GnssLinkState})
    block = memory["health"]
    driver = GnssDriver(VEHICLE, VEHICLE.device("gnss"), sample="sample", health="health", state="state")
    driver.bind(memory)
    driver.begin(NS)
    for start, end in itertools.pairwise([0, *cuts, len(octets)]):
        driver.receive(octets[start:end], NS)
    driver.end(NS)
    return int(block["frames_ok"]), int(block["frames_bad"])


@pytest.mark.parametrize("size", [1, 7, 16, 99, 100, 1000])
def test_lawful_other_messages_are_not_bad_however_they_are_read(size):
    octets = pvt() + GGA * 4 + b"".join(LAWFUL) + pvt(1) + RTCM_1005
    assert counted(octets, range(size, len(octets), size)) == (2, 0)


@pytest.mark.parametrize("message", LAWFUL, ids=["GGA", "NAV-SAT", "long UBX", "RTCM 1005", "PUBX"])
def test_a_damaged_other_message_is_bad_once(message):
    for at in range(len(message)):
        damaged = message[:at] + bytes([message[at] ^ 0x01]) + message[at + 1 :]
        assert counted(GGA + damaged + pvt() + GGA, range(5, 100, 5)) == (1, 1), at
    assert counted(message[:-1] + pvt(), ()) == (1, 1)


BEGINNINGS = [b"$", b"!", b"\xb5", b"\xb5\x62", b"\xd3", HEAD, GGA[:9]]
Traffic = st.lists(
    st.one_of(st.sampled_from([*LAWFUL, pvt(), pvt(1), *BEGINNINGS]), st.binary(max_size=40)), max_size=8
)


@given(Traffic.map(b"".join), st.lists(st.integers(0, 600), max_size=30))
@FUZZ
def test_counts_do_not_depend_on_how_the_stream_is_cut(octets, cuts):
    cuts = sorted({cut for cut in cuts if 0 < cut < len(octets)})
    assert counted(octets, cuts) == counted(octets, ()) == counted(octets, range(1, len(octets)))


def test_what_had_half_arrived_when_the_link_failed_is_dropped_and_counted(driver, samples):
    driver.receive(pvt()[:50], NS)
    driver.fail()
    driver.fail()
    exchange(driver, NS, pvt())
    assert (samples["gnss_health"]["frames_ok"], samples["gnss_health"]["frames_bad"]) == (1, 1)
