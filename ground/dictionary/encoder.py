"""Encodes telecommands by a dictionary: names and numbers in, application data out."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from fsw.pus.definitions import STRUCT_CODES
from ground.dictionary.build import Dictionary
from ground.dictionary.entries import range_text, type_text

Entry = Mapping[str, Any]
IDENTIFIERS = {"parameter_id": "parameters", "event_id": "events", "function_id": "functions"}


class EncodeError(ValueError):
    """A telecommand that the dictionary does not allow; one line."""


class Encoder:
    """Writes the application data of telecommands by a dictionary (`ground.dictionary.build`, `files`)."""

    def __init__(self, content: Dictionary) -> None:
        self._telecommands = {e["name"]: e for e in content["telecommands"]}
        self._numbers = {
            field: {e["name"]: e["id"] for e in content[section]} for field, section in IDENTIFIERS.items()
        }  # fmt: skip
        self._parameters = {e["id"]: e for e in content["parameters"]}
        self._functions = {e["id"]: e for e in content["functions"]}

    def encode(self, name: str, **values: Any) -> tuple[int, int, bytes]:  # noqa: ANN401 - as the fields say
        """Return service type, message subtype and application data of the telecommand `name`.

        One value a field: a number, or the name of a parameter, event or function for its identifier; for repeated
        fields a list, its entries a sequence when there are several; for deduced ones a number or a sequence. Raises
        `EncodeError` when a field is missing, unknown, or out of its range.

            encode("PARAMETERS_SET", parameters=[("parameters.fine_hold_s", 12.0)])
            encode("PERFORM_FUNCTION", function_id="TRACK_TARGET", arguments=(0.8, 0.2, 0.0))
        """
        entry = self._telecommands.get(name)
        if entry is None:
            raise EncodeError(f"{name}: not a telecommand of the dictionary")
        expected = [f["name"] for f in entry["fields"]]
        if set(values) != set(expected):
            raise EncodeError(
                f"{name}: found {', '.join(values) or 'no value'}, expected {', '.join(expected) or 'none'}"
            )
        data = self._group(entry["fields"], [values[field] for field in expected])
        return entry["service"], entry["subtype"], data

    def _group(self, fields: Sequence[Entry], values: Sequence[Any]) -> bytes:
        if len(values) != len(fields):
            raise EncodeError(f"found {len(values)} values, expected {', '.join(f['name'] for f in fields)}")
        out, numbers = b"", {}
        for f, value in zip(fields, values, strict=True):
            if f["field"] == "value":
                number = numbers[f["name"]] = self._number(f, value)
                out += _pack(f, number)
            elif f["field"] == "repeated":
                out += self._repeated(f, value)
            else:
                out += self._deduced(f, numbers[f["deduced_from"]], value)
        return out

    def _repeated(self, f: Entry, values: Sequence[Any]) -> bytes:
        if not f["least"] <= len(values) <= f["most"]:
            raise EncodeError(f"{f['name']}: found {len(values)}, expected {f['least']} to {f['most']}")
        single = len(f["fields"]) == 1
        groups = (self._group(f["fields"], (value,) if single else value) for value in values)
        return struct.pack(">" + STRUCT_CODES[f["count_type"]], len(values)) + b"".join(groups)

    def _deduced(self, f: Entry, number: int, value: Any) -> bytes:  # noqa: ANN401 - number or sequence
        if f["deduced_from"] == "function_id" and number in self._functions:
            return self._group(self._functions[number]["fields"], value)
        if f["deduced_from"] == "parameter_id" and number in self._parameters:
            p = self._parameters[number]
            elements = list(value) if p["shape"] else [value]
            if len(elements) != math.prod(p["shape"]):
                raise EncodeError(f"{p['name']}: found {len(elements)} values, expected {math.prod(p['shape'])}")
            return b"".join(_pack(p, element) for element in elements)
        raise EncodeError(f"{f['name']}: {f['deduced_from']} {number} is not in the dictionary")

    def _number(self, f: Entry, value: Any) -> Any:  # noqa: ANN401 - number or name
        if not isinstance(value, str):
            return value
        known = self._numbers.get(f["name"], {})
        if value not in known:
            raise EncodeError(f"{f['name']}: {value!r} is not in the dictionary")
        return known[value]


def _pack(f: Entry, value: Any) -> bytes:  # noqa: ANN401 - a number, if it is one
    low, high = f["low"], f["high"]
    try:
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            raise EncodeError(f"{f['name']}: found {value}, expected {range_text(f)} {f['unit']}".rstrip())
        return struct.pack(">" + STRUCT_CODES[f["type"]], value)
    except (struct.error, TypeError, OverflowError):
        raise EncodeError(
            f"{f['name']}: found {value!r}, expected a number that {type_text(f['type'])} holds"
        ) from None
