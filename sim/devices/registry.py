"""Finds the models of kinds of devices, shipped ones and those of other packages in the same way.

An installed package offers its models as entry points of the group `smartsat.device_models`, by the name of the kind:

    [project.entry-points."smartsat.device_models"]
    thermometer = "my_package.model:MODEL"
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from hal.schema import SchemaError
from sim.devices.kind import ModelKind

GROUP = "smartsat.device_models"


@cache
def find_model(kind: str) -> ModelKind:
    """Return the model of the kind with that name; raise `SchemaError` with one line when there is none."""
    offered = _offered()
    if kind not in offered:
        names = ", ".join(sorted(offered))
        expected = f"one of: {names}" if names else "an installed package: after an update run make environment"
        raise SchemaError(f"no model of devices of kind {kind!r}: expected {expected}")
    model = offered[kind].load()
    if not isinstance(model, ModelKind):
        raise SchemaError(f"{offered[kind].value} is {model!r}, expected a sim.devices.kind.ModelKind")
    return model


@cache
def _offered() -> dict[str, EntryPoint]:
    """Return the entry points that installed packages name, by the kind's name; searched once."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}
