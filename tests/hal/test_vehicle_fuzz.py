"""Any file loads as a vehicle or is refused with one line."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hal.schema import SchemaError
from hal.vehicle import rules as vehicle_rules
from hal.vehicle.load import VEHICLES, load_vehicle
from hal.vehicle.vehicle import Vehicle

REFERENCE = (VEHICLES / "reference.toml").read_text()
FUZZ = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TOML_TEXT = st.text(st.characters(codec="utf-8", exclude_characters='"\\'), max_size=12).map(
    lambda s: '"' + "".join(c for c in s if c.isprintable()) + '"'
)
TOML_VALUES = st.recursive(
    st.one_of(
        st.integers(-(10**25), 10**25).map(str),
        st.floats().map(lambda x: str(x).replace("e+", "e") if x == x else "nan"),
        st.sampled_from(
            ["true", "false", "1979-05-27", "07:32:00", "1e400", "0x" + "f" * 5000, "9" * 5000, "[" * 3000]
        ),
        TOML_TEXT,
    ),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda v: "[" + ", ".join(v) + "]")
        | st.dictionaries(TOML_TEXT, inner, max_size=3).map(
            lambda d: "{" + ", ".join(f"{k} = {v}" for k, v in d.items()) + "}"
        )
    ),
    max_leaves=6,
)


def load_or_refuse(path) -> Vehicle | None:
    """A vehicle, or None after a one-line refusal; anything else is the test's failure."""
    try:
        return load_vehicle(path)
    except SchemaError as error:
        assert str(error).isprintable()
        assert path.name in str(error)
        return None


@given(st.integers(0, 10**6), TOML_VALUES)
@FUZZ
def test_any_value_of_any_key_loads_or_is_refused(tmp_path, pick, value):
    lines = REFERENCE.splitlines()
    keys = [i for i, line in enumerate(lines) if " = " in line and not line.startswith((" ", "#"))]
    at = keys[pick % len(keys)]
    lines[at] = f"{lines[at].split(' = ')[0]} = {value}"
    path = tmp_path / "any.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    vehicle = load_or_refuse(path)
    assert vehicle is None or vehicle_rules.first_defect(vehicle) is None


@given(st.binary(max_size=300))
@FUZZ
def test_any_octets_load_or_are_refused(tmp_path, octets):
    path = tmp_path / "any.toml"
    path.write_bytes(octets)
    assert load_or_refuse(path) is None


@given(st.dictionaries(TOML_TEXT, TOML_VALUES, max_size=4), st.randoms(use_true_random=False))
@FUZZ
def test_any_toml_loads_or_is_refused(tmp_path, table, rng: random.Random):
    lines = [f"{k} = {v}" for k, v in table.items()] + REFERENCE.splitlines()
    for _ in range(rng.randrange(4)):
        lines.pop(rng.randrange(len(lines)))
    path = tmp_path / "any.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    vehicle = load_or_refuse(path)
    assert vehicle is None or vehicle_rules.first_defect(vehicle) is None
