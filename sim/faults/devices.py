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
from sim.devices.kind import Suffering
from sim.devices.listed import listed_devices
from sim.faults.injection import Injection

if TYPE_CHECKING:
    from sim.spacecraft.spacecraft import Spacecraft

CHANNELS = 16  # of a device (sim/devices/_device.pxd)


class DeviceFaults:
    """Applies faults of level "physics" to the devices of `world`."""

    def __init__(self, world: Spacecraft) -> None:
        self._world = world
        self._listed = {d.name: d for d in listed_devices(world.vehicle)}
        self._active: dict[str, list[Injection]] = {name: [] for name in self._listed}

    def check(self, injection: Injection) -> None:
        """Accept every fault that the catalogue has."""

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
        world, listed, active = self._world, self._listed[target], self._active[target]
        device = world.devices[target]
        if listed.model.suffer is not None:
            listed.model.suffer(device, Suffering(active, listed.settings, world.physics, world.scenario.physics))
        disturb(device, active, world.seed)


def disturb(device: Device, active: list[Injection], seed: int) -> None:
    """Apply the combination of the faults of one device: biases add up, and so do the variances of noise."""
    bias, variance = np.zeros(CHANNELS), np.zeros(CHANNELS)
    stuck = zero = 0
    dead = False
    bits = None
    for injection in active:
        channels = channels_of(injection)
        mask = sum(1 << k for k in channels)
        acts = injection.kind.acts
        if acts == "biased":
            bias[channels] += amount(injection, "bias_")
        elif acts == "noisy":
            variance[channels] += amount(injection, "noise_") ** 2
            bits = injection.bits(seed)
        elif acts == "stuck":
            stuck |= mask
        elif acts == "zero":
            zero |= mask
        elif acts == "dead":
            dead = True
    device.disturb(
        dead=dead, stuck=stuck, zero=zero, bias=bias.tolist(), noise=np.sqrt(variance).tolist(), bits=bits,
    )  # fmt: skip


def channels_of(injection: Injection) -> list[int]:
    """Return the channels of the device that a fault affects."""
    first, count = injection.kind.channels
    which: Any = injection.values.get("unit", injection.values.get("axis"))
    return [first + k for k in range(count)] if which is None else [first + int(which)]


def amount(injection: Injection, prefix: str) -> float:
    """Return the parameter whose name begins with this text."""
    return next(v for name, v in injection.values.items() if name.startswith(prefix) and v is not None)
