"""HAL-JSON: JSON of others: what it says, or one kind of error."""

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hal import json_text

ROOT = Path(__file__).parents[2]
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(), some, max_size=3),
    max_leaves=8,
)


@given(ANY, st.booleans())
def test_what_it_says_is_read(value, ensure_ascii):
    """Any JSON value is read from text and octets as `json` reads it."""
    text = json.dumps(value, ensure_ascii=ensure_ascii)
    assert json_text.loads(text) == json_text.loads(text.encode()) == value


@pytest.mark.parametrize("text", [
    "", "{", "[" * 100_000, r'"\udc80"', r'{"\uD800": 1}', r'["whole", "\udfff\ud800"]', b"\xff", r'"\ud83d"',
])  # fmt: skip
def test_what_is_none_or_no_text_is_refused(text):
    with pytest.raises(ValueError) as caught:
        json_text.loads(text)
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_says_nothing():
    """A byte order mark at the start is ignored."""
    assert json_text.loads("\ufeff[1]") == json_text.loads("\ufeff[1]".encode()) == [1]


def test_a_character_beyond_16_bits_is_whole():
    assert json_text.loads(r'"\ud83d\ude80"') == "\N{ROCKET}"


NUMBERS = st.recursive(
    st.floats() | st.integers() | st.text(max_size=3),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=3), some, max_size=3),
    max_leaves=8,
)


@given(NUMBERS, st.sampled_from([None, 1]))
@example([{"NaN": 0.0}], None)
def test_what_is_written_is_json(value, indent):
    """RFC 8259 has no NaN and no Infinity: they are null, and all else is as `json` writes it."""

    def refuse(word):
        raise AssertionError(word)

    text = json_text.dumps(value, indent=indent)
    json.loads(text, parse_constant=refuse)
    without = json.loads(json.dumps(value), parse_constant=lambda _: None)
    assert text == json.dumps(without, indent=indent)
    assert json_text.dumps((1, [math.nan], {"a": -math.inf})) == '[1, [null], {"a": null}]'


def test_nothing_on_the_ground_writes_json_in_another_way():
    """Apart from what its own processes tell each other, and what is refused when it is no JSON."""
    own = {"ground/campaign/pool.py", "ground/campaign/worker.py", "ground/campaign/store.py"}
    lines = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / "ground").rglob("*.py"))
        if str(path.relative_to(ROOT)) not in own and "templates" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\bjson\.dumps?\(", line) and "allow_nan=False" not in line
    ]
    assert lines == []
