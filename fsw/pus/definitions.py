"""The fields of all telecommands and reports, for the services and for the dictionary.

A message is a list of items, big-endian and without gaps: a value, a group that is repeated N times, or a value whose
form follows from an identifier before it (ECSS-E-ST-70-41C, 7.3.13: deduced).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from fsw.pus.messages import Failure, RequestError, Tc, Tm
from fsw.pus.sections import MAX_EVENTS, MAX_STRUCTURE_PARAMETERS, MAX_STRUCTURES
from hal.bounds import is_within

MAX_REPORTED_PARAMETERS = 128  # one request; what does not fit one packet is refused
MAX_SET_PARAMETERS = 32
STRUCT_CODES = {
    "f8": "d", "f4": "f", "i8": "q", "i4": "i", "i2": "h", "i1": "b", "u8": "Q", "u4": "I", "u2": "H", "u1": "B",
}  # fmt: skip


@dataclass(frozen=True)
class Value:
    """One number; `kind` is a key of `hal.record.C_TYPES`."""

    name: str
    kind: str
    doc: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    enum: type[IntEnum] | None = None


@dataclass(frozen=True)
class Repeated:
    """A count of 16 bits, `least` to `most`, and that many times `items`."""

    name: str
    items: tuple[Item, ...]
    most: int
    least: int = 1


@dataclass(frozen=True)
class Deduced:
    """Octets whose format follows from the value before them, called `by`; the last item of a message or group."""

    name: str
    by: str
    doc: str


Item = Value | Repeated | Deduced


@dataclass(frozen=True)
class Message:
    """The purpose of a message, and its items."""

    doc: str
    items: tuple[Item, ...] = ()


def read(
    items: Sequence[Item], data: bytes, octets_of: Callable[[int], int] | None = None, *, first: int = 0
) -> tuple[Any, ...]:
    """Return the values of a telecommand's data, one an item: number, tuple of tuples (repeated), octets (deduced).

    `octets_of` gives the length of deduced octets from the identifier before them; without it they are the rest.
    `first` is the number of the first field. Raises `RequestError`: BAD_LENGTH with the octets found, ILLEGAL_DATA with
    the number of the field that is out of range and what is there, and what `octets_of` raises.
    """
    values, at = _read(items, data, 0, octets_of)
    if at != len(data):
        raise RequestError(Failure.BAD_LENGTH, len(data))
    _check(items, values, first)
    return values


def _read(
    items: Sequence[Item], data: bytes, at: int, octets_of: Callable[[int], int] | None
) -> tuple[tuple[Any, ...], int]:
    out: list[Any] = []
    for item in items:
        if isinstance(item, Deduced):
            end = len(data) if octets_of is None else at + octets_of(out[-1])
            if end > len(data):
                raise RequestError(Failure.BAD_LENGTH, len(data))
            out.append(data[at:end])
            at = end
        elif isinstance(item, Repeated):
            count, at = _unpack("H", data, at)
            group = []
            for _ in range(count):
                values, at = _read(item.items, data, at, octets_of)
                group.append(values)
            out.append(tuple(group))
        else:
            value, at = _unpack(STRUCT_CODES[item.kind], data, at)
            out.append(value)
    return tuple(out), at


def _unpack(code: str, data: bytes, at: int) -> tuple[Any, int]:
    end = at + struct.calcsize(code)
    if end > len(data):
        raise RequestError(Failure.BAD_LENGTH, len(data))
    return struct.unpack(">" + code, data[at:end])[0], end


def _check(items: Sequence[Item], values: Sequence[Any], number: int) -> int:
    """Raise `RequestError` when a value is out of the range that its item declares; return the next field's number."""
    for item, value in zip(items, values, strict=True):
        if isinstance(item, Repeated):
            if not is_within(len(value), low=item.least, high=item.most):
                raise RequestError(Failure.ILLEGAL_DATA, number, value=len(value))
            number += 1
            for group in value:
                number = _check(item.items, group, number)
            continue
        if isinstance(item, Value) and not (
            is_within(value, low=item.low, high=item.high)
            and (item.enum is None or value in item.enum._value2member_map_)
        ):
            raise RequestError(Failure.ILLEGAL_DATA, number, value=value)
        number += 1
    return number


def refuse_repeats(identifiers: Sequence[int], fields: int = 1) -> None:
    """Raise `RequestError` when a request names something twice; each identifier begins `fields` fields of the list."""
    for n, identifier in enumerate(identifiers):
        if identifier in identifiers[:n]:
            raise RequestError(Failure.ILLEGAL_DATA, 1 + n * fields, "named twice", value=identifier)


def write(items: Sequence[Item], *values: Any) -> bytes:  # noqa: ANN401 - as `read` says
    """Return the octets of `values`, one an item, as `read` gives them."""
    out = b""
    for item, value in zip(items, values, strict=True):
        if isinstance(item, Deduced):
            out += value
        elif isinstance(item, Repeated):
            out += struct.pack(">H", len(value)) + b"".join(write(item.items, *group) for group in value)
        else:
            out += struct.pack(">" + STRUCT_CODES[item.kind], value)
    return out


def layout(items: Sequence[Item]) -> str:
    """Return the `struct` codes of items that are all values."""
    return "".join(STRUCT_CODES[item.kind] for item in items if isinstance(item, Value))


PARAMETER_ID = Value("parameter_id", "u2", "a parameter of the dictionary")
PARAMETER_VALUE = Deduced("value", "parameter_id", "all elements, of the type that the dictionary says")
STRUCTURE_ID = Value("structure_id", "u2", "a housekeeping structure that exists")
NEW_STRUCTURE_ID = Value("structure_id", "u2", "a housekeeping structure to make", "", 0, MAX_STRUCTURES - 1)
INTERVAL = Value("interval_s", "u2", "collection interval", "s", 1, 0xFFFF)
ENABLED = Value("enabled", "u1", "1: reported periodically", "", 0, 1)
EVENT = Value("event_id", "u2", "an event of the dictionary")
APID = Value("apid", "u2", "application process")
REQUEST_ID = Value("request_id", "u4", "the first four octets of the telecommand: identification and sequence")
STEP = Value("step", "u2", "number of the step, from 1 on")
WHY = (
    Value("code", "u2", "why: a failure of the dictionary, which says what the next two are"),
    Value("parameter", "u4", "the identifier, field, number or length that was wrong"),
    Value("value", "f8", "what was found there"),
)
FAILURE = (REQUEST_ID, *WHY)
STRUCTURES = (Repeated("structures", (STRUCTURE_ID,), MAX_STRUCTURES),)
EVENTS = (Repeated("events", (EVENT,), MAX_EVENTS),)
PARAMETERS = Repeated("parameters", (PARAMETER_ID,), MAX_STRUCTURE_PARAMETERS)
EVENT_REPORT = (
    EVENT,
    Value("number", "u4", "events raised before it: a gap is an event that was dropped"),
    Deduced("values", "event_id", "what the event says of itself: up to 4 values of 8 octets (f8)"),
)

TELECOMMANDS: dict[Tc, Message] = {
    Tc.HK_CREATE: Message("create a housekeeping structure, not yet enabled", (NEW_STRUCTURE_ID, INTERVAL, PARAMETERS)),
    Tc.HK_DELETE: Message("delete housekeeping structures that are not enabled", STRUCTURES),
    Tc.HK_ENABLE: Message("begin to report structures periodically", STRUCTURES),
    Tc.HK_DISABLE: Message("cease to report structures periodically", STRUCTURES),
    Tc.HK_REPORT_STRUCTURES: Message("report which parameters structures hold", STRUCTURES),
    Tc.HK_ONE_SHOT: Message("report structures once, now", STRUCTURES),
    Tc.HK_APPEND: Message("append parameters to a structure that is not enabled", (STRUCTURE_ID, PARAMETERS)),
    Tc.HK_SET_INTERVAL: Message(
        "change collection intervals", (Repeated("structures", (STRUCTURE_ID, INTERVAL), MAX_STRUCTURES),)
    ),
    Tc.HK_REPORT_PERIODIC: Message("report whether and how often structures are reported", STRUCTURES),
    Tc.EVENTS_ENABLE: Message("begin to report events", EVENTS),
    Tc.EVENTS_DISABLE: Message("cease to report events; they are still counted", EVENTS),
    Tc.EVENTS_REPORT_DISABLED: Message("list the events that are not reported"),
    Tc.PERFORM_FUNCTION: Message(
        "perform a function of the dictionary",
        (Value("function_id", "u2", "function"), Deduced("arguments", "function_id", "the arguments of that function")),
    ),
    Tc.ARE_YOU_ALIVE: Message("ask for a sign of life"),
    Tc.ON_BOARD_CONNECTION_TEST: Message("ask for a sign of life of an application process", (APID,)),
    Tc.PARAMETERS_REPORT: Message(
        "report parameters: any of the pool, in one packet",
        (Repeated("parameters", (PARAMETER_ID,), MAX_REPORTED_PARAMETERS),),
    ),
    Tc.PARAMETERS_SET: Message(
        "set on-board parameters, all or, when one may not, none; they are kept across a restart",
        (Repeated("parameters", (PARAMETER_ID, PARAMETER_VALUE), MAX_SET_PARAMETERS),),
    ),
}

REPORTS: dict[Tm, Message] = {
    Tm.ACCEPTANCE_OK: Message("the telecommand was accepted", (REQUEST_ID,)),
    Tm.ACCEPTANCE_FAILED: Message("the telecommand was not accepted", FAILURE),
    Tm.START_OK: Message("execution began", (REQUEST_ID,)),
    Tm.START_FAILED: Message("execution did not begin; nothing was changed", FAILURE),
    Tm.PROGRESS_OK: Message("a step of the execution is done", (REQUEST_ID, STEP)),
    Tm.PROGRESS_FAILED: Message("a step of the execution failed", (REQUEST_ID, STEP, *WHY)),
    Tm.COMPLETION_OK: Message("execution is complete", (REQUEST_ID,)),
    Tm.COMPLETION_FAILED: Message("execution began and failed", FAILURE),
    Tm.ROUTING_FAILED: Message("the telecommand is for another application process", FAILURE),
    Tm.HK_STRUCTURE: Message("a housekeeping structure", (STRUCTURE_ID, ENABLED, INTERVAL, PARAMETERS)),
    Tm.HK_REPORT: Message(
        "values of a housekeeping structure",
        (STRUCTURE_ID, Deduced("values", "structure_id", "the parameters of that structure, in their order")),
    ),
    Tm.HK_PERIODIC_PROPERTIES: Message(
        "whether and how often structures are reported",
        (Repeated("structures", (STRUCTURE_ID, ENABLED, INTERVAL), MAX_STRUCTURES),),
    ),
    Tm.EVENT_INFORMATIVE: Message("an event: informative", EVENT_REPORT),
    Tm.EVENT_LOW: Message("an event: anomaly of low severity", EVENT_REPORT),
    Tm.EVENT_MEDIUM: Message("an event: anomaly of medium severity", EVENT_REPORT),
    Tm.EVENT_HIGH: Message("an event: anomaly of high severity", EVENT_REPORT),
    Tm.EVENTS_DISABLED: Message(
        "the events that are not reported", (Repeated("events", (EVENT,), MAX_EVENTS, least=0),)
    ),
    Tm.ALIVE: Message("a sign of life"),
    Tm.ON_BOARD_CONNECTION: Message("a sign of life of an application process", (APID,)),
    Tm.PARAMETER_VALUES: Message(
        "values of parameters", (Repeated("parameters", (PARAMETER_ID, PARAMETER_VALUE), MAX_REPORTED_PARAMETERS),)
    ),
}  # fmt: skip
