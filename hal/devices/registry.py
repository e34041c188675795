"""Finds kinds of devices, shipped ones and those of other packages in the same way.

An installed package offers its kinds as entry points of the group `smartsat.devices`:

    [project.entry-points."smartsat.devices"]
    thermometer = "my_package.kind:KIND"

A vehicle file names a kind by the name of its entry point, or by its
object, "my_package.kind:KIND", which needs no installed package.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache

from hal.devices.device import Device
from hal.devices.kind import DeviceKind
from hal.extension_loading import load_object
from hal.schema import defect

GROUP = "smartsat.devices"
_found: dict[str, DeviceKind] = {}  # by the text that names it: what is imported stays imported
NOT_INSTALLED = "no installed package offers a kind of device: after an update run make environment"


def kind_of(device: Device) -> DeviceKind:
    """Return the kind of a device that was loaded."""
    return find_kind(device.kind, "", device.name)


def find_kind(text: str, file: str, where: str) -> DeviceKind:
    """Return the kind that `text` names at key `where` of a file; raise `SchemaError` with one line if none is."""
    if text in _found:
        return _found[text]
    path = text if ":" in text else _offered().get(text)
    if path is None:
        raise defect(file, where, f"found {text[:60]!r}", _expected(text))
    kind = load_object(path, file, where)
    if not isinstance(kind, DeviceKind):
        raise defect(file, where, f"{path} is {kind!r}"[:120], "a hal.devices.kind.DeviceKind")
    _found[text] = kind
    return kind


def kind_names() -> list[str]:
    """Return the names of the kinds that installed packages offer."""
    return sorted(_offered())


@cache
def _offered() -> Mapping[str, str]:
    """Return the objects that installed packages name, by the kind's name; searched once."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - takes 30 ms

    return {entry.name: entry.value for entry in entry_points(group=GROUP)}


def _expected(text: str) -> str:
    names = kind_names()
    if not names:
        return f"a kind of device; {NOT_INSTALLED}"
    close = difflib.get_close_matches(text, names, 1)
    return f"one of: {', '.join(names)}; or package.module:OBJECT" + (f"; did you mean {close[0]}?" if close else "")
