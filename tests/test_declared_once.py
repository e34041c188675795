"""A record, an enumeration and an address have one home: proofs over all Cython and Python sources."""

import enum
import importlib
import re
from pathlib import Path

import pytest

from hal.record_build import constants, own, records
from tests.test_import_rules import ROOT, sources, without_comments_and_texts

PACKAGES = ("hal", "ccsds", "firmware_bindings", "fsw", "sim", "ground")
BUILD = (ROOT / "meson.build").read_text(encoding="utf-8")
DECLARING = re.findall(r"'([\w.]+)'", re.search(r"record_modules = \[(.*?)\]", BUILD, re.DOTALL)[1])
KINDS = [path.parent.name for path in (ROOT / "sim/devices").glob("*/records.py")]  # as the build finds them
DECLARING += [f"sim.devices.{kind}.records" for kind in KINDS]
RECORDS = {record.__name__ for name in DECLARING for record in records(importlib.import_module(name))}
CONSTANTS = {key: value for name in DECLARING for key, value in constants(importlib.import_module(name))}
MEMBERS = {
    (member.name, int(member.value))
    for name in DECLARING
    for cls in own(importlib.import_module(name), enum.Enum)
    for member in cls
}
HANDLE = "hal/_handle.pyx"  # the one module that turns memory into pointers
ALIGNING = {"fsw/core/pool.py"}  # asks where memory lies, to align it
ADDRESSES = re.compile(
    r"size_t (address|pointer|memory|state|section)\b|\*>\s*<size_t>|<size_t>\s*<\w+\s*\*>"
    r"|ctypes\.data\b|__array_interface__|from_address"
)
STRUCTS = re.compile(r"^\s*(?:ctypedef|cdef)\s+(?:packed\s+)?struct\s+(\w+)", re.MULTILINE)
HEADERS = re.compile(r"cdef extern from \"(\w+)\.h\"")
NUMBERS = re.compile(r"^\s+([A-Z][A-Z0-9_]*)\s*=\s*(\w+)\s*(?:#.*)?$", re.MULTILINE)


def texts(*suffixes):
    for package in PACKAGES:
        for path in sources(package, *suffixes):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def mirrors(text):
    """Structs and headers of declared records that Cython source declares by hand."""
    made = {name.replace(".", "_") for name in DECLARING}
    return [s for s in STRUCTS.findall(text) if s in RECORDS] + [h for h in HEADERS.findall(text) if h in made]


def copied_numbers(text):
    """Members of declared enumerations, and declared constants, that Cython source gives a number itself."""
    members = MEMBERS | set(CONSTANTS.items())
    found = []
    for block in re.findall(r"^cdef enum[^\n]*:[^\n]*\n((?:    [^\n]*\n|\n)+)", text, re.MULTILINE):
        for name, number in NUMBERS.findall(block):
            if number.isdigit() and (name, int(number)) in members and len(name) > 4:
                found.append(name)
    return found


def test_there_is_something_to_look_at():
    assert len(RECORDS) > 60
    assert CONSTANTS["SYSTEM_MODE_SAFE"] == 1
    assert len(list(texts(".pyx", ".pxd"))) > 80


def test_no_declared_record_is_written_again():
    assert [f"{where}: {name}" for where, text in texts(".pyx", ".pxd") for name in mirrors(text)] == []


def test_no_declared_number_is_written_again():
    assert [f"{where}: {name}" for where, text in texts(".pyx", ".pxd") for name in copied_numbers(text)] == []


def test_addresses_are_made_in_one_module():
    found = [
        f"{where}: {match.group()}"
        for where, text in texts(".py", ".pyx", ".pxd", ".pyi")
        if where != HANDLE and where not in ALIGNING
        for match in ADDRESSES.finditer(without_comments_and_texts(text))
    ]
    assert found == []


def test_every_module_with_sections_is_made_for_kernels():
    declared = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for package in PACKAGES
        for name in ("sections.py", "records.py")
        for path in Path(ROOT / package).rglob(name)
        if "templates" not in path.parts
    }
    assert declared <= set(DECLARING)


@pytest.mark.parametrize(
    "text",
    [
        'cdef extern from "fsw_core_sections.h":\n    ctypedef struct Other:\n        int x\n',
        "cdef struct TimeSection:\n    int x\n",
    ],
)
def test_a_mirror_is_found(text):
    assert mirrors(text)


def test_a_copied_number_is_found():
    assert copied_numbers("cdef enum:   # numbers\n    WINDOW = 20\n    STAR_TRACKER = 3\n\n") == ["STAR_TRACKER"]
