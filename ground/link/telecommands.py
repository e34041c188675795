"""Writes telecommands on ground, and tracks them by their verification reports (ST[01])."""

from __future__ import annotations

import difflib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from operator import methodcaller

from ccsds.packets import TmPacket
from fsw.autonomy.requests import Refusal
from fsw.pus.definitions import FAILURE, layout
from fsw.pus.messages import Failure, Service, Tm
from fsw.pus.st08_functions import FIRST_ARGUMENT, FUNCTIONS, LAYOUTS
from hal.errors import InputError
from hal.vehicle.functions import Function
from hal.vehicle.onboard_limits import Relation

FAILED = {Tm.ACCEPTANCE_FAILED.value, Tm.START_FAILED.value, Tm.COMPLETION_FAILED.value, Tm.ROUTING_FAILED.value}
WHY = {  # what the value of a failure report says, in words
    Failure.REFUSED: {int(r): r.name for r in Refusal},
    Failure.CONTRADICTION: {int(r): r.name for r in Relation},
}
REQUEST_ID_OCTETS = 4
FAILURE_REPORT = struct.Struct(">" + layout(FAILURE))


class TelecommandError(InputError, ValueError):
    """A telecommand that cannot be written; the message is one line."""


__tracebackhide__ = methodcaller("errisinstance", TelecommandError)  # pytest shows the line that asked


def function_data(name: str, arguments: Sequence[float]) -> bytes:
    """Return the application data of TC[8,1] for the function `name` ("nadir"); raise `TelecommandError`."""
    names = [function.name.lower() for function in Function]
    if name not in names:
        close = difflib.get_close_matches(name, names, 1)
        hint = f"; did you mean {close[0]!r}?" if close else f", expected one of: {', '.join(names)}"
        raise TelecommandError(f"{name!r}: no such function of ST[08]{hint}")
    function = Function[name.upper()]
    codes = LAYOUTS[function]
    if len(arguments) != len(codes):
        raise TelecommandError(f"{name!r}: found {len(arguments)} arguments, expected {len(codes)}")
    try:
        values = [int(v) if code.isupper() and v == int(v) else v for code, v in zip(codes, arguments, strict=True)]
        return struct.pack(">H" + codes, function, *values)
    except (struct.error, TypeError, ValueError, OverflowError):
        raise TelecommandError(f"{name!r}: found {arguments!r}, expected {len(codes)} numbers") from None


@dataclass
class SentTelecommand:
    """One telecommand, and what ground knows about its execution."""

    name: str  # "nadir", or "TC[17,1]"
    request_id: bytes  # by which ST[01] names it
    sent_s: float  # mission time
    accepted: bool = False  # TM[1,1] has come
    completed: bool = False  # TM[1,7] has come
    failure: str = ""  # why it failed, once a report of that has come

    def note(self, kind: tuple[int, int], data: bytes) -> None:
        """Take one verification report of this telecommand."""
        self.accepted |= kind == Tm.ACCEPTANCE_OK.value
        self.completed |= kind == Tm.COMPLETION_OK.value
        if kind in FAILED:
            self.failure = failure_text(kind, data, self.name)

    def __str__(self) -> str:
        fate = self.failure or ("completed" if self.completed else "accepted" if self.accepted else "not yet reported")
        return f"{self.name} at {self.sent_s:.1f} s: {fate}"


def note_verification(sent: Sequence[SentTelecommand], report: TmPacket) -> None:
    """Give a report of ST[01] to the newest telecommand with its request id; ignore reports of others."""
    if report.service_type != Service.VERIFICATION:
        return
    request_id = report.data[:REQUEST_ID_OCTETS]
    for command in reversed(sent):
        if command.request_id == request_id:
            command.note((report.service_type, report.message_subtype), report.data)
            return


def failure_text(kind: tuple[int, int], data: bytes, name: str = "") -> str:
    """Return a failure report of ST[01] about the telecommand `name` in words."""
    what = Tm._value2member_map_[kind].name.lower().replace("_", " ")
    if len(data) != FAILURE_REPORT.size:
        return what
    _, code, parameter, value = FAILURE_REPORT.unpack(data)
    known = Failure._value2member_map_.get(code)
    if known is Failure.ILLEGAL_DATA:
        return f"{what}: {known.name} ({_field(name, parameter)}: {value:g})"
    why = WHY[known].get(int(value)) if known in WHY and value.is_integer() else None
    if why is not None:
        return f"{what}: {code if known is None else known.name} ({parameter}: {why})"
    return f"{what}: {code if known is None else known.name} ({parameter})"


def _field(name: str, number: int) -> str:
    """Return the name of an argument of the function `name`, or the number of a field."""
    arguments = FUNCTIONS[Function[name.upper()]].items if name.upper() in Function.__members__ else ()
    at = number - FIRST_ARGUMENT
    return arguments[at].name if 0 <= at < len(arguments) else f"field {number}"
