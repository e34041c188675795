"""EXC: what an event says of an exception: the nearest type of the table, module and line."""

import builtins
import zlib

import pytest

from fsw.core import exceptions
from fsw.core.exceptions import LINES, ExceptionType, place_of, type_of
from hal import tle


class OwnError(KeyError):
    """An error of somebody's own."""


def raised(call):
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_released_numbers_keep_their_meaning():
    """The table names built-in types only; the first and last numbers are pinned."""
    assert all(issubclass(getattr(builtins, e.name), Exception) for e in ExceptionType)
    assert (ExceptionType["Exception"], ExceptionType["AttributeError"], ExceptionType["ConnectionError"]) == (1, 7, 28)


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (AttributeError(), "AttributeError"), (OwnError(), "KeyError"), (BrokenPipeError(), "ConnectionError"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, ""), "UnicodeError"),
        (type("Strange", (Exception,), {})(), "Exception"),
        (UserWarning(), "Exception"),
    ],
)  # fmt: skip
def test_the_type_is_the_nearest_of_the_table(error, name):
    assert type_of(error).name == name


def test_the_place_is_the_innermost_one_in_code_of_ours():
    """Also when what was called belongs to somebody else, and when all of it does."""
    error = raised(lambda: tle.checksum(None))  # raised in hal
    here = __name__.partition(".")[0]
    for packages, module in (({"hal", here}, "hal.tle"), ({here}, __name__), (set(), "hal.tle")):
        number, line = divmod(place_of(error, packages), LINES)
        assert number == zlib.crc32(module.encode()) == exceptions.module_number(module)
        assert line > 1
    assert place_of(ValueError(), {here}) == 0


def test_a_place_is_exact_as_a_value_of_an_event():
    """The largest number that there can be, as a 64-bit float."""
    largest = ((1 << 32) - 1) * LINES + LINES - 1
    assert int(float(largest)) == largest
