"""Parameter ids: a committed, append-only list of names and 16-bit numbers.

`python -m fsw.core.registry` checks the list against the declared sections; `--update` appends what is new. A name
keeps its number for ever, even after its field is gone, so that old recordings, telemetry and snapshots stay readable.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from fsw.core.section import Section, leaves

PATH = Path(__file__).with_name("registry.json")
LARGEST_ID = 0xFFFF
Registry = Mapping[str, int]


class RegistryError(ValueError):
    """The registry does not fit the declared sections; the message is one line."""


def load_registry(path: Path = PATH) -> dict[str, int]:
    """Return name -> id of the committed registry; raise `RegistryError` if it is not one."""
    try:
        pairs = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_no_duplicates)
    except (OSError, ValueError) as error:
        raise RegistryError(f"{path.name}: not a registry: {error}") from None
    return check_registry(pairs, path.name)


def check_registry(pairs: object, origin: str = "registry") -> dict[str, int]:
    """Return `pairs` when every id is a 16-bit number above all ids before it; raise `RegistryError` otherwise."""
    if not isinstance(pairs, dict):
        raise RegistryError(f"{origin}: found {type(pairs).__name__}, expected an object of name: id")
    last = 0
    for name, number in pairs.items():
        if type(number) is not int or not last < number <= LARGEST_ID:
            raise RegistryError(f"{origin}: {name}: found id {number!r}, expected {last + 1} to {LARGEST_ID}")
        last = number
    return pairs


def append(registry: Registry, names: Iterable[str]) -> dict[str, int]:
    """Return `registry` with every unknown name appended under the next free id."""
    out = dict(registry)
    number = max(out.values(), default=0)
    for name in names:
        if name not in out:
            number += 1
            out[name] = number
    return check_registry(out)


def flight_sections() -> list[type[Section]]:
    """Return every section declared in `fsw/*/sections.py`, in the order of rooms and declarations."""
    found = []
    for path in sorted(Path(__file__).resolve().parents[1].glob("*/sections.py")):
        module = importlib.import_module(f"fsw.{path.parent.name}.sections")
        found += [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, Section)
            and value.__module__ == module.__name__
            and value.section
        ]
    return found


def parameter_names(sections: Iterable[type[Section]]) -> list[str]:
    """Return the names of all parameters of `sections`, in layout order."""
    return [leaf.name for section in sections for leaf in leaves(section)]


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    out: dict[str, object] = {}
    for name, value in pairs:
        if name in out:
            raise ValueError(f"{name} appears twice")
        out[name] = value
    return out


def main(arguments: list[str]) -> int:
    """Check the committed registry, or with `--update` append the new names; return the exit status."""
    if arguments not in ([], ["--update"]):
        print("usage: python -m fsw.core.registry [--update]", file=sys.stderr)
        return 2
    registry = load_registry()
    missing = [name for name in parameter_names(flight_sections()) if name not in registry]
    if arguments and missing:
        PATH.write_text(json.dumps(append(registry, missing), indent=1) + "\n", encoding="utf-8")
        print(f"{PATH.name}: {len(missing)} added")
        return 0
    for name in missing:
        print(f"{name}: not in {PATH.name}; run python -m fsw.core.registry --update", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
