"""DRV-11: the base class for drivers of extension units: framing, octets out, times, caught exceptions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.devices.device import Device
from hal.drivers.framing import SyncFraming, crc16_ok
from hal.drivers.unit import UnitDriver
from hal.handle import Memory
from hal.link_state import UnitLinkState
from hal.packet import crc16, encode_frame
from hal.record import Record, field
from hal.samples import DeviceHealth, Sample
from hal.schema import key
from hal.vehicle.load import load_vehicle

VEHICLE = load_vehicle()
FRAMING = SyncFraming(b"\xaa\x55\xaa", 9)
OCTETS = st.binary(max_size=40) | st.lists(st.sampled_from([b"\xaa", b"\x55", b"\xaa\x55\xaa", b"x"])).map(b"".join)


class Thermometer(Sample):
    temperature_k = field("f8", unit="K", doc="temperature")


class Samples(Record):
    unit = field(Thermometer)
    unit_health = field(DeviceHealth)


class Drivers(Record):
    unit = field(UnitLinkState)


@dataclass(frozen=True)
class Settings(Device):
    limit_k: float = key(default=400.0)


def settings(**keys):
    return Settings(kind="thermometer", name="unit", **keys)


class Block:
    """The records of a unit, by what they are to its driver."""

    def __init__(self, memory):
        self.memory = memory
        self.of = {
            "sample": memory["samples"]["unit"], "health": memory["samples"]["unit_health"],
            "link": memory["drivers"]["unit"],
        }  # fmt: skip

    def __getitem__(self, name):
        return self.of[name] if name in self.of else self.of["health"][name]


class PacketDriver(UnitDriver):
    """Speaks the frames of the boards: one octet of temperature, APID 7; asks every second tick."""

    def take_message(self, message, now_ns):
        apid, _, seq, payload = message
        if apid != 7 or len(payload) != 1:
            self.refuse()
            return
        if payload[0] > self.settings.limit_k:
            raise ZeroDivisionError
        self.deliver(now_ns, seq, valid=payload[0] > 0, temperature_k=float(payload[0]))

    def octets_out(self, t_ns):
        if t_ns == 700:
            raise KeyError(t_ns)
        return b"?" if t_ns % 200 == 0 else None


def frame(body):
    octets = FRAMING.sync + bytes(body)
    return octets + crc16(octets).to_bytes(2, "big")


def bound(settings):
    memory = Memory({"samples": Samples, "drivers": Drivers})
    driver = PacketDriver(VEHICLE, settings)
    driver.bind(memory)
    return Block(memory), driver


@pytest.fixture
def bench():
    return bound(settings(limit_k=100.0))


@given(st.lists(OCTETS | st.binary(min_size=4, max_size=4).map(frame), max_size=8))
def test_every_octet_is_in_a_frame_dropped_or_waits(pieces):
    """Against a search of the whole stream at every place; however it is cut, the same frames are found."""
    stream = b"".join(pieces)
    expected, at = [], 0
    while at < len(stream):
        candidate = stream[at : at + 9]
        good = len(candidate) == 9 and candidate.startswith(FRAMING.sync) and crc16_ok(candidate)
        expected += [candidate] if good else []
        at += 9 if good else 1
    frames, dropped, rest = [], 0, b""
    for piece in pieces:
        found = FRAMING.split(rest + piece)
        assert (found.runs > 0) == (found.dropped > 0)
        assert found.runs <= found.dropped
        frames, dropped, rest = frames + found.frames, dropped + found.dropped, found.rest
        assert len(rest) < FRAMING.size
        assert FRAMING.sync.startswith(rest[:3]) or rest.startswith(FRAMING.sync)
    assert frames == expected
    assert len(stream) == 9 * len(frames) + dropped + len(rest)


@given(OCTETS, st.binary(min_size=4, max_size=4))
def test_a_frame_after_any_garbage_is_found(garbage, body):
    good = frame(body)
    stream = garbage + good
    if stream.find(good) == len(garbage) and not any(crc16_ok(stream[i : i + 9]) for i in range(len(garbage))):
        assert FRAMING.split(stream).frames == [good]


@pytest.mark.parametrize(("sync", "size"), [(b"", 9), (b"abc", 3), (b"a", 2000)])
def test_a_framing_that_cannot_be_is_refused(sync, size):
    with pytest.raises(ValueError, match="expected 0 < marker < frame <= 1030"):
        SyncFraming(sync, size)


def test_packets_are_taken_refused_or_cost_themselves_only(bench):
    block, driver = bench
    driver.begin(100)
    octets = b"".join(encode_frame(apid, 0, seq, bytes([value])) for apid, seq, value in (
        (7, 1, 20), (7, 2, 200), (8, 3, 30), (7, 4, 40),
    ))  # fmt: skip
    driver.receive(octets[:13] + b"\x03\x00", 100)
    driver.receive(octets, 100)
    driver.end(100)
    assert (block["sample"]["seq"], block["sample"]["temperature_k"], block["sample"]["valid"]) == (4, 40.0, 1)
    assert block["driver_errors"] == 1
    health = block["health"]
    assert (health["frames_ok"], health["frames_bad"], health["silent_ticks"]) == (4, 2, 0)


def test_an_exception_distrusts_the_sample_and_is_told(bench):
    block, driver = bench
    told = []
    driver.on_error = lambda count, error: told.append((count, type(error)))
    driver.receive(encode_frame(7, 0, 1, b"\x20"), 100)
    assert block["sample"]["valid"] == 1
    driver.receive(encode_frame(7, 0, 2, b"\xff"), 200)
    assert (block["sample"]["valid"], told) == (0, [(1, ZeroDivisionError)])


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_never_valid(bench, number):
    block, driver = bench
    driver.deliver(100, 1, valid=True, temperature_k=number)
    assert (block["sample"]["valid"], block["health"]["samples_out_of_range"]) == (0, 1)
    driver.deliver(200, 2, valid=True, temperature_k=280.0)
    assert (block["sample"]["valid"], block["health"]["samples_out_of_range"]) == (1, 1)


def test_octets_out_are_asked_for_in_every_exchange(bench):
    block, driver = bench
    assert [driver.send(t_ns) for t_ns in (100, 200, 300, 400, 700)] == [None, b"?", None, b"?", None]
    assert block["driver_errors"] == 1


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_any_octets_leave_a_driver_that_works(pieces):
    block, driver = bound(settings())
    for piece in pieces:
        driver.receive(piece, 100)
    driver.receive(b"\x00" + encode_frame(7, 0, 9, b"\x2a"), 100)
    assert (block["sample"]["temperature_k"], block["sample"]["seq"]) == (42.0, 9)


def test_times_of_validity_follow_the_units_clock(bench):
    """A clock that is 1 s ahead and 50 ppm fast, arrivals late by 0 to 40 ms: within 5 ms after a minute."""
    _, driver = bench
    rng = np.random.default_rng(1)
    errors = []
    for k in range(1200):
        t_ns = k * 100_000_000
        unit_ns = 1_000_000_000 + t_ns + t_ns * 50 // 1_000_000
        found = driver.time_of(unit_ns, t_ns + int(rng.integers(0, 40_000_000)))
        errors.append(abs(found - t_ns))
    assert max(errors[600:]) < 5_000_000


@pytest.mark.parametrize("unit_ns", [-1, 2**62 + 1, 0])
def test_a_time_that_cannot_be_is_stale(bench, unit_ns):
    block, driver = bench
    assert driver.time_of(1000, 2000) == 2000
    assert driver.time_of(unit_ns, 3000) is None
    assert block["health"]["samples_stale"] == 1


@pytest.mark.parametrize("missing", ["samples.unit", "samples.unit_health", "drivers.unit"])
def test_records_without_what_a_driver_needs_are_refused(missing):
    section, _, name = missing.partition(".")
    records = {"samples": Samples, "drivers": Drivers}
    left = {f.name: field(f.kind) for f in records[section].fields if f.name != name}
    memory = Memory(records | {section: type("Broken", (Record,), left)})
    with pytest.raises(TypeError, match=f"{section}: Broken has no field '{name}'"):
        PacketDriver(VEHICLE, settings()).bind(memory)
