"""The world in lock-step with real boards: timing, actuation, units, determinism, links."""

import dataclasses
import hashlib

import numpy as np
import pytest
from pyubx2 import UBXReader

from firmware_bindings.host import HostBoard
from hal.drivers.config import adcs_config, eps_config, payload
from hal.links.link import ByteLink, LinkError
from hal.links.open_link import open_link
from hal.packet import FrameDecoder, PacketType, encode_frame
from hal.vehicle.load import load_vehicle
from hal.wire import (
    EPS_OFFSET,
    Apid,
    BoardKind,
    CommandFlag,
    EpsCommand,
    EpsSensors,
    EpsSwitch,
    SensorFlag,
    StarTrackerReport,
)
from sim.scenario.planning import Plan, TimedOutage
from sim.scenario.scenario import Ground, Initial, Pass, load_scenario
from sim.spacecraft.lockstep import BoardEnds
from sim.spacecraft.spacecraft import Spacecraft
from tests.board_packets import AdcsCommand, AdcsSensors

VEHICLE = load_vehicle()
SCENARIO = dataclasses.replace(
    load_scenario(), initial=Initial(q_bi=(0.5, -0.1, 0.7, 0.5), rate_bi_b_radps=(0.0504, 0.0504, 0.0504))
)  # at 5 deg/s
TICK_NS = 10**8
NO_PLAN = Plan((), (), None, {}, 5681.0, tick_s=0.1)
DUTY = 0.7


def device_octets(world):
    return b"".join(truth.tobytes() for truth in world.device_truth.values())


def make_world(seed=1, scenario=SCENARIO, plan=NO_PLAN, **kwargs):
    return Spacecraft(VEHICLE, scenario, seed, flight_plan=plan, **kwargs)


def configure(world):
    """Configure both boards and switch the wheels on."""
    world.links["adcs"].write(encode_frame(Apid.CONFIG, PacketType.TELECOMMAND, 0, adcs_config(VEHICLE)))
    world.links["eps"].write(encode_frame(Apid.CONFIG + EPS_OFFSET, PacketType.TELECOMMAND, 0, eps_config(VEHICLE)))
    switch(world, 1, EpsSwitch.WHEELS)


def switch(world, seq, switches):
    octets = payload(EpsCommand, {"seq": seq, "flags": CommandFlag.OUTPUTS_ENABLED, "switches": switches})
    world.links["eps"].write(encode_frame(Apid.COMMAND + EPS_OFFSET, PacketType.TELECOMMAND, seq, octets))


def command(world, seq, torque=(0, 0, 0, 0), dipole=(0, 0, 0)):
    values = {"seq": seq, "flags": CommandFlag.OUTPUTS_ENABLED, "wheels_counts": torque, "torquers_counts": dipole}
    octets = payload(AdcsCommand, values)
    world.links["adcs"].write(encode_frame(Apid.COMMAND, PacketType.TELECOMMAND, seq, octets))


def packets(octets, apid, record):
    """Payloads of one kind as records."""
    found = FrameDecoder().feed(octets)
    pad = record.size - record.end
    return [np.frombuffer(p + bytes(pad), record.dtype())[0] for a, _, _, p in found if a == apid]


def fly(world, ticks, start=0):
    """Octets of every link over `ticks` ticks with some commands."""
    out = dict.fromkeys(("adcs", "eps", "star_tracker", "gnss"), b"")
    for k in range(start, start + ticks):
        command(world, k, (k % 90, -50, 20, 7), (900 * (k % 3), -500, 10 * k % 500))
        if k % 10 == 0:
            switch(world, 2 + k // 10, EpsSwitch.WHEELS)
        world.step(k * TICK_NS)
        for name in out:
            out[name] += world.links[name].read()
    return out


def test_a_command_written_before_tick_k_acts_from_k_to_k_plus_one():
    world = make_world()
    configure(world)
    world.step(0)
    command(world, 1, (1000, 0, 0, -2000), (10000, 0, -5000))
    world.step(TICK_NS)  # the board applies it at 0.1 s
    assert not world.truth["dipole_b_am2"].any()  # the interval up to 0.1 s had none
    assert not world.truth["wheel_torque_nm"].any()
    np.testing.assert_allclose(world.device_truth["torquers"]["dipole_driven_b_am2"], [0.2, 0.0, -0.1])
    world.step(2 * TICK_NS)
    residual = np.array([0.002, 0.0, -0.001])
    np.testing.assert_allclose(world.truth["dipole_b_am2"], DUTY * np.array([0.2, 0.0, -0.1]) + 0.3 * residual)
    np.testing.assert_allclose(world.truth["wheel_torque_nm"][:4], [1e-4, 0.0, 0.0, -2e-4])
    assert world.truth["wheel_speed_radps"][3] < 0.0 < world.truth["wheel_speed_radps"][0]


def test_wheels_need_their_switch():
    world = make_world()
    configure(world)
    switch(world, 2, EpsSwitch.RADIO_TX)
    world.step(0)
    command(world, 1, (1000, 1000, 1000, 1000))
    world.step(2 * TICK_NS)
    assert world.device_truth["power"]["switches"] == EpsSwitch.RADIO_TX
    assert not world.truth["wheel_torque_nm"].any()


def test_silence_leads_the_board_to_safe_outputs_in_the_truth():
    world = make_world()
    configure(world)
    command(world, 1, (1000, 0, 0, 0), (10000, 0, 0))
    world.step(0)
    world.step(TICK_NS)
    assert world.truth["dipole_b_am2"][0] > 0.1
    world.step((VEHICLE.boards.adcs.command_timeout_ms + 300) * 10**6)
    np.testing.assert_allclose(world.truth["dipole_b_am2"], [0.002, 0.0, 0.0])  # what stays after switching off
    assert not world.truth["wheel_torque_nm"].any()


def test_boards_run_on_clocks_of_their_own():
    world = make_world()
    configure(world)
    octets = {"adcs": b"", "eps": b""}
    for k in range(101):
        world.step(k * TICK_NS)
        for name in octets:
            octets[name] += world.links[name].read()
    adcs = packets(octets["adcs"], Apid.SENSORS, AdcsSensors)
    eps = packets(octets["eps"], Apid.SENSORS + EPS_OFFSET, EpsSensors)
    clocks = SCENARIO.clocks
    assert [int(p["board_time_ns"]) for p in adcs] == [
        round(k * 1e8 * (1 + clocks.adcs.drift_ppm * 1e-6) + clocks.adcs.offset_s * 1e9) for k in range(101)
    ]
    assert [int(p["board_time_ns"]) for p in eps] == [
        round(s * 1e9 * (1 + clocks.eps.drift_ppm * 1e-6) + clocks.eps.offset_s * 1e9) for s in range(11)
    ]
    assert adcs[-1]["flags"] & SensorFlag.STIMULUS


def test_each_cycle_is_one_packet_however_far_a_step_goes():
    """One step of ten seconds leaves the world where a hundred of 0.1 s do."""
    by_tick, at_once = make_world(), make_world()
    configure(by_tick)
    configure(at_once)
    octets = b""
    for k in range(101):
        by_tick.step(k * TICK_NS)
        octets += by_tick.links["star_tracker"].read()
    at_once.step(100 * TICK_NS)
    assert at_once.links["star_tracker"].read() == octets
    assert at_once.truth.tobytes() == by_tick.truth.tobytes()
    assert device_octets(at_once) == device_octets(by_tick)
    assert at_once.adcs.missed == at_once.eps.missed == 0


def test_between_cycles_and_backwards_nothing_happens():
    world = make_world()
    world.step(3 * TICK_NS)
    assert (world.t_ns, int(world.truth["t_ns"])) == (3 * TICK_NS, 3 * TICK_NS)
    before = world.truth.tobytes()
    world.step(2 * TICK_NS)
    assert (world.t_ns, world.truth.tobytes()) == (3 * TICK_NS, before)
    world.step(3 * TICK_NS + 5)
    assert (world.t_ns, world.truth.tobytes()) == (3 * TICK_NS + 5, before)


def test_same_seed_same_octets_on_every_link():
    def digest(seed):
        world = make_world(seed)
        configure(world)
        octets = fly(world, 600)
        return {name: hashlib.sha256(o).hexdigest() for name, o in octets.items()}, world.truth.tobytes()

    assert digest(5) == digest(5)
    first, second = digest(5)[0], digest(6)[0]
    assert all(first[name] != second[name] for name in ("adcs", "eps", "gnss"))  # the star tracker sees nothing yet


def test_an_outage_silences_one_unit_and_shifts_no_other():
    outages = (TimedOutage("star_tracker", 20.0, 40.0), TimedOutage("gnss", 9.0, 31.0))
    outage = dataclasses.replace(NO_PLAN, outages=outages)
    with_outage, without = make_world(plan=outage), make_world()
    configure(with_outage)
    configure(without)
    a, b = fly(with_outage, 500), fly(without, 500)
    assert a["adcs"] == b["adcs"]
    assert a["eps"] == b["eps"]
    times = [int(r["valid_time_ns"]) / 1e9 for r in packets(a["star_tracker"], Apid.STAR_TRACKER, StarTrackerReport)]
    assert times == [t / 5 for t in range(250) if not 20.0 <= t / 5 < 40.0 and t / 5 + 0.2 <= 49.9]
    assert len(a["gnss"]) == 2 * 100
    assert len(b["gnss"]) == 5 * 100


def test_units_speak_their_protocols():
    world = make_world()
    world.step(110 * TICK_NS)
    world.links["star_tracker"].write(b"a unit ignores what it is sent")
    reports = packets(world.links["star_tracker"].read(), Apid.STAR_TRACKER, StarTrackerReport)
    assert [int(r["seq"]) for r in reports] == list(range(55))
    octets = world.links["gnss"].read()
    assert len(octets) == 200
    message = UBXReader.parse(octets[100:])
    assert (message.hour, message.min, message.second) == (14, 0, 10)
    assert message.lat == pytest.approx(np.degrees(float(world.truth["latitude_rad"])), abs=0.2)


def test_a_reader_that_never_reads_loses_whole_messages():
    world = make_world()
    world.step(2000 * TICK_NS)
    assert world.links["star_tracker"].dropped > 0
    octets = world.links["star_tracker"].read()
    assert len(octets) <= 4096
    assert octets.endswith(b"\0")
    decoder = FrameDecoder()
    assert len(decoder.feed(octets)) == octets.count(0)


@pytest.mark.parametrize("elsewhere", [("adcs", "eps"), ("adcs",), ("eps",)])
def test_boards_may_run_elsewhere(elsewhere):
    """Over plain byte links, both or one of them, the same octets and the same truth as with boards in the kernel."""
    inside = make_world()
    kinds = {"adcs": BoardKind.ADCS, "eps": BoardKind.EPS}
    boards = {name: HostBoard(kinds[name]) for name in elsewhere}
    outside = make_world(boards={name: BoardEnds(board.bus, board.stimulus) for name, board in boards.items()})
    assert set(outside.links) == set(inside.links)
    configure(inside)
    configure(outside)
    assert fly(inside, 120) == fly(outside, 120)
    assert inside.truth.tobytes() == outside.truth.tobytes()


class DeadLink:
    """A board that never answers."""

    def __init__(self):
        self.written = b""

    def write(self, octets):
        self.written += octets

    def read(self):
        return b""

    def close(self):
        pass


def test_a_board_that_does_not_answer_is_counted_and_the_truth_goes_on(monkeypatch):
    monkeypatch.setattr("sim.spacecraft.lockstep.ANSWER_PATIENCE_S", 0.0)
    links = {"adcs": DeadLink(), "eps": DeadLink()}
    world = make_world(boards={name: BoardEnds(DeadLink(), link) for name, link in links.items()})
    for k in range(3):
        world.step(k * TICK_NS)
    assert (world.adcs.missed, world.eps.missed) == (3, 1)
    assert int(world.truth["t_ns"]) == 2 * TICK_NS
    assert len(FrameDecoder().feed(links["adcs"].written)) == 3


def test_a_board_that_no_vehicle_has_is_refused():
    with pytest.raises(ValueError, match="none named 'radio'"):
        make_world(boards={"radio": BoardEnds(DeadLink(), DeadLink())})


def test_links_open_by_the_urls_of_the_vehicle_file():
    world = make_world()
    for url, name in (("sim://adcs", "adcs"), ("sim://eps", "eps"), ("sim://str", "star_tracker"),
                      ("sim://gnss", "gnss"), ("sim://radio", "radio")):  # fmt: skip
        link = world.open(url)
        assert link is world.links[name]
        assert isinstance(link, ByteLink)
    with pytest.raises(LinkError, match="sim://camera: not in this world, expected one of: sim://adcs"):
        world.open("sim://camera")
    with pytest.raises(LinkError, match="sim://adcs: in a simulator, expected to be opened on a spacecraft"):
        open_link("sim://adcs")


def test_a_closed_unit_link_says_so():
    world = make_world()
    link = world.links["gnss"]
    link.close()
    with pytest.raises(LinkError, match="sim://gnss: read on a closed link"):
        link.read()
    with pytest.raises(LinkError, match="sim://gnss: write on a closed link"):
        link.write(b"x")


def test_the_radio_joins_flight_and_ground():
    world = make_world()
    world.links["radio"].write(b"down")
    world.radio_ground.write(b"up")
    assert (world.radio_ground.read(), world.links["radio"].read()) == (b"down", b"up")


def test_without_contact_the_radio_loses_what_is_sent():
    contacts = Ground(visibility="passes", contacts=(Pass(start_s=10.0, duration_s=5.0),))
    world = make_world(scenario=dataclasses.replace(SCENARIO, ground=contacts))
    flight, station = world.links["radio"], world.radio_ground
    heard = []
    for k in range(20):
        world.step(k * 10 * TICK_NS)
        flight.write(bytes([k]))
        station.write(bytes([k]))
        heard.append((station.read(), flight.read()))
    expected = [bytes([k]) if 10 <= k < 15 else b"" for k in range(20)]
    assert heard == [(e, e) for e in expected]
    assert (flight.octets_lost, station.octets_lost) == (15, 15)
    station.close()
    with pytest.raises(LinkError):
        station.read()


def test_switching_an_error_off_during_flight():
    """A device keeps its switches within reach: without the limit it sees stars while tumbling at 5 deg/s."""
    world = make_world()
    world.step(10 * TICK_NS)
    assert world.device_truth["star_tracker"]["flags"] & 1 == 0
    world.devices["star_tracker"].switch("rate_limit", False)
    world.devices["star_tracker"].switch("exclusion", False)
    world.step(15 * TICK_NS)
    assert world.device_truth["star_tracker"]["flags"] == 1
