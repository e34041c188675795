"""ST[08] function management (ECSS-E-ST-70-41C, 6.8): what ground may ask this satellite to do."""

from __future__ import annotations

import enum
from collections.abc import Callable

from fsw.autonomy.requests import TARGET_LIMITS
from fsw.core.devices import Device
from fsw.pus.definitions import TELECOMMANDS, Message, Value, layout, read
from fsw.pus.messages import Failure, RequestError, Service
from fsw.pus.st01_verification import Request, unpack

Arguments = tuple[int | float, ...]


@enum.unique
class Function(enum.IntEnum):
    """Function identifiers (16 bits); `FUNCTIONS` says what they do and what arguments they take."""

    DETUMBLE = 1
    SUN_POINTING = 2
    NADIR = 3
    TRACK_TARGET = 4
    HOLD_INERTIAL = 5
    IDLE = 6
    ENTER_SAFE = 7
    LEAVE_SAFE = 8
    EXCLUDE_SENSOR = 9
    ADMIT_SENSOR = 10


LATITUDE, LONGITUDE, HEIGHT = TARGET_LIMITS
DEVICE = Value("device", "u2", "number of the device", enum=Device)
FUNCTIONS: dict[Function, Message] = {
    Function.DETUMBLE: Message("stop the rotation, then acquire: Sun, then nadir"),
    Function.SUN_POINTING: Message("point the solar arrays to the Sun and stay"),
    Function.NADIR: Message("point the payload to nadir"),
    Function.TRACK_TARGET: Message(
        "point the payload to a target on the ground, back to nadir when it has set",
        (
            Value("latitude_rad", "f8", "geodetic latitude", "rad", *LATITUDE),
            Value("longitude_rad", "f8", "longitude, east", "rad", *LONGITUDE),
            Value("height_m", "f8", "height over the ellipsoid", "m", *HEIGHT),
        ),
    ),
    Function.HOLD_INERTIAL: Message(
        "hold an inertial attitude: q_bi, scalar last, of norm 1",
        tuple(Value(f"q_bi_{axis}", "f8", f"q_bi, component {axis}", "", -1.0, 1.0) for axis in "xyzw"),
    ),
    Function.IDLE: Message("switch attitude control off"),
    Function.ENTER_SAFE: Message("enter SAFE"),
    Function.LEAVE_SAFE: Message("leave SAFE when what led to it is over"),
    Function.EXCLUDE_SENSOR: Message("do not use a sensor or wheel until ground admits it", (DEVICE,)),
    Function.ADMIT_SENSOR: Message("use a sensor or wheel again that was excluded", (DEVICE,)),
}
LAYOUTS = {function: layout(message.items) for function, message in FUNCTIONS.items()}


class FunctionManagement:
    """TC[8,1]: function identifier and its arguments, whose ranges are the mode manager's to judge."""

    service: int = Service.FUNCTIONS

    def __init__(self, perform: Callable[[Function, Arguments], str]) -> None:
        """`perform` carries out a function and returns "" or, when it refuses, why."""
        self._perform = perform

    def execute(self, request: Request) -> None:
        """Perform the function; `RequestError` when unknown, malformed or refused by the mode manager."""
        number, arguments = read(TELECOMMANDS[request.message].items, request.data)
        try:
            function = Function(number)
        except ValueError:
            raise RequestError(Failure.UNKNOWN_IDENTIFIER, number) from None
        refusal = self._perform(function, unpack(LAYOUTS[function], arguments))
        if refusal:
            raise RequestError(Failure.REFUSED, number, refusal)
