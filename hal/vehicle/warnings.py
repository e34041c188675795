"""Warnings about values in a vehicle file that are possible but doubtful, a line each.

Figures that hardly belong together, and devices that cannot do what is asked of them while the satellite flies on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from hal.bounds import is_within
from hal.devices.registry import kind_of
from hal.schema import Defect
from hal.vehicle.capabilities import modes
from hal.vehicle.physical_rules import USUAL_DENSITY_KGPM3, density_kgpm3

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle


def density(v: Vehicle) -> Iterator[Defect]:
    """Mass and inertia fit a satellite."""
    found, (low, high) = density_kgpm3(v), USUAL_DENSITY_KGPM3
    if not is_within(found, low=low, high=high):
        yield Defect(
            "spacecraft.mass_kg", f"found {v.spacecraft.mass_kg:g}, with its inertia as dense as {found:.3g} kg/m^3",
            f"{low:g} to {high:g} kg/m^3",
        )  # fmt: skip


def devices(v: Vehicle) -> Iterator[Defect]:
    """What the kinds doubt of their devices."""
    for device in v.devices:
        for rule in kind_of(device).warnings:
            yield from rule(v, device, partial(v.place, device))


WARNINGS: tuple[Callable[[Vehicle], Iterator[Defect]], ...] = (density, devices, modes)
