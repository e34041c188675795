"""Turns the monitors of the vehicle file into monitors of this flight software."""

from __future__ import annotations

import contextlib
import difflib
import enum
from typing import TypeVar

from fsw.autonomy.monitors import Action, Monitor, MonitorError, Monitors
from fsw.autonomy.sections import Condition
from fsw.core.events import Severity
from fsw.core.pool import Pool, PoolError
from fsw.guidance.modes import SafeReason
from fsw.health.devices import Device
from hal.schema import SHOWN, SchemaError, defect
from hal.vehicle.functions import Function
from hal.vehicle.monitors import NEEDED, VehicleMonitor
from hal.vehicle.vehicle import Vehicle
from hal.wire import EpsSwitch

Names = TypeVar("Names", bound=enum.IntEnum | enum.IntFlag)
WORDS: dict[str, type[enum.IntEnum | enum.IntFlag]] = {
    "reason": SafeReason, "sensor": Device, "load": EpsSwitch, "request": Function,
}  # fmt: skip
NAMES_PARAMETER = {"parameter": "", "when": "", "limit_parameter": "parameters.", "hold_parameter": "parameters."}
NOT_OFFERED = {"NONE", "GROUND_REQUEST"} | {f.name for f in Function if f.arguments}  # needs ground, or arguments


def vehicle_monitors(pool: Pool, vehicle: Vehicle) -> tuple[Monitor, ...]:
    """Return the monitors of the vehicle file.

    Raises `SchemaError` with one line that names file and monitor when one names what is not in the pool, or what
    this flight software does not know.
    """
    for entry in vehicle.monitor:
        for key, section in NAMES_PARAMETER.items():
            _check_parameter(pool, vehicle, entry, key, section)
    found = tuple(_monitor(vehicle, entry) for entry in vehicle.monitor)
    for monitor in found:
        try:
            Monitors.check(pool, monitor)
        except (MonitorError, PoolError) as error:
            raise _defect(vehicle, monitor.name, str(error)) from None
    return found


def _check_parameter(pool: Pool, vehicle: Vehicle, entry: VehicleMonitor, key: str, section: str) -> None:
    """Raise `SchemaError` when a key of a monitor names no parameter of the pool; `section`: the one that it is in."""
    given = getattr(entry, key)
    if given is None:
        return
    with contextlib.suppress(PoolError):
        pool.parameter(section + given)
        return
    known = [p.name for p in pool.parameters() if p.name.startswith(section)]
    close = difflib.get_close_matches(section + given, known, 1)
    hint = f"did you mean {close[0].removeprefix(section)}?" if close else "as `smartsat dict show` lists them"
    raise _defect(vehicle, entry.name, f"{key}: found {given[:SHOWN]!r}", f"a parameter; {hint}")


def _monitor(vehicle: Vehicle, entry: VehicleMonitor) -> Monitor:
    limit = entry.low if entry.check == "outside" else entry.limit
    needed = NEEDED.get(entry.action)
    return Monitor(
        name=entry.name,
        parameter=entry.parameter,
        condition=Condition[entry.check.upper()],
        limit=entry.limit_parameter if limit is None else limit,  # type: ignore[arg-type]  # one of them, as loaded
        hold_s=entry.hold_s if entry.hold_parameter is None else entry.hold_parameter,
        when=None if entry.when is None else (entry.when, entry.when_is),
        scale=entry.scale,
        action=Action[entry.action.upper()],
        argument=_argument(vehicle, entry, needed) if needed else 0,
        severity=Severity[entry.severity.upper()],
        high=entry.high or 0.0,
        element=entry.element,
        mask=entry.mask or 0,
        interval_s=entry.interval_s,
    )


def _argument(vehicle: Vehicle, entry: VehicleMonitor, needed: str) -> int:
    """Return the number of a reason, device, load or mode by its name."""
    given = getattr(entry, needed)
    offered = [word.name for word in WORDS[needed] if word.name not in NOT_OFFERED]
    if given not in offered:
        raise _defect(
            vehicle, entry.name, f"{needed}: found {given[:SHOWN]!r}", f"one of: {', '.join(map(str, offered))}"
        )
    return int(WORDS[needed][given])


def _defect(vehicle: Vehicle, monitor: str, found: str, expected: str = "") -> SchemaError:
    return defect(vehicle.file, f"monitor {monitor}", found.removeprefix(f"{monitor}: "), expected)
