"""Entries of a dictionary in few words, for tables, files and comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from ground.dictionary.build import Dictionary

Content = Mapping[str, Any]
FORMATS = {"f": "float", "i": "int", "u": "uint"}


class Row(NamedTuple):
    """One entry of a dictionary, or one field of an entry, in words."""

    section: str
    id: str
    name: str
    form: str = ""  # type and shape, fields, text
    unit: str = ""
    range: str = ""  # limits, or the enumeration
    doc: str = ""


def type_text(kind: str) -> str:
    """Return "float64" for "f8"."""
    return f"{FORMATS[kind[0]]}{8 * int(kind[1])}"


def form(entry: Content) -> str:
    """Return type and shape of a parameter or value."""
    shape = entry.get("shape") or []
    return type_text(entry["type"]) + (f" [{' × '.join(map(str, shape))}]" if shape else "")


def range_text(entry: Content) -> str:
    """Return the limits of a parameter or value, or the name of its enumeration."""
    if entry.get("enum"):
        return str(entry["enum"])
    low, high = entry.get("low"), entry.get("high")
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f"from {low:g}" if high is None else f"to {high:g}"
    return f"{low:g} to {high:g}"


def fields_text(fields: list[Content]) -> str:
    """Return the fields of a message in one line: "structure_id, N × (parameter_id)"."""
    return ", ".join(
        f"N × ({fields_text(f['fields'])})" if f["field"] == "repeated" else f["name"] for f in fields
    )  # fmt: skip


def entry_name(section: str, entry: Content) -> str:
    """Return the name by which an entry is looked up and compared."""
    return f"structure {entry['id']}" if section == "housekeeping" else str(entry["name"])


def entry_id(section: str, entry: Content) -> str:
    """Return the identifier that telemetry and telecommands use; "" for enumerations."""
    if "service" in entry:
        return f"{'TM' if section == 'telemetry' else 'TC'}[{entry['service']},{entry['subtype']}]"
    return str(next((entry[key] for key in ("id", "code", "number") if key in entry), ""))


def rows(content: Dictionary) -> Iterator[Row]:
    """Yield every entry, section by section, in the order of the dictionary."""
    for section, part in content.items():
        if section == "link":
            yield from (Row(section, "", path, str(value)) for path, value in leaves(part))
        elif isinstance(part, list):
            for entry in part:
                yield _row(section, entry)


def _row(section: str, e: Content) -> Row:
    row = Row(section, entry_id(section, e), entry_name(section, e), doc=e.get("doc", ""))
    if section == "parameters":
        frame = f" in {e['frame']}" if e["frame"] else ""
        return row._replace(form=form(e) + frame, unit=e["unit"], range=range_text(e))
    if section == "housekeeping":
        names = ", ".join(p["parameter"] for p in e["parameters"])
        return row._replace(form=f"{e['octets']} octets every {e['interval_s']} s", doc=names)
    if section == "events":
        return row._replace(form=e["severity"].lower(), doc=e["text"])
    if section == "enumerations":
        return row._replace(form=", ".join(f"{m['value']} {m['name']}" for m in e["members"]))
    if section == "monitors":
        return row._replace(form=condition(e), doc=_consequence(e))
    return row._replace(form=fields_text(e["fields"])) if "fields" in e else row


def condition(monitor: Content) -> str:
    """Return the check of a monitor: "mode.adcs EQUAL 3 for 10 s"."""
    where = monitor["parameter"] + ("" if monitor["element"] is None else f"[{monitor['element']}]")
    value = where if monitor["scale"] == 1 else f"{where} × {monitor['scale']:g}"
    limit = f"{monitor['limit']}" if monitor["high"] is None else f"{monitor['limit']} to {monitor['high']}"
    hold = f" for {monitor['hold_s']} s" if monitor["hold_s"] else ""
    when = monitor["when"]
    return f"{value} {monitor['check']} {limit}{hold}" + (
        f" while {when['parameter']} = {when['value']}" if when else ""
    )


def _consequence(monitor: Content) -> str:
    return "" if monitor["action"] == "NONE" else f"{monitor['action']} {monitor['argument']}".strip()


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    """Yield every value inside objects and arrays with its path: "downlink.bps", "header[3].bits"."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{i}]")
    else:
        yield path, value


def matching(content: Dictionary, pattern: str) -> list[Row]:
    """Return the entries whose name or identifier a glob matches, whatever the case; a part of a name is enough."""
    wanted = pattern.lower()
    whole = wanted if set(wanted) & set("*?[") else f"*{wanted}*"
    found = [row for row in rows(content) if wanted == row.id.lower() or fnmatchcase(row.name.lower(), whole)]
    exact = [row for row in found if row.name.lower() == wanted]
    return exact or found
