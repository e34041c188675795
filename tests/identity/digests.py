"""Digests of flights, parameter by parameter: they show that a change of the code changed nothing that flies.

A flight is reduced to one short digest of the whole series of each parameter of the pool (platform sections left out),
of each field of the truth, and of the octets on each link. Names may change: `renamed.toml` says which, and which
parameters are new, gone or meant to differ.
"""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsw.core.pool import Pool
from ground.link.segment import GroundSegment
from ground.worlds.worlds import open_boards
from hal.collector import collector_paused
from hal.octets import RADIO, Direction
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario

FOLDER = Path(__file__).parent
FLOWN = FOLDER / "flown.json"
RENAMED = FOLDER / "renamed.toml"
BLOCK = 600  # ticks that are hashed at once
DIGITS = 8  # of a digest, in hexadecimal
LINKS = ("buses", "uplink", "downlink")
Digests = dict[str, str]


@dataclass(frozen=True)
class Flight:
    """One flight that is compared; `ticks` is its length."""

    name: str
    scenario: str
    seed: int
    ticks: int
    world: str = "sim"


SHORT = (Flight("modes", "modes", 1, 6000), Flight("faults-short", "faults", 1, 1200))
LONG = (
    *(Flight(f"reference-{seed}", "reference", seed, 170_400) for seed in range(1, 11)),
    Flight("nadir", "nadir", 1, 57_000),
    Flight("faults", "faults", 1, 12_000),
    Flight("modes-qemu", "modes", 1, 6000, "qemu"),
)
FLIGHTS = {flight.name: flight for flight in (*SHORT, *LONG)}


class Series:
    """Hashes of fields of one block of memory, tick by tick."""

    def __init__(self, memory: np.ndarray[Any, Any], fields: Mapping[str, np.ndarray[Any, Any]]) -> None:
        base = memory.ctypes.data
        self._memory = memory
        self._fields = {name: (v.ctypes.data - base, v.dtype, v.shape, v.strides) for name, v in fields.items()}
        self._hashes = {name: hashlib.blake2b(digest_size=DIGITS // 2) for name in fields}
        self._block = np.zeros((BLOCK, memory.size), np.uint8)
        self._filled = 0

    def tick(self) -> None:
        """Take the memory as it is now."""
        self._block[self._filled] = self._memory
        self._filled += 1
        if self._filled == BLOCK:
            self._drain()

    def _drain(self) -> None:
        for name, (at, dtype, shape, strides) in self._fields.items():
            series = np.ndarray((self._filled, *shape), dtype, self._block.data, at, (self._block.strides[0], *strides))
            self._hashes[name].update(series.tobytes())
        self._filled = 0

    def digests(self) -> Digests:
        """Return the digest of each field so far."""
        if self._filled:
            self._drain()
        return {name: h.hexdigest() for name, h in self._hashes.items()}


def fly(flight: Flight) -> Digests:
    """Fly and return the digests of everything that is compared."""
    vehicle, scenario = load_vehicle(), load_scenario(flight.scenario)
    with open_boards(flight.world, vehicle) as boards:
        mission = Mission(vehicle, scenario, GroundSegment, seed=flight.seed, boards=boards)
        series = list(_watched(mission))
        links = {name: hashlib.blake2b(digest_size=DIGITS // 2) for name in LINKS}
        with collector_paused():
            for _ in range(flight.ticks):
                mission.advance(1.0 / vehicle.rates.base_hz)
                for part in series:
                    part.tick()
                _hash_links(mission, links)
        mission.close()
    out = {name: digest for part in series for name, digest in part.digests().items()}
    return out | {f"octets.{name}": h.hexdigest() for name, h in links.items()}


def _watched(mission: Mission) -> Iterator[Series]:
    pool = mission.flight.pool
    yield Series(pool.memory[: pool.image_size], flown_parameters(pool))
    arrays = {"truth": mission.world.truth}
    arrays |= {f"device_truth.{name}": array for name, array in mission.world.device_truth.items()}
    for name, array in arrays.items():
        yield Series(
            _octets(array), {f"{name}.{f}": as_before(f"{name}.{f}", array[f]) for f in array.dtype.names or ()}
        )


def flown_parameters(pool: Pool) -> dict[str, np.ndarray[Any, Any]]:
    """Return the views of all parameters that are not in platform sections."""
    return {p.name: as_before(p.name, pool.view(p.name)) for p in pool.parameters() if not p.section.platform}


def as_before(name: str, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the part of an array that it had in the flights that are recorded."""
    before = longer().get(name)
    return values if before is None else values[:before]


@lru_cache(maxsize=1)
def longer() -> dict[str, int]:
    """Return the arrays that are longer today, with how long they were."""
    return dict(tomllib.loads(RENAMED.read_text("utf-8"))["longer"])


def _octets(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.ndarray((array.dtype.itemsize,), np.uint8, array.data if array.shape else memoryview(array))


def _hash_links(mission: Mission, links: Mapping[str, Any]) -> None:
    for link, direction, octets in mission.flight.exchange.octets:
        radio = "uplink" if direction in (Direction.IN, Direction.IN_FAILED) else "downlink"
        links[radio if link == RADIO else "buses"].update(bytes((link, direction)) + octets)


# ---------------------------------------------------------------- what was flown, and what differs by declaration


def fingerprint() -> str:
    """Return a digest of this host's mathematical functions: their last bits depend on library and processor."""
    points = np.linspace(0.01, 7.0, 4001).tolist()
    functions = (math.sin, math.cos, math.atan, math.exp, math.log, math.sqrt, math.cbrt)
    values = [f(x) for f in functions for x in points] + [math.atan2(x, 1.7) + math.pow(x, 0.31) for x in points]
    return hashlib.blake2b(np.array(values).tobytes(), digest_size=8).hexdigest()


def recorded() -> dict[str, Any]:
    """Return what is committed: the fingerprint of the host, and the digests by flight and name."""
    table: dict[str, Any] = json.loads(FLOWN.read_text("utf-8"))
    flights = {name: dict(zip(table["names"], text.split(), strict=True)) for name, text in table["flights"].items()}
    return {"fingerprint": table["fingerprint"], "flights": flights}


def record(flights: Mapping[str, Digests]) -> None:
    """Write the digests of all flights to the committed file."""
    names = sorted(next(iter(flights.values())))
    table = {
        "fingerprint": fingerprint(),
        "names": names,
        "flights": {name: " ".join(digests[n] for n in names) for name, digests in flights.items()},
    }
    FLOWN.write_text(json.dumps(table, indent=0) + "\n", "utf-8")


def differences(flight: str, today: Digests) -> list[str]:
    """Return a line for each parameter whose series is not as recorded, or which is there on one side only."""
    before = recorded()["flights"][flight]
    declared = tomllib.loads(RENAMED.read_text("utf-8"))
    renamed, excepted = declared["renamed"], declared["differ"]
    lines, seen = [], set()
    for old, digest in before.items():
        new = renamed.get(old, old)
        seen.add(new)
        if old in excepted:
            continue
        if new not in today:
            lines.append(f"{old}: gone")
        elif today[new] != digest:
            lines.append(f"{new}: another series")
    lines += [f"{name}: new" for name in today if name not in seen and name not in declared["new"]]
    return lines


def check(flight: Flight) -> None:
    """Assert that a flight is as recorded; skip on a host whose mathematical functions differ."""
    if recorded()["fingerprint"] != fingerprint():
        pytest.skip("this host's mathematical functions have other last bits: python -m tests.identity --record")
    found = differences(flight.name, fly(flight))
    assert not found, "\n".join(found)
