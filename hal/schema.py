"""Strict loading of TOML files into dataclasses.

Every key is declared once, as a dataclass field made with `key`; unknown keys, wrong types, shapes, counts and
ranges are one-line errors that name file, key, what was found and what was expected. A number that is possible but
unusual (`plausible` of its key) is accepted, and `implausible` says so: most of these are a wrong unit.
"""

from __future__ import annotations

import codecs
import dataclasses
import datetime
import difflib
import functools
import math
import tomllib
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Protocol, TypeVar

from hal.bounds import is_within
from hal.errors import InputError, one_line
from hal.files import read_whole

T = TypeVar("T")
UNIT_NORM_TOLERANCE = 1e-6  # of the squared norm: seven digits in the file are enough
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1  # what TOML 1.0 promises for integers
DEEPEST = 16  # tables and arrays in each other that a free table may have
SHOWN = 60  # characters of a found value that an error repeats
LONGEST_PLACE, LONGEST_FOUND = 160, 400  # characters of what a file says in one error: names may be long
LONGEST_FILE = 4 << 20  # octets; a vehicle has some thousand
NUMBERS = {float: "a number", int: "an integer", str: "a text", bool: "true or false"}
NUMERIC = (float, int)
ORIGIN = "origin"  # marks the field of `origin_field`
Choose = Callable[[Mapping[str, Any], str, str], type]
Table = dict[str, Any]  # declares a table of free keys: whoever reads it checks it (`settings`)


class Limits(Protocol):
    """A range that is declared in another place."""

    @property
    def low(self) -> float: ...  # noqa: D102

    @property
    def high(self) -> float: ...  # noqa: D102


class Defect(NamedTuple):
    """One error in a file: place, found, expected."""

    where: str
    found: str
    expected: str


class SchemaError(InputError, ValueError):
    """A file has an error; the message is one line for the user."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


def defect(file: str, where: str, found: str, expected: str = "") -> SchemaError:
    """Return the error for one place in a file: `file: where: found, expected ...`."""
    file = file or "''"
    place = f"{file}: {_clipped(where, LONGEST_PLACE)}" if where else file
    return SchemaError(f"{place}: {_clipped(found, LONGEST_FOUND)}" + (f", expected {expected}" if expected else ""))


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def key(
    *,
    shape: tuple[int, ...] | None = None,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    below: float | None = None,
    choices: Sequence[Any] | None = None,
    within: Limits | None = None,
    plausible: tuple[float, float] | None = None,
    count: tuple[int, int] | None = None,
    unit_norm: bool = False,
    name: str | None = None,
    choose: Choose | None = None,
    default: Any = dataclasses.MISSING,  # noqa: ANN401
    doc: str = "",
) -> Any:  # noqa: ANN401
    """Declare one key: `low`/`high` inclusive, `above`/`below` exclusive, `shape` of arrays, `count` of tables.

    `within`: what has `low` and `high`, where the range has its home elsewhere.
    `plausible`: the usual magnitudes, both inclusive. Another one is warned of; 0, which switches off, never is.
    `name`: the key, where it is not the name of the field. `choose`: of an array of tables that have a `name`, what
    gives the class of each, from (table, file, place).
    """
    if within is not None:
        low, high = within.low, within.high
    meta = {
        "shape": shape, "low": low, "high": high, "above": above, "below": below, "choices": choices,
        "plausible": plausible, "count": count, "unit_norm": unit_norm, "name": name, "choose": choose, "doc": doc,
    }  # fmt: skip
    return dataclasses.field(default=default, metadata=meta, kw_only=True)


def origin_field() -> Any:  # noqa: ANN401
    """Declare a field that is no key: the file that an instance is from, for errors that show later; "" is none."""
    return dataclasses.field(default="", compare=False, repr=False, kw_only=True, metadata={ORIGIN: True})


def keys_of(declared: Any) -> Iterator[dataclasses.Field[Any]]:  # noqa: ANN401
    """Yield the fields of a dataclass that are keys of its table."""
    return (f for f in dataclasses.fields(declared) if ORIGIN not in f.metadata)


def key_name(f: dataclasses.Field[Any]) -> str:
    """Return the key of a field: a word of Python has a field with `_` after it."""
    return f.metadata.get("name") or f.name.rstrip("_")


def load(path: Path, cls: type[T]) -> T:
    """Read `path` as TOML into `cls`; raise `SchemaError` with one line if it does not fit."""
    return from_table(read_table(path), cls, path.name)


def is_toml(name: str | Path) -> bool:
    """Whether a name is that of a TOML file: it ends in `.toml`, in any case of letters."""
    return Path(name).suffix.lower() == ".toml"


def read_table(path: Path) -> dict[str, Any]:
    """Read `path` as TOML, with or without a byte order mark; raise `SchemaError` with one line if that cannot be done.

    Only a regular file is read, and none of more than `LONGEST_FILE` octets: no other may end.
    """
    try:
        octets = read_whole(path, LONGEST_FILE)
        return tomllib.loads(octets.removeprefix(codecs.BOM_UTF8).decode())
    except FileNotFoundError:
        raise defect(str(path), "", "no such file", "the path of an existing file") from None
    except UnicodeDecodeError as error:
        raise defect(path.name, "", f"not UTF-8 at octet {error.start}", "a TOML file, saved as UTF-8") from None
    except OSError as error:
        raise defect(str(path), "", f"cannot be read: {error.strerror}; give a readable TOML file") from None
    except RecursionError:
        raise defect(path.name, "", "nested too deeply", "a TOML file") from None
    except ValueError as error:  # TOMLDecodeError, and what else tomllib lets through: too many digits, ...
        raise defect(path.name, "", f"not TOML: {error}") from None


def from_table(table: Mapping[str, Any], cls: type[T], file: str, prefix: str = "") -> T:
    """Build `cls` from a parsed table; `file` and `prefix` name the place in errors."""
    hints = _hints(typing.cast(Any, cls))
    declared = {key_name(f): f for f in keys_of(cls)}
    for name in table:
        if name not in declared:
            raise defect(file, f"{prefix}{name}", f"unknown key; {_suggestion(name, declared)}")
    values: dict[str, Any] = {}
    for name, f in declared.items():
        where = f"{prefix}{name}"
        if name in table:
            values[f.name] = _convert(table[name], hints[f.name], f.metadata, file, where)
        elif f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            raise defect(file, where, "missing", _expected(hints[f.name], f.metadata))
    for f in dataclasses.fields(typing.cast(Any, cls)):
        if ORIGIN in f.metadata:
            values[f.name] = file
    return cls(**values)


def to_table(instance: Any) -> Any:  # noqa: ANN401
    """Return a dataclass as the table that `from_table` makes it from: plain data, floats to the last bit.

    A key that is None was not in the table and is left out.
    """
    if dataclasses.is_dataclass(instance):
        values = {key_name(f): getattr(instance, f.name) for f in keys_of(instance)}
        return {name: to_table(value) for name, value in values.items() if value is not None}
    if isinstance(instance, Mapping):
        return dict(instance)
    return [to_table(value) for value in instance] if isinstance(instance, tuple) else instance


def implausible(instance: Any, prefix: str = "") -> Iterator[Defect]:  # noqa: ANN401
    """Yield the values of a dataclass outside the usual range of their keys: place, found, usual."""
    for f in keys_of(instance):
        value, where = getattr(instance, f.name), f"{prefix}{key_name(f)}"
        if dataclasses.is_dataclass(value):
            yield from implausible(value, where + ".")
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            for i, inner in enumerate(value):
                named = getattr(inner, "name", None) if f.metadata.get("choose") else None
                yield from implausible(inner, _element(where, i, named))
        elif f.metadata.get("plausible") is not None and value is not None:
            yield from _unusual(value, where, *f.metadata["plausible"])


def _unusual(value: Any, where: str, low: float, high: float) -> Iterator[Defect]:  # noqa: ANN401
    if isinstance(value, tuple):
        for i, inner in enumerate(value):
            yield from _unusual(inner, f"{where}[{i}]", low, high)
    elif value and not is_within(abs(value), low=low, high=high):
        yield Defect(where, f"found {value:g}", f"{low:g} to {high:g}")


def warning(file: str, unusual: Defect) -> str:
    """Return the one line that warns of an unusual value."""
    return str(defect(file, unusual.where, f"{unusual.found}, usual are {unusual.expected}; check the unit"))


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    """Return the types of a class's fields."""
    return typing.get_type_hints(cls)


def _suggestion(name: str, declared: Mapping[str, object]) -> str:
    """Suggest a key for an unknown one: the same quantity in another unit, or the most similar name."""
    stem = name.rpartition("_")[0]
    same_quantity = [d for d in declared if stem and d.rpartition("_")[0] == stem]
    close = same_quantity or difflib.get_close_matches(name, declared, 1)
    return f"did you mean {close[0]}?" if close else f"expected one of: {', '.join(declared)}"


def _convert(value: Any, hint: Any, meta: Mapping[str, Any], file: str, where: str) -> Any:  # noqa: ANN401
    """Check and convert one value to its declared type."""
    hint = _strip_optional(hint)
    if hint == Table:
        if not isinstance(value, dict):
            _fail(value, hint, meta, file, where)
        return _free(value, file, where)
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            _fail(value, hint, meta, file, where)
        return from_table(value, typing.cast(type, hint), file, where + ".")
    if typing.get_origin(hint) is Mapping:
        if not isinstance(value, dict):
            _fail(value, hint, meta, file, where)
        inner = typing.get_args(hint)[1]
        return {name: _convert(v, inner, meta, file, f"{where}.{name}") for name, v in value.items()}
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            _fail(value, hint, meta, file, where)
        if dataclasses.is_dataclass(typing.get_args(hint)[0]):
            return _tables(value, hint, meta, file, where)
        return _array(value, hint, meta, file, where)
    return _scalar(value, hint, meta, file, where)


def _free(value: Any, file: str, where: str, depth: int = 0) -> Any:  # noqa: ANN401
    """Check a value of a free table: only types that JSON has, because a recording holds it."""
    if depth > DEEPEST:
        raise defect(file, where[:SHOWN], "nested too deeply", f"at most {DEEPEST} tables and arrays in each other")
    if isinstance(value, dict):
        return {str(name): _free(v, file, f"{where}.{name}", depth + 1) for name, v in value.items()}
    if isinstance(value, list):
        return [_free(v, file, f"{where}[{i}]", depth + 1) for i, v in enumerate(value)]
    if not isinstance(value, str | bool | int | float):
        raise defect(file, where, f"found {_show(value)}", "a number, a text, true or false, or an array of these")
    return _scalar(value, type(value), {}, file, where)


def _tables(value: list[Any], hint: Any, meta: Mapping[str, Any], file: str, where: str) -> tuple[Any, ...]:  # noqa: ANN401
    """Convert an array of tables."""
    inner = typing.cast(type, typing.get_args(hint)[0])
    if not all(isinstance(v, dict) for v in value):
        _fail(value, hint, meta, file, where)
    low, high = meta.get("count") or (0, len(value))
    if not low <= len(value) <= high:
        raise defect(file, where, f"found {len(value)} tables", _expected(hint, meta))
    choose = meta.get("choose")
    out = []
    for i, table in enumerate(value):
        place = _element(where, i, table.get("name") if choose else None)
        out.append(from_table(table, choose(table, file, place) if choose else inner, file, place))
    return tuple(out)


def _element(where: str, i: int, name: object) -> str:
    """Return what stands before the keys of a table in an array: `device[3] "wheels": `."""
    return f'{where}[{i}] "{name[:SHOWN]}": ' if isinstance(name, str) else f"{where}[{i}]."


def _array(value: list[Any], hint: Any, meta: Mapping[str, Any], file: str, where: str) -> tuple[Any, ...]:  # noqa: ANN401
    """Convert an array of numbers or texts of the declared shape."""
    inner = typing.get_args(hint)[0]
    shape = meta.get("shape")
    if shape is not None and len(value) != shape[0]:
        _fail(value, hint, meta, file, where)
    inner_meta = {**meta, "shape": shape[1:] if shape and len(shape) > 1 else None, "unit_norm": False}
    out = tuple(_convert(v, inner, inner_meta, file, f"{where}[{i}]") for i, v in enumerate(value))
    if meta.get("unit_norm") and not abs(sum(v * v for v in out) - 1.0) <= UNIT_NORM_TOLERANCE:
        norm = math.hypot(*out)
        raise defect(file, where, f"found {_show(value)} of norm {norm:.7g}", _expected(hint, meta))
    return out


def _scalar(value: Any, hint: Any, meta: Mapping[str, Any], file: str, where: str) -> Any:  # noqa: ANN401
    """Check one number, text or truth value."""
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            value = float(value)
        except OverflowError:
            _fail(value, hint, meta, file, where)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        _fail(value, hint, meta, file, where)
    if isinstance(value, int) and not INT64_MIN <= value <= INT64_MAX:
        raise defect(file, where, "found an integer beyond 64 bits", _expected(hint, meta))
    if isinstance(value, float) and not math.isfinite(value):
        _fail(value, hint, meta, file, where)
    bounds = {k: meta.get(k) for k in ("low", "high", "above", "below")}
    choices = meta.get("choices")
    if (hint in NUMERIC and not is_within(value, **bounds)) or (choices is not None and value not in choices):
        _fail(value, hint, meta, file, where)
    return value


def _fail(value: Any, hint: Any, meta: Mapping[str, Any], file: str, where: str) -> NoReturn:  # noqa: ANN401
    raise defect(file, where, f"found {_show(value)}", _expected(hint, meta))


def _strip_optional(hint: Any) -> Any:  # noqa: ANN401
    """Return T for `T | None`."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return next(a for a in typing.get_args(hint) if a is not type(None))
    return hint


def _show(value: Any) -> str:  # noqa: ANN401
    """Repeat a found value as TOML writes it, in at most `SHOWN` characters."""
    if isinstance(value, bool | datetime.date | datetime.time):
        return str(value).lower() if isinstance(value, bool) else value.isoformat()
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python prints
        return "an integer of thousands of digits"
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _expected(hint: Any, meta: Mapping[str, Any]) -> str:  # noqa: ANN401
    """Return in a few words which values a key accepts."""
    hint = _strip_optional(hint)
    args = typing.get_args(hint)
    if dataclasses.is_dataclass(hint) or hint == Table:
        return "a table"
    if typing.get_origin(hint) is Mapping:
        return f"a table of {NUMBERS[args[1]].partition(' ')[2]}s"
    if args and dataclasses.is_dataclass(args[0]):
        low, high = meta.get("count") or (0, "any")
        return f"{low} to {high} tables"
    if meta.get("choices"):
        return "one of: " + ", ".join(str(c) for c in meta["choices"])
    element = args[0] if args else hint
    words = NUMBERS.get(hint, "an array")
    if meta.get("shape"):
        size = " x ".join(str(n) for n in meta["shape"])
        words = f"{size} {'texts' if element is str else 'numbers'}"
    if meta.get("unit_norm"):
        words += " of unit norm"
    signs = {"above": ">", "low": ">=", "below": "<", "high": "<="}
    bounds = [f"{sign} {meta[k]:g}" for k, sign in signs.items() if meta.get(k) is not None]
    return f"{words} {', '.join(bounds)}" if bounds else words
