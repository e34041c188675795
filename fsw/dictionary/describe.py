"""Derives the dictionary from the declarations that flight itself uses; nothing is written twice.

`describe` returns it as plain data; `hashes` what telemetry says of it. The form is in `fsw/dictionary/README.md`.
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ccsds.formats import Randomizer
from ccsds.packets import ERROR_CONTROL_OCTETS, TC_OVERHEAD
from ccsds.tc_frames import ACQUISITION_OCTETS, FILL_OCTET, FRAME_MAX, START_SEQUENCE, TAIL_SEQUENCE
from ccsds.tm_frames import ASM, IDLE_VCID, cadu_octets, frame_octets
from fsw.autonomy.monitors import Monitor
from fsw.autonomy.sections import Condition
from fsw.autonomy.transitions import monitors
from fsw.autonomy.vehicle_monitors import WORDS as ARGUMENT_WORDS
from fsw.autonomy.vehicle_monitors import vehicle_monitors
from fsw.core.events import EventId
from fsw.core.pool import Pool
from fsw.core.sections import ParametersSection
from fsw.dictionary import headers
from fsw.dictionary.applications import application_names
from fsw.dictionary.event_words import WORDS
from fsw.dictionary.parts import Entry, bits, enum_name, enumeration, enums_of, event_values, fields, frame
from fsw.dictionary.sections import SECTIONS, DictionarySection
from fsw.pus._packetizer import HEADER_OCTETS, MAX_PACKET_OCTETS
from fsw.pus.definitions import REPORTS, TELECOMMANDS
from fsw.pus.messages import Failure, Tc, Tm
from fsw.pus.outbox import virtual_channels
from fsw.pus.st03_housekeeping import StructureDefinition
from fsw.pus.st08_functions import FUNCTIONS
from hal.vehicle.monitors import NEEDED
from hal.vehicle.vehicle import Radio, Vehicle

FORMAT = "smartsat dictionary"
VERSION = 1
HASH_OCTETS = 8
STRUCTURE_ID_OCTETS = 2


def describe(
    pool: Pool,
    vehicle: Vehicle,
    structures: Sequence[StructureDefinition],
    event_names: Mapping[str, Mapping[int, str]] | None = None,
) -> dict[str, Any]:
    """Return the dictionary of a satellite: JSON-able, in a fixed order, with the hashes of its sections.

    `event_names`: what the events of each extension application mean, by its name and their codes.
    Raises `SchemaError` as `vehicle_monitors` does.
    """
    channels = virtual_channels(vehicle.radio)
    declared = monitors(vehicle, vehicle_monitors(pool, vehicle))
    sections: dict[str, Any] = {
        "link": _link(vehicle.radio),
        "enumerations": sorted(
            [
                *(enumeration(e) for e in _enumerations(pool)),
                *_of_the_vehicle(pool, vehicle, declared, event_names or {}),
            ],
            key=lambda e: str(e["name"]),
        ),
        "parameters": _parameters(pool),
        "housekeeping": [_structure(pool, s) for s in structures],
        "telemetry": [_message(m, REPORTS) | {"vcid": channels[m.value[0]]} for m in Tm],
        "telecommands": [_message(m, TELECOMMANDS) for m in Tc],
        "functions": [
            {"id": int(f), "name": f.name, "doc": m.doc, "fields": fields(m.items)} for f, m in FUNCTIONS.items()
        ],
        "events": [
            {"id": int(e), "name": e.name, "severity": e.severity.name, "text": e.text, "values": event_values(e)}
            for e in EventId
        ],
        "failures": [{"code": int(f), "name": f.name, "doc": f.doc} for f in Failure],
        "monitors": [_monitor(i, m) for i, m in enumerate(declared)],
    }
    return {
        "format": FORMAT, "version": VERSION, "vehicle": vehicle.name, "hashes": hashes(sections),
        **{name: sections[name] for name in SECTIONS},
    }  # fmt: skip


def hashes(dictionary: Mapping[str, Any]) -> dict[str, str]:
    """Return the hash of each section and of the whole, 16 hexadecimal digits each.

    A section's is the first 8 octets of the SHA-256 of its JSON: keys sorted, no spaces, ASCII, keys called "doc" left
    out. The whole's is that of the object of section hashes.
    """
    each = {name: _digest(_without_doc(dictionary[name])) for name in SECTIONS}
    return {"whole": _digest(each), **each}


def fill(pool: Pool, dictionary: Mapping[str, Any]) -> None:
    """Write the hashes of `dictionary` into the pool, from where telemetry carries them."""
    state = pool.array(DictionarySection)
    state["version"] = dictionary["version"]
    for name, digest in dictionary["hashes"].items():
        state[name] = int(digest, 16)


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).digest()[:HASH_OCTETS].hex()


def _without_doc(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {n: _without_doc(v) if isinstance(v, (dict, list)) else v for n, v in value.items() if n != "doc"}
    return [_without_doc(v) if isinstance(v, (dict, list)) else v for v in value]


def _link(radio: Radio) -> Entry:
    return {
        "scid": radio.scid, "apid": radio.apid,
        "downlink": {
            "bps": radio.downlink_bps, "asm": ASM.hex(), "cadu_octets": cadu_octets(radio.rs_interleave),
            "frame_octets": frame_octets(radio.rs_interleave), "reed_solomon": "RS(255,223) dual basis, E = 16",
            "rs_interleave": radio.rs_interleave, "randomizer": Randomizer.TM_255.name, "fecf": True, "ocf": "CLCW",
            "housekeeping_vcid": radio.housekeeping_vcid, "event_vcid": radio.event_vcid, "idle_vcid": IDLE_VCID,
        },
        "uplink": {
            "bps": radio.uplink_bps, "command_vcid": radio.command_vcid, "farm_window": radio.farm_window,
            "frame_octets_max": FRAME_MAX, "fecf": True, "randomizer": Randomizer.NONE.name,
            "acquisition": ACQUISITION_OCTETS.hex(), "start_sequence": START_SEQUENCE.hex(),
            "tail_sequence": TAIL_SEQUENCE.hex(), "fill_octet": FILL_OCTET.hex(),
        },
        "telemetry_packet": {
            "header": bits(headers.TELEMETRY), "header_octets": HEADER_OCTETS, "octets_max": MAX_PACKET_OCTETS,
            "error_control": "CRC-16 of all before it: polynomial 1021, preset FFFF",
        },
        "telecommand_packet": {
            "header": bits(headers.TELECOMMAND), "header_octets": TC_OVERHEAD - ERROR_CONTROL_OCTETS,
            "error_control": "CRC-16 of all before it: polynomial 1021, preset FFFF",
        },
    }  # fmt: skip


def _enumerations(pool: Pool) -> set[type[enum.IntEnum | enum.IntFlag]]:
    """Return every enumeration that the dictionary names and every satellite has."""
    found = {p.enum for p in pool.parameters() if p.enum is not None} | set(WORDS.values()) | {Failure}
    for message in (*REPORTS.values(), *TELECOMMANDS.values(), *FUNCTIONS.values()):
        found |= set(enums_of(message.items))
    return found


def _of_the_vehicle(
    pool: Pool, vehicle: Vehicle, declared: Sequence[Monitor], event_names: Mapping[str, Mapping[int, str]]
) -> list[Entry]:
    """Return names for the numbers in events of this vehicle."""
    of_events = {f"events of {name}": dict(names) for name, names in event_names.items() if names}
    tables: dict[str, tuple[str, Mapping[int, str]]] = {
        "Application": (
            "applications in the order of the tick",
            dict(enumerate(application_names(a.name for a in vehicle.application))),
        ),
        "Monitor": ("monitors, with what they check", {i: _subject(pool, m) for i, m in enumerate(declared)}),
        "OnBoardParameter": (
            "parameters that ground may set",
            {
                p.id: with_unit(p.name.partition(".")[2], p.unit)
                for p in pool.parameters()
                if p.section is ParametersSection
            },
        ),
        "Unit": (
            "devices whose drivers are written in Python",
            dict(enumerate(d.name for d in vehicle.with_python_drivers)),
        ),
        **{name: ("codes of its events, with the units of their values", names) for name, names in of_events.items()},
    }
    return [
        {"name": name, "doc": doc, "members": [{"value": n, "name": text} for n, text in sorted(names.items())]}
        for name, (doc, names) in tables.items()
    ]


def _subject(pool: Pool, m: Monitor) -> str:
    """Name a monitor and its check: "wheel_fast, samples.wheels.speed[0] [rad/s]"."""
    where = m.parameter + ("" if m.element is None else f"[{m.element}]")
    if m.scale != 1.0:
        return f"{m.name}, {where} × {m.scale:g}"
    return with_unit(f"{m.name}, {where}", pool.parameter(m.parameter).unit)


def with_unit(name: str, unit: str) -> str:
    """Return a name with its unit in brackets, if it has one."""
    return f"{name} [{unit}]" if unit and unit != "1" else name


def _parameters(pool: Pool) -> list[Entry]:
    return [
        {
            "id": p.id, "name": p.name, "type": p.kind, "shape": list(p.shape), "unit": p.unit, "frame": frame(p),
            "low": p.low, "high": p.high, "enum": enum_name(p.enum), "writer": p.section.writer,
            "rate_hz": p.section.rate_hz, "settable": p.section is ParametersSection, "platform": p.section.platform,
            "doc": p.doc,
        }
        for p in pool.parameters()
    ]  # fmt: skip


def _structure(pool: Pool, structure: StructureDefinition) -> Entry:
    """Describe a structure with the place of every parameter in the source data of its report."""
    places: list[Entry] = []
    at = STRUCTURE_ID_OCTETS
    for name in structure.parameters:
        p = pool.parameter(name)
        octets = p.dtype.itemsize * p.count
        places.append({"parameter": name, "id": p.id, "offset": at, "octets": octets})
        at += octets
    return {"id": structure.sid, "interval_s": structure.interval_s, "octets": at, "parameters": places}


def _message(message: Tm | Tc, contents: Mapping[Any, Any]) -> Entry:
    service, subtype = message.value
    content = contents[message]
    return {
        "service": service, "subtype": subtype, "name": message.name, "doc": content.doc,
        "fields": fields(content.items),
    }  # fmt: skip


def _monitor(number: int, m: Monitor) -> Entry:
    needed = NEEDED.get(m.action.name.lower())
    return {
        "number": number, "name": m.name, "parameter": m.parameter, "element": m.element, "check": m.condition.name,
        "limit": _limit(m.limit), "high": m.high if m.condition is Condition.OUTSIDE else None, "mask": m.mask,
        "scale": m.scale, "hold_s": _limit(m.hold_s), "interval_s": m.interval_s,
        "when": None if m.when is None else {"parameter": m.when[0], "value": int(m.when[1])},
        "action": m.action.name, "argument": ARGUMENT_WORDS[needed](m.argument).name if needed else "",
        "severity": m.severity.name,
    }  # fmt: skip


def _limit(value: float | str) -> float | str:
    return value if isinstance(value, str) else float(value)
