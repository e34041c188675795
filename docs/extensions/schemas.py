"""Vehicle and scenario files: every key with unit, limits, default and meaning, from the dataclasses that load them."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Iterator
from typing import Any

from table import table

from hal.devices.registry import find_kind, kind_names
from hal.schema import _expected as accepted
from hal.schema import _strip_optional as without_none
from hal.schema import key_name, keys_of

UNITS = {
    "am2s_per_tesla": "A m² s/T", "tesla_per_am2": "T/(A m²)", "rad_sqrts": "rad/√s", "radps_sqrts": "rad/s/√s",
    "per_s": "1/s", "radps2": "rad/s²", "radps": "rad/s", "rad": "rad", "kgm2": "kg m²", "am2": "A m²", "nms": "N m s",
    "nm": "N m", "tesla": "T", "mps": "m/s", "bps": "bit/s", "hz": "Hz", "ms": "ms", "ns": "ns", "s": "s", "m2": "m²",
    "m": "m", "km": "km", "kg": "kg", "wh": "W h", "w": "W", "v": "V", "a": "A", "k": "K", "ohm": "Ω", "ppm": "ppm",
}  # fmt: skip


def unit(name: str) -> str:
    """Return the unit that the end of a name says, or nothing."""
    return next((words for end, words in UNITS.items() if name.endswith("_" + end)), "")


def inner_class(hint: Any) -> tuple[type | None, bool]:  # noqa: ANN401
    """Return the dataclass that a key holds, and whether it holds a list of them."""
    hint = without_none(hint)
    if dataclasses.is_dataclass(hint):
        return typing.cast(type, hint), False
    arguments = typing.get_args(hint)
    if arguments and dataclasses.is_dataclass(arguments[0]):
        return typing.cast(type, arguments[0]), True
    return None, False


def sections(cls: type, heading: str, path: str = "") -> Iterator[str]:
    """Yield the Markdown of a table of a file and of the tables in it, depth first."""
    hints = typing.get_type_hints(cls)
    rows, deeper = [], []
    for f in keys_of(cls):
        key = key_name(f)
        inside, many = inner_class(hints[f.name])
        takes = accepted(hints[f.name], f.metadata)
        if inside is not None:
            name = f"{path}{key}"
            if f.metadata.get("choose") is not None:  # devices, whose keys their kinds declare
                kinds = [(kind, find_kind(kind, "", "").settings) for kind in kind_names()]
                deeper += [(s, f"`[[{name}]]` of kind `{kind}`", f"{name}.") for kind, s in kinds]
            deeper.append((inside, f"`[[{name}]]`" if many else f"`[{name}]`", f"{name}."))
            takes = takes.replace("0 to any tables", "any number of tables")
        if f.metadata.get("plausible") is not None:
            takes += "; usual are {:g} to {:g}".format(*f.metadata["plausible"])
        meaning = f.metadata.get("doc", "") or (first_line(inside) if inside else "")
        rows.append((f"`{key}`", takes, unit(f.name), default(f), meaning))
    yield f"## {heading}\n\n{said(cls)}\n\n"
    yield table(("key", "accepts", "unit", "default", "meaning"), rows)
    for inside, inner_heading, inner_path in deeper:
        yield from sections(inside, inner_heading, inner_path)


def default(f: dataclasses.Field[Any]) -> str:
    """Say what holds when the key is not in the file."""
    if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
        return "required"
    value = f.default
    if dataclasses.is_dataclass(value):
        return "its defaults"
    if value is None or value == ():
        return "none"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def said(cls: type) -> str:
    """Return the docstring of a class."""
    return inspect.cleandoc(cls.__doc__ or "")


def first_line(cls: type) -> str:
    """Return how the docstring of a class begins, as a cell of a table."""
    return said(cls).partition("\n")[0].rstrip(".")


def page(title: str, about: str, cls: type) -> str:
    """Return the page of one kind of file."""
    return f"# {title}\n\n{about}\n\n" + "".join(sections(cls, "The file"))
