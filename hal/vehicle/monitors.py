"""`[[monitor]]` of the vehicle file: a check on board and its action (ST[12] of ECSS-E-ST-70-41C, 6.12).

The parameters, on-board limits, reasons and devices that a monitor names are those of the flight software, which looks
them up when it starts (`fsw/autonomy/vehicle_monitors.py`); all else is checked when the file is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hal.schema import key

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
CHECKS = ("above", "below", "outside", "equal", "not_equal", "delta")
ACTIONS = ("event", "safe", "exclude", "switch_off", "power_cycle", "request")
LARGEST = 1e30  # of limits and scales: their products stay numbers
SEVERITIES = ("informative", "low", "medium", "high")
NEEDED = {"safe": "reason", "exclude": "sensor", "switch_off": "load", "power_cycle": "load", "request": "request"}


@dataclass(frozen=True)
class VehicleMonitor:
    """One monitor. When its check has been true for `hold_s`, the monitor is confirmed and takes its action once."""

    name: str = key(doc="lower-case letters, digits and _")
    parameter: str = key(doc="of the data pool, as in mode.adcs")
    check: str = key(choices=CHECKS, doc="delta: the change since the last check, as a magnitude, is above the limit")
    limit: float | None = key(
        default=None, low=-LARGEST, high=LARGEST, doc="of all checks but outside, in the parameter's unit times scale"
    )
    limit_parameter: str | None = key(default=None, doc="on-board parameter that holds it, so that ground can move it")
    low: float | None = key(default=None, low=-LARGEST, high=LARGEST, doc="of outside")
    high: float | None = key(default=None, low=-LARGEST, high=LARGEST, doc="of outside")
    element: int | None = key(
        default=None, low=0, high=65535, doc="of a vector; without it its Euclidean norm is checked"
    )
    mask: int | None = key(default=None, low=1, high=2**32 - 1, doc="bits of a whole number that are compared")
    scale: float = key(default=1.0, low=-LARGEST, high=LARGEST, doc="applied to the value before it is compared")
    hold_s: float = key(default=0.0, low=0, high=86400.0, doc="persistence")
    hold_parameter: str | None = key(default=None, doc="on-board parameter that holds it")
    interval_s: float = key(default=0.0, low=0, high=3600.0, doc="between two checks; 0: every tick")
    when: str | None = key(default=None, doc="one-octet parameter: checked while it has the value when_is")
    when_is: int = key(default=1, low=0, high=255)
    severity: str = key(default="medium", choices=SEVERITIES, doc="of the event when it is confirmed")
    action: str = key(default="event", choices=ACTIONS)
    reason: str | None = key(default=None, doc="of SAFE, as in OVERHEATED")
    sensor: str | None = key(default=None, doc="device to exclude, as in STAR_TRACKER")
    load: str | None = key(default=None, doc="switch of the power board, as in PAYLOAD")
    request: str | None = key(default=None, doc="mode asked for, as in SUN_POINTING")


def monitor_defects(monitors: Sequence[VehicleMonitor]) -> Iterator[tuple[str, str, str]]:
    """Yield (where, found, expected) for what single keys cannot say."""
    names: set[str] = set()
    for k, monitor in enumerate(monitors):
        where = f"monitor[{k}]"
        if not NAME.fullmatch(monitor.name):
            yield f"{where}.name", f"found {monitor.name[:40]!r}", "a letter, then letters, digits and _, at most 40"
        elif monitor.name in names:
            yield f"{where}.name", f"found {monitor.name!r} again", "a name of its own"
        names.add(monitor.name)
        yield from _limit_defects(f"{where}, {monitor.name[:40]}", monitor)
        yield from _action_defects(f"{where}, {monitor.name[:40]}", monitor)


def _limit_defects(where: str, m: VehicleMonitor) -> Iterator[tuple[str, str, str]]:
    if m.check == "outside":
        if m.low is None or m.high is None or m.low > m.high:
            yield where, f"found low = {m.low} and high = {m.high}", "low <= high for check 'outside'"
        if m.limit is not None or m.limit_parameter is not None:
            yield where, "found limit with check 'outside'", "low and high"
    elif m.low is not None or m.high is not None:
        yield where, f"found low or high with check {m.check!r}", "limit or limit_parameter"
    elif (m.limit is None) == (m.limit_parameter is None):
        yield where, "found both or none of limit and limit_parameter", "one of them"
    if m.scale == 0.0:
        yield where, "found scale = 0", "another number: every value times 0 is the same"
    if m.mask is not None and m.limit is not None and not m.limit % 1.0 and int(m.limit) & ~m.mask:
        yield where, f"found limit = {m.limit:g} with mask = {m.mask}", "a limit that is left of itself by the mask"
    if m.hold_parameter is not None and m.hold_s:
        yield where, "found hold_s and hold_parameter", "one of them"
    if m.when is None and m.when_is != 1:
        yield where, f"found when_is = {m.when_is} without when", "both or none"
    if m.mask is not None and m.check not in ("equal", "not_equal"):
        yield where, f"found mask with check {m.check!r}", "check 'equal' or 'not_equal' with mask"


def _action_defects(where: str, m: VehicleMonitor) -> Iterator[tuple[str, str, str]]:
    needed = NEEDED.get(m.action)
    for name in ("reason", "sensor", "load", "request"):
        given = getattr(m, name) is not None
        if given != (name == needed):
            yield where, f"{name} {'found' if given else 'missing'} with action {m.action!r}", _goes_with(needed)


def _goes_with(needed: str | None) -> str:
    return f"{needed} with it" if needed else "no reason, sensor, load or request"
