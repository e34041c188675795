"""On-board monitors: a parameter, a limit, a persistence (ST[12] of ECSS-E-ST-70-41C, 6.12).

A monitor is *confirmed* when its condition has held for its persistence. What follows from that is data too: the
guards of mode transitions and the reasons for SAFE are monitors.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fsw.autonomy._monitors import MonitorLoop
from fsw.autonomy.sections import MAX_MONITORS, Check, Condition, MonitorsSection
from fsw.core.events import Severity
from fsw.core.pool import Pool


class Spec(NamedTuple):
    """A monitor for the kernel: its parameters by name, all of them in the pool."""

    value: str
    first: int  # of its elements
    elements: int
    kind: str
    condition: Condition
    when: str  # empty: always
    when_value: int
    limit: float | str
    hold_s: float | str
    high: float
    scale: float
    mask: int
    interval_ns: int


class MonitorError(ValueError):
    """Monitors that cannot be checked; the message is one line."""


@enum.unique
class Action(enum.IntEnum):
    """The action of a confirmed monitor; all but `NONE` are reported once, by an event."""

    NONE = 0
    EVENT = 1
    SAFE = 2  # argument: SafeReason; LEAVE_SAFE is refused while it is confirmed
    EXCLUDE = 3  # argument: Device
    SWITCH_OFF = 4  # argument: EpsSwitch; the load is held off while it is confirmed
    POWER_CYCLE = 5  # argument: EpsSwitch
    REQUEST = 6  # argument: Function


@dataclass(frozen=True)
class Monitor:
    """One monitor. Limits and persistences are numbers or names of on-board parameters, read in every check.

    A vector is monitored by its Euclidean norm unless `element` is given. Without its `when` nothing is checked; a gap
    of up to a second and an interval leaves the status as it was.
    """

    name: str
    parameter: str  # in the pool
    condition: Condition
    limit: float | str
    hold_s: float | str = 0.0
    when: tuple[str, int] | None = None  # checked while this one-octet parameter has this value
    scale: float = 1.0  # applied to the value before it is compared
    action: Action = Action.NONE
    argument: int = 0  # of the action
    severity: Severity = Severity.MEDIUM
    high: float = 0.0  # of `OUTSIDE`
    element: int | None = None
    mask: int = 0  # bits of a whole number that are compared; 0: all of it
    interval_s: float = 0.0  # between two checks


class Monitors:
    """Checks `monitors` once a tick and keeps their state in the pool.

    Raises `MonitorError` when there are too many, two share a name, or one names what it cannot monitor; `PoolError`
    when a parameter does not exist.
    """

    def __init__(self, pool: Pool, monitors: Sequence[Monitor]) -> None:
        self.monitors = tuple(monitors)
        if len(self.monitors) > MAX_MONITORS:
            raise MonitorError(f"{len(self.monitors)} monitors: expected at most {MAX_MONITORS}")
        self._bits = {monitor.name: 1 << i for i, monitor in enumerate(self.monitors)}
        if len(self._bits) < len(self.monitors):
            raise MonitorError("two monitors share a name; names must differ")
        self._state = pool.array(MonitorsSection)
        self._limits = [_limit(pool, monitor) for monitor in self.monitors]
        loop = MonitorLoop([_spec(pool, monitor) for monitor in self.monitors])
        loop.bind(pool)
        self.step = loop.step  # check all; return the bits of those that became confirmed or ceased to be

    @staticmethod
    def check(pool: Pool, monitor: Monitor) -> None:
        """Raise what the constructor would raise for `monitor` alone."""
        _limit(pool, monitor)
        _spec(pool, monitor)

    @property
    def confirmed(self) -> int:
        """Bits of the confirmed monitors."""
        return int(self._state["confirmed"])

    def bits(self, *names: str) -> int:
        """Return the bits of monitors by name; raise `MonitorError` when there is no such monitor."""
        out = 0
        for name in names:
            if name not in self._bits:
                raise MonitorError(f"{name}: no such monitor; expected one of {', '.join(self._bits)}")
            out |= self._bits[name]
        return out

    def status(self, name: str) -> Check:
        """Return the status of one monitor."""
        return Check(int(self._state["status"][self.bits(name).bit_length() - 1]))

    def value(self, index: int) -> float:
        """Return the last value that monitor number `index` checked."""
        return float(self._state["value"][index])

    def limit(self, index: int) -> float:
        """Return the limit that monitor number `index` has now."""
        return float(self._limits[index])


def _limit(pool: Pool, monitor: Monitor) -> NDArray[np.float64]:
    if isinstance(monitor.limit, str):
        return pool.view(f"parameters.{monitor.limit}")
    return np.asarray(float(monitor.limit))


def _spec(pool: Pool, monitor: Monitor) -> Spec:
    """Resolve the names of one monitor."""
    limit, hold_s = (
        pool.parameter(f"parameters.{given}").name if isinstance(given, str) else given
        for given in (monitor.limit, monitor.hold_s)
    )
    when, value = monitor.when or ("", 0)
    if when:
        entry = pool.parameter(when)
        if entry.kind != "u1" or entry.count != 1:
            raise MonitorError(f"{monitor.name}: {when} is not one octet")
    return Spec(
        *_watched(pool, monitor), monitor.condition, when, value, limit, hold_s, monitor.high, monitor.scale,
        monitor.mask, round(monitor.interval_s * 1e9),
    )  # fmt: skip


def _watched(pool: Pool, monitor: Monitor) -> tuple[str, int, int, str]:
    """Parameter, first element, number of elements and kind of what is monitored."""
    entry = pool.parameter(monitor.parameter)
    if monitor.mask and entry.kind[0] == "f":
        raise MonitorError(f"{monitor.name}: {entry.name} is no whole number: it has no bits to mask")
    if monitor.element is not None:
        if len(entry.shape) != 1 or monitor.element >= entry.count:
            shape = " x ".join(map(str, entry.shape)) or "one number"
            raise MonitorError(f"{monitor.name}: element {monitor.element} of {entry.name}, which is {shape}")
        return entry.name, monitor.element, 1, entry.kind
    if entry.count > 1 and (len(entry.shape) > 1 or entry.strides[0] != entry.dtype.itemsize or monitor.mask):
        raise MonitorError(f"{monitor.name}: {entry.name} is neither a number nor a vector")
    return entry.name, 0, entry.count, entry.kind
