"""Faults in flight: when they begin and end, that they disturb nothing else, and that the ledger stays closed."""

import numpy as np
import pytest

from firmware_bindings.host import HostBoard
from fsw.guidance.modes import SafeReason, SystemMode
from hal.wire import BoardKind, ResetReason
from sim.scenario.scenario import Ground, Pass
from sim.spacecraft.lockstep import BoardEnds
from tests.board_packets import AdcsConfig


def pool_digest(mission):
    """Everything that flight remembers, but for wall-clock figures."""
    pool = mission.flight.pool
    parameters = [p for p in pool.parameters() if not p.name.startswith(("cost.", "platform."))]
    return {p.name: np.asarray(pool[p.name]).tobytes() for p in parameters}


def test_a_fault_that_never_begins_changes_nothing(new_mission):
    plain, faulty = new_mission(seed=4), new_mission(seed=4)
    for target, fault in (("gyro", "noisy"), ("adcs.link", "loss"), ("radio.link", "corruption"), ("adcs", "reset")):
        faulty.inject(target, fault, start_s=1000.0)
    for mission in (plain, faulty):
        mission.advance(60.0)
    assert pool_digest(plain) == pool_digest(faulty)
    assert plain.world.truth.tobytes() == faulty.world.truth.tobytes()
    assert plain.ground.cadu_sha256 == faulty.ground.cadu_sha256


def test_same_seed_same_flight_with_faults(new_mission):
    def fly(seed):
        mission = new_mission(seed=seed)
        for target, fault in (("gyro", "noisy"), ("adcs.link", "bursts"), ("radio.link", "loss"), ("wheels", "noisy")):
            mission.inject(target, fault, start_s=10.0, duration_s=20.0)
        mission.advance(40.0)
        return pool_digest(mission), mission.ground.cadu_sha256

    assert fly(7) == fly(7)
    assert fly(7) != fly(8)


def test_a_fault_shifts_no_noise_of_its_own_or_another_device(new_mission):
    """Gyro and magnetometer read the same again from the tick on at which the fault has ended: nothing drew more."""
    plain, faulty = new_mission(), new_mission()
    for mission in (plain, faulty):
        mission.advance(5.0)
    fault = faulty.inject("sun_sensors", "noisy", noise_share=0.2)
    for mission in (plain, faulty):
        mission.advance(0.5)
    assert (
        plain.flight.pool["samples.sun_sensors.ratio"].tolist()
        != faulty.flight.pool["samples.sun_sensors.ratio"].tolist()
    )
    faulty.clear(fault)
    truth = plain.world.truth
    for device in ("gyro", "magnetometer", "sun_sensors"):
        assert plain.world.devices[device].read(truth) == faulty.world.devices[device].read(truth)


def test_beginning_and_end_are_those_asked_for(new_mission):
    """From the first tick at or after its start on, until its end; cleared before it begins, it never does."""
    mission = new_mission()
    seen = []
    mission.inject("magnetometer", "zero", start_s=2.05, duration_s=0.3)
    never = mission.inject("magnetometer", "zero", start_s=4.0)
    mission.clear(never)
    for _ in range(60):
        mission.advance(0.1)
        if not mission.flight.pool["samples.magnetometer.mag_s_tesla"].any():
            seen.append(round(mission.flown_s - 0.1, 1))
    assert seen == [2.1, 2.2, 2.3]
    assert never.state == "over"


def test_a_reset_board_is_configured_anew(new_mission):
    mission = new_mission()
    mission.advance(30.0)
    mission.inject("adcs", "reset")
    mission.advance(3.0)
    keys = ("reset_count", "reset_reason", "configured")
    health = {key: mission.flight.pool[f"samples.adcs_health.{key}"] for key in keys}
    assert health == {"reset_count": 2, "reset_reason": ResetReason.EXTERNAL, "configured": 1}
    assert mission.flight.pool["mode.system"] == SystemMode.NOMINAL
    assert mission.ledger().unaccounted == 0


def test_a_hanging_board_is_reset_by_its_watchdog(new_mission):
    """Its period is 250 ms of board time: two cycles are missed, what it drove stays; then it starts anew."""
    mission = new_mission()
    mission.advance(30.0)
    mission.inject("adcs", "hang")
    missed = mission.world.adcs.missed
    mission.advance(3.0)
    assert mission.world.adcs.missed - missed == 2
    assert mission.flight.pool["samples.adcs_health.reset_reason"] == ResetReason.WATCHDOG
    mission.advance(2.0)
    assert mission.ledger().unaccounted == 0


@pytest.mark.parametrize(("fault", "dark"), [("hang", False), ("brown_out", True)])
def test_the_world_does_not_wait_long_for_a_board_elsewhere_that_a_fault_stops(new_mission, monkeypatch, fault, dark):
    told = []
    monkeypatch.setattr("sim.spacecraft.lockstep.StimulusLine.expect_silence", lambda _line, dark: told.append(dark))
    monkeypatch.setattr("sim.spacecraft.lockstep.ANSWER_PATIENCE_S", 0.0)
    board = HostBoard(BoardKind.ADCS)
    mission = new_mission(boards={"adcs": BoardEnds(board.bus, board.stimulus, board)})
    mission.advance(1.0)
    mission.inject("adcs", fault)
    mission.advance(0.1)
    assert told == [dark]


def test_the_ledger_is_closed_at_every_tick_after_a_board_has_begun_anew(new_mission):
    """A command that goes out between two cycles of a board is under way until the board reports its next cycle."""
    mission = new_mission()
    hop = "command frames: flight to eps board"
    unaccounted, stored = {}, set()
    for k in range(80):
        if k == 42:
            mission.inject("eps", "reset")
        mission.advance(0.1)
        unaccounted |= {h.name: k for h in mission.ledger().hops if h.unaccounted}
        stored |= {(k, h.stored) for h in mission.ledger().hops if h.name == hop and h.stored}
    assert unaccounted == {}
    assert {k for k, _ in stored} >= {1, 9}  # at separation
    assert any(k > 42 for k, _ in stored)
    assert all(k % 10 for k, _ in stored)  # at the end of the tick of its cycle everything is counted


def test_of_the_commands_to_a_silent_board_only_the_newest_is_under_way(new_mission):
    """What a board had the time to report and did not is missing: of those before, the supply's fault is the cause."""
    mission = new_mission()
    mission.advance(10.0)
    mission.inject("eps", "brown_out")
    mission.advance(10.0)
    (hop,) = (h for h in mission.ledger().hops if h.name == "command frames: flight to eps board")
    assert (hop.stored, hop.unaccounted) == (1, 0)
    assert hop.lost_by_link >= hop.generated - hop.delivered - hop.dropped - hop.stored == 9


@pytest.mark.parametrize("name", ["adcs", "eps"])
def test_a_board_without_power_drives_nothing_and_comes_back(new_mission, name):
    mission = new_mission()
    mission.advance(30.0)
    mission.inject(name, "brown_out", duration_s=8.0)
    mission.advance(1.0)
    if name == "adcs":
        assert not mission.world.truth["wheel_torque_nm"].any()
        assert np.abs(mission.world.truth["dipole_b_am2"]).max() <= 0.004  # what is left of 0.4 A m^2
    else:
        assert mission.world.device_truth["power"]["switches"] == 0
    mission.advance(6.5)
    assert mission.flight.pool["mode.safe_reason"] == SafeReason.BOARD_SILENT
    mission.advance(5.0)
    assert mission.flight.pool[f"samples.{name}_health.reset_reason"] == ResetReason.POWER_ON
    assert mission.flight.pool[f"samples.{name}_health.silent"] == 0
    assert mission.ledger().unaccounted == 0


def test_a_bit_of_a_boards_configuration_is_turned(new_mission):
    """The torque limit of wheel 1 becomes 0: its motor gives nothing, the others go on."""
    mission = new_mission()
    at = next(f.offset for f in AdcsConfig.fields if f.name == "wheels_limit") + 2
    mission.advance(60.0)
    limit = round(
        mission.world.vehicle.units("reaction_wheels")[1].torque_max_nm
        / mission.world.vehicle.units("reaction_wheels")[1].torque_count_nm
    )
    for bit in range(16):
        if limit >> bit & 1:
            mission.inject("adcs", "bit_flip", octet=at + bit // 8, bit=bit % 8)
    mission.advance(0.5)
    torque = mission.world.truth["wheel_torque_nm"]
    assert torque[1] == 0.0
    assert torque[0] != 0.0 and torque[2] != 0.0 and torque[3] != 0.0
    mission.inject("adcs", "reset")  # it is configured anew
    mission.advance(5.0)
    assert mission.world.truth["wheel_torque_nm"][1] != 0.0


@pytest.mark.parametrize("name", ["adcs.link", "eps.link", "star_tracker.link", "gnss.link", "radio.link"])
@pytest.mark.parametrize("fault", ["loss", "corruption", "duplication", "bursts", "delay", "disconnect"])
def test_the_ledger_is_closed_under_every_fault_of_a_link(new_mission, name, fault):
    """In the middle of the flight, while it lasts and when it is over; octets add up and packets do."""
    mission = new_mission(seed=3)
    mission.advance(20.0)
    injected = mission.inject(name, fault, start_s=25.0)
    mission.advance(25.0)
    assert mission.ledger().unaccounted == 0
    mission.clear(injected)
    mission.advance(15.0)
    ledger = mission.ledger()
    assert {hop.name: hop.unaccounted for hop in ledger.hops if hop.unaccounted} == {}
    touched = 0
    for link in ledger.links:
        assert link.given + link.added == link.delivered + link.lost + link.waiting
        touched += link.added + link.lost + link.changed + link.delayed
    assert touched > 0


def test_without_contact_packets_are_lost_and_counted(new_mission):
    contacts = (Pass(start_s=20.0, duration_s=10.0), Pass(start_s=50.0, duration_s=5.0))
    mission = new_mission(ground=Ground(visibility="passes", contacts=contacts))
    mission.advance(80.0)
    hops = {hop.name: hop for hop in mission.ledger().hops}
    down = hops["telemetry packets: frames to ground"]
    assert down.unaccounted == 0
    assert down.dropped > 4 * down.delivered > 0


def test_a_packet_that_vanishes_uncounted_opens_the_ledger(new_mission):
    """The check can fail: ground forgets a packet, a star tracker's report is taken from the link."""
    mission = new_mission()
    mission.inject("radio.link", "loss", share=0.001)
    mission.advance(30.0)
    assert mission.ledger().unaccounted == 0
    mission.world.unit_links["star_tracker"].read()
    mission.world.step(mission.world.t_ns + 3_000_000_000)
    mission.world.unit_links["star_tracker"].read()
    assert mission.ledger().unaccounted > 10
