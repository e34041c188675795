"""Parameter ids: a committed, append-only list of names and 16-bit numbers.

`python -m fsw.core.registry` checks the list against the declared sections; `--update` appends what is new. A
parameter keeps its number for ever, under a new name and after its field is gone, so that old recordings, telemetry and
snapshots stay readable.

`python -m fsw.core.registry --update PACKAGE.sections` does the same for sections that another package declares: their
list is `registry.json` beside that module, with ids from 0x8000 on. It begins where the package's name says, so that
two packages seldom share ids; `--first 0x9000` begins it elsewhere, before its first flight.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from fsw.core.device_sections import DriversSection, DriveSection, SamplesSection, device_sections
from fsw.core.section import Section, leaves
from fsw.core.sections import TaiSection
from hal import json_text
from hal.files import WriteError, write_whole
from hal.vehicle.load import load_vehicle
from hal.vehicle.vehicle import Vehicle

PATH = Path(__file__).with_name("registry.json")
LARGEST_ID = 0xFFFF
EXTENSION_FIRST_ID = 0x8000  # ids of sections of extensions
DEVICE_FIRST_ID = 0x4000  # ids of devices whose names the committed list does not have
DEVICE_BLOCK = 128  # ids of the sample, the health or the driver of one
BLOCK = 64  # ids from where one package's list begins to where another's does
Registry = Mapping[str, int]


class RegistryError(ValueError):
    """The registry does not fit the declared sections; the message is one line."""


def load_registry(path: Path = PATH, first: int = 1) -> dict[str, int]:
    """Return name -> id of a committed registry with ids from `first` on; raise `RegistryError` if it is not one."""
    try:
        pairs = json_text.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_no_duplicates)
    except (OSError, ValueError) as error:
        raise RegistryError(f"{path.name}: not a registry: {error}") from None
    return check_registry(pairs, path.name, first)


def check_registry(pairs: object, origin: str = "registry", first: int = 1) -> dict[str, int]:
    """Return `pairs` when every id is a 16-bit number above all ids before it; raise `RegistryError` otherwise."""
    if not isinstance(pairs, dict):
        raise RegistryError(f"{origin}: found {type(pairs).__name__}, expected an object of name: id")
    largest = EXTENSION_FIRST_ID - 1 if first < EXTENSION_FIRST_ID else LARGEST_ID
    last = first - 1
    for name, number in pairs.items():
        if type(number) is not int or not last < number <= largest:
            raise RegistryError(f"{origin}: {name}: found id {number!r}, expected {last + 1} to {largest}")
        last = number
    return pairs


def first_id(package: str) -> int:
    """Return the first id of an extension's registry, which follows from the name of its package."""
    return EXTENSION_FIRST_ID + BLOCK * (
        zlib.crc32(package.encode()) % ((LARGEST_ID + 1 - EXTENSION_FIRST_ID) // BLOCK)
    )


def append(registry: Registry, names: Iterable[str], first: int = 1) -> dict[str, int]:
    """Return `registry` with every unknown name appended under the next free id, from `first` on."""
    out = dict(registry)
    number = max(out.values(), default=first - 1)
    for name in names:
        if name not in out:
            number += 1
            out[name] = number
    return check_registry(out, first=min(first, EXTENSION_FIRST_ID))


def flight_sections(vehicle: Vehicle | None = None) -> list[type[Section]]:
    """Return every section of the flight of a vehicle, the reference vehicle's by default.

    Those declared in `fsw/*/sections.py`, in the order of rooms and declarations; after what is known of time those of
    the vehicle's devices.
    """
    found: list[type[Section]] = []
    for path in sorted(Path(__file__).resolve().parents[1].glob("*/sections.py")):
        found += sections_of(importlib.import_module(f"fsw.{path.parent.name}.sections"))
    at = found.index(TaiSection) + 1
    return [*found[:at], *device_sections(load_vehicle() if vehicle is None else vehicle), *found[at:]]


def sections_of(module: ModuleType) -> list[type[Section]]:
    """Return the sections that a module declares, in their order."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Section)
        and value.__module__ == module.__name__
        and value.section
    ]


def with_devices(registry: Registry, sections: Iterable[type[Section]]) -> dict[str, int]:
    """Return `registry` with ids for samples and drivers of devices whose names it does not know.

    The name of a device says where its ids begin, between `DEVICE_FIRST_ID` and `EXTENSION_FIRST_ID`: another device
    that is added or removed changes none of them, unless two names begin at the same place.
    """
    out = dict(registry)
    free = set(range((EXTENSION_FIRST_ID - DEVICE_FIRST_ID) // DEVICE_BLOCK))
    for section in sections:
        if not issubclass(section, SamplesSection | DriveSection | DriversSection):
            continue
        for f in section.fields:
            name = f"{section.section}.{f.name}"
            names = [leaf.name for leaf in leaves(section) if leaf.name.startswith(f"{name}.")]
            if all(n in out for n in names):
                continue
            if len(names) > DEVICE_BLOCK or not free:
                raise RegistryError(f"{name}: found {len(names)} parameters, expected at most {DEVICE_BLOCK}")
            wanted = zlib.crc32(name.encode()) % ((EXTENSION_FIRST_ID - DEVICE_FIRST_ID) // DEVICE_BLOCK)
            block = min((b for b in free if b >= wanted), default=min(free))
            free.discard(block)
            out |= {n: DEVICE_FIRST_ID + DEVICE_BLOCK * block + i for i, n in enumerate(names) if n not in out}
    return out


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


class _Usage(argparse.ArgumentParser):
    """A parser whose errors are one line and exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise RegistryError(f"python -m fsw.core.registry: {message}")


def main(arguments: list[str]) -> int:
    """Check a committed registry, or with `--update` append the new names; return the exit status."""
    try:
        return _run(arguments)
    except (RegistryError, WriteError) as error:
        print(error, file=sys.stderr)
        return 2


def _run(arguments: list[str]) -> int:
    parser = _Usage(prog="python -m fsw.core.registry", description=__doc__)
    parser.add_argument("module", nargs="?", help="module of another package that declares sections")
    parser.add_argument("--update", action="store_true", help="append the names that are not in the list")
    parser.add_argument("--first", type=lambda text: int(text, 0), help="first id of a list that is still empty")
    options = parser.parse_args(arguments)
    path, first, sections = _subject(options.module, options.first)
    names = parameter_names(sections)
    registry = load_registry(path, min(first, EXTENSION_FIRST_ID)) if path.exists() else {}
    missing = [name for name in names if name not in registry]
    if options.update and missing:
        write_whole(path, json.dumps(append(registry, missing, first), indent=1) + "\n")
        print(f"{path.name}: {len(missing)} added")
        return 0
    hint = f" {options.module}" if options.module else ""
    for name in missing:
        print(f"{name}: not in {path.name}; run python -m fsw.core.registry --update{hint}", file=sys.stderr)
    return 1 if missing else 0


def _subject(module: str | None, first: int | None) -> tuple[Path, int, list[type[Section]]]:
    """Return the list, where it begins, and the sections that it is of."""
    if module is None:
        return PATH, 1, flight_sections()
    if first is not None and not EXTENSION_FIRST_ID <= first <= LARGEST_ID:
        raise RegistryError(f"--first {first:#x}: expected {EXTENSION_FIRST_ID:#x} to {LARGEST_ID:#x}")
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise RegistryError(f"{module}: cannot be imported: {error}") from None
    sections = sections_of(found)
    if not sections or not found.__file__:
        raise RegistryError(f"{module}: declares no section, expected the module of a package's sections")
    path = Path(found.__file__).with_name(PATH.name)
    return path, first if first is not None else first_id(module.partition(".")[0]), sections


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
