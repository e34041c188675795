"""The EPS board's driver: switches, samples, ranges, its own period."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hal.drivers.config import eps_config
from hal.drivers.eps_board import EpsBoardDriver
from hal.packet import PacketType, crc16
from hal.wire import FIRMWARE_VERSION, Apid, CommandFlag, EpsCommand, EpsSwitch

TICK_NS = 100_000_000
PERIOD_NS = 1_000_000_000
EPS = 0x100
GOOD = {
    "bus_mv": 15000, "battery_ma": -1234, "array_cw": 4400, "load_cw": 1250, "soc_counts": 7512,
    "temperature_ck": 29315, "switches": 5,
}  # fmt: skip


@pytest.fixture
def driver(vehicle, memory):
    driver = EpsBoardDriver(vehicle)
    driver.bind(memory)
    return driver


def exchange(driver, t_ns: int, *chunks: bytes) -> bytes | None:
    driver.begin(t_ns)
    sent = driver.send(t_ns)
    for chunk in chunks:
        driver.receive(chunk, t_ns)
    driver.end(t_ns)
    return sent


def test_switches_are_sent_every_eps_period(driver, eps_device, command, parse_frames, vehicle):
    command["switches"] = EpsSwitch.RADIO_TX | EpsSwitch.WHEELS
    crc = crc16(eps_config(vehicle))
    exchange(driver, 0, eps_device.report(), eps_device.identity(version=FIRMWARE_VERSION, config_crc=crc))
    when = []
    for tick in range(1, 31):
        sent = exchange(driver, tick * TICK_NS, *([eps_device.report()] if tick % 10 == 0 else []))
        if sent:
            when.append(tick)
            ((apid, kind, _, body),) = parse_frames(sent)
            values = np.frombuffer(body + bytes(2), EpsCommand.dtype())[0]
            assert (apid, kind) == (EPS + Apid.COMMAND, PacketType.TELECOMMAND)
            assert (values["switches"], values["flags"]) == (5, CommandFlag.OUTPUTS_ENABLED)
    assert when == [10, 20, 30]


def test_samples_are_scaled_and_stamped(driver, eps_device, samples):
    exchange(driver, PERIOD_NS, eps_device.report(**GOOD))
    eps = samples["power"]
    found = [eps[f] for f in ("bus_voltage_v", "battery_current_a", "array_power_w", "load_power_w")]
    np.testing.assert_allclose(found, [15.0, -1.234, 44.0, 12.5], rtol=1e-14)
    np.testing.assert_allclose([eps["state_of_charge"], eps["temperature_k"]], [0.7512, 293.15], rtol=1e-14)
    assert (eps["switches"], eps["t_ns"], eps["seq"], eps["new"], eps["valid"]) == (5, PERIOD_NS, 1, 1, 1)


@pytest.mark.parametrize(
    "bad",
    [
        {"bus_mv": 5900},  # half of an empty battery's 12 V
        {"bus_mv": 21100},
        {"array_cw": 10600},  # panels of 70 W
        {"soc_counts": 10001},
        {"temperature_ck": 14999},
        {"temperature_ck": 40001},
    ],
)
def test_out_of_range_is_invalid_and_counted(driver, eps_device, samples, bad):
    exchange(driver, PERIOD_NS, eps_device.report(**(GOOD | bad)))
    assert (samples["power"]["new"], samples["power"]["valid"]) == (1, 0)
    assert samples["eps_health"]["samples_out_of_range"] == 1


def test_reset_sends_the_configuration_at_the_next_exchange(driver, eps_device, vehicle, parse_frames):
    exchange(driver, PERIOD_NS, eps_device.report(**GOOD))
    exchange(driver, PERIOD_NS + TICK_NS, eps_device.boot())
    sent = parse_frames(exchange(driver, PERIOD_NS + 2 * TICK_NS))
    assert [apid for apid, *_ in sent] == [EPS + a for a in (Apid.CONFIG, Apid.IDENTIFY, Apid.COMMAND)]
    assert sent[0][3] == eps_config(vehicle) == bytes.fromhex("e803 1027 c409 0000")
    assert exchange(driver, PERIOD_NS + 3 * TICK_NS) is None
    exchange(driver, PERIOD_NS + 4 * TICK_NS, eps_device.report(**GOOD))
    assert len(parse_frames(exchange(driver, 2 * PERIOD_NS))) == 3


def test_waits_only_when_a_cycle_has_ended(driver, eps_device):
    """The exchange waits for the EPS board only in ticks in which its period ends."""
    driver.begin(0)
    assert driver.awaiting(0)
    driver.receive(eps_device.report(**GOOD), 0)
    assert not driver.awaiting(0)
    driver.end(0)
    for tick in range(1, 10):
        exchange(driver, tick * TICK_NS)
        assert not driver.awaiting(tick * TICK_NS)
    driver.begin(PERIOD_NS)
    assert driver.awaiting(PERIOD_NS)


def test_silence_after_the_limit_of_the_vehicle(driver, eps_device, samples):
    exchange(driver, PERIOD_NS, eps_device.report(**GOOD))
    for tick in range(11, 60):
        exchange(driver, tick * TICK_NS)
    assert (samples["eps_health"]["silent"], samples["power"]["valid"]) == (0, 1)
    exchange(driver, 60 * TICK_NS)
    assert (samples["eps_health"]["silent"], samples["eps_health"]["silent_ticks"]) == (1, 50)
    assert samples["power"]["valid"] == 0
    driver.begin(61 * TICK_NS)
    assert not driver.awaiting(61 * TICK_NS)


@given(st.lists(st.binary(max_size=120), max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_recovers_after_any_garbage(vehicle, memory, samples, eps_device, garbage):
    eps_device.cycle, eps_device.board_ns = 0, 0
    for name in ("samples", "drivers"):
        memory[name][...] = np.zeros((), memory[name].dtype)
    driver = EpsBoardDriver(vehicle)
    driver.bind(memory)
    exchange(driver, 0, *garbage, b"\0")
    exchange(driver, PERIOD_NS, eps_device.report(**GOOD))
    assert samples["eps_health"]["frames_ok"] == 1
    assert (samples["power"]["new"], samples["power"]["valid"]) == (1, 1)
