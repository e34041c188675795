"""Boards elsewhere in real time: a clock that runs, answers taken at the next cycle, what is late is counted."""

import numpy as np
import pytest

from firmware_bindings.host import HostBoard
from hal.drivers.config import adcs_config, payload
from hal.links.link import LinkError
from hal.packet import PacketType, encode_frame
from hal.vehicle.load import load_vehicle
from hal.wire import Apid, BoardKind, CommandFlag
from sim.scenario.planning import Plan
from sim.scenario.scenario import load_scenario
from sim.spacecraft.lockstep import BoardEnds
from sim.spacecraft.spacecraft import Spacecraft
from sim.spacecraft.timing import Spread, TickTimes
from tests.board_packets import AdcsCommand

VEHICLE, SCENARIO = load_vehicle(), load_scenario()
MS = 1_000_000
TICK_NS = 100 * MS


class Gate:
    """A link whose octets to read are held back while it is shut, and that breaks when told to."""

    def __init__(self, link):
        self.link, self.shut, self.broken = link, False, False

    def write(self, octets):
        if self.broken:
            raise LinkError("gone")
        self.link.write(octets)

    def read(self):
        if self.broken:
            raise LinkError("gone")
        return b"" if self.shut else self.link.read()

    def close(self):
        self.link.close()


def make_world(**kwargs):
    return Spacecraft(VEHICLE, SCENARIO, 1, flight_plan=Plan((), (), None, {}, 5681.0, tick_s=0.1), **kwargs)


@pytest.fixture
def running():
    """A world in real time, and the gates before the stimulus ports of its boards."""
    boards = {"adcs": HostBoard(BoardKind.ADCS), "eps": HostBoard(BoardKind.EPS)}
    gates = {name: Gate(board.stimulus) for name, board in boards.items()}
    world = make_world(boards={n: BoardEnds(b.bus, gates[n]) for n, b in boards.items()}, running=True)
    return world, gates


def configure(world):
    world.links["adcs"].write(encode_frame(Apid.CONFIG, PacketType.TELECOMMAND, 0, adcs_config(VEHICLE)))


def drive(world, seq):
    """Command dipoles that change from tick to tick."""
    values = {
        "seq": seq,
        "flags": CommandFlag.OUTPUTS_ENABLED,
        "torquers_counts": (900 * (seq % 3), -500, 10 * seq % 500),
    }
    octets = payload(AdcsCommand, values)
    world.links["adcs"].write(encode_frame(Apid.COMMAND, PacketType.TELECOMMAND, seq, octets))


def test_answers_in_time_give_the_truth_of_lock_step(running):
    world, _ = running
    here = make_world()
    assert (world.real_time, here.real_time) == (True, False)
    for each in (world, here):
        configure(each)
        for k in range(100):
            drive(each, k)
            each.step(k * TICK_NS)
    assert world.truth.tobytes() == here.truth.tobytes()
    assert world.links["adcs"].read() == here.links["adcs"].read()
    assert (world.adcs.missed, world.eps.missed) == (0, 0)


def test_an_answer_that_does_not_come_is_missed_and_the_actuation_stays(running):
    world, gates = running
    configure(world)
    drive(world, 1)
    for k in range(3):
        world.step(k * TICK_NS)
    before = world.device_truth["torquers"]["dipole_driven_b_am2"].copy()
    assert np.abs(before).max() > 0.0
    gates["adcs"].shut = True
    for k in range(3, 7):
        drive(world, k)
        world.step(k * TICK_NS)
    assert world.adcs.missed == 4  # the answers to cycles 2 to 5; that to 6 may still come
    np.testing.assert_array_equal(world.device_truth["torquers"]["dipole_driven_b_am2"], before)
    gates["adcs"].shut = False
    world.step(7 * TICK_NS)
    assert world.adcs.missed == 4
    assert np.any(world.device_truth["torquers"]["dipole_driven_b_am2"] != before)
    assert world.eps.missed == 0


def test_a_broken_link_is_a_missed_answer(running):
    world, gates = running
    gates["adcs"].broken = gates["eps"].broken = True
    for k in range(21):
        world.step(k * TICK_NS)
    assert (world.adcs.missed, world.eps.missed) == (20, 2)
    assert int(world.truth["t_ns"]) == 20 * TICK_NS


class Measured:
    """What an exchange offers, with figures as told."""

    class Board:
        late = 0

    def __init__(self):
        self.names = tuple(VEHICLE.links)
        self.boards = {name: self.Board() for name in self.names}
        self.timing = (0, (-2,) * len(self.names))

    def late(self, name):
        return self.boards[name].late


def test_figures_of_a_flight():
    exchange = Measured()
    exchange.boards["adcs"].late = 2
    times = TickTimes(exchange, VEHICLE, 10.0)
    for tick in range(100):
        start = tick + 1 if tick else 150
        adcs = -1 if tick in {40, 41, 42} else 5 * MS
        eps = 7 * MS if tick % 10 == 0 else -2
        exchange.timing = (start * MS, (adcs, eps, -2, -2))
        times.step()
    found = times.result({"adcs": 3, "eps": 0})
    adcs, eps = found.boards
    assert (found.speed, found.period_ms, found.ticks, found.overruns) == (10.0, 100.0, 100, 1)
    assert (adcs.due, adcs.answered, adcs.missed, adcs.late, adcs.actuations_missed) == (100, 97, 3, 2, 3)
    assert (eps.due, eps.answered, eps.missed) == (10, 10, 0)
    assert found.start.as_dict() == {"median_ms": 51.0, "p99_ms": 100.0, "max_ms": 150.0}
    assert eps.latency.as_dict() == {"median_ms": 7.0, "p99_ms": 7.0, "max_ms": 7.0}
    assert adcs.latency.values_ms.size == 97
    assert found.as_dict()["boards"]["adcs"]["missed"] == 3


def test_no_answers_have_no_percentiles():
    spread = Spread(np.empty(0))
    assert np.isnan(spread.percentile(50.0))
    assert spread.as_dict() == {"median_ms": None, "p99_ms": None, "max_ms": None}
