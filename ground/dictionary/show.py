"""`smartsat dict show`: a dictionary at a glance, or the entries that a name matches."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from fsw.dictionary.sections import SECTIONS
from ground.common.tables import Listing
from ground.common.tables import show as show_table
from ground.dictionary.build import Dictionary
from ground.dictionary.entries import Row, entry_name, form, leaves, matching, range_text, type_text

FILE_COLUMNS = 160  # a table that goes to a file is at least this wide


def overview(content: Dictionary) -> Listing:
    """Return one line for each section: entries and hash."""
    table = Listing(("section", "entries", "hash"), right=("entries",))
    for section in SECTIONS:
        part = content[section]
        entries = len(list(leaves(part))) if isinstance(part, dict) else len(part)
        table.add(section, str(entries), content["hashes"][section])
    return table


def listing(found: list[Row]) -> Listing:
    """Return a table of entries."""
    table = Listing(("section", "id", "name", "form", "unit", "range", "what"))
    for row in found:
        table.add(*row)
    return table


def detail(content: Dictionary, row: Row) -> Listing:
    """Return everything that the dictionary has about one entry."""
    part = content[row.section]
    if isinstance(part, dict):
        return listing([row])
    entry = next(e for e in part if entry_name(row.section, e) == row.name)
    table = Listing(("key", "value"), head=False)
    table.add("section", row.section)
    for key, value in entry.items():
        if value not in (None, "", []):
            table.add(key, _value(key, value))
    names = {e["name"]: e for e in content["enumerations"]}
    if entry.get("enum"):
        table.add("values", ", ".join(f"{m['value']} {m['name']}" for m in names[entry["enum"]]["members"]))
    if row.section == "parameters":
        inside = [e for e in content["housekeeping"] if row.name in {p["parameter"] for p in e["parameters"]}]
        table.add("reported in", ", ".join(f"structure {e['id']}" for e in inside) or "no structure")
    return table


def _value(key: str, value: Any) -> str:  # noqa: ANN401 - any JSON
    if key == "fields":
        return "\n".join(_field(f) for f in value)
    if key == "parameters":
        return "\n".join(f"{p['offset']:4d}  {p['parameter']}" for p in value)
    if key == "members":
        return "\n".join(f"{m['value']:4d}  {m['name']}" for m in value)
    if key == "type":
        return type_text(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _field(f: dict[str, Any], indent: str = "") -> str:
    offset = "   ." if f["offset"] is None else f"{f['offset']:4d}"
    if f["field"] == "repeated":
        lines = [f"{indent}{offset}  {f['name']}: count (uint16), {f['least']} to {f['most']} times"]
        return "\n".join(lines + [_field(inner, indent + "      ") for inner in f["fields"]])
    if f["field"] == "deduced":
        return f"{indent}{offset}  {f['name']}: by {f['deduced_from']}; {f['doc']}"
    facts = (form(f), f["unit"], range_text(f), f["doc"])
    return f"{indent}{offset}  {f['name']}: " + ", ".join(fact for fact in facts if fact)


def show(content: Dictionary, name: str | None, console: Console) -> int:
    """Print the overview, or what `name` matches; return 0, or 1 when nothing does."""
    if name is None:
        console.print(f"dictionary of {content['vehicle']}, hash {content['hashes']['whole']}")
        show_table(console, overview(content))
        return 0
    found = matching(content, name)
    if not found:
        return 1
    show_table(console, detail(content, found[0]) if len(found) == 1 else listing(found))
    return 0


def make_console() -> Console:
    """Return a console whose tables keep their columns when they go to a file."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = max(console.width, FILE_COLUMNS)
    return console
