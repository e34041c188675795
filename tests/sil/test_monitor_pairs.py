"""FDIR-MON: every monitor of the reference vehicle has a flight that fires it and one that stays just below its limit.

Faults are injected where the catalogue has one; a value that no fault moves is met by a limit put on either side of it.
"""

import dataclasses

import numpy as np
import pytest

from ground.link.segment import GroundSegment
from hal.vehicle.load import load_vehicle
from hal.wire import EpsSwitch
from sim.mission import Mission
from sim.scenario.scenario import load_scenario

VEHICLE = load_vehicle()
SCENARIO = dataclasses.replace(load_scenario("modes"), telecommand=(), outage=())
SETTLED_S = 10.0  # both boards answer, the attitude is known


class CutLink:
    """A link on which flight's words are lost while `cut` is set."""

    def __init__(self, link):
        self.link, self.cut = link, False
        self.read, self.close = link.read, link.close

    def write(self, octets):
        if not self.cut:
            self.link.write(octets)


class Flight:
    """A mission and what its monitors have found."""

    def __init__(self, name, scenario=SCENARIO, **limits):
        monitors = tuple(
            dataclasses.replace(m, **limits) if m.name == name else m for m in VEHICLE.monitor
        )  # fmt: skip
        self.links = {}
        self.mission = Mission(
            dataclasses.replace(VEHICLE, monitor=monitors),
            scenario,
            GroundSegment,
            seed=1,
            duration_s=1e3,
            tap=self.tap,
        )
        self.pool, self.name = self.mission.flight.pool, name
        self.index = [m.name for m in self.mission.flight.modes.monitors.monitors].index(name)
        self.fired = 0

    def tap(self, name, link):
        return self.links.setdefault(name, CutLink(link))

    def advance(self, seconds):
        for _ in range(round(seconds)):
            self.mission.advance(1.0)
            self.fired |= int(self.pool["monitors.confirmed"]) >> self.index & 1
        return self


def fault(target, kind, fires_s, below_s):
    """The same fault, for long enough or just not."""

    def fly(name, fires):
        flight = Flight(name).advance(SETTLED_S)
        injection = flight.mission.inject(target, kind)
        flight.advance(fires_s if fires else below_s)
        flight.mission.clear(injection)
        return flight.advance(2)

    return fly


def gauge(fires, below, hold_s):
    """The gauge of the state of charge reads what it must."""

    def fly(name, fire):
        flight = Flight(name).advance(SETTLED_S)
        bias = (fires if fire else below) - float(flight.pool["samples.power.state_of_charge"])
        flight.mission.inject("power", "gauge_biased", bias_share=bias)
        return flight.advance(hold_s + 5)

    return fly


def jump(fires, below):
    """The gauge jumps."""

    def fly(name, fire):
        flight = Flight(name).advance(SETTLED_S)
        flight.mission.inject("power", "gauge_biased", bias_share=fires if fire else below)
        return flight.advance(5)

    return fly


def limit(parameter, fires, below, seconds=40):
    """A limit on either side of what flies: keys of the monitor as shares of the least and the largest value flown."""

    def fly(name, fire):
        probe, flown = Flight(name).advance(SETTLED_S), []
        for _ in range(round(seconds)):
            flown.append(float(np.linalg.norm(probe.advance(1).pool[parameter])))
        limits = {key: share * min(flown) for key, share in fires.items()}
        if not fire:
            limits = {key: share * (max(flown) if share > 1.0 else min(flown)) for key, share in below.items()}
        return Flight(name, **limits).advance(SETTLED_S + seconds)

    return fly


def rate(fires, below, seconds):
    """Rates at separation."""

    def fly(name, fire):
        magnitude = fires if fire else below
        drawn = dataclasses.replace(SCENARIO.dispersions, rate_low_radps=magnitude, rate_high_radps=magnitude)
        return Flight(name, dataclasses.replace(SCENARIO, dispersions=drawn)).advance(seconds)

    return fly


def transmitter(name, fire):
    """The transmitter stays off for longer than its persistence, or not."""
    flight = Flight(name).advance(SETTLED_S)
    flight.mission.flight.exclusions.hold_off(EpsSwitch.RADIO_TX)
    flight.advance(18 if fire else 12)
    flight.mission.flight.exclusions.hold_off(0)
    return flight.advance(2)


def deaf_board(name, fire):
    """Commands do not reach the board, which makes its outputs safe after a second."""
    flight = Flight(name).advance(SETTLED_S)
    flight.links["adcs"].cut = True
    flight.advance(8 if fire else 5)
    flight.links["adcs"].cut = False
    return flight.advance(2)


PAIRS = {
    "excessive_rate": rate(0.30, 0.259, 15),
    "low_battery": gauge(0.245, 0.255, 30),
    "battery_hot": limit("samples.power.temperature_k", {"limit": 0.999}, {"limit": 1.001}),
    "bus_voltage": limit("samples.power.bus_voltage_v", {"low": 1.05, "high": 1.5}, {"low": 0.95, "high": 1.05}),
    "battery_low_payload_off": gauge(0.345, 0.355, 30),
    "charge_jump": jump(0.021, 0.019),
    "load_power": limit("samples.power.load_power_w", {"limit": 0.9}, {"limit": 1.2}),
    "transmitter_off": transmitter,
    "adcs_outputs_safe": deaf_board,
    "wheel_momentum": limit("body.wheel_momentum_b_nms", {"limit": 0.95}, {"limit": 1.02}),
    "star_tracker_silent": fault("star_tracker", "dead", 18, 13),
    "gnss_inaccurate": limit("samples.gnss.accuracy_m", {"limit": 0.9}, {"limit": 1.1}, 60),
    "gnss_silent": fault("gnss", "dead", 95, 65),
}  # fmt: skip


def test_every_monitor_has_its_pair():
    """FDIR-MON-010: no monitor of the reference vehicle is without its two flights."""
    assert set(PAIRS) == {monitor.name for monitor in VEHICLE.monitor}


@pytest.mark.parametrize("name", PAIRS)
def test_a_monitor_fires(name):
    """FDIR-MON-020: beyond its limit it fires and takes its action."""
    flight = PAIRS[name](name, True)
    assert flight.fired
    (monitor,) = (m for m in VEHICLE.monitor if m.name == name)
    if monitor.reason is not None:
        assert flight.pool["mode.safe_reason"].name == monitor.reason
    if monitor.sensor is not None:
        assert flight.pool["fdir.excluded_count"] == 1
    if monitor.request is not None:
        assert flight.pool["autonomy.requests_accepted"] + flight.pool["autonomy.requests_refused"] == 1


@pytest.mark.parametrize("name", PAIRS)
def test_a_monitor_just_below_its_limit_does_not_fire(name):
    """FDIR-MON-030: just below its limit it is checked and does not fire."""
    flight = PAIRS[name](name, False)
    assert flight.pool["monitors.checked_ns"][flight.index] > 0
    assert not flight.fired
