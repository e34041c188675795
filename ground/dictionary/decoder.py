"""Decodes reports by a dictionary alone."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fsw.pus.definitions import STRUCT_CODES
from ground.dictionary.build import Dictionary
from ground.dictionary.event_words import EventWords

Entry = Mapping[str, Any]


class ReportError(ValueError):
    """Source data that does not fit the dictionary; one line."""


@dataclass(frozen=True, slots=True)
class Report:
    """A decoded telemetry message: its name in the dictionary, and its values by name, in the order of the fields."""

    name: str
    values: dict[str, Any]  # a number, the name of an enumeration's member, or a list of them; "text" of an event

    def __str__(self) -> str:
        return " ".join((self.name, *(f"{name}={_shown(value)}" for name, value in self.values.items())))


class Decoder:
    """Decodes the source data of reports by a dictionary (`ground.dictionary.build`, `files`)."""

    def __init__(self, content: Dictionary) -> None:
        self.content = content
        self._reports = {(e["service"], e["subtype"]): e for e in content["telemetry"]}
        self._structures = {e["id"]: e for e in content["housekeeping"]}
        self._events = {e["id"]: e for e in content["events"]}
        self._words = EventWords(content)
        self._failures = {e["code"]: e["name"] for e in content["failures"]}
        self._parameters = {e["id"]: e for e in content["parameters"]}
        self._names = {
            e["name"]: {m["value"]: m["name"] for m in e["members"]} for e in content["enumerations"]
        }  # fmt: skip

    def decode(self, service: int, subtype: int, data: bytes) -> Report:
        """Return a decoded report; raise `ReportError` when the dictionary lacks it or it does not fit."""
        entry = self._reports.get((service, subtype))
        if entry is None:
            raise ReportError(f"TM[{service},{subtype}] is not in the dictionary")
        values, at = self._read(entry["fields"], data, 0)
        if at != len(data):
            raise ReportError(f"{entry['name']}: {len(data)} octets, expected {at}")
        if "code" in values:
            values["code"] = self._failures.get(values["code"], values["code"])
        return Report(entry["name"], values)

    def _read(self, fields: Sequence[Entry], data: bytes, at: int) -> tuple[dict[str, Any], int]:
        out: dict[str, Any] = {}
        for f in fields:
            if f["field"] == "value":
                numbers, at = self._numbers(f["type"], 1, data, at)
                out[f["name"]] = self._named(numbers[0], f["enum"])
            elif f["field"] == "repeated":
                (count,), at = self._numbers(f["count_type"], 1, data, at)
                groups = []
                for _ in range(count):
                    group, at = self._read(f["fields"], data, at)
                    groups.append(group if len(group) > 1 else next(iter(group.values())))
                out[f["name"]] = groups
            else:
                more, at = self._deduce(f["deduced_from"], out[f["deduced_from"]], data, at)
                out |= more
        return out, at

    def _deduce(self, by: str, number: int, data: bytes, at: int) -> tuple[dict[str, Any], int]:
        """Decode a field whose type an identifier determines."""
        if by == "structure_id" and number in self._structures:
            out = {}
            for place in self._structures[number]["parameters"]:
                out[place["parameter"]], at = self._parameter(self._parameters[place["id"]], data, at)
            return out, at
        if by == "parameter_id" and number in self._parameters:
            value, at = self._parameter(self._parameters[number], data, at)
            return {self._parameters[number]["name"]: value}, at
        if by == "event_id":
            values, at = self._numbers("f8", (len(data) - at) // 8, data, at)
            return self._event(number, values), at
        raise ReportError(f"{by} {number} is not in the dictionary")

    def _parameter(self, p: Entry, data: bytes, at: int) -> tuple[Any, int]:
        numbers, at = self._numbers(p["type"], math.prod(p["shape"]), data, at)
        named = [self._named(n, p["enum"]) for n in numbers]
        return named if p["shape"] else named[0], at

    def _event(self, number: int, values: Sequence[float]) -> dict[str, Any]:
        event = self._events.get(number)
        if event is None:
            return {"values": list(values)}
        if any(v["place"] >= len(values) for v in event["values"]):
            return {"name": event["name"], "values": list(values)}
        return {"name": event["name"], "severity": event["severity"], "text": self._words.text(number, values)}

    def _named(self, value: float, enum: str) -> Any:  # noqa: ANN401 - number or name
        return self._names[enum].get(value, value) if enum else value

    def _numbers(self, kind: str, count: int, data: bytes, at: int) -> tuple[tuple[Any, ...], int]:
        end = at + count * int(kind[1])
        if end > len(data):
            raise ReportError(f"{len(data)} octets, expected at least {end}")
        return struct.unpack(f">{count}{STRUCT_CODES[kind]}", data[at:end]), end


def _shown(value: Any) -> str:  # noqa: ANN401 - as decoded
    if isinstance(value, list):
        return "[" + " ".join(map(_shown, value)) + "]"
    if isinstance(value, dict):
        return "(" + " ".join(f"{name}={_shown(v)}" for name, v in value.items()) + ")"
    if isinstance(value, float):
        return f"{value:.9g}"
    text = str(value)
    return f'"{text}"' if " " in text else text
