"""Compares two dictionaries: entries added, removed and changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from fsw.dictionary.sections import SECTIONS
from ground.dictionary.build import Dictionary
from ground.dictionary.entries import entry_name, leaves


class Change(NamedTuple):
    """One difference: `what` is "added", "removed" or "changed"; a change names field, value before and after."""

    section: str
    what: str
    name: str
    field: str = ""
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        if self.what != "changed":
            return f"{self.section}: {self.name} {self.what}"
        where = f" {self.field}" if self.field else ""
        return f"{self.section}: {self.name}{where}: {_shown(self.before)} -> {_shown(self.after)}"


def differences(before: Dictionary, after: Dictionary) -> list[Change]:
    """Return the differences, in the order of the sections; an empty list when there are none."""
    out = []
    if before["vehicle"] != after["vehicle"]:
        out.append(Change("vehicle", "changed", "name", "", before["vehicle"], after["vehicle"]))
    for section in SECTIONS:
        out += _section(section, before[section], after[section])
    return out


def _section(section: str, before: Any, after: Any) -> Iterator[Change]:  # noqa: ANN401 - object or array
    if isinstance(before, dict):
        yield from _fields(section, "", before, after)
        return
    old, new = ({entry_name(section, e): e for e in part} for part in (before, after))
    for name, entry in old.items():
        if name not in new:
            yield Change(section, "removed", name)
        else:
            yield from _fields(section, name, entry, new[name])
    yield from (Change(section, "added", name) for name in new if name not in old)
    shared = [name for name in old if name in new]
    order = [name for name in new if name in old]
    if shared != order:
        moved = next(i for i, (one, other) in enumerate(zip(shared, order, strict=True)) if one != other)
        yield Change(section, "changed", "order", "", shared[moved], order[moved])


def _fields(section: str, name: str, before: Any, after: Any) -> Iterator[Change]:  # noqa: ANN401
    old, new = dict(leaves(before)), dict(leaves(after))
    for path in (*old, *(path for path in new if path not in old)):
        one, other = old.get(path), new.get(path)
        if type(one) is not type(other) or one != other or (path in old) != (path in new):
            yield Change(section, "changed", name or path, path if name else "", one, other)


def _shown(value: Any) -> str:  # noqa: ANN401
    return "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)
