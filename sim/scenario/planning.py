"""Makes one flight of a scenario: draws initial conditions, and turns orbit events into mission time.

The plan comes from a propagation of the truth's orbit of its own (`sim.scenario.track`).
"""

from __future__ import annotations

import dataclasses
import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hal import tle
from hal.leap_seconds import DAY_S
from hal.schema import Defect, defect
from hal.vehicle.vehicle import Orbit, Vehicle
from sim.physics.options import PhysicsOptions
from sim.physics.orbit import sgp4_error
from sim.physics.vectors import norm
from sim.requirements.judge import unmatched_patterns
from sim.scenario.fit import fit_defects
from sim.scenario.rules import time_defects
from sim.scenario.scenario import Scenario
from sim.scenario.track import TLE_AGE_DAYS, Place, Track, drag_defect, wheel_speeds

ORBIT_LOOKS = 16  # at the orbit of SGP4, over the mission
Array = NDArray[np.float64]


@dataclass(frozen=True)
class TimedTelecommand:
    """A telecommand with its time of release."""

    time_s: float
    function: str
    arguments: tuple[float, ...]


@dataclass(frozen=True)
class TimedOutage:
    """An outage of a unit in mission time."""

    device: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class TimedFault:
    """A fault of `sim.faults.catalogue` in mission time; without a duration it lasts to the end, or happens once."""

    target: str
    fault: str
    start_s: float
    duration_s: float | None
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class Plan:
    """What happens when; all times are mission time [s]. `events`: those that the scenario names, and some others.

    `tick_s`: of flight and ground, which do what is planned in their next tick.
    """

    telecommands: tuple[TimedTelecommand, ...]
    outages: tuple[TimedOutage, ...]
    target: Place | None
    events: dict[str, tuple[float, ...]]
    orbit_s: float
    faults: tuple[TimedFault, ...] = ()
    tick_s: float = field(kw_only=True)


def disperse(vehicle: Vehicle, scenario: Scenario, seed: int) -> tuple[Vehicle, Scenario]:
    """Return another flight of the same mission: node (of the TLE), epoch, attitude, rate and wheel speeds drawn.

    Drawn from the scenario's `[dispersions]` with a stream of its own, so that no device's noise shifts.
    """
    d = scenario.dispersions
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(b"dispersions")])))
    quaternion, direction = rng.standard_normal(4), rng.standard_normal(3)
    magnitude = rng.uniform(d.rate_low_radps, d.rate_low_radps if d.rate_high_radps is None else d.rate_high_radps)
    wheels = rng.standard_normal(len(vehicle.units("reaction_wheels"))) * d.wheel_speed_sigma_radps
    wheels += wheel_speeds(vehicle, scenario)
    node_rad = rng.uniform(-d.node_range_rad, d.node_range_rad)
    epoch_s = rng.uniform(-d.epoch_range_s, d.epoch_range_s)
    initial = dataclasses.replace(scenario.initial, wheel_speed_radps=_floats(wheels))
    if d.attitude:
        initial = dataclasses.replace(initial, q_bi=_floats(quaternion / norm(quaternion)))
    if d.rate_high_radps is not None:
        rate = _floats(magnitude * direction / norm(direction))
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


def mission_warnings(vehicle: Vehicle, scenario: Scenario) -> tuple[str, ...]:
    """Return doubts about a vehicle together with a scenario, a line each."""
    lines = [str(defect(scenario.file, *found)) for found in _warnings(vehicle, scenario)]
    return tuple(lines + [str(defect(vehicle.file, *found)) for found in _orbit_warnings(vehicle, scenario)])


def _orbit_warnings(vehicle: Vehicle, scenario: Scenario) -> Iterator[Defect]:
    """Yield a doubt when SGP4, which flight uses without GNSS, loses the orbit before the end of the mission."""
    for k in range(ORBIT_LOOKS + 1):
        t_s = scenario.duration_s * k / ORBIT_LOOKS
        found = sgp4_error(vehicle.orbit.tle, scenario.epoch_tai_ns + round(t_s * 1e9))
        if found:
            yield drag_defect(vehicle, found, f"{t_s / DAY_S:.3g} days of mission time")
            return


def _warnings(vehicle: Vehicle, scenario: Scenario) -> Iterator[Defect]:
    """Yield doubts about values that the truth or the devices of the vehicle can hardly follow."""
    yield from unmatched_patterns(vehicle, scenario)
    away_d = abs(scenario.epoch_tai_ns - tle.epoch_tai_ns(vehicle.orbit.tle)) / (DAY_S * 1e9)
    if not away_d <= TLE_AGE_DAYS:
        found = f"found {scenario.epoch_utc}, {away_d:.0f} days from the epoch of the element set of {vehicle.name!r}"
        yield Defect("epoch_utc", found, f"at most {TLE_AGE_DAYS:g} days: an older orbit is wrong")
    step_s, cycle_s = scenario.physics.step_s, vehicle.boards.adcs.period_ms * 1e-3
    if step_s > cycle_s and step_s != PhysicsOptions.step_s:
        expected = f"at most {cycle_s:g}, a cycle of the ADCS board of {vehicle.name!r}: no step goes beyond its end"
        yield Defect("physics.step_s", f"found {step_s:g}", expected)
    largest, d = vehicle.value("gyro.range_radps"), scenario.dispersions
    largest = math.inf if largest is None else largest
    rates = {"dispersions.rate_low_radps": d.rate_low_radps, "dispersions.rate_high_radps": d.rate_high_radps or 0.0}
    if d.rate_high_radps is None:
        rates["initial.rate_bi_b_radps"] = max(map(abs, scenario.initial.rate_bi_b_radps or (0.0,)))
    for where, rate in rates.items():
        if rate > largest:
            expected = f"at most {largest:g}, the range of the gyro of {vehicle.name!r}: it does not measure more"
            yield Defect(where, f"found {rate:g} rad/s", expected)


def plan(vehicle: Vehicle, scenario: Scenario) -> Plan:
    """Resolve all events of `scenario`; raise `SchemaError` for one that does not happen within the mission.

    Dispersions of orbit and epoch move the events of the orbit by up to a revolution. What they move past the end, and
    what another draw may have before it, is planned and does not happen in this flight.
    """
    for found in fit_defects(vehicle, scenario):
        raise defect(scenario.file, *found)
    track = Track(vehicle, scenario)
    events = track.events(_named(scenario))
    late_s = partial(_late_s, scenario, events, track.orbit_s)
    target = None
    if scenario.target is not None:
        at_s = _resolve(scenario, events, "target.at_event", scenario.target.at_event) + scenario.target.along_track_s
        _within(scenario, "target.along_track_s", at_s, late_s(scenario.target.at_event))
        events["target"] = (at_s,)
        target = track.place(at_s, scenario.target.cross_track_km * 1e3, scenario.target.height_m)
    telecommands = []
    for k, t in enumerate(scenario.telecommand):
        time_s = _resolve(scenario, events, f"telecommand[{k}].at", t.at) + t.offset_s
        _within(scenario, f"telecommand[{k}].offset_s", time_s, late_s(t.at))
        arguments = tuple(target) if t.function == "track_target" and not t.arguments and target else t.arguments
        telecommands.append(TimedTelecommand(time_s, t.function, arguments))
    outages = []
    for k, o in enumerate(scenario.outage):
        start_s = _resolve(scenario, events, f"outage[{k}].at", o.at) + o.start_s
        _within(scenario, f"outage[{k}].start_s", start_s, late_s(o.at))
        _lasts(vehicle, scenario, f"outage[{k}].duration_s", o.duration_s)
        outages.append(TimedOutage(o.device, start_s, start_s + o.duration_s))
    faults = []
    for k, f in enumerate(scenario.fault):
        start_s = _resolve(scenario, events, f"fault[{k}].at", f.at) + f.start_s
        _within(scenario, f"fault[{k}].start_s", start_s, late_s(f.at))
        _lasts(vehicle, scenario, f"fault[{k}].duration_s", f.duration_s)
        faults.append(TimedFault(f.target, f.fault, start_s, f.duration_s, f.with_ or {}))
    telecommands.sort(key=lambda t: t.time_s)
    return Plan(
        tuple(telecommands), tuple(outages), target, events, track.orbit_s, tuple(faults),
        tick_s=1.0 / vehicle.rates.base_hz,
    )  # fmt: skip


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


def _within(scenario: Scenario, where: str, time_s: float, late_s: float) -> None:
    """Raise `SchemaError` for a time outside the mission, also if this draw has it `late_s` late."""
    for found in time_defects(scenario, where, time_s, late_s):
        raise defect(scenario.file, *found)


def _lasts(vehicle: Vehicle, scenario: Scenario, where: str, duration_s: float | None) -> None:
    """Raise `SchemaError` for an outage or fault that begins and ends between two ticks and so has no effect."""
    tick_s = 1.0 / vehicle.rates.base_hz
    if duration_s is not None and duration_s < tick_s:
        raise defect(scenario.file, where, f"found {duration_s:g} s", f"at least a tick, {tick_s:g} s")


def _late_s(scenario: Scenario, events: dict[str, tuple[float, ...]], orbit_s: float, event: str) -> float:
    """Return how much earlier another draw of the dispersions may have an event."""
    drawn = scenario.dispersions.node_range_rad > 0.0 or scenario.dispersions.epoch_range_s > 0.0
    if event == "target" and scenario.target is not None:
        event = scenario.target.at_event
    kind, _, number = event.partition(":")
    return events[kind][int(number) - 1] - (int(number) - 1) * orbit_s if drawn and number else 0.0


def _resolve(scenario: Scenario, events: dict[str, tuple[float, ...]], where: str, event: str) -> float:
    """Return the time of an event; raise `SchemaError` when the mission has fewer of its kind."""
    kind, _, number = event.partition(":")
    index = int(number or 1)
    if kind not in events:
        raise defect(scenario.file, where, f"found {event!r}", "a [target] table, or another event")
    if index > len(events[kind]):
        there = f"at most {kind}:{len(events[kind])}" if events[kind] else f"another event: there is no {kind}"
        raise defect(scenario.file, where, f"found {event!r}", f"{there} in {scenario.duration_s:g} s")
    return events[kind][index - 1]
