"""ST[08] function management (ECSS-E-ST-70-41C, 6.8): what ground may ask this satellite to do."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Container

from fsw.autonomy.requests import RequestResult
from fsw.health.devices import Device
from fsw.pus.definitions import TELECOMMANDS, Message, Value, layout, read
from fsw.pus.messages import Failure, RequestError, Service
from fsw.pus.st01_verification import Execution, Request
from hal.vehicle.onboard_limits import COMPONENT, HEIGHT_M, LATITUDE_RAD, LONGITUDE_RAD, norm_fits

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


DEVICE = Value("device", "u2", "number of the device", enum=Device)
FUNCTIONS: dict[Function, Message] = {
    Function.DETUMBLE: Message("stop the rotation, then acquire: Sun, then nadir"),
    Function.SUN_POINTING: Message("point the solar arrays to the Sun and stay"),
    Function.NADIR: Message("point the payload to nadir"),
    Function.TRACK_TARGET: Message(
        "point the payload to a target on the ground, back to nadir when it has set",
        (
            Value("latitude_rad", "f8", "geodetic latitude", "rad", *LATITUDE_RAD),
            Value("longitude_rad", "f8", "longitude, east", "rad", *LONGITUDE_RAD),
            Value("height_m", "f8", "height over the ellipsoid", "m", *HEIGHT_M),
        ),
    ),
    Function.HOLD_INERTIAL: Message(
        "hold an inertial attitude: q_bi, scalar last, of norm 1",
        tuple(Value(f"q_bi_{axis}", "f8", f"q_bi, component {axis}", "", *COMPONENT) for axis in "xyzw"),
    ),
    Function.IDLE: Message("switch attitude control off"),
    Function.ENTER_SAFE: Message("enter SAFE"),
    Function.LEAVE_SAFE: Message("leave SAFE when what led to it is over"),
    Function.EXCLUDE_SENSOR: Message("do not use a sensor or wheel until ground admits it", (DEVICE,)),
    Function.ADMIT_SENSOR: Message("use a sensor or wheel again that was excluded", (DEVICE,)),
}
FIRST_ARGUMENT = 1  # number of its field: the identifier is field 0
LAYOUTS = {function: layout(message.items) for function, message in FUNCTIONS.items()}
OF_DEVICES = (Function.EXCLUDE_SENSOR, Function.ADMIT_SENSOR)


class FunctionManagement:
    """TC[8,1]: function identifier and its arguments.

    Arguments are judged here, by their declared ranges and by what `devices` the satellite has; whether a function is
    possible now is for `judge` to say. `perform` then carries it out.
    """

    service: int = Service.FUNCTIONS

    def __init__(
        self, devices: Container[int], judge: Callable[[Function, Arguments], RequestResult],
        perform: Callable[[Function, Arguments], None],
    ) -> None:  # fmt: skip
        self._devices, self._judge, self._perform = devices, judge, perform

    def prepare(self, request: Request) -> Execution:
        """Judge a function: `RequestError` when unknown, malformed, out of range or not possible now."""
        number, octets = read(TELECOMMANDS[request.message].items, request.data)
        if number not in Function._value2member_map_:
            raise RequestError(Failure.UNKNOWN_IDENTIFIER, number)
        function = Function(number)
        arguments: Arguments = read(FUNCTIONS[function].items, octets, first=FIRST_ARGUMENT)
        if function is Function.HOLD_INERTIAL and not norm_fits(arguments):
            raise RequestError(Failure.ILLEGAL_DATA, FIRST_ARGUMENT, "not of norm 1", value=math.hypot(*arguments))
        if function in OF_DEVICES and arguments[0] not in self._devices:
            raise RequestError(Failure.ILLEGAL_DATA, FIRST_ARGUMENT, "no such device", value=arguments[0])
        result = self._judge(function, arguments)
        if not result.accepted:
            raise RequestError(Failure.REFUSED, number, result.text, value=result.reason)
        return lambda: self._perform(function, arguments)
