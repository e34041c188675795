"""The true orbit before the flight: state at separation, times of orbit events, and places below the orbit.

It is propagated with the body at rest and the loads of attitude left out; the flight's own drag moves it by metres.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hal import tle
from hal.devices.reaction_wheels.kind import SPEED_MARGIN
from hal.leap_seconds import DAY_S
from hal.schema import Defect, defect
from hal.vehicle.vehicle import Vehicle
from sim.physics.constants import FLATTENING, RADIUS_EARTH_M
from sim.physics.environment import Environment, geodetic_from_itrf
from sim.physics.options import PhysicsError
from sim.physics.orbit import orbit_from_tle, sgp4_error
from sim.physics.physics import Physics
from sim.physics.vectors import norm
from sim.scenario.scenario import Scenario

STRIDE_S = 10
TLE_AGE_DAYS = 30.0  # an older element set is that of another orbit
Array = NDArray[np.float64]
Condition = Callable[[NDArray[Any]], bool]


class Place(NamedTuple):
    """A point on the ground: geodetic latitude and longitude [rad], height over the ellipsoid [m]."""

    latitude_rad: float
    longitude_rad: float
    height_m: float


def start_physics(vehicle: Vehicle, scenario: Scenario, environment: Environment | None = None) -> Physics:
    """Return the truth at separation; raise `SchemaError` when the scenario does not fit the vehicle.

    `environment` is the universe's, if there is one.

    Of a scenario that was not dispersed, an attitude or rate that is to be drawn is none: inertial axes, at rest.
    """
    speeds = wheel_speeds(vehicle, scenario)
    require_orbit(vehicle, scenario)
    environment = environment or Environment(scenario.physics, scenario.epoch_tai_ns)
    physics = Physics(vehicle, scenario.physics, environment)
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
        raise defect(scenario.file, "epoch_utc", f"with {scenario.epoch_utc}: {error}") from None
    return physics


def require_orbit(vehicle: Vehicle, scenario: Scenario) -> None:
    """Raise `SchemaError` when SGP4 has no orbit at separation: the epoch is far away, or the drag term is wrong."""
    found = sgp4_error(vehicle.orbit.tle, scenario.epoch_tai_ns)
    if not found:
        return
    away_d = abs(scenario.epoch_tai_ns - tle.epoch_tai_ns(vehicle.orbit.tle)) / (DAY_S * 1e9)
    if away_d > TLE_AGE_DAYS:
        words = f"with {scenario.epoch_utc}, {away_d:.0f} days from the element set: SGP4 found {found!r}"
        raise defect(scenario.file, "epoch_utc", words, "an orbit that has not decayed: use newer lines")
    raise defect(vehicle.file, *drag_defect(vehicle, found, scenario.epoch_utc))


def drag_defect(vehicle: Vehicle, found: str, when: str) -> Defect:
    """Return the defect of an element set with which SGP4 loses the orbit."""
    drag = tle.elements(vehicle.orbit.tle).drag
    words = f"SGP4 found {found!r} at {when} with {drag:g} in columns 54 to 61 (drag term B*)"
    return Defect("orbit.tle[0]", words, "a drag term with which the orbit lasts")


def wheel_speeds(vehicle: Vehicle, scenario: Scenario) -> tuple[float, ...]:
    """Return the initial speed of each wheel; raise `SchemaError` for other wheels than the vehicle has."""
    wheels, where = vehicle.units("reaction_wheels"), "initial.wheel_speed_radps"
    speeds = scenario.initial.wheel_speed_radps or (0.0,) * len(wheels)
    if len(speeds) != len(wheels):
        expected = f"{len(wheels)}, one a wheel of {vehicle.name!r}, or none"
        raise defect(scenario.file, where, f"found {len(speeds)} speeds", expected)
    for k, (speed, wheel) in enumerate(zip(speeds, wheels, strict=True)):
        limit = wheel.momentum_max_nms / wheel.inertia_kgm2
        if not abs(speed) <= SPEED_MARGIN * limit:
            expected = f"at most {limit:.4g} rad/s, the limit of this wheel of {vehicle.name!r}"
            raise defect(scenario.file, f"{where}[{k}]", f"found {speed:.4g}", expected)
    return speeds


class Track:
    """The true orbit, computed as far as it is needed: snapshots every `STRIDE_S`, and the states between them."""

    def __init__(self, vehicle: Vehicle, scenario: Scenario) -> None:
        options = dataclasses.replace(scenario.physics, step_s=1.0, gravity_gradient=False, residual_dipole=False)
        resting = dataclasses.replace(
            scenario.initial,
            rate_bi_b_radps=(0.0, 0.0, 0.0),
            wheel_speed_radps=(0.0,) * len(vehicle.units("reaction_wheels")),
        )
        self._physics = start_physics(vehicle, dataclasses.replace(scenario, physics=options, initial=resting))
        self._snapshots = [self._physics.snapshot()]
        self._dark, self._north = [_dark(self._physics.truth)], [_north(self._physics.truth)]
        self._found = {"eclipse_entry": 0, "eclipse_exit": 0, "ascending_node": 0}
        self._last = math.ceil(scenario.duration_s / STRIDE_S)
        self.orbit_s = DAY_S / tle.elements(vehicle.orbit.tle).revolutions_per_day

    def _extend(self) -> None:
        """Compute one stride more."""
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
        """Return the truth at a whole second; the first state before the start, the last after the end."""
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
        right /= norm(right)
        radius = norm(foot)
        angle = right_m / radius
        latitude, longitude, _ = geodetic_from_itrf(math.cos(angle) * foot + radius * math.sin(angle) * right)
        return Place(latitude, longitude, height_m)


def _dark(truth: NDArray[Any]) -> bool:
    return float(truth["sunlit"]) == 0.0


def _north(truth: NDArray[Any]) -> bool:
    return float(truth["pos_i_m"][2]) >= 0.0


def _itrf(latitude_rad: float, longitude_rad: float, height_m: float) -> Array:
    """Return the ITRF position of a WGS84 place."""
    a, f = RADIUS_EARTH_M, FLATTENING
    e2, s = f * (2.0 - f), math.sin(latitude_rad)
    n = a / math.sqrt(1.0 - e2 * s * s)
    horizontal = (n + height_m) * math.cos(latitude_rad)
    return np.array([horizontal * math.cos(longitude_rad), horizontal * math.sin(longitude_rad),
                     (n * (1.0 - e2) + height_m) * s])  # fmt: skip
