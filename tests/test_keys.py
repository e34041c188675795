"""Every key of the files that a user writes: each number has finite bounds, and what ships is within what is usual."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Iterator, Mapping

from fsw.core.sections import ParametersSection
from hal import schema
from hal.devices.registry import find_kind, kind_names
from hal.schema import implausible
from hal.vehicle.load import load_vehicle, vehicle_names, vehicle_warnings
from hal.vehicle.onboard_limits import LIMITS
from hal.vehicle.vehicle import Vehicle
from sim.faults.catalogue import Catalogue
from sim.scenario.planning import mission_warnings
from sim.scenario.scenario import Scenario, load_scenario, scenario_names, scenario_warnings

FREE = {"Fault.with_"}  # numbers by name whose ranges are the catalogue's, below


def keys_of(cls: type) -> Iterator[tuple[str, object, Mapping[str, object]]]:
    """Every key of a file as (class and name, type, what it declares), through all tables."""
    hints = typing.get_type_hints(cls)
    for f in schema.keys_of(cls):
        kinds = [k for k in leaves(hints[f.name]) if k is not types.NoneType]
        yield from (
            (f"{cls.__name__}.{f.name}", kind, f.metadata) for kind in kinds if not dataclasses.is_dataclass(kind)
        )
        for kind in kinds:
            if dataclasses.is_dataclass(kind):
                yield from keys_of(kind)


def leaves(hint: object) -> Iterator[object]:
    """The types that a declared type is made of."""
    parts = [p for p in typing.get_args(hint) if p is not Ellipsis]
    if not parts:
        yield hint
    for part in parts:
        yield from leaves(part)


SETTINGS = [find_kind(name, "", "").settings for name in kind_names()]
KEYS = {name: (kind, declared) for cls in (Vehicle, Scenario, *SETTINGS) for name, kind, declared in keys_of(cls)}
NUMBERS = {name: declared for name, (kind, declared) in KEYS.items() if kind in {int, float} and name not in FREE}


def test_the_walk_finds_the_keys():
    assert {"Face.area_m2", "Wheel.inertia_kgm2", "VehicleMonitor.limit", "PhysicsOptions.step_s", "Pass.start_s",
            "Initial.rate_bi_b_radps", "Restart.deaths_to_cold", "AdcsBoard.period_ms"} <= set(NUMBERS)  # fmt: skip
    assert len(NUMBERS) > 140


def test_every_number_has_finite_bounds():
    """A number without an upper bound is an overflow, a flight without end or a truth of NaN somewhere."""
    for name, declared in NUMBERS.items():
        if declared["choices"] or declared["unit_norm"]:
            continue
        low = declared["low"] if declared["low"] is not None else declared["above"]
        high = declared["high"] if declared["high"] is not None else declared["below"]
        assert low is not None and high is not None, name
        assert -1e30 <= low < high <= 1e30, name
        if declared["plausible"] is not None:
            usual_low, usual_high = declared["plausible"]
            assert 0.0 <= usual_low < usual_high <= max(abs(low), abs(high)), name


def test_every_parameter_of_a_fault_has_finite_bounds():
    for kind in Catalogue(load_vehicle()).kinds:
        assert all(math.isfinite(p.low) and math.isfinite(p.high) for p in kind.parameters), kind.name


def test_what_ground_may_set_is_what_the_file_may_say():
    """The limits of on-board parameters have one home: the key in the file and the telecommand know the same range."""
    assert {f.name for f in ParametersSection.fields} == set(LIMITS)
    for f in ParametersSection.fields:
        table, key = LIMITS[f.name].key.split(".")
        declared = NUMBERS[f"{table.capitalize()}.{key}"]
        assert (f.low, f.high) == (declared["low"], declared["high"]), f.name


def test_nothing_that_ships_is_unusual():
    for name in vehicle_names():
        vehicle = load_vehicle(name)
        assert vehicle_warnings(vehicle, name) == ()
        for flown in scenario_names():
            scenario = load_scenario(flown)
            assert scenario_warnings(scenario, flown) == mission_warnings(vehicle, scenario) == ()


def test_the_file_knows_how_long_the_estimator_remembers():
    from fsw.estimation.sections import HISTORY_DEPTH
    from hal.devices.star_tracker.kind import TICKS_REMEMBERED

    assert TICKS_REMEMBERED == HISTORY_DEPTH - 2


def test_a_wrong_unit_is_warned_of():
    """A value a thousand times too large or too small, where that is possible at all, is no usual one."""
    vehicle = load_vehicle()
    heavy = dataclasses.replace(vehicle.spacecraft, drag_coefficient=2.2 / 3)
    first, *others = vehicle.device("wheels").units
    units = (dataclasses.replace(first, torque_max_nm=20.0), *others)
    odd = dataclasses.replace(vehicle.changed("wheels", units=units), spacecraft=heavy)
    wheel = 'device[3] "wheels": unit[0].torque_max_nm'
    assert [found.where for found in implausible(odd)] == ["spacecraft.drag_coefficient", wheel]
    assert vehicle_warnings(odd, "odd.toml")[1] == (
        f"odd.toml: {wheel}: found 20, usual are 1e-06 to 5; check the unit"
    )
