"""GND-UPL: what goes up takes its time at `uplink_bps`, the plan of a scenario and the octets of clients alike."""

from __future__ import annotations

import dataclasses
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.cli import flights, fly
from ground.link.link_server import LinkServer
from ground.link.segment import GroundSegment
from ground.link.uplink import Uplink
from hal.links.loop import LoopLink
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.planning import Plan
from sim.scenario.scenario import Telecommand, load_scenario

VEHICLE = load_vehicle()
CLTU = 42  # octets of a function without arguments


def slow(bps, base_hz=10):
    rates = dataclasses.replace(VEHICLE.rates, base_hz=base_hz)
    return dataclasses.replace(VEHICLE, radio=dataclasses.replace(VEHICLE.radio, uplink_bps=bps), rates=rates)


@given(st.integers(10, 20_000_000), st.sampled_from([1, 2, 5, 10, 20, 50, 100]), st.integers(0, 30))
def test_octets_take_eight_bits_each_at_any_rate_and_tick(bps, base_hz, idle):
    """No fraction is lost: after every tick what went up is what the rate has room for, a tick early at most."""
    near, far = LoopLink.pair()
    uplink = Uplink(near, slow(bps, base_hz).radio, 1.0 / base_hz)
    for _ in range(idle):
        uplink.step()
    uplink.send(bytes(3_000_000))
    sent = len(far.read())
    for tick in range(40):
        went = sent * 8 * base_hz / bps  # ticks of the link
        assert tick - 8 * base_hz / bps <= went <= tick + 1 + max(1, 8 * base_hz / bps) or sent == 3_000_000
        uplink.step()
        sent += len(far.read())


def received_s(vehicle, *functions, flown_s):
    """Mission time at which flight has received each of so many telecommands, all planned at 2 s."""
    commands = tuple(Telecommand(function=name, offset_s=2.0) for name in functions)
    scenario = dataclasses.replace(load_scenario("nadir"), telecommand=commands)
    mission, times = Mission(vehicle, scenario, GroundSegment), []
    while mission.flown_s < flown_s:
        mission.advance(0.1)
        times += [mission.flown_s] * (mission.flight.pool["uplink.tc_packets"] - len(times))
    return times, mission.ledger().unaccounted


def test_planned_telecommands_take_their_time():
    """At 100 bit/s a CLTU takes 3.36 s, and the next one as long again; no copy is sent while they are under way."""
    (first, second), unaccounted = received_s(slow(100), "sun_pointing", "idle", flown_s=30.0)
    assert first == pytest.approx(2.0 + 8 * CLTU / 100, abs=0.31)
    assert second - first == pytest.approx(8 * CLTU / 100, abs=0.11)
    assert unaccounted == 0


def test_a_cltu_that_takes_longer_than_the_timer_of_the_station_is_sent_once():
    """At 10 bit/s it takes 33.6 s: the timer of 5 s begins when it has gone up."""
    times, _ = received_s(slow(10), "sun_pointing", flown_s=60.0)
    assert times == [pytest.approx(2.0 + 8 * CLTU / 10, abs=1.1)]


def test_a_cltu_that_fits_into_a_tick_is_received_in_the_next_one():
    times, _ = received_s(VEHICLE, "sun_pointing", flown_s=4.0)
    assert times == [pytest.approx(2.2)]  # sent at the end of the tick of 2.0 s, received in that of 2.1 s


def test_octets_of_clients_go_up_below_a_bit_a_tick():
    """4000 ticks of a hundredth of a second at 10 bit/s."""
    server = LinkServer("tcp://127.0.0.1:0")
    plan = Plan((), (), None, {}, 5680.0, tick_s=0.01)
    segment = flights.ground_of(fly.Options(ground=server.url), None, server)(slow(10).radio, LoopLink.pair()[0], plan)
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as link:
        link.sendall(bytes(100))
        for tick in range(4000):
            segment.step(tick * 10_000_000)
        octets_up = server.figures.octets_up
        server.close()
    assert octets_up == pytest.approx(50, abs=1)
