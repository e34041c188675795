"""The scenario file: the initial truth, its disturbances, and the plan of the ground.

Initial state, dispersions, error switches, clocks, outages, perturbations and the telecommand plan of one mission.
`load_scenario` raises `hal.schema.SchemaError` with one line when a file is not usable. `planning.py` turns times
that refer to orbit events into seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from hal.schema import Table, defect, from_table, implausible, is_toml, key, origin_field, read_table, warning
from hal.vehicle.functions import Function
from hal.vehicle.requirement import Requirement
from sim.physics.options import PhysicsOptions
from sim.physics.timescales import tai_from_utc
from sim.scenario.rules import scenario_defects, unusual_keys

SCENARIOS = Path(__file__).parents[1] / "scenarios"
LONGEST_S = 1e8  # of a mission, and of all times in it: three years
Vector = tuple[float, ...]


@dataclass(frozen=True)
class Initial:
    """State at separation; position and velocity come from the vehicle's TLE."""

    q_bi: Vector | None = key(
        default=None, shape=(4,), unit_norm=True, doc="GCRF to body, scalar last; none: drawn by dispersions.attitude"
    )
    rate_bi_b_radps: Vector | None = key(
        default=None, shape=(3,), low=-50, high=50, plausible=(0, 6), doc="none: drawn by the dispersions"
    )
    wheel_speed_radps: Vector = key(
        default=(), low=-20000, high=20000, plausible=(0, 3000), doc="one a wheel; none: at rest"
    )


@dataclass(frozen=True)
class Dispersions:
    """Ranges from which `sim.scenario.planning.disperse` draws a flight; biases differ with the seed in any case.

    What is not named is as `Initial` says. Attitude and rate that are drawn take the place of the initial ones.
    """

    attitude: bool = key(default=False, doc="uniform over all attitudes")
    rate_low_radps: float = key(
        default=0.0, low=0, high=50, plausible=(0, 6), doc="magnitude of the body rate, uniform in direction"
    )
    rate_high_radps: float | None = key(
        default=None, low=0, high=50, plausible=(0, 6), doc="largest; none: the rate is not drawn"
    )
    wheel_speed_sigma_radps: float = key(
        default=0.0, low=0, high=5000, plausible=(0, 500), doc="about the initial speed of each wheel, 1 sigma"
    )
    node_range_rad: float = key(default=0.0, low=0, high=math.pi, doc="either side of the TLE's node")
    epoch_range_s: float = key(default=0.0, low=0, high=10 * 86400.0, doc="either side of the epoch")


@dataclass(frozen=True)
class BoardClock:
    """A board's own time: mission time * (1 + drift) + offset."""

    offset_s: float = key(default=0.0, low=0, high=1e6, doc="board time at separation")
    drift_ppm: float = key(default=0.0, low=-1000, high=1000)


@dataclass(frozen=True)
class Clocks:
    """The boards' clocks."""

    adcs: BoardClock = key(default=BoardClock())
    eps: BoardClock = key(default=BoardClock())


@dataclass(frozen=True)
class Outage:
    """A device without power: it is silent from `start_s` for `duration_s` after the event `at`."""

    device: str = key(doc="its name in the vehicle file")
    at: str = key(default="separation", doc="event")
    start_s: float = key(low=-LONGEST_S, high=LONGEST_S, doc="after the event")
    duration_s: float = key(above=0, high=LONGEST_S)


@dataclass(frozen=True)
class Fault:
    """A fault of `sim.faults.catalogue`, from `start_s` after the event `at` on."""

    target: str = key(doc="device, board or link")
    fault: str = key(doc="name of the fault")
    at: str = key(default="separation", doc="event")
    start_s: float = key(default=0.0, low=-LONGEST_S, high=LONGEST_S, doc="after the event")
    duration_s: float | None = key(default=None, above=0, high=LONGEST_S, doc="none: to the end")
    with_: Mapping[str, float] | None = key(default=None, doc="parameters by name, with the ranges of the catalogue")


@dataclass(frozen=True)
class Pass:
    """One contact of the ground station."""

    start_s: float = key(low=0, high=LONGEST_S)
    duration_s: float = key(above=0, high=LONGEST_S, plausible=(30, 7200))


@dataclass(frozen=True)
class Ground:
    """Contacts of the ground station."""

    visibility: str = key(default="continuous", choices=("continuous", "passes"))
    contacts: tuple[Pass, ...] = key(default=(), count=(0, 1000))


@dataclass(frozen=True)
class Target:
    """A place on the ground, relative to the ground track: abeam of the satellite `along_track_s` after `at_event`."""

    at_event: str = key(doc="event")
    along_track_s: float = key(default=0.0, low=-LONGEST_S, high=LONGEST_S)
    cross_track_km: float = key(default=0.0, low=-3000, high=3000, doc="to the right of the ground track")
    height_m: float = key(default=0.0, low=-500, high=9000, doc="over the ellipsoid")


@dataclass(frozen=True)
class Telecommand:
    """A function that the ground asks for, `offset_s` after the event `at`."""

    function: str = key(choices=tuple(f.name.lower() for f in Function))
    at: str = key(default="separation", doc="event")
    offset_s: float = key(default=0.0, low=-LONGEST_S, high=LONGEST_S)
    arguments: Vector = key(default=(), low=-1e6, high=1e6, doc="track_target without any takes the scenario's target")


@dataclass(frozen=True)
class Satellite:
    """One of several satellites; what it does not say is that of the whole flight."""

    name: str = key(doc="its name, and that of its run folder")
    vehicle: str | None = key(default=None, doc="shipped vehicle, or path of a vehicle file")
    seed: int | None = key(
        default=None, low=0, high=2**63 - 1, doc="none: that of the flight, plus its place in this list"
    )
    tle: tuple[str, ...] | None = key(default=None, shape=(2,), doc="element set; none: the vehicle's")
    initial: Initial | None = key(default=None)
    links: Mapping[str, str] | None = key(default=None, doc="URLs in place of the vehicle's, by board, device or radio")


@dataclass(frozen=True)
class Scenario:
    """A whole mission."""

    name: str = key()
    epoch_utc: str = key(doc="UTC of separation, as 2019-11-18T14:00:00 or 2019-11-18T14:00:00Z")
    duration_s: float = key(low=0.01, high=LONGEST_S, plausible=(1, 35 * 86400.0))
    shows: tuple[str, ...] = key(
        default=("*",), doc="requirements of vehicle and scenario that the whole flight must show, as in ADCS-0*"
    )
    allows_exceptions: bool = key(default=False, doc="exceptions in applications and drivers do not fail the flight")
    initial: Initial = key()
    physics: PhysicsOptions = key(default=PhysicsOptions(), doc="perturbations and Earth orientation")
    dispersions: Dispersions = key(default=Dispersions())
    errors: Table | None = key(default=None, doc="switches of error sources, by device; all are on unless named")
    clocks: Clocks = key(default=Clocks())
    ground: Ground = key(default=Ground())
    target: Target | None = key(default=None)
    outage: tuple[Outage, ...] = key(default=(), count=(0, 32))
    telecommand: tuple[Telecommand, ...] = key(default=(), count=(0, 1000))
    fault: tuple[Fault, ...] = key(default=(), count=(0, 1000))
    satellite: tuple[Satellite, ...] = key(default=(), count=(0, 100), doc="none: one, as the flight says")
    requirement: tuple[Requirement, ...] = key(default=(), count=(0, 64), doc="what the mission must meet")
    origin: str = origin_field()

    @property
    def file(self) -> str:
        """The file of this scenario, for errors; its name when it comes from no file."""
        return self.origin or self.name

    def is_to_show(self, requirement: str) -> bool:
        """Return whether a flight of this scenario should show the requirement with that id."""
        return any(self.matches(requirement, pattern) for pattern in self.shows)

    @staticmethod
    def matches(requirement: str, pattern: str) -> bool:
        """Return whether a pattern of `shows` means the requirement with that id."""
        return fnmatchcase(requirement, pattern)

    @property
    def epoch_tai_ns(self) -> int:
        """TAI of separation, nanoseconds since 2000-01-01T12:00:00 TAI."""
        return tai_from_utc(datetime.fromisoformat(self.epoch_utc).replace(tzinfo=UTC))


def scenario_names() -> list[str]:
    """Return the names of the scenarios that ship with the package."""
    return sorted(path.stem for path in SCENARIOS.glob("*.toml"))


def load_scenario(name_or_path: str | Path = "reference") -> Scenario:
    """Load a shipped scenario by name or any scenario file by path (`*.toml`).

    Raises `SchemaError` with one line that names file, key, what was found and what was expected.
    """
    path = Path(name_or_path)
    if not is_toml(path):
        if str(name_or_path) not in scenario_names():
            shipped = ", ".join(scenario_names())
            raise defect(str(name_or_path), "", "no such scenario", f"one of: {shipped}; or the path of a .toml file")
        path = SCENARIOS / f"{name_or_path}.toml"
    table = read_table(path)
    if "epoch_utc" in table:
        table["epoch_utc"] = utc_of(table["epoch_utc"])
    scenario = from_table(table, Scenario, path.name)
    for found in scenario_defects(scenario):
        raise defect(path.name, *found)
    return scenario


def scenario_from_table(table: Mapping[str, Any], origin: str) -> Scenario:
    """Return the scenario that a recording or another program keeps as a table; raise `SchemaError`."""
    scenario = from_table(dict(table), Scenario, origin, "scenario.")
    for found in scenario_defects(scenario):
        raise defect(origin, *found)
    return scenario


def scenario_warnings(scenario: Scenario, file: str) -> tuple[str, ...]:
    """Return warnings about unusual values and keys without effect, each a line that begins with `file`."""
    lines = [warning(file, found) for found in implausible(scenario)]
    return tuple(lines + [str(defect(file, *found)) for found in unusual_keys(scenario)])


def utc_of(value: Any) -> Any:  # noqa: ANN401 - whatever a file says
    """Return a UTC time as the text 2019-11-18T14:00:00, from a text or a date-time of TOML, with Z or without.

    Any other value is returned as it is, for the schema or the rules to refuse.
    """
    text = value.isoformat() if isinstance(value, date) else value  # a date-time is a date, too
    if not isinstance(text, str):
        return value
    try:
        time = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        return text
    return text if time.utcoffset() else time.replace(tzinfo=None).isoformat()
