"""What the ADCS board's wire cannot carry is refused when the driver is made."""

from __future__ import annotations

import dataclasses
import math

import pytest

from hal.drivers.adcs_board import AdcsBoardDriver
from hal.drivers.config import payload
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from tests.board_packets import AdcsConfig


def with_wheels(vehicle, **changes):
    wheels = vehicle.device("wheels").units
    return vehicle.changed("wheels", units=(wheels[0], dataclasses.replace(wheels[1], **changes), *wheels[2:]))


def with_device(name, **changes):
    return lambda v: v.changed(name, **changes)


def with_limits(**changes):
    return lambda v: dataclasses.replace(v, limits=dataclasses.replace(v.limits, **changes))


def with_torquers(**changes):
    def change(v):
        first, *others = v.device("torquers").units
        return v.changed("torquers", units=(dataclasses.replace(first, **changes), *others))

    return change


def with_boards(**changes):
    return lambda v: dataclasses.replace(
        v, boards=dataclasses.replace(v.boards, adcs=dataclasses.replace(v.boards.adcs, **changes))
    )


WHEEL = load_vehicle().units("reaction_wheels")[1]
RPM = 2 * math.pi / 60  # rad/s
NOT_FOR_THE_WIRE = {
    "a wheel's speed in rpm": (
        lambda v: with_wheels(v, inertia_kgm2=WHEEL.inertia_kgm2 * RPM), "unit[1].speed_count_radps"
    ),
    "a torque count of a thousandth": (lambda v: with_wheels(v, torque_count_nm=1e-10), "unit[1].torque_count_nm"),
    "a torque count of NaN": (lambda v: with_wheels(v, torque_count_nm=math.nan), "unit[1].torque_count_nm"),
    "a speed count of 0": (lambda v: with_wheels(v, speed_count_radps=0.0), "unit[1].speed_count_radps"),
    "an endless momentum": (lambda v: with_wheels(v, momentum_max_nms=math.inf), "unit[1].speed_count_radps"),
    "a dipole in mA m^2": (with_torquers(dipole_max_am2=400.0), "unit[0].dipole_count_am2"),
    "a magnetometer of 4 uT a count": (with_device("magnetometer", count_tesla=4e-6), '"magnetometer": count_tesla'),
    "a gain that is no number": (with_boards(reflex_gain_am2s_per_tesla=math.nan), "boards.adcs.reflex_gain"),
    "a period of a minute and more": (with_boards(period_ms=70_000), "boards.adcs.period_ms"),
    "a negative time-out": (with_boards(command_timeout_ms=-1), "boards.adcs.command_timeout_ms"),
    "a duty in percent": (with_device("torquers", duty=70.0), '"torquers": duty'),
    "an endless silence": (with_limits(board_silent_s=math.inf), "limits.board_silent_s"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_FOR_THE_WIRE)
def test_what_does_not_fit_the_wire_is_refused_in_one_line_when_the_driver_is_made(case):
    """A vehicle that no loader has judged: the key is named, and nothing wraps."""
    change, where = NOT_FOR_THE_WIRE[case]
    with pytest.raises(SchemaError, match=r"^reference\.toml: ") as caught:
        AdcsBoardDriver(change(load_vehicle()))
    assert where in str(caught.value)
    assert "\n" not in str(caught.value)


def test_counts_that_just_fit_the_wire_are_sent_as_they_are():
    assert payload(AdcsConfig, {"wheels_limit": [32767, -32768], "period_ms": 65535})[:2] == b"\xff\xff"
    for value in (32768, -32769, math.nan, math.inf):
        with pytest.raises(SchemaError, match="AdcsConfig: wheels_limit: found a value that makes"):
            payload(AdcsConfig, {"wheels_limit": [0, value]})
