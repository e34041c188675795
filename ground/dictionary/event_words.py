"""Puts events into words by a dictionary, with names and units for the numbers of a satellite."""

from __future__ import annotations

import string
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fsw.core.exceptions import LINES, module_number
from fsw.dictionary.event_words import plain
from ground.dictionary.build import Dictionary

FLIGHT = ("fsw", "hal")  # packages whose modules are looked up whether they are imported here or not


class EventWords:
    """Puts events into words; `text` never fails, also for numbers and values that no event has."""

    def __init__(self, content: Dictionary) -> None:
        self._events: dict[int, Mapping[str, Any]] = {e["id"]: e for e in content["events"]}
        self._names = {e["name"]: {m["value"]: m["name"] for m in e["members"]} for e in content["enumerations"]}

    def text(self, number: int, values: Sequence[float]) -> str:
        """Return the words of an event with its values."""
        event = self._events.get(number)
        if event is None:
            return f"unknown event {number} {list(values)}"
        enums = {v["place"]: v["enum"] for v in event["values"]}
        parts = []
        try:
            for literal, place, spec, _ in string.Formatter().parse(event["text"]):
                parts.append(literal)
                if place is not None:
                    parts.append(self._word(values, int(place), spec or "g", enums.get(int(place), "")))
        except (IndexError, ValueError):
            return f"{event['name']} {list(values)}"
        return "".join(parts)

    def _word(self, values: Sequence[float], place: int, spec: str, enum: str) -> str:
        """Return one value as a name, or as a number."""
        value = float(values[place])
        if spec == "reported":
            enum = f"events of {self._names.get('Application', {}).get(values[0], '')}"
        name = self._names.get(enum, {}).get(value)
        if name is None and spec == "place" and value.is_integer():
            name = place_text(int(value))
        if name is not None:
            return str(name)
        try:
            return plain(value, spec)
        except ValueError:  # a word that only a newer dictionary knows
            return f"{value:g}"


def place_text(place: int) -> str | None:
    """Return file and line of a place ("controller.py:123"); None when no module known here has its number."""
    number, line = divmod(place, LINES)
    file = _imported().get(number) or _modules().get(number)
    return None if file is None else f"{file}:{line}"


def _imported() -> dict[int, str]:
    """Files of the imported modules, with those of extensions."""
    files = ((name, getattr(module, "__file__", None)) for name, module in list(sys.modules.items()))
    return {module_number(name): _source(name, file) for name, file in files if file}


@cache
def _modules() -> dict[int, str]:
    """Files of all modules of flight, by number; they are not imported for it."""
    out: dict[int, str] = {}
    for package in FLIGHT:
        spec = find_spec(package)
        for folder in map(Path, (spec.submodule_search_locations or ()) if spec is not None else ()):
            for file in (*folder.rglob("*.pyx"), *folder.rglob("*.py")):
                name = ".".join((package, *file.relative_to(folder).with_suffix("").parts))
                out[module_number(name)] = file.name
    return out


def _source(name: str, file: str) -> str:
    """Return the name of a module's source: a compiled one is called after its module."""
    return Path(file).name if file.endswith(".py") else f"{name.rpartition('.')[2]}.pyx"
