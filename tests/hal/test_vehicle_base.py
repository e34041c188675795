"""Vehicle files with a base: tables merge by key, named tables by name, everything else is replaced."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.schema import SchemaError, defect
from hal.vehicle.base import LONGEST_CHAIN, merged
from hal.vehicle.load import load_vehicle

TABLES = st.recursive(
    st.integers()
    | st.lists(st.integers(), max_size=2)
    | st.lists(st.fixed_dictionaries({"name": st.sampled_from("abc")})),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
ROOTS = st.dictionaries(st.sampled_from("abcd"), TABLES, max_size=4)


def vehicle_file(folder, text, name="mine.toml"):
    path = folder / name
    path.write_text(text)
    return path


def test_only_what_is_named_differs(tmp_path):
    text = 'base = "reference"\nname = "mine"\n[spacecraft]\nmass_kg = 13.0\n'
    mine, reference = load_vehicle(vehicle_file(tmp_path, text)), load_vehicle()
    assert mine.spacecraft == dataclasses.replace(reference.spacecraft, mass_kg=13.0)
    assert dataclasses.replace(mine, name="reference", spacecraft=reference.spacecraft) == reference


def test_devices_merge_by_name_and_other_arrays_are_replaced(tmp_path):
    vehicle_file(tmp_path, """
base = "reference"
name = "flight"
[[device]]
name = "sun_sensors"
unit = [ { normal_b = [0.0, 0.6, -0.8], half_angle_rad = 1.0, noise = 0.0, count = 2.5e-4 } ]
[[device]]
kind = "tests.hal.kinds:FINE"
name = "one"
link = "serial:///dev/ttyUSB0"
a = 1
b = [1, 2]
""", "flight.toml")  # fmt: skip
    mine = load_vehicle(vehicle_file(tmp_path, """
base = "flight.toml"
name = "bench"
[[device]]
kind = "tests.hal.kinds:OTHER"
name = "two"
link = "loop://two"
[[device]]
name = "one"
link = "loop://one"
b = [3]
[[device]]
name = "gyro"
range_radps = 3.0
"""))  # fmt: skip
    assert len(mine.device("sun_sensors").units) == 1
    names = ["gyro", "magnetometer", "sun_sensors", "wheels", "torquers", "star_tracker", "gnss", "power"]
    assert [d.name for d in mine.devices] == [*names, "one", "two"]
    one, two, gyro = mine.device("one"), mine.device("two"), mine.device("gyro")
    assert (one.link, one.a, one.b, two.link, two.a) == ("loop://one", 1, (3,), "loop://two", 0)
    assert gyro == dataclasses.replace(load_vehicle().device("gyro"), range_radps=3.0)


def test_a_device_of_the_base_is_removed_by_name_and_replaced_by_another_kind(tmp_path):
    mine = load_vehicle(vehicle_file(tmp_path, """
base = "reference"
name = "other"
[[device]]
name = "star_tracker"
remove = true
[[device]]
name = "gnss"
kind = "tests.hal.kinds:FINE"
link = "loop://gnss"
a = 4
"""))  # fmt: skip
    assert [(d.name, d.kind) for d in mine.devices][5:] == [("gnss", "tests.hal.kinds:FINE"), ("power", "power")]
    assert mine.of_kind("star_tracker") == ()
    assert mine.device("gnss").a == 4
    with pytest.raises(KeyError, match="star_tracker: no such device, expected one of: gyro, magnetometer"):
        mine.device("star_tracker")


@pytest.mark.parametrize("extra", ["rate_hz = 5", "link = 'loop://x'"])
def test_what_removes_a_device_says_nothing_else(tmp_path, extra):
    text = f'base = "reference"\nname = "x"\n[[device]]\nname = "star_tracker"\nremove = true\n{extra}\n'
    with pytest.raises(
        SchemaError, match=r'mine.toml: device\[5\] "star_tracker": remove: found, expected remove = true'
    ):
        load_vehicle(vehicle_file(tmp_path, text))
    absent = 'base = "reference"\nname = "x"\n[[device]]\nname = "tracker"\nremove = true\n'
    with pytest.raises(SchemaError, match=r'mine.toml: device\[8\] "tracker": remove: found, expected'):
        load_vehicle(vehicle_file(tmp_path, absent))


@pytest.mark.parametrize(("array", "label", "value"), [
    ("device", "name", "gyro"), ("device", "name", "new"), ("monitor", "name", "low_battery"),
    ("requirement", "id", "ADCS-010"),
])  # fmt: skip
def test_a_file_says_each_named_table_once(tmp_path, array, label, value):
    """The second one would change the first, and nobody would see it."""
    text = 'base = "reference"\nname = "x"\n' + f'[[{array}]]\n{label} = "{value}"\n' * 2
    with pytest.raises(SchemaError) as error:
        load_vehicle(vehicle_file(tmp_path, text))
    expected = f"expected one table with all that it says of '{value}'"
    assert str(error.value) == f"mine.toml: {array}[1].{label}: found '{value}' twice, {expected}"


def test_an_error_repeats_only_the_begin_of_a_long_value(tmp_path):
    text = f'base = "reference"\nname = "x"\n[[device]]\nname = "gyro"\nboard = "{"y" * 5000}"\n'
    with pytest.raises(SchemaError) as error:
        load_vehicle(vehicle_file(tmp_path, text))
    assert len(str(error.value)) < 600
    assert len(str(defect("mine.toml", "name" * 1000, "found"))) < 200


@given(ROOTS, ROOTS)
def test_merging_is_what_the_rules_say(base, changes):
    before = repr(base)
    out = merged(base, changes)
    assert repr(base) == before
    assert merged(base, {}) == base
    assert list(out) == [*base, *(key for key in changes if key not in base)]
    for key, value in changes.items():
        if not (isinstance(value, dict) and isinstance(base.get(key), dict)):
            names = [t["name"] for t in value] if isinstance(value, list) and value and value[0] in NAMED else None
            if names is None or not base.get(key):
                assert out[key] == value


NAMED = [{"name": c} for c in "abc"]


@pytest.mark.parametrize(("text", "says"), [
    ('base = 7\nname = "x"', "mine.toml: base: found 7, expected the name of a shipped vehicle or the path of a file"),
    ('base = "reference"', "mine.toml: name: missing, expected a name of its own, beside base"),
    ('base = "references"\nname = "x"', "references: no such vehicle, expected one of: reference"),
    ('base = "gone.toml"\nname = "x"', "no such file, expected the path of an existing file"),
    ('base = "mine.toml"\nname = "x"', f"mine.toml: base: found a chain of more than {LONGEST_CHAIN} files"),
    ('base = "reference"\nname = "x"\n[spacecraft]\nmass_lb = 3', "mine.toml: spacecraft.mass_lb: unknown key"),
    ('base = "deep.toml"\nname = "x"\n' + ".".join("a" * 1200) + " = 1", "nested too deeply"),
    ('base = "reference"\nname = "x"\n[[application]]\nname = "y"\nentry = "y:Y"\nhz = 1\nwith.'
     + ".".join("a" * 40) + " = 1", "nested too deeply"),
])  # fmt: skip
def test_a_base_that_cannot_be_had_is_one_line(tmp_path, text, says):
    vehicle_file(tmp_path, 'name = "d"\n' + ".".join("a" * 1200) + " = 2", "deep.toml")
    path = vehicle_file(tmp_path, text)
    with pytest.raises(SchemaError) as error:
        load_vehicle(path)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
