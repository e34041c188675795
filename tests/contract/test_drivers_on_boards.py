"""The drivers talk to the real board firmware, compiled for the host, through the exchange."""

from __future__ import annotations

import numpy as np
import pytest

from firmware_bindings.host import HostBoard
from hal.drivers.config import adcs_config, payload
from hal.exchange.exchange import Exchange
from hal.links.loop import LoopLink
from hal.octets import Direction
from hal.packet import FrameDecoder, crc16, encode_frame
from hal.samples import BoardIdentity
from hal.vehicle.load import load_vehicle
from hal.wire import EPS_OFFSET, Apid, BoardKind, EpsActuation, EpsStimulus, EpsSwitch, ResetReason
from tests.board_packets import AdcsActuation, AdcsStimulus
from tests.fsw.sections import exchange_memory

TICK_NS = 100_000_000


def actuation(record, octets: bytes):
    """The last actuation packet in what a board sent on its stimulus port."""
    body = FrameDecoder().feed(octets)[-1][3]
    return np.frombuffer(body + bytes(record.size - len(body)), record.dtype())[0]


class Bench:
    """Both boards in lock-step; this is the stepped clock, and the hands on the stimulus ports."""

    def __init__(self, vehicle) -> None:
        self.adcs, self.eps = HostBoard(BoardKind.ADCS), HostBoard(BoardKind.EPS)
        memory = exchange_memory()
        self.samples, self.command = memory["samples"], memory["command"]
        links = {
            "adcs": self.adcs.bus,
            "eps": self.eps.bus,
            "star_tracker": LoopLink.pair()[0],
            "gnss": LoopLink.pair()[0],
        }
        self.exchange = Exchange(vehicle, links, self, memory)
        self.t_ns = 0
        self.stimulus = {
            "gyro_counts": [10, -20, 30],
            "magnetometer_counts": [5000, -6000, 7000],
            "sun_sensors_counts": [4000] * 6,
        }
        self.stopped = False
        self.driven = self.switched = None

    def now_ns(self) -> int:
        return self.t_ns

    def sleep_until(self, t_ns: int) -> None:
        self.t_ns = t_ns
        if self.stopped:
            return
        packet = payload(AdcsStimulus, {"board_time_ns": t_ns} | self.stimulus)
        self.adcs.stimulus.write(encode_frame(Apid.STIMULUS, 0, 0, packet))
        self.driven = actuation(AdcsActuation, self.adcs.stimulus.read())
        if t_ns % (10 * TICK_NS) == 0:
            packet = payload(EpsStimulus, {"board_time_ns": t_ns, "bus_mv": 15000, "temperature_ck": 29000})
            self.eps.stimulus.write(encode_frame(Apid.STIMULUS + EPS_OFFSET, 0, 0, packet))
            self.switched = actuation(EpsActuation, self.eps.stimulus.read())

    def fly(self, ticks: int) -> None:
        for _ in range(ticks):
            self.exchange.exchange(self.t_ns + TICK_NS)


@pytest.fixture
def vehicle():
    return load_vehicle("reference")


@pytest.fixture
def bench(vehicle):
    return Bench(vehicle)


def test_the_first_exchanges_configure_and_sample(bench):
    """HAL-09: the board is configured in the first exchange and all its samples are valid in the second."""
    bench.fly(1)
    assert (bench.samples["gyro"]["new"], bench.samples["gyro"]["valid"]) == (1, 0)  # no cycle before this one
    bench.fly(1)
    health = bench.samples["adcs_health"]
    assert (health["configured"], health["silent_ticks"], health["frames_bad"]) == (1, 0, 0)
    assert (health["reset_count"], health["reset_reason"]) == (1, ResetReason.POWER_ON)
    for name in ("gyro", "magnetometer", "sun_sensors", "wheels", "torquers"):
        sample = bench.samples[name]
        assert (sample["new"], sample["valid"], sample["t_ns"]) == (1, 1, 2 * TICK_NS)
    np.testing.assert_allclose(bench.samples["magnetometer"]["mag_s_tesla"], [2e-5, -2.4e-5, 2.8e-5])
    np.testing.assert_allclose(bench.samples["gyro"]["dtheta_s_rad"], [1e-6, -2e-6, 3e-6])


def test_the_board_holds_the_configuration_of_the_vehicle(bench, vehicle):
    """HAL-09: the CRC that the board reports is that of the configuration made from the vehicle file."""
    bench.fly(2)
    bench.adcs.bus.write(encode_frame(Apid.IDENTIFY, 1, 0, b""))
    ((apid, _, _, body),) = FrameDecoder().feed(bench.adcs.bus.read())
    assert apid == Apid.IDENTITY
    assert int.from_bytes(body[8:10], "little") == crc16(adcs_config(vehicle))
    health = bench.samples["adcs_health"]
    assert (health["identity"], health["config_crc"]) == (BoardIdentity.ACCEPTED, crc16(adcs_config(vehicle)))


def test_a_command_acts_from_the_tick_at_which_it_is_sent(bench):
    """HAL-09: torques and dipoles reach the devices in counts, clamped; a command that is not valid is safe."""
    bench.fly(3)
    bench.command["actuators"]["wheel_torque_nm"][:4] = [1e-3, -1e-3, 2e-4, 5e-2]
    bench.command["actuators"]["dipole_am2"][:3] = [0.1, -0.2, 0.4]
    bench.command["actuators"]["valid"] = 1
    bench.fly(1)
    assert bench.driven["board_time_ns"] == bench.t_ns
    assert bench.driven["wheels_counts"].tolist() == [10000, -10000, 2000, 20000]
    assert bench.driven["torquers_counts"].tolist() == [5000, -10000, 20000]
    assert bench.driven["duty_permille"] == 700
    np.testing.assert_allclose(bench.samples["torquers"]["dipole_am2"][:3], [0.1, -0.2, 0.4])
    bench.command["actuators"]["valid"] = 0
    bench.fly(1)
    assert not bench.driven["wheels_counts"].any()
    assert not bench.driven["torquers_counts"].any()


def test_switches_reach_the_eps_board(bench):
    """HAL-09: the EPS board sets the commanded switches and reports them."""
    bench.command["switches"] = EpsSwitch.RADIO_TX | EpsSwitch.WHEELS
    bench.fly(20)
    assert bench.switched["switches"] == EpsSwitch.RADIO_TX | EpsSwitch.WHEELS
    assert bench.samples["power"]["switches"] == EpsSwitch.RADIO_TX | EpsSwitch.WHEELS
    assert bench.samples["power"]["bus_voltage_v"] == pytest.approx(15.0)
    assert (bench.samples["power"]["t_ns"], bench.samples["eps_health"]["configured"]) == (20 * TICK_NS, 1)


@pytest.mark.parametrize("reason", [ResetReason.WATCHDOG, ResetReason.SOFTWARE, ResetReason.FAULT])
def test_after_a_reset_the_board_is_configured_again_within_two_ticks(bench, reason):
    """HAL-09, DRV-07: a reset is counted with its reason, and commands act again in the third tick."""
    bench.command["actuators"]["dipole_am2"] = 0.1
    bench.command["actuators"]["valid"] = 1
    bench.fly(20)
    bench.adcs.reset(reason)
    bench.fly(1)
    health = bench.samples["adcs_health"]
    assert (health["reset_count"], health["reset_reason"]) == (2, reason)
    bench.fly(1)
    assert (health["configured"], health["silent"], health["samples_stale"]) == (1, 0, 0)
    assert bench.samples["magnetometer"]["t_ns"] == bench.t_ns
    bench.fly(1)
    assert bench.driven["torquers_counts"].tolist() == [5000] * 3


def test_a_silent_board_and_its_return(bench):
    """HAL-09, DRV-08: silent after 50 ticks without an answer; valid again three ticks after its return."""
    bench.fly(20)
    bench.stopped = True
    bench.fly(49)
    assert bench.samples["adcs_health"]["silent"] == 0
    bench.fly(1)
    assert (bench.samples["adcs_health"]["silent"], bench.samples["magnetometer"]["valid"]) == (1, 0)
    bench.stopped = False
    bench.fly(3)  # the board's watchdog has bitten: it boots, is configured, samples
    health = bench.samples["adcs_health"]
    assert (health["silent"], health["configured"], bench.samples["magnetometer"]["valid"]) == (0, 1, 1)
    assert bench.samples["magnetometer"]["t_ns"] == bench.t_ns


def test_the_board_survives_what_the_driver_survives(bench):
    """HAL-09: garbage on the bus is counted by the board and costs no sample."""
    rng = np.random.default_rng(5)
    bench.fly(5)
    for _ in range(20):
        bench.adcs.bus.write(rng.bytes(50))
        bench.adcs.bus.write(b"\0")
        bench.fly(1)
        assert bench.samples["gyro"]["new"] == 1
    assert bench.samples["adcs_health"]["board_frames_bad"] > 0
    assert bench.samples["adcs_health"]["frames_bad"] == 0


def test_octets_a_tick_are_within_budget(bench):
    """HAL-09, BRD-11: the bus carries at most 106 octets in a steady tick."""
    bench.fly(10)
    bench.fly(1)
    crossed = [(direction, len(octets)) for i, direction, octets in bench.exchange.octets if i == 0]
    assert sorted(d for d, _ in crossed) == [Direction.OUT, Direction.IN]
    assert sum(n for _, n in crossed) <= 106  # 28 out, 78 in: the stimulus port has the rest of 200


def test_same_stimulus_same_memory(vehicle):
    """HAL-08: the same stimulus twice gives the same samples, octet by octet."""
    flights = []
    for _ in range(2):
        bench = Bench(vehicle)
        bench.fly(50)
        flights.append(bench.samples.tobytes())
    assert flights[0] == flights[1]
