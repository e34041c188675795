"""Configuration packets: what a board must know about the vehicle, as octets (`hal/wire.py`)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hal.drivers.scaling import limit_counts, wire_number
from hal.record import Record
from hal.vehicle.vehicle import Vehicle
from hal.wire import AdcsConfig, EpsConfig, EpsSwitch

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


def reflex_gain(vehicle: Vehicle) -> list[list[float]]:
    """Return the gain of the board's B-dot reflex: for each torquer dipole counts in 1/16, by sensor axis.

    Dipole along torquer axis a: -k a^T dB/dt, with dB over one period in magnetometer counts (Markley and Crassidis,
    Fundamentals of Spacecraft Attitude Determination and Control, 2014, section 7.5.1). Without a magnetometer on the
    board there is none.
    """
    board = vehicle.boards.adcs
    mag = next((m for m in vehicle.of_kind("magnetometer") if m.board == "adcs"), None)
    if mag is None:
        return []
    k_per_count = board.reflex_gain_am2s_per_tesla * mag.count_tesla / (board.period_ms * 1e-3)
    q_sb = np.array(mag.q_sb)
    vector, scalar = q_sb[:3], q_sb[3]
    rows = []
    for unit in vehicle.units("magnetorquers"):
        axis_b = np.array(unit.axis_b)  # C(q) a, with Shuster's C(q) (fsw/CONVENTIONS.md)
        axis_s = (
            (scalar**2 - vector @ vector) * axis_b
            + 2.0 * vector * (vector @ axis_b)
            - 2.0 * scalar * np.cross(vector, axis_b)
        )
        rows.append([float(g) for g in REFLEX_FRACTION * k_per_count / unit.dipole_count_am2 * axis_s])
    return rows


def adcs_keys(vehicle: Vehicle) -> dict[str, str]:
    """Return the keys of the vehicle file, by the field of the configuration that is made of them."""
    keys = {name: f"boards.adcs.{name}" for name in (*BOARD_TIMES, "reflex_after_ms")}
    for wheels in vehicle.of_kind("reaction_wheels"):
        keys["torque_limit_counts"] = vehicle.place(wheels, "unit[{}].torque_count_nm")
        keys["speed_limit_counts"] = vehicle.place(wheels, "unit[{}].speed_count_radps")
    for torquers in vehicle.of_kind("magnetorquers"):
        keys["duty_permille"] = vehicle.place(torquers, "duty")
        keys["dipole_limit_counts"] = vehicle.place(torquers, "unit[{}].dipole_count_am2")
    for mag in vehicle.of_kind("magnetometer"):
        count = vehicle.place(mag, "count_tesla")
        keys["reflex_gain"] = f"boards.adcs.reflex_gain_am2s_per_tesla with {count}"
    return keys


def adcs_config(vehicle: Vehicle) -> bytes:
    """Return the payload of the ADCS board's configuration packet."""
    board = vehicle.boards.adcs
    wheels, torquers = vehicle.units("reaction_wheels"), vehicle.units("magnetorquers")
    return payload(
        AdcsConfig,
        {
            "period_ms": board.period_ms,
            "command_timeout_ms": board.command_timeout_ms,
            "watchdog_ms": board.watchdog_ms,
            "duty_permille": max((t.duty for t in vehicle.of_kind("magnetorquers")), default=0.0) * 1000,
            "torque_limit_counts": [limit_counts(w.torque_max_nm, w.torque_count_nm) for w in wheels],
            "dipole_limit_counts": [limit_counts(t.dipole_max_am2, t.dipole_count_am2) for t in torquers],
            "speed_limit_counts": [
                limit_counts(w.momentum_max_nms / w.inertia_kgm2, w.speed_count_radps) for w in wheels
            ],
            "reflex_after_ms": board.reflex_after_ms if vehicle.of_kind("magnetometer") and torquers else 0,
            "reflex_gain": reflex_gain(vehicle),
        },
        adcs_keys(vehicle),
        vehicle.file,
    )


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
