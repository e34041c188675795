"""Dictionaries as JSON files."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import NoReturn

from fsw.dictionary.describe import hashes
from ground.dictionary.build import Dictionary, dictionary
from ground.dictionary.schema import first_defect
from hal import json_text
from hal.files import read_whole
from hal.schema import SchemaError, defect

LARGEST = 1 << 26  # octets of a file
KEYS = {
    "enumerations": ("name",), "parameters": ("id", "name"), "housekeeping": ("id",), "functions": ("id", "name"),
    "events": ("id", "name"), "failures": ("code", "name"), "monitors": ("number", "name"),
}  # fmt: skip


class DictionaryError(SchemaError):
    """A file that is no dictionary; one line says what was found and what was expected."""


def dumps(content: Dictionary) -> str:
    """Return a dictionary as JSON text: the same dictionary gives the same octets."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def load(path: str | Path) -> Dictionary:
    """Return the dictionary of a JSON file.

    Raises `DictionaryError` when it cannot be read, does not follow the schema, or its hashes do not fit what it says:
    it was edited or damaged.
    """
    file = str(path)
    try:
        text = read_whole(path, LARGEST).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _error(file, "", f"cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    return loads(text, file)


def loads(text: str, origin: str = "dictionary") -> Dictionary:
    """Return the dictionary that JSON text is; raise `DictionaryError` as `load` does."""
    try:
        content = json_text.loads(text, parse_constant=_refuse, parse_float=_finite)
        wrong = first_defect(content)
    except (ValueError, RecursionError) as error:  # the check of the schema goes deep, too
        raise _error(origin, "", f"not JSON: {error}") from None
    if wrong is not None:
        raise _error(origin, *wrong)
    for section, keys in KEYS.items():
        for key in keys:
            twice = [value for value, n in Counter(entry[key] for entry in content[section]).items() if n > 1]
            if twice:
                raise _error(origin, section, f"found {key} {twice[0]!r} twice", "each once")
    for name, digest in hashes(content).items():
        if content["hashes"][name] != digest:
            found = f"found {content['hashes'][name]}"
            raise _error(origin, f"hashes.{name}", found, f"{digest}: the file was changed after it was exported")
    return content  # type: ignore[no-any-return]


def of(name: str) -> Dictionary:
    """Return the dictionary of `name`: a `.json` file, a vehicle file or a shipped vehicle.

    Raises `SchemaError` with one line when it is none.
    """
    return load(name) if name.endswith(".json") else dictionary(name)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"found {constant}, expected a number")


def _finite(number: str) -> float:
    value = float(number)
    return value if math.isfinite(value) else _refuse(number)


def _error(file: str, where: str, found: str, expected: str = "") -> DictionaryError:
    return DictionaryError(str(defect(file, where, found, expected)))
