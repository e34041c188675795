"""The vehicle file: every rule refuses with one line that names file, key, found and expected."""

from __future__ import annotations

import pytest

from hal.devices.coarse_sun_sensors import kind as sun_sensors
from hal.devices.gyro import kind as gyro
from hal.devices.magnetometer import kind as magnetometer
from hal.devices.magnetorquers import kind as torquers
from hal.devices.power import kind as power
from hal.devices.reaction_wheels import kind as wheels
from hal.devices.star_tracker import kind as star_tracker
from hal.vehicle import rules as vehicle_rules
from tests.hal.device_rule_cases import DEVICE_CASES
from tests.hal.vehicle_rule_cases import VEHICLE_CASES
from tests.hal.vehicle_texts import REFERENCE, changed, load_text, refusal

RULE_CASES = VEHICLE_CASES + DEVICE_CASES


@pytest.mark.parametrize(("rule", "old", "new", "says"), RULE_CASES, ids=[c[3][:50] for c in RULE_CASES])
def test_rules(tmp_path, rule, old, new, says):
    """Each broken rule is one line that names key, found and expected."""
    assert refusal(tmp_path, changed(old, new)).startswith(says)


JUDGED_HERE = (gyro, magnetometer, sun_sensors, star_tracker, wheels, torquers, power)  # others with their models


def test_every_rule_has_a_case():
    shown_below = {wheels.axes, sun_sensors.sun_axis}
    shown_below |= {vehicle_rules.board_layout}  # in test_layout.py
    of_kinds = {rule for module in JUDGED_HERE for rule in module.KIND.rules}
    assert {case[0] for case in RULE_CASES} | shown_below == {*vehicle_rules.RULES, *of_kinds}


def test_wheels_in_a_plane_are_refused(tmp_path):
    text = REFERENCE
    for sign in ("0.57735", "-0.57735"):
        for other in ("0.57735", "-0.57735"):
            old = f"axis_b = [{sign}02691896258, {other}02691896258, 0.5773502691896258]"
            assert old in text
            text = text.replace(
                old, f"axis_b = [{'-' if sign[0] == '-' else ''}0.6, {'-' if other[0] == '-' else ''}0.8, 0.0]"
            )
    assert refusal(tmp_path, text).startswith(
        'device[3] "wheels": unit: found axes whose least singular value is 0, expected >= 0.1'
    )


def test_a_sun_axis_that_no_sun_sensor_sees_is_refused(tmp_path):
    text = REFERENCE.replace("half_angle_rad = 1.4835", "half_angle_rad = 0.78")
    assert refusal(tmp_path, text).startswith("pointing.sun_axis_b: found an axis that no Sun sensor sees")
    assert load_text(tmp_path, REFERENCE.replace("half_angle_rad = 1.4835", "half_angle_rad = 0.79"))
