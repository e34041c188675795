"""Events in words: the enumerations of their values, and the format of numbers in their texts."""

from __future__ import annotations

import enum

from fsw.autonomy.requests import Refusal
from fsw.core.events import BY_NUMBER, BoardNumber
from fsw.core.exceptions import ExceptionType
from fsw.core.parameters import ParameterRefusal
from fsw.guidance.modes import AdcsMode, SafeReason, SystemMode
from fsw.health.devices import AttitudeSource, Device, Exclusion
from fsw.restart.start import RestartReason, StartKind, TimeSource
from hal.samples import BoardIdentity
from hal.vehicle.functions import Function
from hal.vehicle.onboard_limits import Relation
from hal.wire import EpsSwitch, ResetReason

WORDS: dict[str, type[enum.IntEnum | enum.IntFlag]] = {
    "system": SystemMode, "adcs": AdcsMode, "safe": SafeReason, "board": BoardNumber, "reset": ResetReason,
    "identity": BoardIdentity, "device": Device, "exclusion": Exclusion, "start": StartKind,
    "time_source": TimeSource, "restart": RestartReason, "refusal": ParameterRefusal, "request": Function,
    "refused": Refusal, "exception": ExceptionType, "loads": EpsSwitch, "sources": AttitudeSource,
    "relation": Relation,
}  # fmt: skip
# Words that depend on the vehicle: enumerations of the dictionary, by name.
DICTIONARY_WORDS = {
    "application": "Application", "monitor": "Monitor", "parameter": "OnBoardParameter", "unit": "Unit",
    "failure": "Failure",
}  # fmt: skip
# Neither: `reported` is a member of the enumeration "events of NAME", where NAME is that of the application in value 0;
# `place` is module and line (`fsw.core.exceptions`); `address` is shown in hexadecimal digits.
OTHER_WORDS = ("reported", "place", "address")


def names_of(words: type[enum.IntEnum | enum.IntFlag]) -> dict[int, str]:
    """Return the name of every number of an enumeration; of flags, those of every combination."""
    if not issubclass(words, enum.IntFlag):
        return {int(member): str(member.name) for member in words}
    count = max(words).bit_length()
    return {n: " + ".join(str(m.name) for m in words if m & n) or "none" for n in range(1 << count)}


NAMES: dict[str, dict[int, str]] = {spec: names_of(words) for spec, words in WORDS.items()}


def plain(value: float, spec: str) -> str:
    """Return a value without a name as its text needs it: a number, with a label where a bare number is unclear."""
    whole = value.is_integer() and abs(value) < 1 << 53
    if spec == "place":
        return f"module {int(value) >> 20:08x} line {int(value) & 0xFFFFF}" if whole and value > 0 else "unknown place"
    if spec == "address":
        return f"0x{int(value):08x}" if whole else f"{value:g}"
    if spec == "failure":
        return f"failure {value:g}"
    if spec in WORDS or spec in DICTIONARY_WORDS or spec in OTHER_WORDS:
        return f"{value:g}"
    return format(value, spec)


class _Value(float):
    """A value that formats as a number or, by the name of an enum in `WORDS`, as its member."""

    def __format__(self, spec: str) -> str:
        value = float(self)
        name = NAMES[spec].get(int(value)) if spec in NAMES and value.is_integer() else None
        return plain(value, spec) if name is None else name


def describe(number: int, values: tuple[float, ...] = ()) -> str:
    """Put an event into words, except names that only a dictionary has: applications, monitors, parameters.

    Never fails, also for numbers and values that no event has.
    """
    event = BY_NUMBER.get(number)
    if event is None:
        return f"unknown event {number} {list(values)}"
    try:
        return event.text.format(*(_Value(v) for v in values))
    except (IndexError, ValueError):
        return f"{event.name} {list(values)}"
