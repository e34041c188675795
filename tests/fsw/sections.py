"""The sections of the reference vehicle's devices, and the memory that an exchange of it works on."""

from __future__ import annotations

from fsw.control.sections import CommandSection
from fsw.core.device_sections import device_sections
from hal.handle import Memory
from hal.vehicle.load import load_vehicle

SamplesSection, DriversSection = device_sections(load_vehicle())


def exchange_memory() -> Memory:
    """Samples, command and drivers, outside any pool."""
    return Memory({"samples": SamplesSection, "command": CommandSection, "drivers": DriversSection})
