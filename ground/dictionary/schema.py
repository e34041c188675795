"""Checks JSON against `schema.json`, with the keywords of JSON Schema (draft 2020-12) that it uses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("schema.json")
NAMES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    "null": type(None),
}  # fmt: skip
SHOWN = 60  # characters of a value that an error repeats


@cache
def schema() -> dict[str, Any]:
    """Return the schema of a dictionary."""
    return json.loads(PATH.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def first_defect(value: Any, rule: Mapping[str, Any] | None = None, where: str = "") -> tuple[str, str] | None:  # noqa: ANN401
    """Return where and how JSON breaks the schema first ("events[3].id", "found ..., expected ..."); None if not."""
    rule = schema() if rule is None else rule
    if "$ref" in rule:
        return first_defect(value, schema()["$defs"][rule["$ref"].rsplit("/", 1)[-1]], where)
    expected = _expected(value, rule)
    if expected:
        return where, f"found {_shown(value)}, expected {expected}"
    if isinstance(value, dict) and "properties" in rule:
        return _object_defect(value, rule, where)
    if isinstance(value, list) and "items" in rule:
        found = (first_defect(item, rule["items"], f"{where}[{i}]") for i, item in enumerate(value))
        return next((defect for defect in found if defect), None)
    return None


def _object_defect(value: dict[str, Any], rule: Mapping[str, Any], where: str) -> tuple[str, str] | None:
    for name in rule["required"]:
        if name not in value:
            return where, f"found no {name!r}, expected one"
    for name, inner in value.items():
        if name not in rule["properties"]:
            return where, f"found {_shown(name)}, expected one of: {', '.join(rule['properties'])}"
        defect = first_defect(inner, rule["properties"][name], f"{where}.{name}" if where else name)
        if defect:
            return defect
    return None


def _expected(value: Any, rule: Mapping[str, Any]) -> str:  # noqa: ANN401
    """Return what a value should be; "" when it is right."""
    if "const" in rule and (type(value), value) != (type(rule["const"]), rule["const"]):
        return repr(rule["const"])
    if "enum" in rule and value not in rule["enum"]:
        return "one of: " + ", ".join(rule["enum"])
    if "type" in rule:
        names = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
        if not any(_is(value, name) for name in names):
            return " or ".join(names)
    if "pattern" in rule and not re.search(rule["pattern"], value):
        return f"text that matches {rule['pattern']}"
    if isinstance(value, int) and not rule.get("minimum", value) <= value <= rule.get("maximum", value):
        return f"{rule['minimum']} to {rule['maximum']}"
    return ""


def _is(value: Any, name: str) -> bool:  # noqa: ANN401
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, NAMES[name])


def _shown(value: Any) -> str:  # noqa: ANN401
    text = repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."
