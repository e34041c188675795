"""Print the records, enumerations and constants of modules for C and Cython: the one generator (run by the build).

`record_build.py FOLDER MODULE ...` writes two files a module into FOLDER: `a_b.h` with the C structs of `a.b`, and
`a_b.pxd`, from which a kernel takes them: `from a_b cimport TimeSection, bind_TimeSection, SYSTEM_MODE_SAFE`.

`record_build.py --offsets MODULE ...` prints one header without structs: constants, enumerations, and the octet at
which each field begins. Board firmware reads packets octet by octet with it, on any processor. `make firmware-wire`
writes it to `firmware_bindings/core/wire.h`, which is committed: building the firmware needs no Python.
"""

from __future__ import annotations

import enum
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from hal.record import Field, Record

ROOT = Path(__file__).resolve().parents[1]
T = TypeVar("T")
WHOLE = ("int64_t", "int32_t", "int16_t", "int8_t", "uint64_t", "uint32_t", "uint16_t", "uint8_t")


def flat(module: str) -> str:
    """Return the name of a module's files: "fsw_core_sections" for "fsw.core.sections"."""
    return module.replace(".", "_")


def upper(name: str) -> str:
    """Return a class name as the prefix of constants: "SYSTEM_MODE" for "SystemMode"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def own(module: ModuleType, base: type[T]) -> list[type[T]]:
    """Return the classes that a module itself defines from `base`, in their order."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
    ]


def constants(module: ModuleType) -> Iterator[tuple[str, int]]:
    """Yield the whole numbers that a module defines, then its enumerations as "CLASS_MEMBER"."""
    yield from numbers_of(module)
    for cls in own(module, enum.Enum):
        yield from members_of(cls)


def numbers_of(module: ModuleType) -> Iterator[tuple[str, int]]:
    """Yield the whole numbers that a module defines."""
    for name, value in vars(module).items():
        if type(value) is int and name.isupper() and not name.startswith("_") and name not in imported(module):
            yield name, value


def members_of(cls: type[enum.Enum]) -> Iterator[tuple[str, int]]:
    """Yield the members of an enumeration as "CLASS_MEMBER"."""
    for member in cls:
        yield f"{upper(cls.__name__)}_{member.name}", int(member.value)


def imported(module: ModuleType) -> set[str]:
    """Return the names that a module takes from others."""
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    names: set[str] = set()
    for match in re.finditer(r"^from \S+ import (?:\(([^)]*)\)|(.*))", text, re.MULTILINE):
        names |= {word.strip() for word in (match[1] or match[2]).split(",")}
    return names


def records(module: ModuleType) -> list[type[Record]]:
    """Return the records that a module declares, bases without fields left out."""
    from hal.record import Record  # noqa: PLC0415 - as a script this file is found before the package

    return [cls for cls in own(module, Record) if cls.fields]


def used_modules(module: ModuleType) -> list[str]:
    """Return the other modules whose records the records of a module contain."""
    kinds = [f.kind for record in records(module) for f in record.fields if not isinstance(f.kind, str)]
    return sorted({kind.__module__ for kind in kinds} - {module.__name__})


# ---------------------------------------------------------------- C


def header(module: ModuleType) -> str:
    """Return the C header of a module's records; it pins their sizes and offsets."""
    guard = flat(module.__name__).upper() + "_H"
    lines = [
        f"/* Records of {module.__name__}; made by the build from its declarations. */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "#include <stddef.h>",
        "#include <stdint.h>",
        *(f'#include "{flat(name)}.h"' for name in used_modules(module)),
        "",
    ]
    for record in records(module):
        lines += struct_lines(record)
    return "\n".join([*lines, "#endif", ""])


def struct_lines(record: type[Record]) -> list[str]:
    """Return the C lines that declare `record` and pin its size and offsets."""
    from hal.record import ALIGNMENT  # noqa: PLC0415

    name = record.__name__
    out = [f"typedef struct {name} {{"]
    for f in record.fields:
        # The first field carries the alignment of the whole record, which also pads its size.
        align = ALIGNMENT if f.offset == 0 else f.align
        out.append(f"    _Alignas({align}) {c_type(f)} {f.name}{dims(f)}; /* {f.doc} [{f.unit or '1'}] */")
    out.append(f"}} {name};")
    out.append(f"enum {{ {name}_END = {record.end} }}; /* octets without trailing padding: the length on the wire */")
    out.append(f'_Static_assert(sizeof({name}) == {record.size}, "{name}");')
    out += [f'_Static_assert(offsetof({name}, {f.name}) == {f.offset}, "{name}.{f.name}");' for f in record.fields]
    return [*out, binding_macro(record), ""]


def c_type(f: Field) -> str:
    """Return the C type of one element of a field."""
    from hal.record import C_TYPES  # noqa: PLC0415

    return C_TYPES[f.kind] if isinstance(f.kind, str) else f.kind.__name__


def dims(f: Field) -> str:
    """Return the dimensions of a field as C writes them."""
    return "".join(f"[{n}]" for n in f.shape)


def offsets(*modules: ModuleType) -> str:
    """Return a C header of numbers alone: constants, enumerations, and where each field of a record begins."""
    names = " and ".join(module.__name__ for module in modules)
    lines = [
        "/* Numbers of the wire protocol: ids, flags, and the octet offsets of each packet's payload (little-endian).",
        f" * Printed from {names} by `make firmware-wire`; do not edit. */",
        "#ifndef SMARTSAT_WIRE_H",
        "#define SMARTSAT_WIRE_H",
        "",
    ]
    for module in modules:
        lines += enum_lines("", [f"{name} = {value:#x}" for name, value in numbers_of(module)])
        for cls in own(module, enum.Enum):
            lines += enum_lines(first_line(cls), [f"{name} = {value:#x}" for name, value in members_of(cls)])
        for record in records(module) if module is modules[0] else ():
            lines += enum_lines(f"{record.__name__}. {first_line(record)}", offset_lines(record))
    return "\n".join([*lines, "#endif", ""])


def offset_lines(record: type[Record]) -> list[str]:
    """Return the offset of each field, and the length of the whole on the wire."""
    prefix = upper(record.__name__)
    fields = [f"{prefix}_{f.name.upper()} = {f.offset} /* {f.kind}{dims(f)} */" for f in record.fields]
    return [*fields, f"{prefix}_SIZE = {record.end}"]


def enum_lines(title: str, members: list[str]) -> list[str]:
    """Return the C lines of one anonymous enumeration; none when it has no members."""
    if not members:
        return []
    return [*([f"/* {title} */"] if title else []), "enum {", ",\n".join(f"    {m}" for m in members), "};", ""]


def first_line(cls: type) -> str:
    """Return the first line of a docstring."""
    return (cls.__doc__ or "").strip().splitlines()[0]


# ---------------------------------------------------------------- Cython


def pxd(module: ModuleType) -> str:
    """Return the Cython declarations of a module's constants and records, and how a kernel gets at them."""
    numbers = dict(constants(module))
    lines = [
        f"# Constants and records of {module.__name__}; made by the build from its declarations.",
        f"from libc.stdint cimport {', '.join(WHOLE)}",
        "",
    ]
    if numbers:
        lines += ["cdef enum:", *(f"    {name} = {value}" for name, value in numbers.items()), ""]
    if not records(module):
        return "\n".join(lines)
    lines.insert(2, "from hal._handle cimport Kernel")
    for name in used_modules(module):
        lines.insert(3, f"from {flat(name)} cimport *")
    lines.append(f'cdef extern from "{flat(module.__name__)}.h" nogil:')
    lines.append(f"    enum: {', '.join(f'{record.__name__}_END' for record in records(module))}")
    for record in records(module):
        lines += ["", f"    ctypedef struct {record.__name__}:"]
        lines += [f"        {c_type(f)} {f.name}{dims(f)}" for f in record.fields]
    lines += ["", 'cdef extern from "hal/binding.h":']
    for record in records(module):
        lines += binding_lines(record)
    return "\n".join([*lines, ""])


def binding_lines(record: type[Record]) -> list[str]:
    """Return the declaration by which a kernel takes a record: a section by its name, any other by the name it says."""
    name = record.__name__
    return [f"    {name}* bind_{name}(Kernel kernel, pool{'' if key(record) else ', name'}) except NULL"]


def binding_macro(record: type[Record]) -> str:
    """Return the C of that declaration, a call of `hal/binding.h`: it costs nothing in modules that do not take it."""
    name, own_name = record.__name__, key(record)
    arguments, said = ("kernel, pool", f'"{own_name}", NULL') if own_name else ("kernel, pool, name", "NULL, name")
    taken = f'bind_record(kernel, pool, {said}, "{record.__module__}", "{name}")'
    return f"#define bind_{name}({arguments}) (({name} *){taken})"


def key(record: type[Record]) -> str:
    """Return the name by which a pool knows a section, "" for other records."""
    return getattr(record, "section", "")


def main(folder: str, *modules: str) -> None:
    """Write the two files of each module; one whose text is as before is left alone, so that nothing is rebuilt."""
    sys.path[0] = str(ROOT)
    for name in modules:
        module = importlib.import_module(name)
        for suffix, text in ((".h", header(module)), (".pxd", pxd(module))):
            path = Path(folder) / (flat(name) + suffix)
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1] == "--offsets":
        sys.path[0] = str(ROOT)
        sys.stdout.write(offsets(*map(importlib.import_module, sys.argv[2:])))
    else:
        main(*sys.argv[1:])
