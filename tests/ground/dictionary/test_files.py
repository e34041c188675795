"""Dictionaries as files: export and import are equal; anything else is one line."""

import contextlib
import copy
import csv
import io
import json

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.dictionary.describe import hashes
from ground.dictionary import files, markdown, spreadsheet
from ground.dictionary.build import dictionary
from ground.dictionary.entries import leaves
from ground.dictionary.schema import first_defect, schema
from hal.schema import SchemaError

CONTENT = dictionary()
TEXT = files.dumps(CONTENT)


def paths(value, path=()):
    """Return the path of every value inside JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for key, v in inner for p in paths(v, (*path, key)))]


def small():
    """Return a dictionary with a few entries of each section: what changes are tried on."""
    out = {k: v[:3] if isinstance(v, list) else v for k, v in CONTENT.items()}
    out["enumerations"] = CONTENT["enumerations"]
    return out | {"hashes": hashes(out)}


SMALL = small()
PATHS = paths(SMALL)
FRACTIONS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 70000) | FRACTIONS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def changed(path, value, rehash):
    out = copy.deepcopy(SMALL)
    place = out
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    if rehash and isinstance(out["hashes"], dict):
        with contextlib.suppress(TypeError, AttributeError):  # not JSON of this form any more
            out["hashes"] = hashes(out)
    return out


def test_export_then_import_is_equal(tmp_path):
    file = tmp_path / "one.json"
    file.write_text(TEXT, encoding="utf-8")
    assert files.load(file) == files.of(str(file)) == CONTENT == dictionary()
    assert files.dumps(files.load(file)) == TEXT


def test_the_schema_is_one_and_the_dictionary_follows_it():
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(CONTENT, schema())
    assert first_defect(CONTENT) is None


@given(st.sampled_from(PATHS[1:]), JSON)
@settings(max_examples=60, deadline=None)
def test_the_checker_agrees_with_jsonschema(path, value):
    """Any value at any place: our checker refuses it when an independent validator does."""
    content = changed(path, value, False)
    assert (first_defect(content) is None) == jsonschema.Draft202012Validator(schema()).is_valid(content)


@given(st.sampled_from(PATHS[1:]), JSON, st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_changed_file_is_itself_or_one_line(path, value, rehash):
    """A change that the schema allows is found by the hash, unless the hashes were made anew or words were changed."""
    content = changed(path, value, rehash)
    try:
        assert files.loads(json.dumps(content)) == content
    except SchemaError as error:
        assert "\n" not in str(error) and str(error).startswith("dictionary: ")
    else:
        assert rehash or content == SMALL or "doc" in path or path == ("vehicle",)


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_file_is_a_dictionary_or_one_line(tmp_path_factory, text):
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    with pytest.raises(files.DictionaryError) as caught:
        files.load(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "said"), [
    ("", "not JSON"), ("[" * 100_000, "not JSON"), ("{}", "found no 'format', expected one"),
    ('{"format": NaN}', "found NaN, expected a number"), ("[]", "found [], expected object"),
    (TEXT.replace('"version": 1', '"version": 2', 1), "version: found 2, expected 1"),
    (TEXT.replace('"BOARD_FAULT"', '"TARGET_SET"', 1), "events: found name 'TARGET_SET' twice"),
    (TEXT.replace('"attitude.q_bi"', '"attitude.q_bj"', 1), "the file was changed after it was exported"),
    (TEXT.replace('"low": 0.0001', '"low": 1e999', 1), "found 1e999, expected a number"),
    (TEXT.replace('"TARGET_SET"', r'"TARGET_\uDC80"', 1), "not JSON: found half a character"),
])  # fmt: skip
def test_what_is_wrong_is_said(text, said):
    """A file that is not a dictionary is refused with the place and the reason."""
    with pytest.raises(files.DictionaryError) as caught:
        files.loads(text)
    assert said in str(caught.value)


def test_csv_holds_every_entry_and_every_field():
    table = list(csv.DictReader(io.StringIO(spreadsheet.dumps(CONTENT))))
    entries = {(r["section"], r["name"]) for r in table}
    assert {("parameters", p["name"]) for p in CONTENT["parameters"]} <= entries
    assert {("link", path) for path, _ in leaves(CONTENT["link"])} <= entries
    row = next(r for r in table if r["name"] == "attitude.q_bi")
    assert (row["id"], row["type"], row["shape"], row["frame"]) == ("120", "f8", "4", "i to b")
    places = [(r["field"], int(r["offset"])) for r in table if r["offset"] and r["name"] == "structure 0"]
    assert places == [(p["parameter"], p["offset"]) for p in CONTENT["housekeeping"][0]["parameters"]]
    members = [(r["field"], r["text"]) for r in table if r["name"] == "SystemMode" and r["field"]]
    assert members == [("BOOT", "0"), ("SAFE", "1"), ("NOMINAL", "2")]
    assert all(None not in r and None not in r.values() for r in table)


def test_markdown_holds_every_entry_in_whole_tables():
    text = markdown.dumps(CONTENT)
    for section in ("parameters", "telecommands", "telemetry", "functions", "events", "failures", "monitors"):
        missing = [e["name"] for e in CONTENT[section] if e["name"] not in text]
        assert missing == []
    lines = text.splitlines()
    tables = [i for i, line in enumerate(lines) if line.startswith("| ---")]
    assert len(tables) > 50
    for i in tables:
        width = lines[i].count("|")
        end = next((j for j in range(i, len(lines)) if not lines[j].startswith("|")), len(lines))
        assert {line.replace("\\|", "").count("|") for line in lines[i - 1 : end]} == {width}
    assert list(markdown.pages(CONTENT)) == list(CONTENT)[4:]
