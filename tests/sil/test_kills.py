"""RST: flight in a process of its own, killed at random moments; judged on truth and on what came down."""

import dataclasses
import itertools

import pytest

from fsw.core.events import EventId
from fsw.core.persistence import DirectoryStorage
from fsw.guidance.modes import AdcsMode
from fsw.pus.st05_events import unpack_event
from fsw.restart.start import StartKind, TimeSource
from ground.campaign.definition import Campaign, flights_of
from ground.campaign.runner import run
from hal.wire import ResetReason
from sim.scenario.scenario import Telecommand
from tests.sil.separate import RETURN_S, Kill, SeparateFlight, draw_kills, judge, unwrapped

TIME_TOLERANCE_S = 0.002  # a look at the links a millisecond, and the drift of a board over the gap


def calm(scenario):
    """Separation without tumbling, and NADIR after two minutes: all that matters here within ten."""
    initial = dataclasses.replace(scenario.initial, rate_bi_b_radps=(0.001, 0.0, 0.0))
    dispersions = dataclasses.replace(scenario.dispersions, attitude=False, rate_low_radps=0.001, rate_high_radps=0.002)
    nadir = Telecommand(function="nadir", at="separation", offset_s=120.0)
    return dataclasses.replace(scenario, initial=initial, dispersions=dispersions, telecommand=(nadir,))


def events_of(flight):
    """Numbers and values of the events that came down."""
    return [(number, values) for number, _, values in map(unpack_event, flight.ground.events)]


def check_kills(flight):
    """What holds of every kill, whatever was going on."""
    for kill in flight.shown.kills:
        assert abs(kill.time_error_s) < TIME_TOLERANCE_S
        assert kill.first_tick > kill.tick  # mission time went on
        if kill.fine:  # the modes that the requirements of knowledge are for
            assert 0.0 <= kill.back_s < RETURN_S, kill
    assert abs(flight.shown.largest_time_error_s) < TIME_TOLERANCE_S


def check_downlink(flight):
    """No sequence count came twice, and time went on from packet to packet."""
    numbers = unwrapped(flight.ground.counts)
    assert len(numbers) > 400
    assert len(set(numbers)) == len(numbers)
    assert all(b[1] >= a[1] for a, b in itertools.pairwise(sorted(zip(numbers, flight.ground.times_ns, strict=True))))
    events = [number for _, number, _ in map(unpack_event, flight.ground.events)]
    assert len(set(events)) == len(events)


def fly_with_kills(flight, kills, kinds=None):
    flight.start()
    for i, kill in enumerate(kills):
        flight.die_and_return(kill, "RETAINED" if kinds is None else kinds[i])
    flight.fly(flight.duration_s)


def test_ten_minutes_with_three_kills(tmp_path):
    """RST-010: once with retained memory, once as after a power cut, once in the tick that writes a checkpoint."""
    flight = SeparateFlight(tmp_path, duration_s=600.0, change=calm)
    kills = [Kill(253.4, 2e-4, 4.2), Kill(346.0, 1e-4, 7.7), Kill(480.0, 1.5e-3, 1.1)]
    fly_with_kills(flight, kills, ["RETAINED", "SNAPSHOT", "RETAINED"])
    assert [k.kind for k in kills] == [StartKind.RETAINED, StartKind.SNAPSHOT, StartKind.RETAINED]
    assert {k.source for k in kills} == {TimeSource.ADCS_BOARD}
    assert all(k.fine for k in kills)
    check_kills(flight)
    check_downlink(flight)
    assert set(flight.shown.unaccounted.values()) == {0}
    assert flight.pool["mode.adcs"] == AdcsMode.NADIR
    assert flight.judge.pointing_deg < 0.1
    assert flight.ground.commands_waiting == 0  # the operator unlocked the uplink after the second
    warm = [values for number, values in events_of(flight) if number == EventId.WARM_START]
    assert [(v[0], v[1]) for v in warm] == [(2.0, 1.0), (3.0, 2.0), (4.0, 1.0)]
    assert flight.end() == 0
    assert flight.pool["restart.starts"] == 4


def test_flight_on_its_own_moves_the_body_as_flight_in_the_simulator_does(tmp_path, mission):
    """RST-020: another process, other links, another clock, checkpoints: the truth is the same to the last bit."""
    flight = SeparateFlight(tmp_path, duration_s=120.0)
    flight.start()
    flight.fly(flight.duration_s)
    apart = flight.world.truth.copy()
    flight.end()
    together = mission(1, duration_s=120.0)
    together.advance(120.0)
    assert apart.tobytes() == together.world.truth.tobytes()


def test_a_cold_start_on_demand_repeats_nothing_and_keeps_time(tmp_path):
    """RST-030: what was kept ends flight again and again: it is put aside, time and counts excepted."""
    flight = SeparateFlight(tmp_path, duration_s=150.0, change=calm)
    kill = Kill(93.0, 1e-4, 2.0)
    fly_with_kills(flight, [kill], ["SALVAGED"])
    assert kill.kind == StartKind.SALVAGED
    assert abs(kill.time_error_s) < TIME_TOLERANCE_S
    check_downlink(flight)
    assert flight.pool["restart.warm_starts"] == 0
    assert [v[:2] for n, v in events_of(flight) if n == EventId.COLD_START] == [(1.0, 0.0), (2.0, 3.0)]
    storage = DirectoryStorage(flight.state)
    assert storage.read("pool.0.aside") and storage.read("pool.1.aside")
    flight.end()


def test_boards_that_were_reset_tell_no_time_and_the_star_tracker_does(tmp_path):
    """RST-040: the boards lost power as well; their clocks are not believed."""
    flight = SeparateFlight(tmp_path, duration_s=300.0, change=calm)
    kill = Kill(200.0, 1e-4, 3.0)
    flight.start()
    flight.fly(kill.t_s, kill.delay_s)
    flight.shown.kills.append(kill)
    flight.server.idle(flight.world.t_ns + 2_000_000_000)
    for board in flight.world.boards.values():
        board.reset(ResetReason.POWER_ON)
    flight.server.idle(flight.world.t_ns + 1_000_000_000)
    flight.start("RETAINED", "SIGNAL", 1)
    flight.fly(flight.duration_s)
    assert kill.source == TimeSource.STAR_TRACKER
    assert abs(kill.time_error_s) <= 0.1  # a report says when it was valid, and comes when the board's cycle lets it
    assert flight.pool["mode.system"] == 2
    check_downlink(flight)
    flight.end()


def twenty_kills(folder, seed):
    """Three orbits, twenty kills drawn from the seed, a third of them while a checkpoint is written; what failed."""
    flight = SeparateFlight(folder, seed=seed + 1)
    fly_with_kills(flight, draw_kills(seed, 20, flight.duration_s, 10.0, 7))
    check_kills(flight)
    assert sum(kill.fine for kill in flight.shown.kills) >= 10
    check_downlink(flight)
    failed = [f"{r.id} {r.achieved:.4g}" for r in judge(flight) if r.asked and not r.passed]
    assert flight.ground.commands_waiting == 0
    assert flight.end() == 0
    return failed


@pytest.mark.proof
def test_the_reference_mission_with_twenty_kills(tmp_path):
    """RST-050: the whole mission, five times."""
    flights = flights_of(range(5), judge="tests.sil.judges:killed")
    summary = run(Campaign("kills", flights, wall_limit_s=1800.0), tmp_path / "kills.sqlite")
    assert {n: o.wrong for n, o in summary.wrong.items()} == {}
    assert len(summary.outcomes) == 5
