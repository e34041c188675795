"""From a scenario to one flight: dispersed initial conditions, and times of events in seconds of mission time.

The plan comes from a propagation of the truth's orbit of its own, with the body at rest and the loads of attitude left
out; the flight's own drag moves it by metres.
"""

from __future__ import annotations

import dataclasses
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hal import tle
from hal.drivers.scaling import SPEED_MARGIN
from hal.schema import defect
from hal.vehicle import Orbit, Vehicle
from sim.faults.campaign import units_of
from sim.physics.environment import Environment, geodetic_from_itrf
from sim.physics.options import PhysicsError
from sim.physics.orbit import orbit_from_tle
from sim.physics.physics import Physics
from sim.scenario import Scenario
from sim.scenario_rules import time_defects

STRIDE_S = 10
DAY_S = 86400.0
TLE_AGE_DAYS = 30.0
Array = NDArray[np.float64]
Condition = Callable[[NDArray[Any]], bool]


class Place(NamedTuple):
    """A point on the ground: geodetic latitude and longitude [rad], height over the ellipsoid [m]."""

    latitude_rad: float
    longitude_rad: float
    height_m: float


@dataclass(frozen=True)
class TimedTelecommand:
    """A telecommand with its time of release."""

    time_s: float
    function: str
    arguments: tuple[float, ...]


@dataclass(frozen=True)
class TimedOutage:
    """A unit's silence in mission time."""

    device: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class TimedFault:
    """A fault of `sim.faults.catalogue` in mission time; no duration: to the end, or once."""

    target: str
    fault: str
    start_s: float
    duration_s: float | None
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class Plan:
    """What happens when; all times are mission time [s]. `events`: those that the scenario names, and some others."""

    telecommands: tuple[TimedTelecommand, ...]
    outages: tuple[TimedOutage, ...]
    target: Place | None
    events: dict[str, tuple[float, ...]]
    orbit_s: float
    faults: tuple[TimedFault, ...] = ()


def disperse(vehicle: Vehicle, scenario: Scenario, seed: int) -> tuple[Vehicle, Scenario]:
    """Return another flight of the same mission: node (of the TLE), epoch, attitude, rate and wheel speeds drawn.

    Drawn from the scenario's `[dispersions]` with a stream of its own, so that no device's noise shifts.
    """
    d = scenario.dispersions
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(b"dispersions")])))
    quaternion, direction = rng.standard_normal(4), rng.standard_normal(3)
    magnitude = rng.uniform(d.rate_low_radps, d.rate_low_radps if d.rate_high_radps is None else d.rate_high_radps)
    wheels = rng.standard_normal(len(vehicle.wheels)) * d.wheel_speed_sigma_radps + _wheel_speeds(vehicle, scenario)
    node_rad = rng.uniform(-d.node_range_rad, d.node_range_rad)
    epoch_s = rng.uniform(-d.epoch_range_s, d.epoch_range_s)
    initial = dataclasses.replace(scenario.initial, wheel_speed_radps=_floats(wheels))
    if d.attitude:
        initial = dataclasses.replace(initial, q_bi=_floats(quaternion / np.linalg.norm(quaternion)))
    if d.rate_high_radps is not None:
        rate = _floats(magnitude * direction / np.linalg.norm(direction))
        initial = dataclasses.replace(initial, rate_bi_b_radps=rate)
    epoch = datetime.fromisoformat(scenario.epoch_utc) + timedelta(seconds=round(epoch_s))
    lines = turn_node(vehicle.orbit.tle, node_rad)
    return (
        dataclasses.replace(vehicle, orbit=Orbit(tle=lines)),
        dataclasses.replace(scenario, initial=initial, epoch_utc=epoch.isoformat()),
    )


def turn_node(lines: tuple[str, ...], angle_rad: float) -> tuple[str, str]:
    """Return the two lines with the right ascension of the ascending node turned by `angle_rad`."""
    node_deg = round(float(lines[1][17:25]) + math.degrees(angle_rad), 4) % 360.0
    body = f"{lines[1][:17]}{node_deg:8.4f}{lines[1][25:68]}"
    return lines[0], f"{body}{tle.checksum(body)}"


def start_physics(vehicle: Vehicle, scenario: Scenario) -> Physics:
    """Return the truth at separation; raise `SchemaError` when the scenario does not fit the vehicle.

    Of a scenario that was not dispersed, an attitude or rate that is to be drawn is none: inertial axes, at rest.
    """
    speeds = _wheel_speeds(vehicle, scenario)
    physics = Physics(vehicle, scenario.physics)
    environment = Environment(scenario.physics, scenario.epoch_tai_ns)
    try:
        pos_i_m, vel_i_mps = orbit_from_tle(vehicle.orbit.tle, scenario.epoch_tai_ns, environment)
        physics.start(
            scenario.epoch_tai_ns,
            pos_i_m,
            vel_i_mps,
            q_bi=scenario.initial.q_bi or (0.0, 0.0, 0.0, 1.0),
            rate_bi_b_radps=scenario.initial.rate_bi_b_radps or (0.0, 0.0, 0.0),
            wheel_speed_radps=speeds,
        )
    except PhysicsError as error:
        raise defect(scenario.name, "epoch_utc", f"with {scenario.epoch_utc}: {error}") from None
    return physics


def _wheel_speeds(vehicle: Vehicle, scenario: Scenario) -> tuple[float, ...]:
    """Return the initial speed of each wheel; raise `SchemaError` for other wheels than the vehicle has."""
    speeds, where = scenario.initial.wheel_speed_radps or (0.0,) * len(vehicle.wheels), "initial.wheel_speed_radps"
    if len(speeds) != len(vehicle.wheels):
        expected = f"{len(vehicle.wheels)}, one a wheel of {vehicle.name!r}, or none"
        raise defect(scenario.name, where, f"found {len(speeds)} speeds", expected)
    for k, (speed, wheel) in enumerate(zip(speeds, vehicle.wheels, strict=True)):
        limit = wheel.momentum_max_nms / wheel.inertia_kgm2
        if not abs(speed) <= SPEED_MARGIN * limit:
            expected = f"at most {limit:.4g} rad/s, the limit of this wheel of {vehicle.name!r}"
            raise defect(scenario.name, f"{where}[{k}]", f"found {speed:.4g}", expected)
    return speeds


def mission_warnings(vehicle: Vehicle, scenario: Scenario) -> tuple[str, ...]:
    """Return what vehicle and scenario hardly mean together, each in one line."""
    away_d = abs(scenario.epoch_tai_ns - tle.epoch_tai_ns(vehicle.orbit.tle)) / (DAY_S * 1e9)
    if away_d <= TLE_AGE_DAYS:
        return ()
    found = f"found {scenario.epoch_utc}, {away_d:.0f} days from the epoch of the element set of {vehicle.name!r}"
    return (str(defect(scenario.name, "epoch_utc", found, f"at most {TLE_AGE_DAYS:g} days: an older orbit is wrong")),)


def plan(vehicle: Vehicle, scenario: Scenario) -> Plan:
    """Resolve all events of `scenario`; raise `SchemaError` for one that does not happen within the mission."""
    track = _Track(vehicle, scenario)
    events = track.events(_named(scenario))
    target = None
    if scenario.target is not None:
        at_s = _resolve(scenario, events, "target.at_event", scenario.target.at_event) + scenario.target.along_track_s
        _within(scenario, "target.along_track_s", at_s)
        events["target"] = (at_s,)
        target = track.place(at_s, scenario.target.cross_track_km * 1e3, scenario.target.height_m)
    telecommands = []
    for k, t in enumerate(scenario.telecommand):
        time_s = _resolve(scenario, events, f"telecommand[{k}].at", t.at) + t.offset_s
        _within(scenario, f"telecommand[{k}].offset_s", time_s)
        arguments = tuple(target) if t.function == "track_target" and not t.arguments and target else t.arguments
        telecommands.append(TimedTelecommand(time_s, t.function, arguments))
    outages = []
    for k, o in enumerate(scenario.outage):
        start_s = _resolve(scenario, events, f"outage[{k}].at", o.at) + o.start_s
        _within(scenario, f"outage[{k}].start_s", start_s)
        outages.append(TimedOutage(o.device, start_s, start_s + o.duration_s))
    faults = []
    for k, f in enumerate(scenario.fault):
        start_s = _resolve(scenario, events, f"fault[{k}].at", f.at) + f.start_s
        _within(scenario, f"fault[{k}].start_s", start_s)
        unit, units = (f.with_ or {}).get("unit", 0), units_of(f.target, vehicle)
        if unit >= units:
            expected = f"a unit of {vehicle.name!r}, 0 to {units - 1}"
            raise defect(scenario.name, f"fault[{k}].with.unit", f"found {unit:g}", expected)
        faults.append(TimedFault(f.target, f.fault, start_s, f.duration_s, f.with_ or {}))
    telecommands.sort(key=lambda t: t.time_s)
    return Plan(tuple(telecommands), tuple(outages), target, events, track.orbit_s, tuple(faults))


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(v) for v in values)


def _named(scenario: Scenario) -> dict[str, int]:
    """Return the largest number of each kind of numbered event that the scenario refers to."""
    out: dict[str, int] = {}
    events = [t.at for t in scenario.telecommand] + [o.at for o in scenario.outage] + [f.at for f in scenario.fault]
    for event in events if scenario.target is None else [*events, scenario.target.at_event]:
        kind, _, number = event.partition(":")
        if number:
            out[kind] = max(out.get(kind, 0), int(number))
    return out


def _within(scenario: Scenario, where: str, time_s: float) -> None:
    """Raise `SchemaError` for a time outside the mission."""
    for found in time_defects(scenario, where, time_s):
        raise defect(scenario.name, *found)


def _resolve(scenario: Scenario, events: dict[str, tuple[float, ...]], where: str, event: str) -> float:
    """Return the time of an event; raise `SchemaError` when the mission has fewer of its kind."""
    kind, _, number = event.partition(":")
    index = int(number or 1)
    if index > len(events[kind]):
        raise defect(
            scenario.name, where, f"found {event!r}", f"at most {kind}:{len(events[kind])} in {scenario.duration_s:g} s"
        )
    return events[kind][index - 1]


class _Track:
    """The orbit as far into the mission as it is asked for: snapshots every `STRIDE_S`, and the state between them."""

    def __init__(self, vehicle: Vehicle, scenario: Scenario) -> None:
        options = dataclasses.replace(scenario.physics, step_s=1.0, gravity_gradient=False, residual_dipole=False)
        resting = dataclasses.replace(
            scenario.initial, rate_bi_b_radps=(0.0, 0.0, 0.0), wheel_speed_radps=(0.0,) * len(vehicle.wheels)
        )
        self._physics = start_physics(vehicle, dataclasses.replace(scenario, physics=options, initial=resting))
        self._snapshots = [self._physics.snapshot()]
        self._dark, self._north = [_dark(self._physics.truth)], [_north(self._physics.truth)]
        self._found = {"eclipse_entry": 0, "eclipse_exit": 0, "ascending_node": 0}
        self._last = math.ceil(scenario.duration_s / STRIDE_S)
        self.orbit_s = DAY_S / tle.elements(vehicle.orbit.tle).revolutions_per_day

    def _extend(self) -> None:
        """Go on by one stride."""
        self._physics.restore(self._snapshots[-1])
        truth = self._physics.coast(STRIDE_S)
        self._snapshots.append(self._physics.snapshot())
        dark, north = _dark(truth), _north(truth)
        self._found["eclipse_entry"] += dark and not self._dark[-1]
        self._found["eclipse_exit"] += self._dark[-1] and not dark
        self._found["ascending_node"] += north and not self._north[-1]
        self._dark.append(dark)
        self._north.append(north)

    def at(self, time_s: int) -> NDArray[Any]:
        """Return the truth at a whole second; before separation and after the mission the state at its end."""
        index = min(max(time_s // STRIDE_S, 0), self._last)
        while index >= len(self._snapshots):
            self._extend()
        self._physics.restore(self._snapshots[index])
        left = min(max(time_s - index * STRIDE_S, 0), STRIDE_S)
        return self._physics.coast(left) if left else self._physics.truth

    def events(self, named: Mapping[str, int]) -> dict[str, tuple[float, ...]]:
        """Times of events by kind: entry into umbra, exit from it, and ascending nodes (of GCRF's equator).

        At least as many of a kind as `named` says, if the mission has them.
        """
        while len(self._snapshots) <= self._last and any(self._found[kind] < n for kind, n in named.items()):
            self._extend()
        return {
            "separation": (0.0,),
            "eclipse_entry": self._changes(self._dark, _dark, True),
            "eclipse_exit": self._changes(self._dark, _dark, False),
            "ascending_node": self._changes(self._north, _north, True),
        }

    def _changes(self, series: list[bool], condition: Condition, to: bool) -> tuple[float, ...]:
        """Return the first whole second of each change of `condition` to `to`."""
        out = []
        for k in range(1, len(series)):
            if series[k] is to and series[k - 1] is not to:
                seconds = range((k - 1) * STRIDE_S + 1, k * STRIDE_S + 1)
                out.append(float(next(t for t in seconds if condition(self.at(t)) is to)))
        return tuple(out)

    def place(self, time_s: float, right_m: float, height_m: float) -> Place:
        """Return the point abeam of the satellite at `time_s`, `right_m` to the right of the ground track."""
        truth = self.at(round(time_s))
        foot = _itrf(float(truth["latitude_rad"]), float(truth["longitude_rad"]), 0.0)
        right = np.cross(truth["vel_e_mps"], truth["pos_e_m"])
        right /= np.linalg.norm(right)
        radius = float(np.linalg.norm(foot))
        angle = right_m / radius
        latitude, longitude, _ = geodetic_from_itrf(math.cos(angle) * foot + radius * math.sin(angle) * right)
        return Place(latitude, longitude, height_m)


def _dark(truth: NDArray[Any]) -> bool:
    return float(truth["sunlit"]) == 0.0


def _north(truth: NDArray[Any]) -> bool:
    return float(truth["pos_i_m"][2]) >= 0.0


def _itrf(latitude_rad: float, longitude_rad: float, height_m: float) -> Array:
    """Return the ITRF position of a WGS84 place."""
    a, f = 6378137.0, 1.0 / 298.257223563
    e2, s = f * (2.0 - f), math.sin(latitude_rad)
    n = a / math.sqrt(1.0 - e2 * s * s)
    horizontal = (n + height_m) * math.cos(latitude_rad)
    return np.array([horizontal * math.cos(longitude_rad), horizontal * math.sin(longitude_rad),
                     (n * (1.0 - e2) + height_m) * s])  # fmt: skip
