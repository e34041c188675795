"""The vehicle as data: what a recording keeps of it gives the same vehicle back, to the last bit."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.schema import SchemaError, from_table, to_table
from hal.vehicle.load import load_vehicle, vehicle_from_table
from hal.vehicle.vehicle import Vehicle

SHIPPED = to_table(load_vehicle())


def perturbed(value, factor):
    """A table with every float changed a little, so that no number is a round one."""
    if isinstance(value, dict):
        return {key: perturbed(inner, factor) for key, inner in value.items()}
    if isinstance(value, list):
        return [perturbed(inner, factor) for inner in value]
    return value * factor if isinstance(value, float) and 0.0 < abs(value) < 0.9 else value


@given(st.integers(0, 2**20))
@settings(max_examples=30, deadline=None)
def test_a_vehicle_comes_back_from_data_to_the_last_bit(n):
    """The table survives JSON, and every float of the vehicle made of it has the same bits."""
    scaled = perturbed(SHIPPED, 1.0 + n * 2.0**-46)
    table = json.loads(json.dumps(scaled))
    again = to_table(from_table(table, Vehicle, "data"))
    assert again == scaled
    assert json.dumps(again) == json.dumps(scaled)  # the shortest text that gives the same bits


@pytest.mark.parametrize("stimulus", [None, "serial:///dev/ttyACM1"])
def test_the_shipped_vehicle_comes_back_equal(stimulus):
    """With and without the key that may be absent."""
    shipped = load_vehicle()
    adcs = dataclasses.replace(shipped.boards.adcs, stimulus=stimulus)
    vehicle = dataclasses.replace(shipped, boards=dataclasses.replace(shipped.boards, adcs=adcs))
    assert vehicle_from_table(json.loads(json.dumps(to_table(vehicle))), "data") == vehicle


@pytest.mark.parametrize(("change", "says"), [
    ({"name": 7}, "recording: vehicle.name: found 7, expected a text"),
    ({"wings": {}}, "recording: vehicle.wings: unknown key"),
    ({"name": "Reference!"}, "recording: name: found 'Reference!'"),
])  # fmt: skip
def test_data_that_is_no_vehicle_is_one_line(change, says):
    with pytest.raises(SchemaError, match=re.escape(says)) as error:
        vehicle_from_table(to_table(load_vehicle()) | change, "recording")
    assert "\n" not in str(error.value)
