"""Parameter ids: unique, 16 bits, append-only; and what every declaration must say."""

import hashlib
import json
import re
import tomllib

import pytest

from fsw.core import registry
from fsw.core.pool import UNREGISTERED, Pool
from fsw.core.registry import (
    EXTENSION_FIRST_ID,
    LARGEST_ID,
    RegistryError,
    append,
    check_registry,
    first_id,
    flight_sections,
    load_registry,
    parameter_names,
)
from fsw.core.section import leaves
from tests.identity.digests import RENAMED

# The first ids and their digest: an id that changes or is used again changes it. Raise COUNT when ids are released.
COUNT = 316
DIGEST = "e25e67dc7350403095d9df78213f943df879546b3936ac147a54d4e27e893802"
# Suffix of a name -> its unit (fsw/CONVENTIONS.md).
UNITS = {
    "_rad": "rad", "_radps": "rad/s", "_radps2": "rad/s^2", "_s": "s", "_ns": "ns", "_m": "m", "_mps": "m/s",
    "_kg": "kg", "_kgm2": "kg m^2", "_nm": "N m", "_nms": "N m s", "_am2": "A m^2", "_tesla": "T", "_tps": "T/s",
    "_w": "W", "_v": "V", "_a": "A", "_k": "K", "_hz": "Hz",
}  # fmt: skip


def digest(pairs):
    return hashlib.sha256(json.dumps(pairs).encode()).hexdigest()


def test_every_parameter_is_registered_and_no_id_is_used_twice():
    ids = load_registry()
    parameters = list(Pool(flight_sections()).parameters())
    assert [p.name for p in parameters if p.id == UNREGISTERED] == [], "run python -m fsw.core.registry --update"
    assert len({p.id for p in parameters}) == len(parameters)
    assert len(set(ids.values())) == len(ids)
    assert all(1 <= number <= 0xFFFF for number in ids.values())


def test_released_ids_stay_what_they_are():
    """A parameter keeps its number, under a new name as well."""
    before = {new: old for old, new in tomllib.loads(RENAMED.read_text("utf-8"))["renamed"].items()}
    first = [(before.get(name, name), number) for name, number in load_registry().items()][:COUNT]
    assert digest(first) == DIGEST


@pytest.mark.parametrize("change", [
    lambda ids: {**ids, "a.b": 9},  # renumbered, out of order
    lambda ids: {**ids, "new.one": 2},  # reused
    lambda ids: {**ids, "new.one": 0x10000},
    lambda ids: {**ids, "new.one": "7"},
    lambda ids: {**ids, "new.one": True},
    list,
])  # fmt: skip
def test_a_reused_renumbered_or_impossible_id_is_refused(change):
    with pytest.raises(RegistryError):
        check_registry(change({"a.a": 1, "a.b": 2, "a.c": 5}))


@pytest.mark.parametrize(("first", "largest"), [(1, 0x7FFF), (0x8000, 0xFFFF)])
def test_the_largest_id_is_an_id(first, largest):
    """Of flight's own and of extensions' ids, the largest is accepted and the next refused."""
    assert check_registry({"a.a": largest}, first=first) == {"a.a": largest}
    with pytest.raises(RegistryError):
        check_registry({"a.a": largest + 1}, first=first)


def test_a_name_twice_or_no_json_is_refused(tmp_path):
    path = tmp_path / "registry.json"
    for text in ('{"a.a": 1, "a.a": 2}', "{", ""):
        path.write_text(text)
        with pytest.raises(RegistryError, match=r"registry.json: not a registry"):
            load_registry(path)


def test_new_names_are_appended_and_old_ones_keep_their_numbers():
    assert append({"a.a": 1, "gone.x": 7}, ["a.b", "a.a", "a.c"]) == {"a.a": 1, "gone.x": 7, "a.b": 8, "a.c": 9}


def test_a_list_begins_where_it_is_said_to():
    """One of flight's own at 1; an extension's at a number from its name, or at a given one."""
    assert check_registry({"a.a": 1, "a.b": 7}) == {"a.a": 1, "a.b": 7}
    first = first_id("my_app")
    assert EXTENSION_FIRST_ID < first <= LARGEST_ID
    assert append({}, ["m.a", "m.b"], first) == {"m.a": first, "m.b": first + 1}
    given = {"m.a": EXTENSION_FIRST_ID}
    assert append(given, ["m.b"], first) == {**given, "m.b": EXTENSION_FIRST_ID + 1}
    for pairs, begin in (
        ({"m.a": EXTENSION_FIRST_ID}, 1),
        ({"m.a": LARGEST_ID + 1}, first),
        ({"m.a": first - 1}, first),
    ):
        with pytest.raises(RegistryError, match="expected"):
            check_registry(pairs, first=begin)


def test_the_command_reports_and_adds_what_is_missing(tmp_path, monkeypatch, capsys):
    path = tmp_path / "registry.json"
    names = parameter_names(flight_sections())
    path.write_text(json.dumps({name: i for i, name in enumerate(names[:-2], 1)}))
    monkeypatch.setattr(registry, "PATH", path)
    monkeypatch.setattr(registry, "load_registry", lambda *_: load_registry(path))
    assert registry.main([]) == 1
    assert names[-1] in capsys.readouterr().err
    assert registry.main(["--update"]) == 0
    assert registry.main([]) == 0
    assert list(load_registry(path)) == names
    assert registry.main(["--what"]) == 2


def test_section_names_are_unique_and_writers_named():
    sections = flight_sections()
    assert len({s.section for s in sections}) == len(sections)
    for s in sections:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", s.section), s
        assert re.fullmatch(r"[a-z][a-z0-9_]*", s.writer), s


@pytest.mark.parametrize("section", flight_sections(), ids=lambda s: s.section)
def test_every_field_says_what_it_is_and_in_which_unit(section):
    for leaf in leaves(section):
        f = leaf.field
        assert f.doc, f"{leaf.name}: no description"
        suffix = next((s for s in sorted(UNITS, key=len, reverse=True) if f.name.endswith(s)), None)
        if suffix and str(f.kind).startswith("f"):
            assert f.unit == UNITS[suffix], f"{leaf.name}: unit {f.unit!r}, its name says {UNITS[suffix]!r}"
        if f.name.endswith("_ns"):
            assert f.unit == "ns" and f.kind == "i8", leaf.name
        if f.unit in UNITS.values() and str(f.kind).startswith("f"):
            assert suffix, f"{leaf.name}: [{f.unit}] is not in its name"
        if f.enum is not None:
            assert not str(f.kind).startswith("f"), leaf.name
        if f.low is not None and f.high is not None:
            assert f.low < f.high, leaf.name
