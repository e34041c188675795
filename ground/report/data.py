"""Time series of a recorded flight, thinned for plotting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fsw.core.registry import flight_sections
from fsw.core.section import leaves
from fsw.recorder.format import RecordingError
from ground.recordings.reader import RecordingReader
from sim.physics.records import TruthRecord

POINTS = 6000
POWER = "samples.power."
SHIPPED_POWER: dict[str, Any] = {"kind": "power", "name": "power"}
Array = NDArray[np.float64]
SHAPES = {  # of what a flight of today records
    leaf.name: leaf.shape
    for record, name in ((TruthRecord, "truth"), *((section, "") for section in flight_sections()))
    for leaf in leaves(record, name)
}


class Limit(NamedTuple):
    """The limit of a requirement on a measure."""

    measure: str
    requirement: str  # id
    value: float


@dataclass
class Flight:
    """Lazy access to the series of one recording, all on one time base in minutes.

    `limits`: of the requirements that it was judged by; plots draw those on what they show.
    """

    path: Path
    limits: Sequence[Limit] = ()
    _reader: RecordingReader = field(init=False)
    _cache: dict[str, Array] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._reader = RecordingReader(self.path)
        # Whole seconds, because the truth is recorded once a second.
        second = self._reader.base_hz
        self.every = max(1, round(self._reader.ticks / POINTS / second)) * second
        self._t_s: Array = np.empty(0)

    def load(self, names: tuple[str, ...]) -> None:
        """Read all series that the report wants in one pass.

        Samples of the power system are asked for as `samples.power`, whatever the vehicle calls it; of one that is not
        there they are no numbers, which draw nothing.
        """
        power = next((d["name"] for d in self._devices if d.get("kind") == "power"), None)
        named = {name: name.replace(POWER, f"samples.{power}.") for name in names}
        absent = [name for name in names if power is None and name.startswith(POWER)]
        names = tuple(named[name] for name in names if name not in absent)
        for name in names:
            found, expected = self._reader.parameter(name), SHAPES.get(name)
            if expected is not None and found.shape != expected:
                raise RecordingError(f"{self.path}: {name}: found shape {found.shape}, expected {expected}")
        self._t_s, found_series = self._reader.many(names, every=self.every)
        if not len(self._t_s):
            raise RecordingError(f"{self.path}: no whole second in it")
        self._cache = {name: found_series[own] for name, own in named.items() if name not in absent}
        self._cache |= {name: np.full(len(self._t_s), np.nan) for name in absent}

    @property
    def _devices(self) -> list[dict[str, Any]]:
        """The devices of the vehicle that flew; of the reference vehicle where the recording does not say."""
        flight = self._reader.meta.get("flight") if isinstance(self._reader.meta, dict) else None
        vehicle = flight.get("vehicle") if isinstance(flight, dict) else None
        devices = vehicle.get("device") if isinstance(vehicle, dict) else None
        return [d for d in devices if isinstance(d, dict)] if isinstance(devices, list) else [SHIPPED_POWER]

    @property
    def tai_offset_ns(self) -> int:
        """TAI since 2000-01-01T12:00:00 TAI at mission time 0; raise `RecordingError` when it was not recorded."""
        flight = self._reader.meta.get("flight")
        offset_ns = flight.get("tai_offset_ns") if isinstance(flight, dict) else None
        if type(offset_ns) is not int or not -(2**62) <= offset_ns <= 2**62:
            found = str(offset_ns)[:40]
            raise RecordingError(f"{self.path}: found {found} for TAI at mission time 0, expected an integer")
        return offset_ns

    @property
    def meta(self) -> dict[str, Any]:
        """What the recording says of the flight: vehicle, scenario, seed and flight's arguments."""
        return self._reader.meta

    @property
    def wheels(self) -> int:
        """Wheels of the vehicle that flew."""
        devices = self.meta["flight"]["vehicle"]["device"]
        return sum(len(device["unit"]) for device in devices if device["kind"] == "reaction_wheels")

    @property
    def wheel_speeds(self) -> Array:
        """True spin rates of its wheels (N, wheels) [rad/s]."""
        return self["truth.wheel_speed_radps"][:, : self.wheels]

    @property
    def step_s(self) -> float:
        """Time between two samples [s]."""
        return self.every / self._reader.base_hz

    def __contains__(self, name: object) -> bool:
        return name in self._reader.parameters

    @property
    def minutes(self) -> Array:
        """Mission time of the samples [min]."""
        return self._t_s / 60.0

    @property
    def end_minutes(self) -> float:
        """Right end of a time axis [min]: never its left one, also for a flight of one sample."""
        return max(float(self.minutes[-1]), 1.0 / 60.0)

    def __getitem__(self, name: str) -> Array:
        """Series by parameter name, first axis is time."""
        return self._cache[name]

    def spans(self, condition: NDArray[np.bool_]) -> list[tuple[float, float]]:
        """Intervals [min] in which `condition` holds."""
        edges = np.flatnonzero(np.diff(np.concatenate(([0], condition.astype(np.int8), [0]))))
        t = np.append(self.minutes, self.minutes[-1])
        return [(float(t[a]), float(t[b])) for a, b in edges.reshape(-1, 2)]


def quaternion_angle_deg(a: Array, b: Array) -> Array:
    """Total angle between two attitude histories (N, 4) [deg]."""
    angle: Array = np.degrees(2.0 * np.arcsin(np.clip(np.linalg.norm(error_vector(a, b), axis=1) / 2.0, 0.0, 1.0)))
    return angle


def error_vector(a: Array, b: Array) -> Array:
    """Body-axes vector part, doubled, of a relative to b, sign chosen for the short way (N, 3) [rad]."""
    av, aw, bv, bw = a[:, :3], a[:, 3:], b[:, :3], b[:, 3:]
    vector = bw * av - aw * bv + np.cross(av, bv)
    scalar = np.sum(a * b, axis=1, keepdims=True)
    return 2.0 * vector * np.where(scalar < 0.0, -1.0, 1.0)


def lvlh_axes(r: Array, v: Array) -> Array:
    """Rows of C_oi (N, 3, 3) from GCRF position and velocity (N, 3)."""
    z = -r / np.linalg.norm(r, axis=1, keepdims=True)
    y = -np.cross(r, v)
    y /= np.linalg.norm(y, axis=1, keepdims=True)
    return np.stack([np.cross(y, z), y, z], axis=1)


def rotate(q: Array, v: Array) -> Array:
    """C(q) v for histories (N, 4) and (N, 3)."""
    t = 2.0 * np.cross(q[:, :3], v)
    return v - q[:, 3:] * t + np.cross(q[:, :3], t)


def nadir_angle_deg(q_bi: Array, r: Array, v: Array) -> Array:
    """Rotation angle between body and LVLH [deg]."""
    axes = lvlh_axes(r, v)
    chords = sum(np.sum((rotate(q_bi, axes[:, i]) - np.eye(3)[i]) ** 2, axis=1) for i in range(3))
    angle: Array = np.degrees(2.0 * np.arcsin(np.clip(np.sqrt(chords / 8.0), 0.0, 1.0)))
    return angle
