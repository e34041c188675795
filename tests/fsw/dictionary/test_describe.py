"""The dictionary as flight derives it: whole, consistent in itself, hashed by section."""

import copy
import dataclasses
import hashlib
import json

import numpy as np
import pytest

from fsw.core.events import EventId
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.dictionary.describe import describe, fill, hashes
from fsw.dictionary.sections import SECTIONS, DictionarySection
from fsw.dictionary.structures import default_structures
from hal.vehicle.load import load_vehicle

VEHICLE = load_vehicle()


def structures(pool):
    return default_structures(VEHICLE, [p.name for p in pool.parameters()])


@pytest.fixture(scope="module")
def pool():
    return Pool(flight_sections())


@pytest.fixture(scope="module")
def dictionary(pool):
    return describe(pool, VEHICLE, structures(pool))


def kinds(value):
    if isinstance(value, dict):
        return {k: kinds(v) for k, v in value.items()}
    return [kinds(v) for v in value] if isinstance(value, list) else type(value)


def test_it_is_json_in_a_fixed_order(pool, dictionary):
    text = json.dumps(dictionary, allow_nan=False)
    assert json.loads(text) == dictionary
    assert kinds(json.loads(text)) == kinds(dictionary)  # no number that only looks like one of JSON
    assert json.dumps(describe(pool, VEHICLE, structures(pool))) == text
    assert tuple(dictionary)[4:] == SECTIONS == tuple(dictionary["hashes"])[1:]


def test_every_parameter_of_the_pool_is_in_it_as_the_pool_has_it(pool, dictionary):
    entries = {p["name"]: p for p in dictionary["parameters"]}
    assert list(entries) == [p.name for p in pool.parameters()]
    for name, entry in entries.items():
        view = pool.view(name)
        assert np.dtype("<" + entry["type"]) == view.dtype and tuple(entry["shape"]) == view.shape
        assert entry["id"] == pool.parameter(name).id != 0


@pytest.mark.parametrize("section", SECTIONS[1:])
def test_every_identifier_is_unique(dictionary, section):
    entries = dictionary[section]
    number = next((k for k in ("id", "code", "number") if k in entries[0]), "name")
    keys = [(e["service"], e["subtype"]) if "service" in e else e[number] for e in entries]
    names = [e["name"] for e in entries if "name" in e]
    assert len(set(keys)) == len(keys) and len(set(names)) == len(names)


def test_every_enumeration_that_is_named_is_there(dictionary):
    def named(value):
        if isinstance(value, dict):
            yield from (v for k, v in value.items() if k == "enum" and v)
            for inner in value.values():
                yield from named(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from named(inner)

    there = {e["name"] for e in dictionary["enumerations"]}
    assert set(named(dictionary)) == there
    modes = next(e for e in dictionary["enumerations"] if e["name"] == "AdcsMode")
    assert {m["value"]: m["name"] for m in modes["members"]}[4] == "NADIR"


@pytest.mark.parametrize(("name", "frame"), [
    ("attitude.q_bi", "i to b"), ("navigation.q_ei", "i to e"), ("body.rate_bi_b_radps", "b"),
    ("navigation.pos_i_m", "i"), ("samples.gyro.dtheta_s_rad", "s"), ("orbit.sun_i", "i"), ("time.t_ns", ""),
    ("parameters.fine_hold_s", ""), ("control.wheel_torque_nm", ""),
])  # fmt: skip
def test_frames_are_those_of_the_names(dictionary, name, frame):
    """The frame of a vector or quaternion follows from its name."""
    assert next(p for p in dictionary["parameters"] if p["name"] == name)["frame"] == frame


def test_each_hash_tells_its_section_and_no_other(dictionary):
    """Any change of a section changes its hash and the whole's; words for people change nothing."""
    before = hashes(dictionary)
    assert before == dictionary["hashes"]
    for section in SECTIONS:
        changed = copy.deepcopy(dictionary)
        part = changed[section]
        entry = part if isinstance(part, dict) else part[-1]
        entry["doc"] = "other words"
        assert hashes(changed) == before
        entry[next(iter(entry))] = "something else"
        after = hashes(changed)
        assert {name for name in before if before[name] != after[name]} == {"whole", section}


def test_the_hash_is_what_its_description_says(dictionary):
    failures = [{"code": f["code"], "name": f["name"]} for f in dictionary["failures"]]
    text = json.dumps(failures, sort_keys=True, separators=(",", ":"))
    assert dictionary["hashes"]["failures"] == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_the_pool_carries_the_hashes(pool, dictionary):
    fill(pool, dictionary)
    assert pool["dictionary.version"] == dictionary["version"]
    for f in DictionarySection.fields[1:]:
        assert f"{pool[f'dictionary.{f.name}']:016x}" == dictionary["hashes"][f.name]


def test_it_follows_the_vehicle(pool, dictionary):
    """Another radio in the vehicle file changes section `link` and its hash, and no other section."""
    radio = dataclasses.replace(VEHICLE.radio, rs_interleave=1, apid=7)
    other = describe(pool, dataclasses.replace(VEHICLE, radio=radio), structures(pool))
    assert (other["link"]["apid"], other["link"]["downlink"]["cadu_octets"]) == (7, 259)
    assert {n for n in SECTIONS if other["hashes"][n] != dictionary["hashes"][n]} == {"link"}


def test_events_name_their_values(dictionary):
    event = next(e for e in dictionary["events"] if e["id"] == EventId.SAFE_ENTERED)
    assert event["severity"] == "HIGH"
    assert [v["enum"] for v in event["values"]] == ["SystemMode", "AdcsMode", "SafeReason"]
