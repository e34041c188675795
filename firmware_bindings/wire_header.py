"""Print `core/wire.h`, the wire protocol's numbers for C, from `hal/wire.py` (`make firmware-wire`).

The header is committed, so that building the firmware needs no Python; a test keeps it equal to what this prints.
"""

from __future__ import annotations

import re
import sys

from hal import samples, wire
from hal.record import Record

ENUMS = {
    wire.Apid: "APID",
    wire.BoardKind: "BOARD",
    wire.ResetReason: "RESET",
    wire.SensorFlag: "SENSOR",
    wire.CommandFlag: "COMMAND",
    wire.EpsSwitch: "SWITCH",
}
RECORDS = (
    wire.AdcsCommand,
    wire.AdcsConfig,
    wire.AdcsSensors,
    wire.AdcsStimulus,
    wire.AdcsActuation,
    wire.EpsCommand,
    wire.EpsConfig,
    wire.EpsSensors,
    wire.EpsStimulus,
    wire.EpsActuation,
    wire.Boot,
    wire.Identity,
)
HEAD = """\
/* Numbers of the wire protocol: ids, flags, and the octet offsets of each packet's payload (little-endian).
 * Printed from hal/wire.py by `make firmware-wire`; do not edit. */
#ifndef SMARTSAT_WIRE_H
#define SMARTSAT_WIRE_H
"""


def first_line(cls: type) -> str:
    """First line of a docstring."""
    return (cls.__doc__ or "").strip().splitlines()[0]


def record_lines(record: type[Record]) -> list[str]:
    """Offsets and size of one payload."""
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", record.__name__).upper()
    out = [f"/* {record.__name__}. {first_line(record)} */", "enum {"]
    for f in record.fields:
        dims = "".join(f"[{n}]" for n in f.shape)
        out.append(f"    {prefix}_{f.name.upper()} = {f.offset}, /* {f.kind}{dims} */")
    return [*out, f"    {prefix}_SIZE = {record.end}", "};", ""]


def header() -> str:
    """The whole header."""
    lines = [
        HEAD,
        "enum {",
        f"    MAX_WHEELS = {samples.MAX_WHEELS},",
        f"    MAX_TORQUERS = {samples.MAX_TORQUERS},",
        f"    MAX_SUN_SENSORS = {samples.MAX_SUN_SENSORS},",
        *(f"    APID_{name} = {value:#05x}," for name, value in vars(wire).items() if name.endswith("_OFFSET")),
        f"    FIRMWARE_VERSION = {wire.FIRMWARE_VERSION:#08x}",
        "};",
        "",
    ]
    for enum_class, prefix in ENUMS.items():
        values = ",\n".join(f"    {prefix}_{m.name} = {m.value:#05x}" for m in enum_class)
        lines += [f"/* {first_line(enum_class)} */", "enum {", values, "};", ""]
    for record in RECORDS:
        lines += record_lines(record)
    return "\n".join([*lines, "#endif", ""])


if __name__ == "__main__":
    sys.stdout.write(header())
