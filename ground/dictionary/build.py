"""The dictionary of a vehicle file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fsw.core.pool import Pool
from fsw.dictionary.describe import describe
from fsw.extensions import Extensions
from fsw.health.devices import fitted
from hal.vehicle.load import load_vehicle
from hal.vehicle.vehicle import Vehicle

Dictionary = dict[str, Any]


def dictionary(vehicle: Vehicle | str | Path | None = None) -> Dictionary:
    """Return the dictionary of a vehicle, of a shipped one by name or of a vehicle file; of the reference when None.

    It is what `json.dumps` prints, in a fixed order; `schema.json` says what it holds. Raises `SchemaError` when the
    vehicle file is not usable.
    """
    made = vehicle if isinstance(vehicle, Vehicle) else load_vehicle(vehicle or "reference")
    extensions = Extensions(made)
    return describe(
        Pool(extensions.sections, extensions.registry, fitted=fitted(made)),
        made,
        extensions.structures,
        extensions.event_names,
    )
