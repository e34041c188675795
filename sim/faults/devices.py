"""Faults of devices: combines all active faults of a device and applies them behind the sensor front end.

The devices' kernels do the rest (`sim/devices/_device.pyx`); a device without a fault looks at one flag a sample. Added
noise is drawn from a stream of its own, so no device's numbers shift.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hal.saved import State
from sim.devices._device import Device
from sim.faults.injection import Injection
from sim.faults.kind import FaultError

if TYPE_CHECKING:
    from sim.spacecraft.spacecraft import Spacecraft

CHANNELS = 8  # of a device (sim/devices/_device.pxd)
# Channels that a fault of one unit or axis concerns: the first, and how many there are of them.
VALUES = {
    "gyro": (0, 3), "magnetometer": (0, 3), "sun_sensors": (0, 6), "star_tracker": (0, 3), "gnss": (0, 3),
    "wheels": (4, 4), "torquers": (0, 3), "power": (0, 1),
}  # fmt: skip
TACHOMETERS = 0  # first channel of the wheels' speeds
FIX = 6  # channel of the receiver's fix
WHOLE = {"star_tracker": 4, "gnss": 6}  # channels of the units that are stuck as a whole
BEARING = ("stuck", "friction")  # of wheels
LOSSES = ("array_loss", "battery_loss")


class DeviceFaults:
    """Applies faults of level "physics" to the devices of `world`."""

    def __init__(self, world: Spacecraft) -> None:
        self._world = world
        self._active: dict[str, list[Injection]] = {target: [] for target in VALUES}
        vehicle = world.vehicle
        self._units = {
            "wheels": len(vehicle.units("reaction_wheels")), "torquers": len(vehicle.units("magnetorquers")),
            "sun_sensors": len(vehicle.units("coarse_sun_sensors")),
            "power": sum(len(power.arrays) for power in vehicle.of_kind("power")),
        }  # fmt: skip

    def check(self, injection: Injection) -> None:
        """Raise `FaultError` when the vehicle does not have the unit."""
        unit, count = injection.values.get("unit"), self._units.get(injection.target, 0)
        if unit is not None and unit >= count:
            raise FaultError(f"{injection}: parameter 'unit': found {unit:g}, the vehicle has units 0 to {count - 1}")

    def start(self, injection: Injection) -> None:
        """Add one fault."""
        self._active[injection.target].append(injection)
        self._apply(injection.target)

    def stop(self, injection: Injection) -> None:
        """Remove one fault."""
        self._active[injection.target].remove(injection)
        self._apply(injection.target)

    def save(self, number_of: Callable[[Injection], int]) -> State:
        """Return which faults are in force, in their order (`hal.saved`)."""
        return {target: [number_of(i) for i in active] for target, active in self._active.items() if active}

    def restore(self, state: State, injections: Sequence[Injection]) -> None:
        """Put the same faults in force; what devices remember of them is restored after."""
        for target in self._active:
            self._active[target] = [injections[number] for number in state.get(target, ())]
            if self._active[target]:
                self._apply(target)

    def _apply(self, target: str) -> None:
        """Apply the combination of all faults of a device."""
        active = self._active[target]
        if target == "wheels":
            self._wear(active)
        if target == "power":
            self._lose(active)
        disturb(self._world.devices[target], active, self._world.seed)

    def _wear(self, active: list[Injection]) -> None:
        """Bearings of the wheels: friction factors multiply; one seizure is enough."""
        world = self._world
        for k, wheel in enumerate(world.vehicle.wheels):
            here = [i for i in active if i.fault in BEARING and i.values["unit"] == k]
            factor = float(np.prod([i.number("factor") for i in here if i.fault == "friction"]))
            seized = any(i.fault == "stuck" for i in here)
            world.physics.worsen_bearing(k, wheel, world.scenario.physics, factor, seized)

    def _lose(self, active: list[Injection]) -> None:
        """Arrays and cells: each fault removes its share of what the others have left."""
        arrays = np.ones(self._units["power"])
        capacity = 1.0
        for injection in active:
            left = 1.0 - injection.values.get("share", 0.0) if injection.fault in LOSSES else 1.0  # type: ignore[operator]
            if injection.fault == "battery_loss":
                capacity *= left
            elif injection.values.get("unit") is None:
                arrays *= left
            else:
                arrays[int(injection.number("unit"))] *= left
        power: Any = self._world.devices["power"]
        power.lose([1.0 - float(left) for left in arrays], 1.0 - capacity)


def disturb(device: Device, active: list[Injection], seed: int) -> None:
    """Apply the combination of the faults of one device: biases add up, and so do the variances of noise."""
    bias, variance = np.zeros(CHANNELS), np.zeros(CHANNELS)
    stuck = zero = 0
    dead = False
    bits = None
    for injection in active:
        name = injection.fault.rpartition("_")[2]
        channels = channels_of(injection)
        mask = sum(1 << k for k in channels)
        if injection.fault in (*BEARING, *LOSSES) and injection.target in {"wheels", "power"}:
            continue
        if name == "biased":
            bias[channels] += amount(injection, "bias_")
        elif name == "noisy":
            variance[channels] += amount(injection, "noise_") ** 2
            bits = injection.bits(seed)
        elif name == "stuck":
            stuck |= mask
        elif name == "dead" and injection.target not in {"wheels", "torquers"}:
            dead = True
        else:  # zero, no_fix, and actuators that are dead
            zero |= mask
    device.disturb(
        dead=dead, stuck=stuck, zero=zero, bias=bias.tolist(), noise=np.sqrt(variance).tolist(), bits=bits,
    )  # fmt: skip


def channels_of(injection: Injection) -> list[int]:
    """Return the channels of the device that a fault affects."""
    first, count = VALUES[injection.target]
    if injection.fault == "no_fix":
        return [FIX]
    if injection.fault.startswith("tachometer"):
        first = TACHOMETERS
    if injection.fault == "stuck":
        count = WHOLE.get(injection.target, count)
    which: Any = injection.values.get("unit", injection.values.get("axis"))
    return [first + k for k in range(count)] if which is None else [first + int(which)]


def amount(injection: Injection, prefix: str) -> float:
    """Return the parameter whose name begins with this text."""
    return next(v for name, v in injection.values.items() if name.startswith(prefix) and v is not None)
