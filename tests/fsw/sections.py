"""The sections of the reference vehicle's devices, and the memory that an exchange works on."""

from __future__ import annotations

from fsw.control.sections import CommandSection
from fsw.core.device_sections import device_sections
from hal.handle import Memory
from hal.vehicle.load import load_vehicle
from hal.vehicle.vehicle import Vehicle

SamplesSection, DriversSection = device_sections(load_vehicle())


def exchange_memory(vehicle: Vehicle | None = None) -> Memory:
    """Samples, commands and drivers of a vehicle, the reference vehicle if None, outside any pool."""
    sections = device_sections(vehicle or load_vehicle())
    return Memory({"command": CommandSection} | {section.section: section for section in sections})
