"""Checks options and markers of the plugin, and starts the flight that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ground.pytest_plugin.flight import Flight, Spec
from ground.worlds.worlds import HALS, WorldError
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from hal.vehicle.vehicle import Vehicle
from sim.scenario.scenario import Scenario, load_scenario


def defect(given: Mapping[str, str]) -> str:
    """Return in one line the error in the options `given`, by name, or nothing."""
    hal, seed = given.get("hal"), given.get("seed", "1")
    if hal is not None and hal not in HALS:
        return f"--smartsat-hal {hal!r}: expected one of: {', '.join(HALS)}"
    if not seed.isdecimal():
        return f"--smartsat-seed {seed!r}: expected an integer from 0"
    for name, load in (("scenario", load_scenario), ("vehicle", load_vehicle)):
        try:
            if name in given:
                load(given[name])
        except SchemaError as error:
            return f"--smartsat-{name}: {error}"
    return ""


def start(item: pytest.Item, options: Mapping[str, str], marked: Mapping[str, Any]) -> tuple[Flight | None, str]:
    """Return the flight of a test, or in one line why it cannot be flown."""
    kinds: dict[str, tuple[type, ...]] = {"vehicle": (str, Vehicle), "scenario": (str, Scenario), "seed": (int,)}
    for key, kind in kinds.items():
        if key in marked and not isinstance(marked[key], kind):
            expected = " or ".join(k.__name__ for k in kind)
            return None, f"@pytest.mark.smartsat: {key}: found {marked[key]!r}, expected {expected}"
    root = item.config.rootpath
    spec = Spec(
        test=item.nodeid,
        hal=options["hal"],
        vehicle=marked.get("vehicle", options["vehicle"]),
        scenario=marked.get("scenario", options["scenario"]),
        seed=int(marked.get("seed", options["seed"])),
        runs=root / options["runs"],
        near=(Path(item.path).parent, root),
    )
    try:
        return Flight(spec), ""
    except (SchemaError, WorldError) as error:
        return None, str(error)
