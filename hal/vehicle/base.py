"""Vehicle files that hold only differences from another: `base = "reference"`, or the path of a file beside this one.

Tables are merged key by key. An array of tables whose entries all have a `name` (`device`, `application`, `monitor`) is
merged by that name: an entry with a known name changes it in its place, one with `remove = true` removes it, another is
appended. An entry with another `kind` takes the whole place of the device with its name. Any other value or array
replaces the one of the base. With a device, and with a board that then carries none, go the monitors of the base that
look at their samples. `name` is never inherited: another vehicle has another name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hal.schema import defect, is_toml, read_table

LONGEST_CHAIN = 8  # files that may build on each other


def read_vehicle(path: Path, find: Callable[[str], Path], depth: int = 0) -> dict[str, Any]:
    """Return the table of a vehicle file, merged into that of its base, if any; `find` gives the path of a shipped one.

    Raises `SchemaError` with one line.
    """
    table = read_table(path)
    base = table.pop("base", None)
    if base is None:
        return table
    if not isinstance(base, str) or not base or not base.isprintable():
        raise defect(path.name, "base", f"found {base!r}"[:80], "the name of a shipped vehicle or the path of a file")
    if depth == LONGEST_CHAIN:
        raise defect(path.name, "base", f"found a chain of more than {LONGEST_CHAIN} files", "one that ends")
    if "name" not in table:
        raise defect(path.name, "name", "missing", "a name of its own, beside base")
    below = path.parent / base if is_toml(base) else find(base)
    try:
        return _with_monitors_left(merged(read_vehicle(below, find, depth + 1), table), table)
    except RecursionError:
        raise defect(path.name, "", "nested too deeply", "tables as the base has them") from None


def _with_monitors_left(table: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return `table` without the monitors of the base that look at samples of a device which `changes` remove."""
    gone = [d["name"] for d in _tables(changes.get("device")) if d.get("remove") is True and "name" in d]
    if not gone or not isinstance(table.get("monitor"), list):
        return table
    used = {d.get("board") for d in _tables(table.get("device"))}
    gone += [board for board in table.get("boards", {}) if board not in used]
    own = {m.get("name") for m in _tables(changes.get("monitor"))}
    looks_at = tuple(f"samples.{name}{end}." for name in gone for end in ("", "_health"))

    def left(monitor: Any) -> bool:  # noqa: ANN401 - whatever the file says
        if not isinstance(monitor, dict) or monitor.get("name") in own:
            return True
        return not any(str(monitor.get(key, "")).startswith(looks_at) for key in ("parameter", "when"))

    return table | {"monitor": [m for m in table["monitor"] if left(m)]}


def _tables(value: object) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes`, by the rules above."""
    out = dict(base)
    for key, value in changes.items():
        below = out.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            out[key] = merged(below, value)
        elif _named(below) and _named(value):
            out[key] = _by_name(below, value)  # type: ignore[arg-type]
        else:
            out[key] = value
    return out


def _named(value: object) -> bool:
    """Tell whether `value` is an array of tables with names."""
    return isinstance(value, list) and bool(value) and all(isinstance(t, dict) and "name" in t for t in value)


def _by_name(base: list[dict[str, Any]], changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Merge two arrays of tables by their names, in the order of appearance."""
    out = list(base)
    for change in changes:
        place = next((i for i, entry in enumerate(out) if entry["name"] == change["name"]), None)
        if place is None:
            out.append(change)
        elif change.get("remove") is True and len(change) == 2:
            del out[place]
        elif change.get("kind", out[place].get("kind")) != out[place].get("kind"):
            out[place] = change
        else:
            out[place] = merged(out[place], change)
    return out
