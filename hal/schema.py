"""Strict loading of TOML files into dataclasses.

Every key is declared once, as a dataclass field made with `key`; unknown keys, wrong types, shapes, counts and
ranges are one-line errors that name file, key, what was found and what was expected.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class SchemaError(ValueError):
    """A file does not describe what it must; the message is one line, fit for a user."""


def key(
    *,
    shape: tuple[int, ...] | None = None,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    choices: Sequence[Any] | None = None,
    count: tuple[int, int] | None = None,
    unit_norm: bool = False,
    default: Any = dataclasses.MISSING,  # noqa: ANN401
    doc: str = "",
) -> Any:  # noqa: ANN401
    """Declare one key: `low`/`high` inclusive, `above` exclusive, `shape` of arrays, `count` of tables."""
    meta = {"shape": shape, "low": low, "high": high, "above": above, "choices": choices,
            "count": count, "unit_norm": unit_norm, "doc": doc}
    return dataclasses.field(default=default, metadata=meta, kw_only=True)


def load(path: Path, cls: type[T]) -> T:
    """Read `path` as TOML into `cls`; raise `SchemaError` with one line if it does not fit."""
    try:
        with path.open("rb") as stream:
            table = tomllib.load(stream)
    except FileNotFoundError:
        raise SchemaError(f"{path}: no such file: give the path of an existing file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise SchemaError(f"{path.name}: not TOML: {error}") from None
    return from_table(table, cls, path.name)


def from_table(table: dict[str, Any], cls: type[T], file: str, prefix: str = "") -> T:
    """Build `cls` from a parsed table; `file` and `prefix` name the place in errors."""
    hints = typing.get_type_hints(cls)
    declared = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for name in table:
        if name not in declared:
            close = difflib.get_close_matches(name, declared, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"expected one of: {', '.join(declared)}"
            raise SchemaError(f"{file}: {prefix}{name}: unknown key; {hint}")
    values: dict[str, Any] = {}
    for name, f in declared.items():
        where = f"{prefix}{name}"
        if name not in table:
            if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
                raise SchemaError(f"{file}: {where}: missing; expected {_expected(hints[name], f.metadata)}")
            continue
        values[name] = _convert(table[name], hints[name], f.metadata, file, where)
    return cls(**values)


def _convert(value: Any, hint: Any, meta: Any, file: str, where: str) -> Any:  # noqa: ANN401
    """Check and convert one value to its declared type."""
    def fail() -> typing.NoReturn:
        raise SchemaError(f"{file}: {where}: found {_show(value)}, expected {_expected(hint, meta)}")

    hint = _strip_optional(hint)
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            fail()
        return from_table(value, typing.cast(type, hint), file, where + ".")
    origin = typing.get_origin(hint)
    if origin is tuple:
        inner = typing.get_args(hint)[0]
        if not isinstance(value, list):
            fail()
        if dataclasses.is_dataclass(inner):
            if not all(isinstance(v, dict) for v in value):
                fail()
            if meta.get("count") and not meta["count"][0] <= len(value) <= meta["count"][1]:
                fail()
            return tuple(
                from_table(v, typing.cast(type, inner), file, f"{where}[{i}].") for i, v in enumerate(value)
            )
        shape = meta.get("shape")
        if shape is not None and len(value) != shape[0]:
            fail()
        inner_meta = {**meta, "shape": shape[1:] if shape and len(shape) > 1 else None, "unit_norm": False}
        out = tuple(_convert(v, inner, inner_meta, file, f"{where}[{i}]") for i, v in enumerate(value))
        if meta.get("unit_norm") and abs(sum(v * v for v in out) - 1.0) > 1e-6:
            fail()
        return out
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        fail()
    if isinstance(value, float) and not abs(value) < float("inf"):
        fail()
    low, high, above, choices = (meta.get(k) for k in ("low", "high", "above", "choices"))
    bad = (low is not None and value < low) or (high is not None and value > high)
    if bad or (above is not None and value <= above) or (choices is not None and value not in choices):
        fail()
    return value


def _strip_optional(hint: Any) -> Any:  # noqa: ANN401
    """Return T for `T | None`."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return next(a for a in typing.get_args(hint) if a is not type(None))
    return hint


def _show(value: Any) -> str:  # noqa: ANN401
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _expected(hint: Any, meta: Any) -> str:  # noqa: ANN401
    """Say in a few words what a key accepts."""
    hint = _strip_optional(hint)
    args = typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return "a table"
    if args and dataclasses.is_dataclass(args[0]):
        low, high = meta.get("count") or (0, "any")
        return f"{low} to {high} tables"
    words = {float: "a number", int: "an integer", str: "a text", bool: "true or false"}.get(hint, "numbers")
    shape = meta.get("shape")
    if shape:
        words = f"{' x '.join(str(n) for n in shape)} numbers"
    if meta.get("unit_norm"):
        words += " of unit norm"
    if meta.get("choices"):
        return "one of: " + ", ".join(str(c) for c in meta["choices"])
    bounds = [f">= {meta['low']:g}" if meta.get("low") is not None else "",
              f"<= {meta['high']:g}" if meta.get("high") is not None else "",
              f"> {meta['above']:g}" if meta.get("above") is not None else ""]
    return " ".join([words, *(b for b in bounds if b)])
