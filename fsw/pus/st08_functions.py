"""ST[08] function management (ECSS-E-ST-70-41C, 6.8): what ground may ask this satellite to do."""

from __future__ import annotations

import enum
from collections.abc import Callable

from fsw.pus.messages import Failure, RequestError, Service
from fsw.pus.st01_verification import Request, unpack

Arguments = tuple[int | float, ...]


@enum.unique
class Function(enum.IntEnum):
    """Function identifiers (16 bits) and, in `LAYOUTS`, their arguments."""

    DETUMBLE = 1
    SUN_POINTING = 2
    NADIR = 3
    TRACK_TARGET = 4  # latitude rad, longitude rad (east), height over the ellipsoid m
    HOLD_INERTIAL = 5  # q_bi, scalar last
    IDLE = 6
    ENTER_SAFE = 7
    LEAVE_SAFE = 8
    EXCLUDE_SENSOR = 9  # number of the device (fsw.core.devices.Device), 16 bits
    ADMIT_SENSOR = 10  # the same


LAYOUTS = dict.fromkeys(Function, "") | {
    Function.TRACK_TARGET: "ddd", Function.HOLD_INERTIAL: "dddd",
    Function.EXCLUDE_SENSOR: "H", Function.ADMIT_SENSOR: "H",
}  # fmt: skip


class FunctionManagement:
    """TC[8,1]: function identifier (16 bits) and its arguments, big-endian."""

    service: int = Service.FUNCTIONS

    def __init__(self, perform: Callable[[Function, Arguments], str]) -> None:
        """`perform` carries out a function and returns "" or, when it refuses, why."""
        self._perform = perform

    def execute(self, request: Request) -> None:
        """Perform the function; `RequestError` when unknown, malformed or refused by the mode manager."""
        if len(request.data) < 2:
            raise RequestError(Failure.BAD_LENGTH, len(request.data))
        number = int.from_bytes(request.data[:2], "big")
        try:
            function = Function(number)
        except ValueError:
            raise RequestError(Failure.UNKNOWN_IDENTIFIER, number) from None
        refusal = self._perform(function, unpack(LAYOUTS[function], request.data[2:]))
        if refusal:
            raise RequestError(Failure.REFUSED, number, refusal)
