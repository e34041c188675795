"""Configuration packets: what a board must know about the vehicle, as octets (`hal/wire.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hal.devices.device import Device
from hal.devices.layout import Carried, Layout, layout
from hal.devices.registry import kind_of
from hal.drivers.scaling import wire_number
from hal.record import Record
from hal.vehicle.vehicle import Vehicle
from hal.wire import NOWHERE, Chip, EpsConfig, EpsSwitch, OutputType

REFLEX_FRACTION = 16  # the board divides the gain by this
BOARD_TIMES = ("period_ms", "command_timeout_ms", "watchdog_ms")
SWITCHES_SAFE = EpsSwitch(0)  # an EPS board that hears nothing sheds every optional load


def payload(
    record: type[Record], values: Mapping[str, object], keys: Mapping[str, str] | None = None, origin: str = ""
) -> bytes:
    """Return the octets of a record on the wire; fields that `values` does not name are 0.

    `keys` says from which key of the file `origin` a field comes; its {} stand for the indices of an element. Raises
    `SchemaError` with one line that names the key when a field cannot hold its value.
    """
    block = np.zeros((), record.dtype())
    kinds = {f.name: str(f.kind) for f in record.fields}
    for name, value in values.items():
        numbers = np.array(value, dtype=object)
        where = (keys or {}).get(name, name)
        for index, exact in np.ndenumerate(numbers):  # as it is: no double holds every integer of 8 octets
            number = wire_number(exact, kinds[name], origin or record.__name__, where.format(*index))
            block[name][index] = number
    return block.tobytes()[: record.end]


def reflex_gain(vehicle: Vehicle, mag: Any, torquers: Any) -> list[list[float]]:  # noqa: ANN401 - keys of the file
    """Return the gain of the board's B-dot reflex: for each torquer dipole counts in 1/16, by sensor axis.

    Dipole along torquer axis a: -k a^T dB/dt, with dB over one period in magnetometer counts (Markley and Crassidis,
    Fundamentals of Spacecraft Attitude Determination and Control, 2014, section 7.5.1).
    """
    board = vehicle.boards.adcs
    k_per_count = board.reflex_gain_am2s_per_tesla * mag.count_tesla / (board.period_ms * 1e-3)
    q_sb = np.array(mag.q_sb)
    vector, scalar = q_sb[:3], q_sb[3]
    rows = []
    for unit in torquers.units:
        axis_b = np.array(unit.axis_b)  # C(q) a, with Shuster's C(q) (fsw/CONVENTIONS.md)
        axis_s = (
            (scalar**2 - vector @ vector) * axis_b
            + 2.0 * vector * (vector @ axis_b)
            - 2.0 * scalar * np.cross(vector, axis_b)
        )
        rows.append([float(g) for g in REFLEX_FRACTION * k_per_count / unit.dipole_count_am2 * axis_s])
    return rows


def adcs_config(vehicle: Vehicle, carries: Layout | None = None) -> bytes:
    """Return the payload of the ADCS board's configuration packet; `carries`: its layout, if it is known already."""
    carries = carries or layout(vehicle)
    board = vehicle.boards.adcs
    mag: Any = next((c.device for c in carries.devices if kind_of(c.device).name == "magnetometer"), None)
    torquers: Any = next((c.device for c in carries.devices if kind_of(c.device).name == "magnetorquers"), None)
    reads = [c.channels.readings for c in carries.devices if c.channels.readings]
    drives = [c for c in carries.devices if c.channels.outputs]
    drivers = [c.device for c in carries.devices if c.device.registers]
    values: dict[str, object] = {name: getattr(board, name) for name in BOARD_TIMES}
    values |= {
        "duty_permille": torquers.duty * 1000 if torquers else 0,
        "reflex_after_ms": board.reflex_after_ms if mag and torquers else 0,
        "readings": carries.readings_end, "inputs": len(reads), "groups": len(drives), "sources": len(drivers),
    }  # fmt: skip
    if reads:
        values["inputs_read"] = [(r.type, len(r.scale)) for r in reads]
    if drivers:
        values["register_drivers"] = [register_driver(vehicle, carries, device) for device in drivers]
    keys = {name: f"boards.adcs.{name}" for name in (*BOARD_TIMES, "reflex_after_ms")}
    for c in drives:
        values |= output_values(c, carries)
        keys |= {f"{c.device.name}_{what}": vehicle.place(c.device, key) for what, key in output_keys(c)}
    if torquers:
        keys["duty_permille"] = vehicle.place(torquers, "duty")
    if mag and torquers:
        values[f"{torquers.name}_gain"] = reflex_gain(vehicle, mag, torquers)
        values[f"{torquers.name}_group"] = (OutputType.DRIVEN, len(torquers.units), carries.reads_at(mag.name), 0)
        count = vehicle.place(mag, "count_tesla")
        keys[f"{torquers.name}_gain"] = f"boards.adcs.reflex_gain_am2s_per_tesla with {count}"
    return payload(carries.config, values, keys, vehicle.file)


def output_values(carried: Carried, carries: Layout) -> dict[str, object]:
    """Return the fields of the configuration for the outputs of one device."""
    name, outputs = carried.device.name, carried.channels.outputs
    assert outputs is not None
    at = carries.reads_at(name) if outputs.guard else NOWHERE
    values: dict[str, object] = {
        f"{name}_group": (outputs.type, len(outputs.scale), at, 0),
        f"{name}_limit": outputs.limit,
        f"{name}_safe": outputs.safe or (0,) * len(outputs.scale),
    }
    if outputs.type == OutputType.COUNT:
        values[f"{name}_guard"] = outputs.guard or outputs.limit
    return values


def output_keys(carried: Carried) -> list[tuple[str, str]]:
    """Return which key of the device makes limits and guards, for errors."""
    outputs = carried.channels.outputs
    assert outputs is not None
    return [(what, key) for what, key in (("limit", outputs.limit_key), ("guard", outputs.guard_key)) if key]


def register_driver(vehicle: Vehicle, carries: Layout, device: Device) -> tuple[int, int, int, int]:
    """Return chip, octet of the readings, bus and address of a device that a register driver reads."""
    assert device.registers is not None
    place = device.registers.place()
    assert place is not None  # the vehicle's rules have seen to it
    bus, address = place
    return Chip[device.registers.chip.upper()], carries.reads_at(device.name), bus, address


def eps_config(vehicle: Vehicle) -> bytes:
    """Return the payload of the EPS board's configuration packet."""
    board = vehicle.boards.eps
    return payload(
        EpsConfig,
        {
            "period_ms": board.period_ms,
            "command_timeout_ms": board.command_timeout_ms,
            "watchdog_ms": board.watchdog_ms,
            "switches_safe": SWITCHES_SAFE,
        },
        {name: f"boards.eps.{name}" for name in BOARD_TIMES},
        vehicle.file,
    )
