"""Finds the models of kinds of devices, shipped ones and those of other packages in the same way.

An installed package offers its models as entry points of the group `smartsat.device_models`, by the name of the kind:

    [project.entry-points."smartsat.device_models"]
    thermometer = "my_package.model:MODEL"

A kind may name its model itself (`hal.devices.kind.DeviceKind.model`), which needs no installed package: a `ModelKind`,
or a class derived from `sim.devices.unit.UnitModel`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from hal.devices.kind import DeviceKind
from hal.extension_loading import load_object, make, require_method
from hal.schema import defect
from sim.devices.kind import Making, ModelKind
from sim.devices.unit import UnitModel

GROUP = "smartsat.device_models"


def find_model(kind: DeviceKind, file: str, where: str) -> ModelKind:
    """Return the model of a kind that key `where` of a file names; raise `SchemaError` with one line if it has none."""
    offered = kind.model or _offered().get(kind.name)
    if offered is None:
        names, installed = ", ".join(sorted(_offered())), "an installed package: after an update run make environment"
        expected = f"a kind with one: {names}" if names else installed
        raise defect(file, where, f"{kind.name} has no model", expected)
    found = load_object(offered if isinstance(offered, str) else offered.value, file, where)
    if isinstance(found, ModelKind):
        return found
    if isinstance(found, type) and issubclass(found, UnitModel):
        require_method(found, UnitModel, "measure", file, where)
        return of_class(kind.name, found, where)
    words = found.__name__ if isinstance(found, type) else repr(found)[:80]
    raise defect(file, where, f"model {words} is not one", "a sim.devices.kind.ModelKind or sim.devices.unit.UnitModel")


def of_class(name: str, cls: type[UnitModel], where: str) -> ModelKind:
    """Return the kind of a model that is one class, which may declare `ERRORS` and `FAULTS`."""

    def make_one(settings: Any, making: Making) -> UnitModel:  # noqa: ANN401 - keys of the vehicle file
        model: UnitModel = make(cls, making.vehicle.file, where, making.name, making.vehicle, settings, making.seed)
        return model

    return ModelKind(name, make_one, errors=cls.ERRORS, faults=cls.FAULTS)


@cache
def _offered() -> dict[str, EntryPoint]:
    """Return the entry points that installed packages name, by the kind's name; searched once."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}
