"""The exchange: order, deadlines, late answers, failing links, and what crossed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from pyubx2 import GET, UBXMessage

from fsw.control.sections import CommandSection
from hal.exchange.exchange import Exchange
from hal.handle import Memory
from hal.links.link import LinkError
from hal.links.loop import LoopLink
from hal.octets import Direction
from hal.record import Record, field
from hal.samples import GyroSample
from hal.wire import Apid
from tests.fsw.sections import DriversSection

MS = 1_000_000
TICK_NS = 100 * MS
ADCS, EPS, STAR_TRACKER, GNSS = range(4)


class SteppedClock:
    """Stands still except in `sleep_until`, where the world moves on, as the simulator's does."""

    def __init__(self) -> None:
        self.t_ns = 0
        self.sleeps: list[int] = []
        self.world: list = []

    def now_ns(self) -> int:
        return self.t_ns

    def sleep_until(self, t_ns: int) -> None:
        self.sleeps.append(t_ns)
        self.t_ns = max(self.t_ns, t_ns)
        for act in self.world:
            act(self.t_ns)


class RunningClock(SteppedClock):
    """Moves on by itself: 10 us a reading."""

    def now_ns(self) -> int:
        self.t_ns += 10_000
        return self.t_ns


@dataclasses.dataclass
class Rig:
    """An exchange on loops; `far` are the devices' ends."""

    exchange: Exchange
    clock: SteppedClock
    far: dict[str, LoopLink]
    near: dict[str, LoopLink]
    samples: object
    command: object

    def answer_when(self, name: str, t_ns: int, octets: bytes) -> None:
        """Let the device at link `name` send `octets` once the clock reaches `t_ns`."""
        pending = [octets]

        def act(now_ns: int) -> None:
            if now_ns >= t_ns and pending:
                self.far[name].write(pending.pop())

        self.clock.world.append(act)


@pytest.fixture
def new_rig(vehicle, memory, samples, command):
    def make(clock: SteppedClock, **replaced_links) -> Rig:
        pairs = {name: LoopLink.pair(f"loop://{name}") for name in vehicle.links}
        near = {name: a for name, (a, _) in pairs.items()} | replaced_links
        exchange = Exchange(vehicle, near, clock, memory)
        return Rig(exchange, clock, {name: b for name, (_, b) in pairs.items()}, near, samples, command)

    return make


@pytest.fixture
def rig(new_rig):
    return new_rig(SteppedClock())


def test_commands_leave_before_the_tick_and_answers_come_back(rig, adcs_device, eps_device, parse_frames):
    seen = []
    rig.clock.world.append(lambda t_ns: seen.append((t_ns, rig.far["adcs"].read(), rig.far["eps"].read())))
    rig.answer_when("adcs", TICK_NS, adcs_device.report(magnetometer_counts=[1, 2, 3]))
    rig.answer_when("eps", TICK_NS, eps_device.report(bus_mv=14000, temperature_ck=29000))
    rig.exchange.exchange(TICK_NS)
    ((t_ns, adcs, eps),) = seen
    assert t_ns == TICK_NS
    assert [a for a, *_ in parse_frames(adcs)] == [Apid.CONFIG, Apid.IDENTIFY, Apid.COMMAND]
    assert [a - 0x100 for a, *_ in parse_frames(eps)] == [Apid.CONFIG, Apid.IDENTIFY, Apid.COMMAND]
    assert (rig.samples["magnetometer"]["new"], rig.samples["magnetometer"]["t_ns"]) == (1, TICK_NS)
    assert rig.samples["power"]["bus_voltage_v"] == pytest.approx(14.0)


def test_what_crossed_is_listed(rig, adcs_device):
    """`octets` lists all octets of an exchange, with link and direction, in order."""
    frame = adcs_device.report()
    rig.answer_when("adcs", TICK_NS, frame)
    rig.exchange.exchange(TICK_NS)
    first = rig.exchange.octets
    assert [(i, d) for i, d, _ in first] == [(ADCS, Direction.OUT), (EPS, Direction.OUT), (ADCS, Direction.IN)]
    assert first[0][2] == rig.far["adcs"].read()
    assert first[2][2] == frame
    rig.exchange.exchange(2 * TICK_NS)
    assert [(i, d) for i, d, _ in rig.exchange.octets] == [(ADCS, Direction.OUT)]
    assert len(first) == 3


def test_units_are_read_too(rig, star_tracker_frame):
    t_ns = 10_100 * MS
    rig.answer_when("star_tracker", t_ns, star_tracker_frame(10_000 * MS))
    solution = UBXMessage(
        "NAV", "NAV-PVT", GET, iTOW=277585000, year=2026, month=3, day=4, hour=5, min=6, second=7, validDate=1,
        validTime=1, fixType=3, gnssFixOk=1, lat=10.0, lon=20.0, height=500_000_000, hAcc=1000, vAcc=1000,
    )  # fmt: skip
    rig.answer_when("gnss", t_ns, solution.serialize())
    rig.exchange.exchange(t_ns)
    assert (rig.samples["star_tracker"]["valid"], rig.samples["gnss"]["valid"]) == (1, 1)
    assert {i for i, d, _ in rig.exchange.octets if d == Direction.IN} == {STAR_TRACKER, GNSS}
    rig.exchange.exchange(t_ns + TICK_NS)
    assert (rig.samples["star_tracker"]["new"], rig.samples["gnss"]["new"]) == (0, 0)


def test_a_stepped_clock_is_never_waited_on(rig):
    for tick in range(1, 4):
        rig.exchange.exchange(tick * TICK_NS)
    assert rig.clock.sleeps == [TICK_NS, 2 * TICK_NS, 3 * TICK_NS]
    assert rig.samples["adcs_health"]["silent_ticks"] == 3


def test_a_running_clock_waits_for_the_answer(new_rig, adcs_device, eps_device):
    rig = new_rig(RunningClock())
    rig.answer_when("adcs", TICK_NS + 12 * MS, adcs_device.report())
    rig.answer_when("eps", TICK_NS + 3 * MS, eps_device.report())
    rig.exchange.exchange(TICK_NS)
    assert (rig.samples["gyro"]["new"], rig.samples["power"]["new"]) == (1, 1)
    assert TICK_NS + 12 * MS <= rig.clock.t_ns <= TICK_NS + 14 * MS
    assert len(rig.clock.sleeps) <= 15


def test_a_running_clock_waits_no_longer_than_the_deadline(new_rig, adcs_device, eps_device):
    rig = new_rig(RunningClock())
    rig.answer_when("eps", TICK_NS, eps_device.report())
    rig.answer_when("adcs", TICK_NS + 41 * MS, adcs_device.report(magnetometer_counts=[7, 0, 0]))
    rig.exchange.exchange(TICK_NS)
    assert rig.samples["magnetometer"]["new"] == 0
    assert TICK_NS + 40 * MS <= rig.clock.t_ns <= TICK_NS + 41 * MS
    rig.answer_when("adcs", 2 * TICK_NS, adcs_device.report(magnetometer_counts=[8, 0, 0]))
    rig.exchange.exchange(2 * TICK_NS)
    assert rig.samples["magnetometer"]["mag_s_tesla"][0] == pytest.approx(8 * 4e-9)
    assert rig.samples["gyro"]["dt_ns"] == 2 * TICK_NS  # the late answer's increment is not lost


def test_a_late_answer_is_not_taken_for_that_of_its_tick(new_rig, adcs_device, eps_device):
    rig = new_rig(RunningClock())
    rig.answer_when("eps", TICK_NS, eps_device.report())
    rig.answer_when("adcs", TICK_NS + 2 * MS, adcs_device.report())
    rig.exchange.exchange(TICK_NS)
    rig.answer_when("adcs", 2 * TICK_NS + 60 * MS, adcs_device.report())
    rig.exchange.exchange(2 * TICK_NS)
    assert rig.exchange.timing[1] == (-1, -2, -2, -2)
    rig.answer_when("adcs", 3 * TICK_NS + 3 * MS, adcs_device.report(magnetometer_counts=[5, 0, 0]))
    rig.exchange.exchange(3 * TICK_NS)
    assert rig.samples["magnetometer"]["mag_s_tesla"][0] == pytest.approx(5 * 4e-9)
    assert 3 * MS <= rig.exchange.timing[1][ADCS] <= 5 * MS
    assert (rig.exchange.late("adcs"), rig.exchange.late("eps")) == (1, 0)
    assert rig.samples["gyro"]["dt_ns"] == 2 * TICK_NS


def test_what_an_exchange_measures(new_rig, adcs_device, eps_device):
    """`timing` has the lateness of the collection and of each answer, by the injected clock."""
    rig = new_rig(RunningClock())
    rig.clock.t_ns = TICK_NS + 7 * MS
    rig.answer_when("eps", TICK_NS + 12 * MS, eps_device.report())
    rig.exchange.exchange(TICK_NS)
    late_ns, (adcs_ns, eps_ns, star_tracker_ns, gnss_ns) = rig.exchange.timing
    assert 7 * MS <= late_ns <= 8 * MS
    assert 12 * MS <= eps_ns <= 14 * MS
    assert (adcs_ns, star_tracker_ns, gnss_ns) == (-1, -2, -2)
    rig.answer_when("adcs", 2 * TICK_NS, adcs_device.report())
    rig.exchange.exchange(2 * TICK_NS)
    late_ns, (adcs_ns, eps_ns, _, _) = rig.exchange.timing
    assert 0 <= late_ns <= MS
    assert 0 <= adcs_ns <= MS
    assert eps_ns == -2  # its cycle has not ended


def test_a_silent_board_misses_every_tick(new_rig):
    rig = new_rig(RunningClock())
    answers = []
    for tick in range(1, 80):
        rig.exchange.exchange(tick * TICK_NS)
        answers.append(rig.exchange.timing[1])
    assert answers == [(-1, -1, -2, -2)] * 79


def test_a_tick_that_is_late_itself_still_reads_once(new_rig, adcs_device):
    rig = new_rig(RunningClock())
    rig.clock.t_ns = 500 * MS
    rig.far["adcs"].write(adcs_device.report())
    rig.exchange.exchange(TICK_NS)
    assert rig.samples["gyro"]["new"] == 1
    assert rig.clock.t_ns < 501 * MS


def test_a_silent_board_is_no_longer_waited_for(new_rig):
    rig = new_rig(RunningClock())
    for tick in range(1, 60):
        rig.exchange.exchange(tick * TICK_NS)
    assert rig.samples["adcs_health"]["silent"] == 1
    before = len(rig.clock.sleeps)
    rig.exchange.exchange(60 * TICK_NS)
    assert len(rig.clock.sleeps) == before + 1


class BrokenLink:
    """A link that has come apart."""

    def write(self, octets: bytes) -> None:
        raise LinkError("gone")

    def read(self) -> bytes:
        raise LinkError("gone")

    def close(self) -> None:
        """Nothing to close."""


def test_a_broken_link_is_counted_and_silent_and_the_others_go_on(new_rig, eps_device):
    rig = new_rig(SteppedClock(), adcs=BrokenLink())
    rig.answer_when("eps", 2 * TICK_NS, eps_device.report())
    rig.exchange.exchange(TICK_NS)
    rig.exchange.exchange(2 * TICK_NS)
    health = rig.samples["adcs_health"]
    assert (health["link_errors"], health["silent_ticks"]) == (4, 2)
    assert (rig.samples["power"]["new"], rig.samples["eps_health"]["link_errors"]) == (1, 0)


def test_commands_are_those_in_memory_at_the_time(rig, adcs_device, parse_frames):
    actuators = rig.command["actuators"]
    actuators["valid"] = 1
    found = []
    for tick in range(1, 6):
        actuators["wheel_torque_nm"][:] = tick * 1e-5
        rig.answer_when("adcs", tick * TICK_NS, adcs_device.report())
        rig.exchange.exchange(tick * TICK_NS)
        body = parse_frames(rig.far["adcs"].read())[-1][3]
        found.append(np.frombuffer(body[4:6], "<i2")[0])
    assert found == [100, 200, 300, 400, 500]


def test_samples_without_an_answer_keep_their_memory(rig, samples):
    samples["star_tracker"]["new"] = 1
    rig.exchange.exchange(TICK_NS)
    assert samples["star_tracker"]["new"] == 0
    assert samples["gyro"]["t_ns"] == 0


def test_a_missing_link_is_named(vehicle, memory):
    with pytest.raises(ValueError, match="no link named 'eps': expected adcs, eps, star_tracker, gnss"):
        Exchange(vehicle, {"adcs": LoopLink.pair()[0]}, SteppedClock(), memory)


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (GyroSample, "GyroSample has no field 'adcs_health'"),
        (type("Other", (Record,), {"adcs_health": field(GyroSample)}), "'samples.adcs_health' is GyroSample, expected"),
    ],
)
def test_memory_without_the_record_is_refused(vehicle, samples, says):
    memory = Memory({"samples": samples, "command": CommandSection, "drivers": DriversSection})
    links = {name: LoopLink.pair()[0] for name in vehicle.links}
    with pytest.raises(TypeError, match=says):
        Exchange(vehicle, links, SteppedClock(), memory)


def test_the_same_octets_give_the_same_samples(new_rig, adcs_device, memory, samples):
    def fly() -> bytes:
        device = dataclasses.replace(adcs_device, cycle=0, board_ns=0, seq_count=0)
        for name in ("samples", "drivers"):
            memory[name][...] = np.zeros((), memory[name].dtype)
        rig = new_rig(SteppedClock())
        for tick in range(1, 50):
            if tick % 7:
                rig.answer_when("adcs", tick * TICK_NS, device.report(gyro_counts=[tick, 2, 3]))
            rig.exchange.exchange(tick * TICK_NS)
        return samples.tobytes()

    assert fly() == fly()


def test_who_moves_time_sends_first_and_the_exchange_does_the_rest(new_rig, adcs_device):
    """`send`, then time goes on, then `exchange`: the same octets as an exchange that sleeps; sent once."""
    clock = SteppedClock()
    rig = new_rig(clock)
    rig.exchange.send(TICK_NS)
    rig.exchange.send(TICK_NS)
    sent = rig.far["adcs"].read()
    assert sent and clock.t_ns == 0
    assert [d for _, d, _ in rig.exchange.octets] == [Direction.OUT, Direction.OUT]
    clock.t_ns = TICK_NS
    frame = adcs_device.report(magnetometer_counts=[1, 2, 3])
    rig.far["adcs"].write(frame)
    rig.exchange.exchange(TICK_NS)
    assert rig.far["adcs"].read() == b""
    assert [(i, d) for i, d, _ in rig.exchange.octets] == [
        (ADCS, Direction.OUT),
        (EPS, Direction.OUT),
        (ADCS, Direction.IN),
    ]
    assert rig.exchange.octets[2][2] == frame
    rig.exchange.exchange(2 * TICK_NS)  # without `send` it sends by itself
    assert rig.far["adcs"].read()


def test_a_tick_that_was_begun_and_left_out_does_not_hold_up_the_next(rig):
    rig.exchange.send(TICK_NS)
    rig.far["adcs"].read()
    rig.exchange.exchange(2 * TICK_NS)
    assert rig.far["adcs"].read()
