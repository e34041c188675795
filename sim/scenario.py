"""The scenario file: what only the truth knows, and what the ground does when.

Initial state, dispersions, error switches, clocks, outages, perturbations and the telecommand plan of one mission.
`load_scenario` raises `hal.schema.SchemaError` with one line when a file is not usable. `sim/planning.py` turns times
that refer to orbit events into seconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from hal.schema import defect, key, load
from sim.faults.catalogue import FaultError, check
from sim.physics.options import PhysicsOptions
from sim.physics.timescales import LEAP_SECONDS, tai_from_utc

SCENARIOS = Path(__file__).parent / "scenarios"
FUNCTIONS = (
    "detumble", "sun_pointing", "nadir", "track_target", "hold_inertial", "idle", "enter_safe", "leave_safe",
    "exclude_sensor", "admit_sensor",
)  # fmt: skip
EVENT = re.compile(r"separation|target|(eclipse_entry|eclipse_exit|ascending_node):[1-9][0-9]{0,3}")
EVENTS_EXPECTED = "separation, target, eclipse_entry:N, eclipse_exit:N or ascending_node:N"
Vector = tuple[float, ...]


@dataclass(frozen=True)
class GyroErrors:
    """Error sources of the gyro."""

    bias: bool = key(default=True)
    angle_random_walk: bool = key(default=True)
    rate_random_walk: bool = key(default=True)
    scale_factor: bool = key(default=True)
    misalignment: bool = key(default=True)
    range: bool = key(default=True)


@dataclass(frozen=True)
class MagnetometerErrors:
    """Error sources of the magnetometer."""

    hard_iron: bool = key(default=True)
    soft_iron: bool = key(default=True)
    noise: bool = key(default=True)
    torquer_coupling: bool = key(default=True)


@dataclass(frozen=True)
class SunSensorErrors:
    """Error sources of the coarse Sun sensors."""

    albedo: bool = key(default=True)
    noise: bool = key(default=True)


@dataclass(frozen=True)
class StarTrackerErrors:
    """Error sources of the star tracker."""

    noise: bool = key(default=True)
    misalignment: bool = key(default=True)
    rate_limit: bool = key(default=True)
    exclusion: bool = key(default=True)
    latency: bool = key(default=True)


@dataclass(frozen=True)
class GnssErrors:
    """Error sources of the GNSS receiver."""

    noise: bool = key(default=True)
    latency: bool = key(default=True)


@dataclass(frozen=True)
class TorquerErrors:
    """Error sources of the magnetorquers."""

    residual: bool = key(default=True)
    saturation: bool = key(default=True)


@dataclass(frozen=True)
class PowerErrors:
    """Error sources of the power system's gauges."""

    gauge: bool = key(default=True)


@dataclass(frozen=True)
class Errors:
    """Switches of every device; those of wheels and perturbations are in `[physics]`. All are on unless named."""

    gyro: GyroErrors = key(default=GyroErrors())
    magnetometer: MagnetometerErrors = key(default=MagnetometerErrors())
    sun_sensors: SunSensorErrors = key(default=SunSensorErrors())
    star_tracker: StarTrackerErrors = key(default=StarTrackerErrors())
    gnss: GnssErrors = key(default=GnssErrors())
    torquers: TorquerErrors = key(default=TorquerErrors())
    power: PowerErrors = key(default=PowerErrors())


@dataclass(frozen=True)
class Initial:
    """State at separation; position and velocity come from the vehicle's TLE."""

    q_bi: Vector = key(shape=(4,), unit_norm=True, doc="GCRF to body, scalar last")
    rate_bi_b_radps: Vector = key(shape=(3,))
    wheel_speed_radps: Vector = key(default=(), doc="one a wheel; none: at rest")


@dataclass(frozen=True)
class Dispersions:
    """How `sim.planning.disperse` draws another flight; biases differ with the seed in any case."""

    attitude: bool = key(default=True, doc="uniform over all attitudes")
    rate_low_radps: float = key(default=0.0, low=0, doc="magnitude of the body rate, uniform in direction")
    rate_high_radps: float = key(default=0.0, low=0)
    wheel_speed_sigma_radps: float = key(default=0.0, low=0)
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
    """A unit without power: it is silent from `start_s` for `duration_s` after the event `at`."""

    device: str = key(choices=("star_tracker", "gnss"))
    at: str = key(default="separation", doc="event")
    start_s: float = key(doc="after the event")
    duration_s: float = key(above=0)


@dataclass(frozen=True)
class Fault:
    """A fault of `sim.faults.catalogue`, from `start_s` after the event `at` on."""

    target: str = key(doc="device, board or link")
    fault: str = key(doc="name of the fault")
    at: str = key(default="separation", doc="event")
    start_s: float = key(default=0.0, doc="after the event")
    duration_s: float | None = key(default=None, above=0, doc="none: to the end")
    with_: Mapping[str, float] | None = key(default=None, doc="parameters by name")


@dataclass(frozen=True)
class Pass:
    """One contact of the ground station."""

    start_s: float = key(low=0)
    duration_s: float = key(above=0)


@dataclass(frozen=True)
class Ground:
    """When the ground station hears and is heard."""

    visibility: str = key(default="continuous", choices=("continuous", "passes"))
    contacts: tuple[Pass, ...] = key(default=(), count=(0, 1000))


@dataclass(frozen=True)
class Target:
    """A place on the ground, relative to the ground track: abeam of the satellite `along_track_s` after `at_event`."""

    at_event: str = key(doc="event")
    along_track_s: float = key(default=0.0)
    cross_track_km: float = key(default=0.0, low=-3000, high=3000, doc="to the right of the ground track")
    height_m: float = key(default=0.0, low=-500, high=9000, doc="over the ellipsoid")


@dataclass(frozen=True)
class Telecommand:
    """A function that the ground asks for, `offset_s` after the event `at`."""

    function: str = key(choices=FUNCTIONS)
    at: str = key(default="separation", doc="event")
    offset_s: float = key(default=0.0)
    arguments: Vector = key(default=(), doc="track_target without any takes the scenario's target")


@dataclass(frozen=True)
class Scenario:
    """A whole mission."""

    name: str = key()
    epoch_utc: str = key(doc="UTC of separation, as 2019-11-18T14:00:00")
    duration_s: float = key(above=0, high=1e8)
    shows: tuple[str, ...] = key(default=("*",), doc="requirements that the whole flight must show, as in ADCS-0*")
    allows_exceptions: bool = key(default=False, doc="exceptions in applications and drivers do not fail the flight")
    initial: Initial = key()
    physics: PhysicsOptions = key(default=PhysicsOptions(), doc="perturbations and Earth orientation")
    dispersions: Dispersions = key(default=Dispersions())
    errors: Errors = key(default=Errors())
    clocks: Clocks = key(default=Clocks())
    ground: Ground = key(default=Ground())
    target: Target | None = key(default=None)
    outage: tuple[Outage, ...] = key(default=(), count=(0, 32))
    telecommand: tuple[Telecommand, ...] = key(default=(), count=(0, 1000))
    fault: tuple[Fault, ...] = key(default=(), count=(0, 1000))

    def is_to_show(self, requirement: str) -> bool:
        """Whether a flight of this scenario is to show the requirement of that id."""
        return any(fnmatchcase(requirement, pattern) for pattern in self.shows)

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
    if path.suffix != ".toml":
        if str(name_or_path) not in scenario_names():
            shipped = ", ".join(scenario_names())
            raise defect(str(name_or_path), "", "no such scenario", f"one of: {shipped}; or the path of a .toml file")
        path = SCENARIOS / f"{name_or_path}.toml"
    scenario = load(path, Scenario)
    for where, found, expected in _defects(scenario):
        raise defect(path.name, where, found, expected)
    return scenario


def _defects(s: Scenario) -> Iterator[tuple[str, str, str]]:
    """Yield (where, found, expected) for what single keys cannot say."""
    try:
        epoch = datetime.fromisoformat(s.epoch_utc)
    except ValueError:
        epoch = None
    first = int(LEAP_SECONDS[0][0][:4])
    if epoch is None or epoch.tzinfo is not None or not first <= epoch.year <= 2100:
        yield "epoch_utc", f"found {s.epoch_utc[:40]!r}", f"a UTC time such as 2019-11-18T14:00:00, {first} to 2100"
    if s.dispersions.rate_low_radps > s.dispersions.rate_high_radps:
        yield ("dispersions.rate_low_radps", f"found {s.dispersions.rate_low_radps:g}",
               f"<= rate_high_radps, which is {s.dispersions.rate_high_radps:g}")  # fmt: skip
    if (s.ground.visibility == "passes") != bool(s.ground.contacts):
        yield ("ground.contacts", f"found {len(s.ground.contacts)} contacts with visibility {s.ground.visibility!r}",
               "contacts if and only if visibility is 'passes'")  # fmt: skip
    named = [(f"outage[{k}].at", o.at) for k, o in enumerate(s.outage)]
    named += [(f"telecommand[{k}].at", t.at) for k, t in enumerate(s.telecommand)]
    named += [(f"fault[{k}].at", f.at) for k, f in enumerate(s.fault)]
    if s.target is not None:
        named.append(("target.at_event", s.target.at_event))
    for where, event in named:
        yield from _event_defects(s, where, event)
    yield from _fault_defects(s)
    for k, t in enumerate(s.telecommand):
        if t.function == "track_target" and not t.arguments and s.target is None:
            yield f"telecommand[{k}].arguments", "missing", "latitude, longitude [rad] and height [m], or a [target]"


def _fault_defects(s: Scenario) -> Iterator[tuple[str, str, str]]:
    """Faults are in the catalogue, with their parameters; what happens once has no duration."""
    for k, f in enumerate(s.fault):
        try:
            kind, _ = check(f.target, f.fault, f.with_ or {})
        except FaultError as error:
            yield f"fault[{k}]", str(error), ""
            continue
        if kind.momentary and f.duration_s is not None:
            yield f"fault[{k}].duration_s", f"found {f.duration_s:g}", f"none: {f.target} {f.fault} happens once"


def _event_defects(s: Scenario, where: str, event: str) -> Iterator[tuple[str, str, str]]:
    """An event is known; the target exists where it is referred to and does not refer to itself."""
    if not EVENT.fullmatch(event):
        yield where, f"found {event[:40]!r}", EVENTS_EXPECTED
    elif event == "target" and (s.target is None or where.startswith("target")):
        yield where, "found 'target'", "a [target] table" if s.target is None else "another event"
