"""Mutants of vehicle and scenario files: what a wrong hand makes of them, the same ones for the same numbers.

A mutant is a shipped file with one or two changes: a number in another unit, without sense or without bounds, another
type, a key or a table gone, a row twice, a vector turned round, a text of odd characters.
"""

from __future__ import annotations

import copy
import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HUGE = (10**18, 2**63, 10**30)
ODD = ("", " ", "\u00e9\u202e\u0000", "\n", "../../etc/passwd", "x" * 10000, "nan", "%s{0}", "sim://", "2019-13-01")
FACTORS = (0.0, -1.0, 1e3, 1e-3, 1e-300, 1e300, 1e6, 0.1, 10.0, 0.5, 2.0, 0.9, 1.1)
SPECIAL = (math.nan, math.inf, -math.inf, 1e-310, -1e308, 1e308, *HUGE)
OTHERS = (True, "12", [1.0], {}, [], [[]], {"a": 1})
NUMBERS = 0.75  # of all changes, those of a number
Place = tuple[str | int, ...]


def toml_of(table: dict[str, Any]) -> str:
    """Return a table as TOML, one key a line, tables in them inline."""
    return "\n".join(f"{_key(name)} = {_value(value)}" for name, value in table.items()) + "\n"


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=True)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Yield where all values of a table are, tables and arrays included."""
    if at:
        yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from places(inner, (*at, key))


def mutant(table: dict[str, Any], number: int, changes: int) -> tuple[dict[str, Any], str]:
    """Return a changed copy of a file's table, and what was changed in words."""
    rng = random.Random(f"mutant {number}")
    out, said = copy.deepcopy(table), []
    for _ in range(changes):
        found = sorted(places(out), key=repr)
        if rng.random() < NUMBERS:
            found = [place for place in found if _is_number(_at(out, place))] or found
        at = rng.choice(found)
        said.append(f"{'.'.join(map(str, at))}: {_change(rng, out, at)}")
    return out, "; ".join(said)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _at(table: Any, place: Place) -> Any:
    for key in place:
        table = table[key]
    return table


def _change(rng: random.Random, table: dict[str, Any], at: Place) -> str:
    holder: Any = _at(table, at[:-1])
    key, value = at[-1], holder[at[-1]]
    kind = rng.random()
    if kind < 0.08:
        del holder[key]
        return "gone"
    if kind < 0.16:
        holder[key] = other = rng.choice(OTHERS)
        return f"{other!r}"
    if isinstance(holder, dict) and kind < 0.18:
        holder[f"{key}_"] = holder.pop(key)
        return "another name"
    holder[key] = other = _other(rng, value)
    return f"{str(value)[:40]} -> {str(other)[:40]}"


def _other(rng: random.Random, value: Any) -> Any:
    """Return something in place of a value, of its type for the most part."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        if rng.random() < 0.3:
            return rng.choice(SPECIAL)
        scaled = value * rng.choice(FACTORS) if rng.random() < 0.9 else value + rng.choice((1, -1))
        return scaled if isinstance(value, float) or abs(scaled) > 1e18 else round(scaled)
    if isinstance(value, str):
        if value and rng.random() < 0.5:
            cut = rng.randrange(len(value))
            return value[:cut] + rng.choice(("", "9", " ", "x", "-")) + value[cut + 1 :]
        return rng.choice(ODD)
    if isinstance(value, list) and value:
        return rng.choice((value[::-1], value[1:], [*value, value[-1]], value[1:] + value[:1], [], value * 8))
    return {}


def folder_with(folder: Path, name: str, table: dict[str, Any]) -> Path:
    """Write a table as a file and return its path."""
    path = folder / f"{name}.toml"
    path.write_text(toml_of(table), encoding="utf-8")
    return path
