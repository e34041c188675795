"""Boards that fail in mid-flight, over QEMU: flight recovers or goes to SAFE, says why, and counts every packet."""

import dataclasses
import itertools
import time

import pytest

from fsw.guidance.modes import AdcsMode, SafeReason, SystemMode
from ground.link.segment import GroundSegment
from hal.samples import BoardIdentity
from hal.vehicle.load import load_vehicle
from hal.wire import ResetReason
from sim.mission import Mission
from sim.results.ledger import close_ledger
from sim.scenario.scenario import Initial, Telecommand, load_scenario
from sim.spacecraft.lockstep import BoardEnds

PATIENCE_S = 600.0
NOMINAL_S = 3.0  # mission time at which boot is over
SETTLED_S = 11.0  # at which the satellite begins to point at the Sun
SLOW = Initial(q_bi=(0.5, -0.1, 0.7, 0.5), wheel_speed_radps=(20.0, -15.0, 10.0, 5.0))


class Flight:
    """A mission with emulated boards, and what the tests look at."""

    def __init__(self, emulators, vehicle, scenario, tap):
        self.emulators = emulators
        boards = {name: BoardEnds(e.bus, e.stimulus) for name, e in emulators.items()}
        self.mission = Mission(vehicle, scenario, GroundSegment, boards=boards, tap=tap)
        self.pool, self.ground, self.world = self.mission.flight.pool, self.mission.ground, self.mission.world
        self.advance = self.mission.advance

    def health(self, name):
        """A board's health by the driver's counts."""
        return lambda key: self.pool[f"samples.{name}_health.{key}"]

    def until(self, condition, limit_s):
        """Fly until `condition()` holds; whether it did within `limit_s` of mission time."""
        end_s = self.mission.flown_s + limit_s
        while not condition() and self.mission.flown_s < end_s:
            self.advance(0.1)
        return condition()

    def await_bite(self, name):
        """Let mission time stand until the watchdog has bitten: a crowded host gives the emulator little time."""
        until = time.monotonic() + PATIENCE_S
        while not self.emulators[name].watchdog_bites and time.monotonic() < until:
            time.sleep(0.01)

    def momentum_nms(self):
        """Magnitude of the true angular momentum of the whole, which only torques from outside change."""
        return float((self.world.truth["momentum_b_nms"] ** 2).sum() ** 0.5)

    def rate_radps(self):
        """Magnitude of the true body rate."""
        return float((self.world.truth["rate_bi_b_radps"] ** 2).sum() ** 0.5)

    def assert_nothing_lost_uncounted(self):
        """Let what is under way arrive, then add up every hop."""
        self.advance(5.0)
        ledger = close_ledger(self.pool, self.ground)
        open_hops = {hop.name: hop.unaccounted for hop in ledger.hops if hop.unaccounted}
        counts = [(p.name, int(self.pool[p.name])) for p in self.pool.parameters() if "s_health." in p.name]
        assert open_hops == {}, counts

    def assert_recovered(self, name, reason):
        """The board was reset once, flight knows why, has it back, and never was in SAFE."""
        health = self.health(name)
        assert (health("reset_count"), health("reset_reason")) == (2, reason)
        self.advance(3.0)
        assert (health("identity"), health("configured"), health("silent")) == (BoardIdentity.ACCEPTED, 1, 0)
        assert f"{name.upper()} board started: {reason.name}" in self.ground.events
        assert not [text for text in self.ground.events if text.startswith("SAFE")]
        assert self.pool["mode.system"] == SystemMode.NOMINAL


@pytest.fixture
def new_flight(new_emulator):
    """Fly for a while, boards in emulators: `new_flight(...)` with changes of the scenario."""

    def make(until_s=NOMINAL_S, scenario="modes", tap=lambda _name, link: link, vehicle=None, **changes):
        plain = {"telecommand": (), "outage": (), "target": None, "duration_s": 600.0}
        flown = dataclasses.replace(load_scenario(scenario), **(plain | changes))
        flight = Flight({name: new_emulator(name) for name in ("adcs", "eps")}, vehicle or load_vehicle(), flown, tap)
        flight.advance(until_s)
        return flight

    return make


@pytest.mark.parametrize("name", ["adcs", "eps"])
def test_a_reset_board_is_configured_anew_and_flight_goes_on(new_flight, name):
    flight = new_flight(SETTLED_S)
    flight.emulators[name].reset()
    assert flight.until(lambda: flight.health(name)("reset_count") == 2, 5.0)
    flight.assert_recovered(name, ResetReason.EXTERNAL)
    assert flight.pool["mode.adcs"] == AdcsMode.SUN_POINTING
    flight.assert_nothing_lost_uncounted()


@pytest.mark.parametrize("name", ["adcs", "eps"])
def test_a_hanging_board_is_reset_by_its_watchdog(new_flight, name):
    flight = new_flight()
    flight.emulators[name].hang()
    flight.world.board_stopped(name)  # no test of patience
    flight.advance(1.0)
    flight.await_bite(name)
    assert flight.until(lambda: flight.health(name)("reset_count") == 2, 30.0)
    assert flight.emulators[name].watchdog_bites == 1
    flight.assert_recovered(name, ResetReason.WATCHDOG)
    assert getattr(flight.world, name).missed > 0
    flight.assert_nothing_lost_uncounted()


def test_a_faulting_board_keeps_a_record_of_it(new_flight):
    """Its table of functions is moved to where there is none: the processor faults, the handler keeps why."""
    flight = new_flight()
    adcs = flight.emulators["adcs"]
    adcs.write_memory(adcs.symbol("board"), (0x3000_0000).to_bytes(4, "little"))
    flight.world.board_stopped("adcs")
    assert flight.until(lambda: flight.health("adcs")("reset_count") == 2, 30.0)
    flight.assert_recovered("adcs", ResetReason.FAULT)
    first, last = adcs.symbol("board_poll"), adcs.symbol("board_start")
    assert flight.health("adcs")("fault_status") != 0
    assert 0x0800_0000 <= flight.health("adcs")("fault_pc") < 0x0810_0000, (first, last)
    assert any(text.startswith("ADCS board: fault at") for text in flight.ground.events)
    flight.assert_nothing_lost_uncounted()


def test_a_silent_board_leads_to_safe_and_ground_leads_out_of_it(new_flight, monkeypatch):
    leave = Telecommand(function="leave_safe", offset_s=SETTLED_S + 12.0)
    flight = new_flight(SETTLED_S, telecommand=(leave,), initial=SLOW)  # else it may not leave SAFE
    flight.emulators["adcs"].halt()
    with monkeypatch.context() as patch:
        patch.setattr("sim.spacecraft.lockstep.SILENT_PATIENCE_S", 0.01)  # it will not answer, however long one waits
        flight.world.board_stopped("adcs")
        assert flight.until(lambda: flight.pool["mode.system"] == SystemMode.SAFE, 10.0)
    assert flight.pool["mode.safe_reason"] == SafeReason.BOARD_SILENT
    assert flight.health("adcs")("silent_ticks") >= 10
    flight.emulators["adcs"].resume()
    assert flight.until(lambda: flight.health("adcs")("silent") == 0, 5.0)
    assert flight.until(lambda: flight.pool["mode.system"] == SystemMode.NOMINAL, 40.0)
    assert "SAFE entered from NOMINAL, SUN_POINTING: BOARD_SILENT" in flight.ground.events
    assert flight.until(lambda: flight.pool["attitude.valid"] == 1, 60.0)
    flight.assert_nothing_lost_uncounted()


def test_a_board_without_power_leads_to_safe_and_comes_back(new_flight):
    flight = new_flight()
    flight.emulators["adcs"].kill()
    assert flight.until(lambda: flight.pool["mode.system"] == SystemMode.SAFE, 10.0)
    assert flight.pool["mode.safe_reason"] == SafeReason.BOARD_SILENT
    assert flight.health("adcs")("link_errors") > 0
    flight.emulators["adcs"].restart()
    assert flight.until(lambda: flight.health("adcs")("identity") == BoardIdentity.ACCEPTED, 5.0)
    assert flight.health("adcs")("reset_reason") == ResetReason.POWER_ON
    flight.advance(3.0)
    assert flight.health("adcs")("silent") == 0
    assert "ADCS board started: POWER_ON" in flight.ground.events[2:]
    flight.assert_nothing_lost_uncounted()


class Mute:
    """Flight's end of a link that loses what flight sends while `on`."""

    def __init__(self, link):
        self.link, self.on = link, False
        self.read, self.close = link.read, link.close

    def write(self, octets):
        if not self.on:
            self.link.write(octets)


def test_the_board_detumbles_by_itself_while_flight_is_silent(new_flight):
    """At 5 deg/s: five seconds after the last command the reflex drives the torquers, and the momentum falls."""
    vehicle = load_vehicle()
    board = dataclasses.replace(vehicle.boards.adcs, reflex_after_ms=5000)  # not half a minute
    vehicle = dataclasses.replace(vehicle, boards=dataclasses.replace(vehicle.boards, adcs=board))
    mutes = dict.fromkeys(vehicle.links)

    def tap(name, link):
        mutes[name] = Mute(link)
        return mutes[name]

    flight = new_flight(scenario="reference", tap=tap, vehicle=vehicle)
    mutes["adcs"].on = True
    flight.advance(4.0)  # the time-out first, then the reflex
    assert flight.health("adcs")("safe_outputs") == 1
    assert not flight.pool["samples.torquers.dipole_am2"].any()
    before = flight.momentum_nms()
    flight.advance(26.0)
    after = flight.momentum_nms()
    assert after < 0.985 * before  # what disturbs it in that time is a thousand times less
    assert flight.pool["samples.torquers.dipole_am2"].any()  # flight knows what the board does

    mutes["adcs"].on = False
    takes_over = [flight.rate_radps()]
    for _ in range(30):
        flight.advance(0.1)
        takes_over.append(flight.rate_radps())
    steps = [abs(b - a) for a, b in itertools.pairwise(takes_over)]
    assert max(steps) < 1e-4  # 0.4 A m^2 across 60 uT for a tick on the smallest inertia is 4e-5 rad/s
    assert flight.health("adcs")("safe_outputs") == 0
    assert (flight.pool["mode.system"], flight.pool["mode.adcs"]) == (SystemMode.NOMINAL, AdcsMode.DETUMBLE)
    assert flight.health("adcs")("reset_count") == 1
    assert flight.health("adcs")("commands_lost") > 270
    flight.assert_nothing_lost_uncounted()
