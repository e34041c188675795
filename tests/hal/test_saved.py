"""Plain data as octets, and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.saved import SavedError, copied, pack, unpack

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(0, 9), inner),
    max_leaves=20,
)  # fmt: skip


@given(plain)
def test_plain_data_come_back_as_they_were(state):
    back = unpack(pack(state))
    assert repr(back) == repr(state)


@given(st.binary())
def test_any_octets_are_data_or_an_error(octets):
    try:
        unpack(octets)
    except SavedError as error:
        assert len(str(error).splitlines()) == 1


@given(plain)
def test_a_copy_is_the_same_and_shares_nothing_that_changes(state):
    other = copied(state)
    assert repr(other) == repr(state)
    assert shared(state, other) == 0


def shared(a, b):
    """Count the lists and dictionaries that two copies have in common."""
    if isinstance(a, dict):
        return (a is b) + sum(shared(x, y) for x, y in zip(a.values(), b.values(), strict=True))
    if isinstance(a, list | tuple):
        return (a is b and isinstance(a, list)) + sum(shared(x, y) for x, y in zip(a, b, strict=True))
    return 0


@settings(max_examples=300)
@given(plain, st.data())
def test_damaged_octets_are_one_line_or_other_data(state, data):
    octets = bytearray(pack(state))
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(octets)))
    try:
        unpack(bytes(octets[:cut]))
    except SavedError as error:
        assert len(str(error).splitlines()) == 1


@pytest.mark.parametrize("state", [object(), {1, 2}, np.float64, 1 << 63, [[object()]]])
def test_what_is_no_plain_data_is_refused(state):
    with pytest.raises(SavedError):
        pack(state)
