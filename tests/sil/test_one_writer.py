"""FSW-WRITE: each section of the pool has one writer, an application of the tick, and nobody else changes it.

Shown on flights: the pool is compared before and after every piece of work that an application does.
"""

import struct
from functools import partial
from typing import ClassVar

import numpy as np
import pytest

from fsw.autonomy.board_watch import BoardWatch
from fsw.core import executive
from fsw.core._executive import Loop
from fsw.core.persistence import DirectoryStorage
from fsw.core.registry import flight_sections
from fsw.dictionary.applications import application_names
from fsw.health.devices import Device
from fsw.main import FlightSoftware
from fsw.pus.requests import Requests
from fsw.pus.st08_functions import LAYOUTS
from ground.link.segment import GroundSegment
from hal.vehicle.functions import Function
from hal.vehicle.load import load_vehicle
from hal.wire import EpsSwitch
from sim import mission as missions
from sim.scenario.scenario import load_scenario

# The first two are written when flight starts, and Earth orientation is not loaded in flight yet; all others change.
UNCHANGED = {"dictionary", "restart", "earth"}


class Watch:
    """The loop of the executive, with a look at the pool after each piece of work."""

    made: ClassVar[list["Watch"]] = []

    def __init__(self, steps, dividers, base_hz, clock_now, failed, recovered, inbox, collect, cost_clock):
        owner = failed.__self__
        self.names = owner.names
        self.written = set()  # (who, section)
        Watch.made.append(self)
        watched = tuple(partial(self.run, name, step) for name, step in zip(self.names, steps, strict=True))
        owner._invalidate = partial(self.invalidate, owner._invalidate)
        collect = partial(self.inside, "events", collect)
        self.who = "executive"
        self.loop = Loop(watched, dividers, base_hz, clock_now, failed, recovered, inbox, collect, cost_clock)
        self.tick = self.loop.tick

    def bind(self, pool):
        self.loop.bind(pool)
        self.memory = pool.memory
        self.seen = pool.memory.copy()
        self.places = {s.section: slice(pool.offset(s), pool.offset(s) + s.size) for s in pool.sections}

    def look(self):
        """Note what has changed since the last look as written by `who`."""
        if not np.array_equal(self.seen, self.memory):
            for section, place in self.places.items():
                if not np.array_equal(self.seen[place], self.memory[place]):
                    self.written.add((self.who, section))
            self.seen[:] = self.memory

    def inside(self, who, work):
        """Do a piece of work of `who` in the middle of another's."""
        self.look()
        outer, self.who = self.who, who
        try:
            return work()
        finally:
            self.look()
            self.who = outer

    def run(self, name, step):
        return self.inside(name, step)

    def invalidate(self, work, index):
        return self.inside(self.names[index], partial(work, index))

    def start(self):
        """What was written before the first tick is not of the tick."""
        self.seen[:] = self.memory

    def end(self):
        """Nothing changes between two ticks but by the executive."""
        self.look()


@pytest.fixture
def watch(monkeypatch):
    """Make every executive watched."""
    carry_out = Requests.carry_out
    Watch.made.clear()
    monkeypatch.setattr(executive, "Loop", Watch)

    def watched(self, owner, step):
        return Watch.made[-1].inside(owner, partial(carry_out, self, owner, step))

    monkeypatch.setattr(Requests, "carry_out", watched)
    return Watch


def fly(watch, scenario, ticks, at=lambda _mission, _tick: None, vehicle=None):
    """Fly; return what was written, and by whom."""
    vehicle = load_vehicle() if vehicle is None else vehicle
    mission = missions.Mission(vehicle, load_scenario(scenario), GroundSegment, seed=1)
    loop = watch.made[-1]
    send = mission.flight.send
    mission.flight.send = lambda t_ns: loop.inside("exchange", partial(send, t_ns))
    loop.start()
    for tick in range(ticks):
        at(mission, tick)
        mission.advance(1.0 / vehicle.rates.base_hz)
        loop.end()
    mission.close()
    return loop.written


def wrong(written, sections):
    """Who wrote what is not theirs."""
    writers = {s.section: s.writer for s in sections}
    return {(who, section) for who, section in written if writers[section] != who}


def telecommands(mission, tick):
    """Every service, right and wrong."""
    number = mission.flight.pool.parameter("parameters.fine_hold_s").id
    device = struct.pack(">HH", Function.EXCLUDE_SENSOR, Device.STAR_TRACKER)
    plan = {
        300: (17, 1, b""),
        310: (3, 1, struct.pack(">HHHH", 20, 5, 1, number)),
        320: (3, 5, struct.pack(">HH", 1, 20)),
        325: (3, 31, struct.pack(">HHHHH", 2, 20, 7, 0, 2)),
        330: (3, 27, struct.pack(">HHH", 2, 0, 20)),
        335: (3, 6, struct.pack(">HH", 1, 20)),
        336: (3, 3, struct.pack(">HH", 1, 20)),
        340: (5, 6, struct.pack(">HH", 1, 2)),
        350: (5, 5, struct.pack(">HH", 1, 2)),
        360: (20, 3, struct.pack(">HHd", 1, number, 12.5)),
        370: (20, 3, struct.pack(">HHd", 1, number, -1.0)),
        380: (20, 1, struct.pack(">HH", 1, number)),
        390: (8, 1, struct.pack(">H", Function.LEAVE_SAFE)),
        400: (8, 1, device),
        420: (8, 1, struct.pack(">HH", Function.ADMIT_SENSOR, Device.STAR_TRACKER)),
        430: (8, 1, struct.pack(">H" + LAYOUTS[Function.HOLD_INERTIAL], Function.HOLD_INERTIAL, 0, 0, 0, 1)),
        440: (8, 1, struct.pack(">H", Function.ENTER_SAFE)),
        450: (99, 1, b""),
        460: (8, 1, b"\xff\xff"),
    }
    if tick in plan:
        mission.ground.telecommand(*plan[tick], tick * 100_000_000)


def test_every_writer_is_an_application_of_the_tick():
    applications = {"executive", *application_names(())}
    assert {s.writer for s in flight_sections()} <= applications


def test_each_section_is_written_by_its_writer_and_nobody_else(watch, monkeypatch, tmp_path):
    """With telecommands of every service, checkpoints, faults that monitors and isolation act on, and SAFE."""
    monkeypatch.setattr(missions, "FlightSoftware", partial(FlightSoftware, storage=DirectoryStorage(tmp_path)))
    written = fly(watch, "faults", 1200, telecommands)
    monkeypatch.setattr(missions, "FlightSoftware", FlightSoftware)
    written |= fly(watch, "modes", 300)
    assert wrong(written, flight_sections()) == set()
    assert {s.section for s in flight_sections()} - {section for _, section in written} == UNCHANGED


def test_what_a_monitor_asks_for_is_done_by_its_owner(watch):
    """Actions of monitors on devices and loads are requests to the application `fdir`, carried out in the same tick."""
    low = load_vehicle().changed("power", initial_state_of_charge=0.3)
    shed = []

    def note(mission, tick):
        shed.append(int(mission.flight.pool["fdir.switches_off"]))

    written = fly(watch, "modes", 360, note, low)
    assert wrong(written, flight_sections()) == set()
    assert shed[-1] == EpsSwitch.PAYLOAD
    assert {("fdir", "fdir"), ("mode_manager", "monitors")} <= written


def test_an_application_that_raises_writes_no_more_than_its_own(watch, monkeypatch):
    """Its outputs are cleared in its name."""
    step = BoardWatch.step

    def broken(self):
        step(self)
        raise ZeroDivisionError

    monkeypatch.setattr(BoardWatch, "step", broken)
    assert wrong(fly(watch, "modes", 60), flight_sections()) == set()


def test_a_second_writer_is_seen(watch, monkeypatch):
    step = BoardWatch.step

    def meddle(self):
        step(self)
        self._pool.view("guidance.valid")[...] += 1

    monkeypatch.setattr(BoardWatch, "step", meddle)
    init = BoardWatch.__init__

    def made(self, pool, events):
        init(self, pool, events)
        self._pool = pool

    monkeypatch.setattr(BoardWatch, "__init__", made)
    assert wrong(fly(watch, "modes", 30), flight_sections()) == {("boards", "guidance")}
