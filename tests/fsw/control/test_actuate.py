"""Commands: mapping to devices, limits, and when they are not given."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.control.actuate import Actuate
from fsw.control.sections import CommandSection, ControlSection
from fsw.core.pool import Pool
from fsw.core.sections import TimeSection
from fsw.guidance.modes import AdcsMode, SystemMode
from fsw.guidance.sections import GuidanceSection, ModeSection
from fsw.health.devices import fitted
from fsw.health.sections import FdirSection
from hal.vehicle.load import load_vehicle
from hal.wire import EpsSwitch
from tests.fsw.sections import SamplesSection

VEHICLE = load_vehicle()
SECTIONS = [TimeSection, ModeSection, GuidanceSection, ControlSection, FdirSection, CommandSection, SamplesSection]


class Flight:
    def __init__(self, vehicle=VEHICLE, mode=AdcsMode.NADIR, system=SystemMode.NOMINAL):
        self.pool = Pool(SECTIONS, fitted=fitted(VEHICLE))
        arrays = (self.pool.array(s) for s in SECTIONS)
        self.time, self.mode, self.guidance, self.control, self.fdir, self.out, self.samples = arrays
        self.app = Actuate(self.pool, vehicle)
        self.mode["adcs"], self.mode["system"], self.control["valid"] = mode, system, 1

    def step(self):
        self.app.step()
        return self.out["actuators"]


def test_the_command_is_for_the_next_exchange():
    flight = Flight()
    flight.time["t_ns"] = 12_300_000_000
    command = flight.step()
    assert command["t_apply_ns"] == 12_400_000_000
    assert command["valid"] == 1


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mean_dipole_is_driven_harder_for_the_duty(axis):
    flight = Flight()
    flight.control["dipole_b_am2"] = 0.07 * np.eye(3)[axis]
    assert flight.step()["dipole_am2"] == pytest.approx(0.1 * np.eye(3)[axis])


def test_dipoles_are_mapped_to_the_torquers_as_they_are_mounted():
    """Torquer 0 on body y, 1 on -z, 2 on x: a dipole (1, 2, 3) is (2, -3, 1) on the torquers."""
    axes = ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (1.0, 0.0, 0.0))
    units = tuple(dataclasses.replace(u, axis_b=a) for u, a in zip(VEHICLE.device("torquers").units, axes, strict=True))
    flight = Flight(VEHICLE.changed("torquers", units=units))
    flight.control["dipole_b_am2"] = [0.007, 0.014, 0.021]
    assert flight.step()["dipole_am2"] == pytest.approx([0.02, -0.03, 0.01])


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.floats(-1, 1)] * 4), st.tuples(*[st.floats(-1, 1)] * 3))
def test_no_command_exceeds_a_device(torques, dipole):
    flight = Flight()
    flight.control["wheel_torque_nm"], flight.control["dipole_b_am2"] = torques, dipole
    command = flight.step()
    assert command["wheel_torque_nm"] == pytest.approx(np.clip(torques, -0.002, 0.002))
    assert command["dipole_am2"] == pytest.approx(np.clip(np.array(dipole) / 0.7, -0.4, 0.4))


@pytest.mark.parametrize("what", ["boot", "idle", "control", "nan", "inf"])
def test_outputs_are_safe_when_there_is_nothing_to_command(what):
    flight = Flight()
    flight.control["wheel_torque_nm"], flight.control["dipole_b_am2"] = 1e-3, 0.1
    assert flight.step()["valid"] == 1
    if what == "boot":
        flight.mode["system"] = SystemMode.BOOT
    elif what == "idle":
        flight.mode["adcs"] = AdcsMode.IDLE
    elif what == "control":
        flight.control["valid"] = 0
    else:
        flight.control["wheel_torque_nm"][2] = float(what)
    command = flight.step()
    assert command["valid"] == 0
    assert (command["wheel_torque_nm"] == 0).all()
    assert (command["dipole_am2"] == 0).all()


def test_safe_flies_b_dot_and_sun_pointing():
    for mode in (AdcsMode.DETUMBLE, AdcsMode.SUN_POINTING):
        assert Flight(mode=mode, system=SystemMode.SAFE).step()["valid"] == 1


@pytest.mark.parametrize(
    ("system", "mode", "tracking", "expected"),
    [
        (SystemMode.BOOT, AdcsMode.NADIR, 0, EpsSwitch.RADIO_TX),
        (SystemMode.NOMINAL, AdcsMode.IDLE, 0, EpsSwitch.RADIO_TX),
        (SystemMode.NOMINAL, AdcsMode.NADIR, 1, EpsSwitch.RADIO_TX | EpsSwitch.WHEELS),
        (SystemMode.NOMINAL, AdcsMode.TARGET, 0, EpsSwitch.RADIO_TX | EpsSwitch.WHEELS),
        (SystemMode.NOMINAL, AdcsMode.TARGET, 1, EpsSwitch.RADIO_TX | EpsSwitch.WHEELS | EpsSwitch.PAYLOAD),
        (SystemMode.SAFE, AdcsMode.TARGET, 1, EpsSwitch.RADIO_TX | EpsSwitch.WHEELS),
    ],
)
def test_switches_follow_the_modes(system, mode, tracking, expected):
    flight = Flight(mode=mode, system=system)
    flight.guidance["valid"], flight.guidance["slewing"] = 1, not tracking
    flight.step()
    assert flight.out["switches"] == expected
    flight.fdir["switches_off"] = EpsSwitch.PAYLOAD
    flight.step()
    assert flight.out["switches"] == expected & ~EpsSwitch.PAYLOAD


def test_without_its_board_for_long_wheels_are_off_and_the_transmitter_rests():
    """What is left is less than the arrays give a body that turns as it likes; the board's return ends it."""
    flight = Flight(mode=AdcsMode.SUN_POINTING, system=SystemMode.SAFE)
    health = flight.samples["adcs_health"]
    on = []
    for tick in range(3300):
        flight.time["t_ns"] += 100_000_000
        health["silent_ticks"] = tick
        flight.step()
        on.append(int(flight.out["switches"]))
    assert set(on[:3001]) == {EpsSwitch.RADIO_TX | EpsSwitch.WHEELS}  # five minutes
    assert set(on[3001:]) == {EpsSwitch.RADIO_TX, 0}
    assert sum(map(bool, on[3001:3151])) == 30  # a fifth
    health["silent_ticks"] = 0
    flight.step()
    assert flight.out["switches"] == EpsSwitch.RADIO_TX | EpsSwitch.WHEELS
    health["silent_ticks"] = 4000
    flight.mode["system"] = SystemMode.NOMINAL  # not before SAFE
    flight.step()
    assert flight.out["switches"] & EpsSwitch.WHEELS
