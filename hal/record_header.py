"""Print the C header of the records of one module: `record_header.py MODULE OUTPUT` (run by the build)."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hal.record import Record

ROOT = Path(__file__).resolve().parents[1]


def struct_lines(record: type[Record]) -> list[str]:
    """Return the C lines that declare `record` and pin its size and offsets."""
    from hal.record import ALIGNMENT, C_TYPES  # noqa: PLC0415

    name = record.__name__
    out = [f"typedef struct {name} {{"]
    for f in record.fields:
        # The first field carries the alignment of the whole record, which also pads its size.
        align = ALIGNMENT if f.offset == 0 else f.align
        c_type = C_TYPES[f.kind] if isinstance(f.kind, str) else f.kind.__name__
        dims = "".join(f"[{n}]" for n in f.shape)
        out.append(f"    _Alignas({align}) {c_type} {f.name}{dims}; /* {f.doc} [{f.unit or '1'}] */")
    out.append(f"}} {name};")
    out.append(f"enum {{ {name}_END = {record.end} }}; /* octets without trailing padding: the length on the wire */")
    out.append(f'_Static_assert(sizeof({name}) == {record.size}, "{name}");')
    out += [f'_Static_assert(offsetof({name}, {f.name}) == {f.offset}, "{name}.{f.name}");' for f in record.fields]
    return [*out, ""]


def main(module_name: str, output: str) -> None:
    """Write the header for every record defined in `module_name`."""
    sys.path.insert(0, str(ROOT))
    from hal.record import Record  # noqa: PLC0415

    module = importlib.import_module(module_name)
    records = [
        v
        for v in vars(module).values()
        if isinstance(v, type) and issubclass(v, Record) and v is not Record and v.__module__ == module_name
    ]
    guard = module_name.replace(".", "_").upper() + "_RECORDS_H"
    lines = [
        f"/* Records of {module_name}; made by the build from its declarations. */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "#include <stddef.h>",
        "#include <stdint.h>",
        "",
    ]
    for record in records:
        for f in record.fields:
            if not isinstance(f.kind, str) and f.kind.__module__ != module_name:
                include = f'#include "{f.kind.__module__.replace(".", "_")}.h"'
                if include not in lines:
                    lines.insert(5, include)
        lines += struct_lines(record)
    Path(output).write_text("\n".join([*lines, "#endif", ""]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
