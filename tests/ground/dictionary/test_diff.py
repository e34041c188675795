"""What two dictionaries do not have in common."""

import copy
import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from ground.dictionary.build import dictionary
from ground.dictionary.diff import Change, differences
from hal.vehicle.load import load_vehicle

CONTENT = dictionary()
SMALL = {k: v[:4] if isinstance(v, list) else v for k, v in CONTENT.items()}


def test_equal_dictionaries_do_not_differ():
    assert differences(CONTENT, dictionary(load_vehicle())) == []


def test_vehicles_differ_where_they_differ():
    vehicle = load_vehicle()
    other = dictionary(dataclasses.replace(vehicle, radio=dataclasses.replace(vehicle.radio, apid=5)))
    (change,) = differences(CONTENT, other)
    assert change == Change("link", "changed", "apid", "", 100, 5)
    assert str(change) == "link: apid: 100 -> 5"


@given(st.data())
def test_every_kind_of_change_is_named(data):
    section = data.draw(st.sampled_from(["parameters", "events", "telecommands", "functions", "housekeeping"]))
    other = copy.deepcopy(SMALL)
    n = data.draw(st.integers(0, len(other[section]) - 1))
    what = data.draw(st.sampled_from(["added", "removed", "changed"]))
    entry = other[section][n]
    name = f"structure {entry['id']}" if section == "housekeeping" else entry["name"]
    if what == "changed":
        key = data.draw(st.sampled_from([k for k in entry if isinstance(entry[k], int | str) and k != "name"]))
        if section == "housekeeping" and key == "id":
            key = "octets"
        before, entry[key] = entry[key], "something else"
        assert differences(SMALL, other) == [Change(section, what, name, key, before, "something else")]
        return
    del other[section][n]
    one, two = (SMALL, other) if what == "removed" else (other, SMALL)
    assert differences(one, two) == [Change(section, what, name)]


def test_another_order_is_a_change():
    other = copy.deepcopy(SMALL)
    other["events"].reverse()
    (change,) = differences(SMALL, other)
    assert (change.section, change.name) == ("events", "order")
