"""A dictionary as one CSV table: a line for every entry and for every field inside one (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from ground.dictionary.build import Dictionary
from ground.dictionary.entries import Content, condition, entry_id, entry_name, leaves

COLUMNS = (
    "section", "id", "name", "field", "offset", "type", "shape", "unit", "frame", "low", "high", "enum", "text", "doc",
)  # fmt: skip


def dumps(content: Dictionary) -> str:
    """Return the table with its head line."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, restval="", extrasaction="ignore")
    table.writeheader()
    table.writerows(_lines(content))
    return out.getvalue()


def _lines(content: Dictionary) -> Iterator[dict[str, Any]]:
    for name in ("format", "version", "vehicle"):
        yield {"section": "dictionary", "name": name, "text": content[name]}
    for name, digest in content["hashes"].items():
        yield {"section": "hashes", "name": name, "text": digest}
    for path, value in leaves(content["link"]):
        yield {"section": "link", "name": path, "text": value}
    for section, part in content.items():
        if isinstance(part, list):
            for entry in part:
                line = {"section": section, "id": entry_id(section, entry), "name": entry_name(section, entry)}
                yield entry | line | _facts(section, entry)
                yield from (inner | line for inner in _inside(entry))


def _facts(section: str, entry: Content) -> dict[str, Any]:
    """Return the cells of an entry that are not simply its keys."""
    if section == "parameters":
        return {"shape": " ".join(map(str, entry["shape"])), "text": "settable" if entry["settable"] else ""}
    if section == "housekeeping":
        return {"text": f"every {entry['interval_s']} s"}
    if section == "events":
        return {"type": entry["severity"], "text": entry["text"]}
    if section == "monitors":
        return {"type": entry["action"], "text": condition(entry), "high": ""}
    return {}


def _inside(entry: Content) -> Iterator[dict[str, Any]]:
    """Yield a line for each field, place or member of an entry."""
    yield from _fields(entry.get("fields", ()), "")
    for place in entry.get("parameters", ()):
        yield {"field": place["parameter"], "offset": place["offset"]}
    for member in entry.get("members", ()):
        yield {"field": member["name"], "text": member["value"]}
    for value in entry.get("values", ()):
        yield {"field": f"value {value['place']}", "enum": value["enum"], "text": value["format"]}


def _fields(fields: Any, inside: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON array
    for f in fields:
        name = inside + f["name"]
        if f["field"] == "repeated":
            yield {"field": f"{name} (count)", "offset": f["offset"], "type": f["count_type"],
                   "low": f["least"], "high": f["most"], "doc": f["doc"]}  # fmt: skip
            yield from _fields(f["fields"], f"{name}[].")
        else:
            text = f"by {f['deduced_from']}" if f["field"] == "deduced" else ""
            yield f | {"field": name, "text": text}
