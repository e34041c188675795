"""The packets of the reference vehicle's ADCS board, as records (`hal.devices.layout`), and its configuration."""

from __future__ import annotations

from typing import Any

import numpy as np

from hal.devices.layout import layout
from hal.drivers.config import adcs_config
from hal.record import Record
from hal.vehicle.load import load_vehicle

CARRIED = layout(load_vehicle())
AdcsCommand, AdcsConfig, AdcsSensors = CARRIED.command, CARRIED.config, CARRIED.sensors
AdcsStimulus, AdcsActuation = CARRIED.stimulus, CARRIED.actuation


def fields_of(record: type[Record], payload: bytes) -> dict[str, Any]:
    """Return the fields of a payload as Python numbers."""
    assert len(payload) == record.end
    memory = np.frombuffer(payload.ljust(record.size, b"\0"), record.dtype())[0]
    return {f.name: memory[f.name].tolist() for f in record.fields}


CONFIG = fields_of(AdcsConfig, adcs_config(load_vehicle()))
