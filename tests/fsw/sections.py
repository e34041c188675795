"""The sections of the reference vehicle's devices."""

from __future__ import annotations

from fsw.core.device_sections import device_sections
from hal.vehicle.load import load_vehicle

SamplesSection, DriversSection = device_sections(load_vehicle())
