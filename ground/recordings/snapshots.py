"""Snapshots of a flight beside its recording, from which another flight can go on (`smartsat fly --from`).

A file has `MAGIC`, the length of a header (u4) and the header as JSON: vehicle, scenario, seed and build. Then each
snapshot: its tick (u8), the length (u4) and the CRC-32 (u4) of what follows, the mission's state (`hal.saved`),
compressed with zlib. Little-endian. A file that was cut short ends with its last whole snapshot.

States hold memory of compiled modules, so that only the same build takes them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ground.common.run_folder import RECORDING, SNAPSHOTS
from hal import json_text
from hal.errors import InputError
from hal.files import Stream, open_regular
from hal.saved import SavedError, State, pack, unpack
from hal.schema import SchemaError, to_table
from hal.vehicle.load import vehicle_from_table
from hal.vehicle.vehicle import Vehicle
from sim.mission import Mission
from sim.scenario.satellites import Flown
from sim.scenario.scenario import Fault, Scenario, scenario_from_table

MAGIC = b"smartsat snapshots 1\n"
LARGEST = 1 << 28  # octets of one state
COMPILED = (
    "ccsds._tm_extract", "ccsds._tm_order", "ccsds._tm_receive", "firmware_bindings._host", "hal._packet",
    "sim.devices._device", "sim.devices._model", "sim.physics._physics", "sim.requirements._domain",
    "sim.requirements._judge", "sim.requirements._measures", "sim.spacecraft._spacecraft",
)  # fmt: skip
_U4, _ENTRY = struct.Struct("<I"), struct.Struct("<QII")


class SnapshotError(InputError, ValueError):
    """Snapshots that a flight cannot go on from; the message is one line."""


class SnapshotWriter:
    """Writes the snapshots of one flight into its run folder."""

    def __init__(self, folder: Path, flown: Flown, mission: Mission) -> None:
        self.stream = Stream(folder / SNAPSHOTS)
        tables = {"vehicle": to_table(flown.vehicle), "scenario": to_table(flown.scenario)}
        header = json_text.dumps(tables | {"seed": flown.seed, "build": build_of(mission)}).encode()
        self.stream.write(MAGIC + _U4.pack(len(header)) + header)
        self.stream.flush()

    def take(self, mission: Mission) -> None:
        """Write what `mission` is now; raise `SavedError` for one that cannot be saved."""
        state = mission.save()
        octets = zlib.compress(pack(state), 1)
        self.stream.write(_ENTRY.pack(state["flown"], len(octets), zlib.crc32(octets)) + octets)
        self.stream.flush()


class Snapshot(NamedTuple):
    """What a flight goes on from."""

    vehicle: Vehicle
    scenario: Scenario
    seed: int
    build: str
    t_s: float  # mission time flown
    state: State


def build_of(mission: Mission) -> str:
    """Return a digest of the compiled modules whose memory a state of `mission` holds."""
    modules = {type(device).__module__ for device in mission.world.devices.values()} | set(COMPILED)
    files = [Path(str(importlib.import_module(name).__file__)) for name in sorted(modules)]
    digest = hashlib.sha256()
    for file in files:
        if file.suffix != ".py":
            digest.update(file.read_bytes())
    return digest.hexdigest()


def load_snapshot(recording: Path, at_s: float | None) -> Snapshot:
    """Return the last snapshot at or before mission time `at_s` [s], the last of all for None.

    `recording` is a recording or its run folder. Raises `SnapshotError` with one line.
    """
    folder = recording if recording.is_dir() else recording.parent
    path = folder / SNAPSHOTS
    if not recording.is_dir() and recording.name not in {RECORDING, SNAPSHOTS}:
        raise SnapshotError(f"{recording}: expected {RECORDING} of a run folder, or the folder")
    try:
        with open_regular(path) as file:
            return _read(file, path.name, at_s)
    except FileNotFoundError:
        raise SnapshotError(f"{folder}: holds no snapshots; fly with --snapshots PERIOD_S to have some") from None
    except OSError as error:
        raise SnapshotError(f"{path}: cannot be read: {error.strerror}") from None


def forked(snapshot: Snapshot, faults: Iterable[Fault]) -> Scenario:
    """Return the scenario of a flight that goes on from `snapshot`, with more faults, from then on.

    A fault without a time begins at once. Raises `SnapshotError` for one that would begin before.
    """
    more = []
    for fault in faults:
        if fault.at == "separation" and not fault.start_s:
            fault = dataclasses.replace(fault, start_s=snapshot.t_s)  # noqa: PLW2901
        if fault.at == "separation" and fault.start_s < snapshot.t_s:
            found = f"found start_s={fault.start_s:g}, the flight goes on from {snapshot.t_s:g} s"
            raise SnapshotError(f"--fault {fault.target} {fault.fault}: {found}")
        more.append(fault)
    return dataclasses.replace(snapshot.scenario, fault=(*snapshot.scenario.fault, *more))


def _read(file: Any, name: str, at_s: float | None) -> Snapshot:  # noqa: ANN401 - a binary file
    """Read the header and the wanted snapshot."""
    if file.read(len(MAGIC)) != MAGIC:
        raise SnapshotError(f"{name}: holds no snapshots of this version")
    header = file.read(*_U4.unpack(file.read(4).ljust(4, b"\0")))
    try:
        table = json_text.loads(header.decode("utf-8"))
        vehicle, seed, build = vehicle_from_table(table["vehicle"], name), table["seed"], str(table["build"])
        scenario = scenario_from_table(table["scenario"], name)
    except (ValueError, KeyError, TypeError) as error:
        why = error if isinstance(error, SchemaError) else "damaged"
        raise SnapshotError(f"{name}: its header does not describe a flight: {why}") from None
    if type(seed) is not int or seed < 0:
        raise SnapshotError(f"{name}: found seed {seed!r}, expected a whole number")
    base_hz, found, first_s = vehicle.rates.base_hz, None, 0.0
    while len(head := file.read(_ENTRY.size)) == _ENTRY.size:
        tick, size, crc = _ENTRY.unpack(head)
        octets = file.read(size) if size <= LARGEST else b""
        if len(octets) != size or zlib.crc32(octets) != crc:
            break  # cut short here
        first_s = first_s or tick / base_hz
        if at_s is not None and tick > at_s * base_hz + 1e-6:
            break
        found = tick, octets
    if found is None:
        words = f"its first is at {first_s:g} s, found --at {at_s:g}" if first_s and at_s is not None else "none in it"
        raise SnapshotError(f"{name}: {words}")
    return Snapshot(vehicle, scenario, seed, build, found[0] / base_hz, _state(found[1], name))


def _state(octets: bytes, name: str) -> State:
    try:
        return unpack(zlib.decompressobj().decompress(octets, LARGEST))
    except (zlib.error, SavedError) as error:
        raise SnapshotError(f"{name}: damaged: {error}") from None
