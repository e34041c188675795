"""HAL-JSON: JSON of others: what it says, or one kind of error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal import json_text

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(), some, max_size=3),
    max_leaves=8,
)


@given(ANY, st.booleans())
def test_what_it_says_is_read(value, ensure_ascii):
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
    assert json_text.loads("\ufeff[1]") == json_text.loads("\ufeff[1]".encode()) == [1]


def test_a_character_beyond_16_bits_is_whole():
    assert json_text.loads(r'"\ud83d\ude80"') == "\N{ROCKET}"
