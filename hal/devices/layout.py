"""What a board carries, as its packets have it: records that follow from the vehicle's list of devices (`hal/wire.py`).

The counts of a device are the field `NAME_counts`, in the order of the list, naturally aligned. SENSORS: what the board
reads, then what it tells of DRIVEN outputs. STIMULUS: what it reads. COMMAND and ACTUATION: its outputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hal.devices.channels import Channels
from hal.devices.registry import kind_of
from hal.record import Record, field
from hal.schema import Defect, defect
from hal.wire import (
    BOARD_PAYLOAD_MAX,
    MAX_GROUPS,
    MAX_INPUTS,
    MAX_OUTPUTS,
    MAX_SOURCES,
    NOWHERE,
    ActuationHead,
    AdcsConfig,
    CommandHead,
    CountType,
    InputConfig,
    OutputConfig,
    OutputType,
    SensorsHead,
    SourceConfig,
    StimulusHead,
)

if TYPE_CHECKING:
    from hal.devices.device import Device
    from hal.vehicle.vehicle import Vehicle

KINDS = {CountType.I2: "i2", CountType.U2: "u2", CountType.I4: "i4"}
OUTPUT_KINDS = {OutputType.COUNT: "i2", OutputType.DRIVEN: "i2", OutputType.PULSE: "u2"}


def counts_of(name: str) -> str:
    """Return the name of the field with the counts of a device."""
    return f"{name}_counts"


def driven_of(name: str) -> str:
    """Return the name of the field with what the board drives of a device."""
    return f"{name}_driven"


@dataclass(frozen=True)
class Carried:
    """A device on the board, and its channels."""

    device: Device
    channels: Channels


@dataclass(frozen=True)
class Layout:
    """What the ADCS board of a vehicle carries, and its packets as records.

    `devices`: those with channels, in the order of the list. `command`, `config`, `sensors`, `stimulus`, `actuation`:
    the payloads. `readings_end`: octets of all that the board reads.
    """

    devices: tuple[Carried, ...]
    command: type[Record]
    config: type[Record]
    sensors: type[Record]
    stimulus: type[Record]
    actuation: type[Record]
    readings_end: int

    def reads_at(self, name: str) -> int:
        """Return the octet of the readings at which the counts of a device begin, `NOWHERE` if it has none."""
        at = {f.name: f.offset - StimulusHead.end for f in self.stimulus.fields}
        return at.get(counts_of(name), NOWHERE)


def layout(vehicle: Vehicle) -> Layout:
    """Return what the ADCS board of a vehicle carries.

    Raises `SchemaError` with one line when that is more than its packets hold.
    """
    for found in room_defects(vehicle):
        raise defect(vehicle.file, *found)
    carried = tuple(Carried(d, kind_of(d).channels(vehicle, d)) for d in vehicle.devices if d.board == "adcs")
    return Layout(carried, *_records(_shape(carried), sum(1 for c in carried if c.device.registers)))


def room_defects(vehicle: Vehicle) -> Iterator[Defect]:
    """Yield what the vehicle has on its ADCS board beyond what the board's packets hold."""
    carried = tuple(Carried(d, kind_of(d).channels(vehicle, d)) for d in vehicle.devices if d.board == "adcs")
    reads = [c.channels.readings for c in carried if c.channels.readings]
    drives = [c.channels.outputs for c in carried if c.channels.outputs]
    chips = sum(1 for c in carried if c.device.registers)
    records = _records(_shape(carried), chips)
    for found, what, most in (
        (len(reads), "devices that it reads", MAX_INPUTS),
        (len(drives), "devices that it drives", MAX_GROUPS),
        (sum(len(o.scale) for o in drives), "outputs", MAX_OUTPUTS),
        (chips, "chips", MAX_SOURCES),
        (max(record.end for record in records[:-1]), "octets in a packet", BOARD_PAYLOAD_MAX),
    ):
        if found > most:
            yield Defect("device", f"found {found} {what} of the board 'adcs'", f"at most {most}: fewer devices on it")


def _shape(carried: tuple[Carried, ...]) -> tuple[Any, ...]:
    """Return (name, (type, count) of readings, the same of outputs) of each device."""
    return tuple(
        (
            c.device.name,
            c.channels.readings and (c.channels.readings.type, len(c.channels.readings.scale)),
            c.channels.outputs and (c.channels.outputs.type, len(c.channels.outputs.scale)),
        )
        for c in carried
    )


@lru_cache(maxsize=64)
def _records(shape: tuple[Any, ...], chips: int) -> tuple[Any, ...]:
    """Return the records of `Layout` for devices (`_shape`), of which some are read by register drivers."""
    reads = {counts_of(name): field(KINDS[r[0]], r[1]) for name, r, _ in shape if r}
    drives = {counts_of(name): field(OUTPUT_KINDS[o[0]], o[1]) for name, _, o in shape if o}
    told = {driven_of(name): field("i2", o[1]) for name, _, o in shape if o and o[0] == OutputType.DRIVEN}
    octets = field("u2", doc="octets put on the bus before this packet, wraps")
    stimulus = _record("AdcsStimulus", StimulusHead, reads | {"bus_octets": octets})
    end = stimulus.fields[-1].offset - StimulusHead.end
    duty = field("u2", doc="DRIVEN outputs: share of the period, then off until the next cycle")
    return (
        _record("AdcsCommand", CommandHead, drives),
        _record("AdcsConfig", AdcsConfig, _config_fields(shape, chips)),
        _record("AdcsSensors", SensorsHead, reads | told),
        stimulus,
        _record("AdcsActuation", ActuationHead, drives | {"duty_permille": duty, "bus_octets": octets}),
        end,
    )


def _record(name: str, base: type[Record], fields: dict[str, Any]) -> type[Record]:
    return type(name, (base,), {"__doc__": base.__doc__, "__module__": __name__, **fields})


def _config_fields(shape: tuple[Any, ...], chips: int) -> dict[str, Any]:
    """Return the fields of the configuration behind its head."""
    inputs = sum(1 for _, r, _ in shape if r)
    fields: dict[str, Any] = {"inputs_read": field("u1", (inputs, InputConfig.end))} if inputs else {}
    for name, _, o in shape:
        if o:
            kind = OUTPUT_KINDS[o[0]]
            fields |= {f"{name}_group": field("u1", OutputConfig.end)}
            fields |= {f"{name}_limit": field(kind, o[1]), f"{name}_safe": field(kind, o[1])}
        if o and o[0] == OutputType.COUNT:
            fields[f"{name}_guard"] = field("i2", o[1])
        elif o and o[0] == OutputType.DRIVEN:
            fields[f"{name}_gain"] = field("i2", (o[1], 3))
    return fields | ({"register_drivers": field("u1", (chips, SourceConfig.end))} if chips else {})
