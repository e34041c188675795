"""ST[08] function management (ECSS-E-ST-70-41C, 6.8): the functions that ground may request."""

from __future__ import annotations

import math
from collections.abc import Collection, Container, Sequence
from typing import Protocol

from fsw.autonomy.requests import RequestResult
from fsw.core.requests import Step
from fsw.health.devices import Device
from fsw.pus.definitions import TELECOMMANDS, Message, Value, layout, read
from fsw.pus.messages import Failure, RequestError, Service
from fsw.pus.requests import NAME
from fsw.pus.st01_verification import Telecommand
from hal.vehicle.functions import BY_NUMBER, DEVICE, Argument, Function, norm_fits

Arguments = tuple[int | float, ...]
FIRST_ARGUMENT = 1  # number of its field: the identifier is field 0


def _item(a: Argument) -> Value:
    if a.name == "device":
        return Value(a.name, a.kind, a.doc, a.unit, enum=Device)
    return Value(a.name, a.kind, a.doc, a.unit, a.low, a.high)


FUNCTIONS = {f: Message(f.doc, tuple(_item(a) for a in f.arguments)) for f in Function}
LAYOUTS = {function: layout(message.items) for function, message in FUNCTIONS.items()}


class FunctionHandler(Protocol):
    """An application that executes functions."""

    @property
    def name(self) -> str:
        """Name of the application."""
        ...

    @property
    def functions(self) -> Collection[Function]:
        """The functions that it executes."""
        ...

    def judge(self, function: Function, arguments: Arguments, /) -> RequestResult:
        """Judge whether a function is possible now."""
        ...

    def perform(self, function: Function, arguments: Arguments, /) -> None:
        """Execute a function that `judge` has accepted."""
        ...


class FunctionManagement:
    """TC[8,1]: function identifier and its arguments.

    Arguments are judged here, by their declared ranges and by what `devices` the satellite has; whether a function is
    possible now is for its handler to say.
    """

    service: int = Service.FUNCTIONS

    def __init__(self, devices: Container[int], handlers: Sequence[FunctionHandler]) -> None:
        self._devices = devices
        self._handlers = {function: handler for handler in handlers for function in handler.functions}

    def owner(self, request: Telecommand) -> str:
        """Return the application that executes the request."""
        function = BY_NUMBER.get(int.from_bytes(request.data[:2], "big"))
        return NAME if function is None else self._handlers[function].name

    def prepare(self, request: Telecommand) -> list[Step]:
        """Judge a function: `RequestError` when unknown, malformed, out of range or not possible now."""
        number, octets = read(TELECOMMANDS[request.message].items, request.data)
        if number not in BY_NUMBER:
            raise RequestError(Failure.UNKNOWN_IDENTIFIER, number)
        function = BY_NUMBER[number]
        arguments: Arguments = read(FUNCTIONS[function].items, octets, first=FIRST_ARGUMENT)
        if function is Function.HOLD_INERTIAL and not norm_fits(arguments):
            raise RequestError(Failure.ILLEGAL_DATA, FIRST_ARGUMENT, "not of norm 1", value=math.hypot(*arguments))
        if function.arguments is DEVICE and arguments[0] not in self._devices:
            raise RequestError(Failure.ILLEGAL_DATA, FIRST_ARGUMENT, "no such device", value=arguments[0])
        handler = self._handlers[function]
        result = handler.judge(function, arguments)
        if not result.accepted:
            raise RequestError(Failure.REFUSED, number, result.text, value=result.reason)
        return [lambda: handler.perform(function, arguments)]
