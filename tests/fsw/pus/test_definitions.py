"""Definitions of messages: complete; what is written is read again; any octets are values or a `RequestError`."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.pus.definitions import REPORTS, STRUCT_CODES, TELECOMMANDS, Deduced, Message, Repeated, Value, read, write
from fsw.pus.messages import Failure, RequestError, Tc, Tm
from fsw.pus.st08_functions import FUNCTIONS, LAYOUTS
from hal.vehicle.functions import Function


def numbers(kind):
    octets = int(kind[1])
    if kind[0] == "f":
        return st.floats(width=8 * octets, allow_nan=False)
    low = -(1 << 8 * octets - 1) if kind[0] == "i" else 0
    return st.integers(low, low + (1 << 8 * octets) - 1)


def values_of(items):
    """Return a strategy for the values of items, within their ranges."""
    out = []
    for item in items:
        if isinstance(item, Value):
            numeral = numbers(item.kind)
            if item.low is not None:
                between = st.integers if item.kind[0] != "f" else st.floats
                numeral = between(item.low, item.high)
            out.append(numeral)
        elif isinstance(item, Repeated):
            out.append(st.lists(values_of(item.items), min_size=1, max_size=min(item.most, 5)).map(tuple))
        else:
            out.append(st.binary(max_size=8))
    return st.tuples(*out)


def test_every_message_is_defined_and_in_words():
    assert list(TELECOMMANDS) == list(Tc)
    assert list(REPORTS) == list(Tm)
    assert list(FUNCTIONS) == list(Function)
    for message in (*TELECOMMANDS.values(), *REPORTS.values(), *FUNCTIONS.values()):
        assert isinstance(message, Message) and message.doc
    assert set(STRUCT_CODES) == {"f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1"}
    assert all(struct.calcsize(">" + code) == int(kind[1]) for kind, code in STRUCT_CODES.items())
    assert LAYOUTS[Function.TRACK_TARGET] == "ddd" and LAYOUTS[Function.NADIR] == ""


@given(st.data())
def test_what_is_written_is_read_again(data):
    message = data.draw(st.sampled_from([*TELECOMMANDS.values()]))
    values = data.draw(values_of(message.items))
    length = {}
    for item, value in zip(message.items, values, strict=True):
        if isinstance(item, Repeated) and isinstance(item.items[-1], Deduced):
            length |= {id_: 4 for id_, _ in value}
            values = (*values[:-1], tuple((id_, bytes(4)) for id_, _ in value))
    octets = write(message.items, *values)
    assert read(message.items, octets, length.__getitem__ if length else None) == values


@given(st.sampled_from(list(Tc)), st.binary(max_size=60))
def test_any_octets_are_values_or_a_request_error(message, octets):
    try:
        values = read(TELECOMMANDS[message].items, octets)
    except RequestError as error:
        assert error.code in (Failure.BAD_LENGTH, Failure.ILLEGAL_DATA)
        assert 0 <= error.parameter <= 0xFFFFFFFF
    else:
        assert write(TELECOMMANDS[message].items, *values) == octets


@pytest.mark.parametrize(("message", "octets", "code", "parameter", "value"), [
    (Tc.HK_CREATE, struct.pack(">HHHH", 32, 1, 1, 1), Failure.ILLEGAL_DATA, 0, 32),
    (Tc.HK_CREATE, struct.pack(">HHHH", 3, 0, 1, 1), Failure.ILLEGAL_DATA, 1, 0),
    (Tc.HK_CREATE, struct.pack(">HHH", 3, 1, 0), Failure.ILLEGAL_DATA, 2, 0),
    (Tc.HK_SET_INTERVAL, struct.pack(">H6H", 3, 1, 1, 2, 2, 3, 0), Failure.ILLEGAL_DATA, 6, 0),
    (Tc.HK_ENABLE, struct.pack(">H", 0), Failure.ILLEGAL_DATA, 0, 0),
    (Tc.HK_ENABLE, struct.pack(">H33H", 33, *range(33)), Failure.ILLEGAL_DATA, 0, 33),
    (Tc.HK_ENABLE, b"", Failure.BAD_LENGTH, 0, 0),
    (Tc.HK_ENABLE, b"\0\1\0\1x", Failure.BAD_LENGTH, 5, 0),
    (Tc.ARE_YOU_ALIVE, b"x", Failure.BAD_LENGTH, 1, 0),
])  # fmt: skip
def test_what_does_not_fit_its_definition_says_why_and_where(message, octets, code, parameter, value):
    with pytest.raises(RequestError) as caught:
        read(TELECOMMANDS[message].items, octets)
    assert (caught.value.code, caught.value.parameter, caught.value.value) == (code, parameter, value)


def test_no_value_that_is_not_a_number_is_within_any_range():
    with pytest.raises(RequestError):
        read((Value("x", "f8"),), struct.pack(">d", float("nan")))


def test_a_report_of_no_disabled_event_is_what_its_definition_says():
    """TM[5,8] may list nothing; no other list is empty."""
    assert read(REPORTS[Tm.EVENTS_DISABLED].items, b"\0\0") == ((),)
    with pytest.raises(RequestError):
        read(TELECOMMANDS[Tc.EVENTS_DISABLE].items, b"\0\0")
