"""The sensor's octets: any of them, in any pieces, are taken or counted, and the next good report is delivered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.handle import Memory
from hal.link_state import UnitLinkState
from hal.record import Record, field
from hal.samples import DeviceHealth
from hal.vehicle.load import load_vehicle
from my_device.driver import MyDeviceDriver
from my_device.kind import MyDevice
from my_device.protocol import COUNT_RAD, FRAMING, Report, Status, decode, direction, encode
from my_device.sample import MyDeviceSample

SETTINGS = MyDevice(
    kind="my_device.kind:KIND", name="my_device", q_sb=(0.0, 0.0, 0.0, 1.0), rate_hz=5, half_angle_rad=1.05,
    noise_rad=0.0,
)  # fmt: skip
VEHICLE = load_vehicle()
REPORTS = st.builds(
    Report,
    unit_us=st.integers(0, 2**52),
    counter=st.integers(0, 2**16 - 1),
    status=st.sampled_from([Status(0), Status.SUN_SEEN]),
    angles_rad=st.tuples(*[st.integers(-20000, 20000).map(lambda n: n * COUNT_RAD)] * 2),
)
ALWAYS_THE_SAME = settings(derandomize=True, deadline=None)  # cases, on a machine of any speed


class Samples(Record):
    my_device = field(MyDeviceSample)
    my_device_health = field(DeviceHealth)


class Drivers(Record):
    my_device = field(UnitLinkState)


class Bench:
    """A driver with records of its own."""

    def __init__(self):
        memory = Memory({"samples": Samples, "drivers": Drivers})
        self.sample, self.health = memory["samples"]["my_device"], memory["samples"]["my_device_health"]
        self.link = memory["drivers"]["my_device"]
        self.driver = MyDeviceDriver(VEHICLE, SETTINGS)
        self.driver.bind(memory)
        self.tick = 0

    def exchange(self, *pieces):
        self.tick += 1
        t_ns = self.tick * 100_000_000
        self.driver.begin(t_ns)
        for piece in pieces:
            self.driver.receive(piece, t_ns)
        self.driver.end(t_ns)
        return self.sample


@ALWAYS_THE_SAME
@given(REPORTS)
def test_a_report_survives_the_link(report):
    again = decode(encode(report))
    assert (again.unit_us, again.counter, again.status) == (report.unit_us, report.counter, report.status)
    assert again.angles_rad == pytest.approx(report.angles_rad, abs=COUNT_RAD / 2)


@ALWAYS_THE_SAME
@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_octets_are_counted_and_the_next_report_is_taken(pieces):
    """Also when the garbage ends with the beginning of a report: the first whole report after it is delivered."""
    bench = Bench()
    bench.exchange(*pieces)
    health, link = bench.health, bench.link
    octets = sum(map(len, pieces))
    assert octets == FRAMING.size * health["frames_ok"] + bench.health["octets_dropped"] + link["stream"]["size"]
    sample = bench.exchange(encode(Report(5_000_000, 7, Status.SUN_SEEN, (0.1, -0.2))))
    assert (sample["new"], sample["valid"], sample["seq"]) == (1, 1, 7)
    np.testing.assert_allclose(sample["sun_s"], direction((0.1, -0.2)), atol=COUNT_RAD)
    assert bench.health["driver_errors"] == 0


@ALWAYS_THE_SAME
@given(REPORTS, st.integers(0, 18), st.integers(1, 255))
def test_a_damaged_report_is_dropped(report, place, mask):
    damaged = bytearray(encode(report))
    damaged[place] ^= mask
    bench = Bench()
    assert bench.exchange(bytes(damaged))["new"] == 0


@ALWAYS_THE_SAME
@given(REPORTS, st.lists(st.integers(0, 19), min_size=1, max_size=6))
def test_a_report_may_come_in_pieces(report, cuts):
    octets, places = encode(report), sorted({0, *cuts, 19})
    bench = Bench()
    for start, end in zip(places[:-1], places[1:], strict=True):
        sample = bench.exchange(octets[start:end])
    assert sample["new"] == 1
    assert bench.health["octets_dropped"] == 0


def test_an_old_report_is_stale_and_a_restarted_sensor_is_believed():
    bench = Bench()
    for k in range(3):
        assert bench.exchange(encode(Report(90_000_000 + 100_000 * k, k, Status.SUN_SEEN, (0.0, 0.0))))["new"] == 1
    taken = [
        int(bench.exchange(encode(Report(1_000_000 + 100_000 * k, k, Status.SUN_SEEN, (0.0, 0.0))))["new"])
        for k in range(4)
    ]
    assert taken == [0, 0, 1, 1]
    assert bench.health["samples_stale"] == 2


def test_silence_is_not_vouched_for():
    bench = Bench()
    bench.exchange(encode(Report(0, 0, Status.SUN_SEEN, (0.0, 0.0))))
    valid = [int(bench.exchange()["valid"]) for _ in range(12)]
    assert valid[:9] == [1] * 9
    assert valid[10:] == [0, 0]
