"""The drivers of hal on the firmware itself: `Exchange` over the bus ports of both boards, real octets both ways."""

import numpy as np
import pytest

from hal.exchange.exchange import Exchange
from hal.links.loop import LoopLink
from hal.vehicle.load import load_vehicle
from hal.wire import Apid, BoardKind, EpsSwitch, ResetReason
from tests.fsw.sections import exchange_memory

TICK_MS = 100


class Rig:
    """Both boards stimulated by a clock that the exchange sleeps on."""

    def __init__(self, new_bench):
        self.vehicle = load_vehicle("reference")
        memory = exchange_memory()
        self.samples, self.command = memory["samples"], memory["command"]
        self.adcs = new_bench(BoardKind.ADCS, configured=False)
        self.eps = new_bench(BoardKind.EPS, configured=False)
        self.adcs.board.reset(ResetReason.POWER_ON)
        self.eps.board.reset(ResetReason.POWER_ON)
        self.adcs_stimulus, self.actuation, self.switches = {}, {}, {}
        self.t_ms = 0
        self.hung = False
        links = {
            "adcs": self.adcs.board.bus,
            "eps": self.eps.board.bus,
            "star_tracker": LoopLink.pair()[0],
            "gnss": LoopLink.pair()[0],
        }
        self.exchange = Exchange(self.vehicle, links, self, memory)

    def now_ns(self):
        return self.t_ms * 1_000_000

    def sleep_until(self, t_ns):
        self.t_ms = t_ns // 1_000_000
        if not self.hung:
            self.stimulate(self.adcs, self.actuation, **self.adcs_stimulus)
        if self.t_ms % 1000 == 0:
            self.stimulate(self.eps, self.switches, soc_counts=7500)

    def stimulate(self, bench, answer, **values):
        bench.stimulate(after_ms=self.t_ms - bench.t_ms, **values)
        ((apid, fields),) = bench.received(bench.stimulus_decoder, bench.board.stimulus)
        assert apid == Apid.ACTUATION
        answer.update(fields)

    def fly(self, ticks=1):
        for _ in range(ticks):
            self.exchange.exchange(self.now_ns() + TICK_MS * 1_000_000)


@pytest.fixture
def rig(new_bench):
    return Rig(new_bench)


def test_drivers_configure_command_and_read_the_boards(rig):
    rig.command["actuators"]["valid"] = 1
    rig.command["actuators"]["wheel_torque_nm"][:4] = [1e-3, -1e-3, 5e-3, 0.0]
    rig.command["actuators"]["dipole_am2"][:3] = [0.1, -0.4, 0.0]
    rig.command["switches"] = EpsSwitch.RADIO_TX
    rig.adcs_stimulus = {"magnetometer_counts": [1000, -2000, 3000], "wheels_counts": [20, -20, 0, 1]}
    rig.fly(40)
    assert rig.actuation["wheels_counts"] == [10000, -10000, 20000, 0]
    assert rig.actuation["torquers_counts"] == [5000, -20000, 0]
    assert rig.actuation["duty_permille"] == 700
    assert rig.switches["switches"] == EpsSwitch.RADIO_TX
    np.testing.assert_allclose(rig.samples["magnetometer"]["mag_s_tesla"], [4e-6, -8e-6, 1.2e-5])
    np.testing.assert_allclose(rig.samples["wheels"]["speed_radps"][:4], [1.0, -1.0, 0.0, 0.05])
    assert rig.samples["power"]["state_of_charge"] == pytest.approx(0.75)
    for name in ("gyro", "magnetometer", "sun_sensors", "wheels", "torquers"):
        assert rig.samples[name]["valid"], name
        assert rig.samples[name]["t_ns"] == rig.now_ns(), name
    for name in ("adcs_health", "eps_health"):
        health = rig.samples[name]
        assert health["commands_rejected"] == health["frames_bad"] == health["samples_stale"] == 0, name
        assert health["safe_outputs"] == 0, name


def test_a_hung_board_comes_back_configured_after_its_watchdog_reset(rig):
    rig.command["actuators"]["valid"] = 1
    rig.command["actuators"]["wheel_torque_nm"][:4] = [1e-3] * 4
    rig.fly(20)
    rig.hung = True
    rig.fly(5)
    rig.hung = False
    rig.fly(1)
    assert rig.samples["adcs_health"]["reset_reason"] == ResetReason.WATCHDOG
    assert rig.actuation["wheels_counts"] == [0] * 4
    rig.fly(3)
    assert rig.actuation["wheels_counts"] == [10000] * 4
    assert rig.samples["adcs_health"]["safe_outputs"] == 0
