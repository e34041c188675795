"""Mutants of what ships: each is refused in one line that says where and why, or flies to an honest verdict."""

from __future__ import annotations

import math
import re
import signal
import tomllib

import numpy as np
import pytest

from ground.link.segment import GroundSegment
from hal.schema import SchemaError
from hal.vehicle.load import VEHICLES, load_vehicle, vehicle_warnings
from sim.mission import Mission
from sim.requirements.verdict import Verdict
from sim.scenario.planning import mission_warnings
from sim.scenario.scenario import SCENARIOS, load_scenario, scenario_warnings
from tests.mutants import folder_with, mutant, toml_of

TABLES = {path.stem: tomllib.loads(path.read_text()) for path in (*SCENARIOS.glob("*.toml"),)}
VEHICLE = tomllib.loads((VEHICLES / "reference.toml").read_text())
SHORT = {**TABLES["modes"], "duration_s": 600.0}  # what a mutant of the vehicle flies
FLOWN_S = 2.0
PATIENCE_S = 120  # a flight of two seconds that takes longer hangs
REFUSED = re.compile(
    r"(mutant\.toml|(vehicle )?(reference|modes|nadir|faults|.{0,80})): [^:]+: .*(found |missing|unknown )"
)


@pytest.fixture(autouse=True)
def _no_hang():
    """A hang is an error, not a test run that never ends."""

    def over(_number, _frame):
        raise TimeoutError(f"a mutant took more than {PATIENCE_S} s")

    before = signal.signal(signal.SIGALRM, over)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def judge(vehicle_file, scenario_file, what):
    """Load and fly two files; return the refusal, or None after an honest flight."""
    signal.alarm(PATIENCE_S)
    try:
        vehicle, scenario = load_vehicle(vehicle_file), load_scenario(scenario_file)
        for line in (*vehicle_warnings(vehicle, "v.toml"), *scenario_warnings(scenario, "s.toml"),
                     *mission_warnings(vehicle, scenario)):  # fmt: skip
            assert line.isprintable(), what
        mission = Mission(vehicle, scenario, GroundSegment, duration_s=min(FLOWN_S, scenario.duration_s))
    except SchemaError as error:
        line = str(error)
        assert line.isprintable() and len(line) < 600, what
        assert REFUSED.match(line) or "not TOML" in line, f"{what}: {line}"
        return line
    result = mission.fly()
    result.as_dict()
    assert not result.raised, f"{what}: {result.raised}"
    numbers = [np.isfinite(mission.world.truth[name]).all() for name in mission.world.truth.dtype.names]
    assert all(numbers) or result.left is not None, f"{what}: truth that is no number"
    for r in result.requirements:
        assert r.verdict is not Verdict.PASS or math.isfinite(r.achieved), f"{what}: {r}"
    return None


def fly_mutants(tmp_path, numbers):
    """Judge mutants of the vehicle and of all scenarios; return how many were refused, and how many flew."""
    fates = []
    reference = folder_with(tmp_path, "reference", VEHICLE)
    short = folder_with(tmp_path, "modes", SHORT)
    for number in numbers:
        changes = 1 + number % 2
        if number % 3:
            table, what = mutant(VEHICLE, number, changes)
            files = folder_with(tmp_path, "mutant", table), short
        else:
            name = sorted(TABLES)[number // 3 % len(TABLES)]
            table, what = mutant(TABLES[name], number, changes)
            files = reference, folder_with(tmp_path, "mutant", table)
        fates.append(judge(*files, f"mutant {number}: {what}"))
    refused = sum(fate is not None for fate in fates)
    return refused, len(fates) - refused


def test_what_is_written_is_what_ships(tmp_path):
    assert tomllib.loads(toml_of(VEHICLE)) == VEHICLE
    assert load_vehicle(folder_with(tmp_path, "reference", VEHICLE)) == load_vehicle()
    for name, table in TABLES.items():
        assert load_scenario(folder_with(tmp_path, name, table)) == load_scenario(name)


@pytest.mark.parametrize("part", range(2))
def test_mutants_are_refused_in_one_line_or_fly_to_an_honest_verdict(tmp_path, part):
    refused, flew = fly_mutants(tmp_path, range(part * 75, part * 75 + 75))
    assert refused > 15 and flew > 10


@pytest.mark.proof
@pytest.mark.parametrize("part", range(20))
def test_thousands_of_mutants(tmp_path, part):
    refused, flew = fly_mutants(tmp_path, range(150 + part * 245, 395 + part * 245))
    assert refused + flew == 245
    assert refused > 0 and flew > 0
