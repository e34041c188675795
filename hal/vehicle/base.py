"""Vehicle files that hold only differences from another: `base = "reference"`, or the path of a file beside this one.

Tables are merged key by key. An array of tables whose entries all have a `name` (`device`, `application`, `monitor`) or
an `id` (`requirement`) is merged by that: an entry with a known one changes it in its place, one with `remove = true`
removes it, another is appended; a file has each name once. An entry with another `kind` takes the whole place of the
device with its name. Any other value or array replaces the one of the base. With a device, and with a board that then
carries none, go the monitors of the base that look at their samples, and the requirements of the base that name it.
`name` is never inherited: another vehicle has another name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hal.schema import defect, is_toml, read_table

LABELS = ("name", "id")  # keys whose value is that of one entry in an array of tables
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
    _each_once(table, path.name)
    below = path.parent / base if is_toml(base) else find(base)
    try:
        return _without_the_gone(merged(read_vehicle(below, find, depth + 1), table), table)
    except RecursionError:
        raise defect(path.name, "", "nested too deeply", "tables as the base has them") from None


def _each_once(table: dict[str, Any], file: str) -> None:
    """Raise `SchemaError` for an array of tables that has one label twice: the second would change the first unseen."""
    for array, value in table.items():
        seen: list[object] = []
        for k, entry in enumerate(_tables(value)):
            label = next((key for key in LABELS if key in entry), "")
            if label and entry[label] in seen:
                expected = f"one table with all that it says of {entry[label]!r}"[:80]
                raise defect(file, f"{array}[{k}].{label}", f"found {entry[label]!r} twice"[:80], expected)
            seen.append(entry.get(label))


def _without_the_gone(table: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return `table` without what the base says of devices which `changes` remove: monitors and requirements."""
    gone = [d["name"] for d in _tables(changes.get("device")) if d.get("remove") is True and "name" in d]
    if not gone:
        return table
    used = {d.get("board") for d in _tables(table.get("device"))}
    gone += [board for board in table.get("boards", {}) if board not in used]
    words = [f"samples.{name}{end}." for name in gone for end in ("", "_health")]
    words += [f"device_truth.{name}." for name in gone] + [f"accepted_share.{name}" for name in gone]
    out = dict(table)
    for array, label, keys in (
        ("monitor", "name", ("parameter", "when")), ("requirement", "id", ("measure", "when", "entered"))
    ):  # fmt: skip
        own = [entry.get(label) for entry in _tables(changes.get(array))]
        if isinstance(table.get(array), list):
            out[array] = [e for e in table[array] if not _names(e, keys, words) or e.get(label) in own]
    return out


def _names(entry: Any, keys: Sequence[str], words: Sequence[str]) -> bool:  # noqa: ANN401 - whatever the file says
    """Tell whether one of these keys of a table has one of these words in it."""
    return isinstance(entry, dict) and any(word in str(entry.get(key, "")) for key in keys for word in words)


def _tables(value: object) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes`, by the rules above."""
    out = dict(base)
    for key, value in changes.items():
        below = out.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            out[key] = merged(below, value)
        elif label := _label(below, value):
            out[key] = _by_label(below, value, label)  # type: ignore[arg-type]
        else:
            out[key] = value
    return out


def _label(base: object, changes: object) -> str:
    """Return the key by which two arrays of tables are merged, because all entries of both have it; empty: none."""
    both = (base, changes)
    if not all(isinstance(tables, list) and tables and all(isinstance(t, dict) for t in tables) for tables in both):
        return ""
    return next((key for key in LABELS if all(key in t for tables in both for t in tables)), "")  # type: ignore[attr-defined]


def _by_label(base: list[dict[str, Any]], changes: list[dict[str, Any]], label: str) -> list[dict[str, Any]]:
    """Merge two arrays of tables by the value of a key, in the order of appearance."""
    out = list(base)
    for change in changes:
        place = next((i for i, entry in enumerate(out) if entry[label] == change[label]), None)
        if place is None:
            out.append(change)
        elif change.get("remove") is True and len(change) == 2:
            del out[place]
        elif change.get("kind", out[place].get("kind")) != out[place].get("kind"):
            out[place] = change
        else:
            out[place] = merged(out[place], change)
    return out
