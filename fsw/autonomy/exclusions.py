"""Exclusion of devices and loads from use: the only place that excludes, re-admits and switches.

What a device shows of itself (silence, the same octets again and again) excludes it always. A vote against it, or a
monitor, excludes it only when what is left can take its place (`docs/adr/0008-isolation-by-residuals.md`); otherwise
it is kept, and that is an event. Ground may exclude anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from fsw.autonomy.requests import OF_DEVICES, Refusal, RequestResult
from fsw.core.events import EventId, EventQueue
from fsw.core.pool import Pool
from fsw.core.sections import TimeSection
from fsw.health.devices import SUN_SENSORS, WHEELS, Device, Exclusion
from fsw.health.sections import FdirSection
from hal.vehicle.functions import Function
from hal.vehicle.vehicle import Vehicle

FACTS = (Exclusion.SILENT, Exclusion.STUCK, Exclusion.GROUND)
WHEELS_NEEDED = 3  # to turn the body about every axis
CELLS_NEEDED = 3  # Sun sensors
STAR_TRACKERS = (Device.STAR_TRACKER, Device.STAR_TRACKER_1)
CYCLE_S = 10.0  # how long a power cycle leaves a load off
STAND_INS = {  # of these sets, one must be in use whole
    Device.GYRO: ((Device.STAR_TRACKER,), (Device.MAGNETOMETER,)),
    Device.MAGNETOMETER: ((Device.STAR_TRACKER,), (Device.GYRO,)),
    Device.STAR_TRACKER: ((Device.GYRO, Device.MAGNETOMETER),),
}


class Exclusions:
    """Writes `FdirSection`: a part of the application "fdir", which monitors and ground reach by requests."""

    name = "fdir"  # of the application
    functions = OF_DEVICES  # that it carries out

    def __init__(self, pool: Pool, vehicle: Vehicle, events: EventQueue) -> None:
        self._state = pool.array(FdirSection)
        self._t_ns = pool.array(TimeSection)["t_ns"]
        self._raise = events.raise_event
        self.wheels = list(WHEELS[: len(vehicle.units("reaction_wheels"))])
        self.cells = list(SUN_SENSORS[: len(vehicle.units("coarse_sun_sensors"))])
        kinds = (Device.GYRO, Device.MAGNETOMETER, Device.STAR_TRACKER, Device.GNSS)
        single = (device for device in kinds if vehicle.of_kind(device.name.lower()))
        self.trackers = STAR_TRACKERS[: len(vehicle.of_kind("star_tracker"))]
        self.devices = frozenset({*single, *self.trackers, *self.wheels, *self.cells})

    def exclude(self, device: int, reason: Exclusion, residual: float = 0.0) -> bool:
        """Exclude a device, or keep it when nothing can replace it; return whether it is excluded."""
        state = self._state
        if state["excluded"][device]:
            return True
        if reason not in FACTS and not self._replaceable(device):
            self._keep(device, reason)
            return False
        state["excluded"][device], state["kept"][device], state["reason"][device] = 1, 0, reason
        state["exclusions"][device] += 1
        state["since_ns"][device] = self._t_ns
        self._raise(EventId.DEVICE_EXCLUDED, device, reason, residual)
        self._count()
        return True

    def keep(self, device: int) -> None:
        """Use a device again, and exclude it no more for its behaviour."""
        self.admit(device)
        self._keep(device, int(self._state["reason"][device]))

    def _keep(self, device: int, reason: int) -> None:
        if not self._state["kept"][device]:
            self._state["kept"][device] = 1
            self._raise(EventId.DEVICE_KEPT, device, reason)
            self._count()

    def admit(self, device: int) -> None:
        """Use a device again."""
        state = self._state
        state["kept"][device] = 0
        if state["excluded"][device]:
            state["excluded"][device] = 0
            out_s = (int(self._t_ns) - int(state["since_ns"][device])) * 1e-9
            self._raise(EventId.DEVICE_ADMITTED, device, out_s, int(state["reason"][device]))
        self._count()

    def judge(self, function: Function, arguments: Sequence[float]) -> RequestResult:
        """Judge whether ground may request a function now; for an existing device it always may."""
        return RequestResult(True, Refusal.NONE)

    def perform(self, function: Function, arguments: Sequence[float]) -> None:
        """Execute a function that ground requests."""
        device = int(arguments[0])
        if function is Function.EXCLUDE_SENSOR:
            self.exclude(device, Exclusion.GROUND)
        else:
            self.admit(device)

    def _count(self) -> None:
        state = self._state
        out = [state["excluded"][wheel] or state["kept"][wheel] for wheel in self.wheels]
        state["wheels_out"] = sum(map(bool, out))
        state["excluded_count"] = int(state["excluded"].sum())

    def _replaceable(self, device: int) -> bool:
        """Return whether the mission can continue without the device."""
        used = {d for d in self.devices if not self._state["excluded"][d]} - {device}
        if device in self.wheels:
            return len(used & set(self.wheels)) >= WHEELS_NEEDED
        if device in self.cells:
            return len(used & set(self.cells)) >= CELLS_NEEDED
        if device in self.trackers:
            if used & set(self.trackers):
                return True
            device = Device.STAR_TRACKER
        elif used & set(self.trackers):
            used |= {Device.STAR_TRACKER}  # any of them
        return any(used.issuperset(others) for others in STAND_INS.get(Device(device), ((),)))

    # -------------------------------------------------------------- loads

    def hold_off(self, switches: int) -> None:
        """From now on hold exactly these loads off, besides those in a power cycle."""
        wanted = switches | int(self._state["cycled_off"])
        if wanted != self._state["switches_off"]:
            self._state["switches_off"] = wanted
            self._raise(EventId.LOADS_HELD_OFF, wanted)

    def cycle(self, load: int) -> None:
        """Switch a load off, and on again after `CYCLE_S`."""
        held = int(self._state["switches_off"]) & ~int(self._state["cycled_off"])
        self._state["cycled_off"] |= load
        self._state["cycle_end_ns"] = int(self._t_ns) + round(CYCLE_S * 1e9)
        self.hold_off(held)

    def end_cycle(self) -> None:
        """Switch on again what a power cycle switched off, when it is time; called every tick of a cycle."""
        if self._state["cycled_off"] and self._t_ns >= self._state["cycle_end_ns"]:
            held = int(self._state["switches_off"]) & ~int(self._state["cycled_off"])
            self._state["cycled_off"] = 0
            self.hold_off(held)
