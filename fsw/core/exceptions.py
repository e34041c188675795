"""Turns an exception into the numbers of an event: its type and its place.

The type is that of the table here which is nearest in the exception's ancestry. The place is the module and line of the
innermost frame in code of ours: a CRC of the module's name, so that ground finds it among the modules that it knows.
"""

from __future__ import annotations

import enum
import zlib
from collections.abc import Collection

LINES = 1 << 20  # lines that a place tells apart; 32 bits of CRC and these are exact in a 64-bit float


@enum.unique
class ExceptionType(enum.IntEnum):
    """Types of exceptions. Numbers never change."""

    Exception = 1
    ArithmeticError = 2
    FloatingPointError = 3
    OverflowError = 4
    ZeroDivisionError = 5
    AssertionError = 6
    AttributeError = 7
    BufferError = 8
    EOFError = 9
    ImportError = 10
    ModuleNotFoundError = 11
    LookupError = 12
    IndexError = 13
    KeyError = 14
    MemoryError = 15
    NameError = 16
    UnboundLocalError = 17
    OSError = 18
    TimeoutError = 19
    RuntimeError = 20
    NotImplementedError = 21
    RecursionError = 22
    StopIteration = 23
    SystemError = 24
    TypeError = 25
    ValueError = 26
    UnicodeError = 27
    ConnectionError = 28


def type_of(error: BaseException) -> ExceptionType:
    """Return the nearest type of the table."""
    names = (cls.__name__ for cls in type(error).__mro__ if cls.__module__ == "builtins")
    return next((ExceptionType[name] for name in names if name in ExceptionType.__members__), ExceptionType.Exception)


def module_number(name: str) -> int:
    """Return the number of a module by its full name, as "fsw.control.controller"."""
    return zlib.crc32(name.encode())


def place_of(error: BaseException, packages: Collection[str]) -> int:
    """Return where an exception was raised, in code of one of `packages` if there is any; 0 when it is not known.

    The outermost frame is that of who caught it, and counts only when there is no other.
    """
    place, ours, trace = 0, False, error.__traceback__
    if trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        mine = name.partition(".")[0] in packages
        if mine or not ours:
            place, ours = module_number(name) * LINES + min(trace.tb_lineno, LINES - 1), ours or mine
        trace = trace.tb_next
    return place
