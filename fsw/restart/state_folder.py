"""The owner of a state folder: one vehicle, and one flight at a time.

A folder for checkpoints belongs to one vehicle and to one flight at a time. Two copies of the vehicle's identity lie
beside the snapshots; a lock of the kernel, which ends with the processes that have it, keeps a second flight out.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from pathlib import Path

from fsw.core.persistence import Copies, DirectoryStorage, StorageError
from hal.clock import SystemClock
from hal.files import take_lock
from hal.vehicle.vehicle import Vehicle

IDENTITY, MAGIC = "identity", b"SSID"
OURS = re.compile(r"(pool|parameters|identity)\.[01](\.(new|aside|unusable)(\.\d)?)*|lost\+found")
SNAPSHOT = re.compile(r"(pool|parameters)\.[01]")
PATIENCE_NS = 3_000_000_000  # with a flight that has lost its supervisor and leaves its last checkpoint
LOOK_NS = 50_000_000  # between two attempts


class StateError(ValueError):
    """A folder or memory that this flight may not use; the message is one line."""


def identity_of(vehicle: Vehicle) -> str:
    """Return the text that distinguishes one vehicle's state from another's.

    Name, spacecraft id and which devices there are. The rest of the vehicle file, and the layout of the pool, may
    change from one start to the next: snapshots are matched parameter by parameter.
    """
    devices = {
        "devices": [(d.kind, d.name, len(getattr(d, "units", ()))) for d in vehicle.devices],
        "applications": [(a.name, a.entry) for a in vehicle.application],
    }  # fmt: skip
    digest = hashlib.sha256(json.dumps(devices, sort_keys=True).encode()).hexdigest()[:8]
    return f"vehicle {vehicle.name!r}, spacecraft {vehicle.radio.scid}, devices {digest}"


def owner_of(vehicle: Vehicle) -> bytes:
    """Return the 16 octets that mark retained memory as this vehicle's."""
    return hashlib.sha256(identity_of(vehicle).encode()).digest()[:16]


def claim(folder: str, vehicle: Vehicle, *, adopt: bool = False) -> int:
    """Take a state folder for this flight; return the descriptor that holds it, also in processes that inherit it.

    A new folder becomes the vehicle's; with `adopt` that of another does too. Raises `StateError`, with nothing
    changed: another flight uses it, it is another vehicle's, it holds what is no state, or it cannot be read or locked.
    Raises `StorageError` when it cannot be made.
    """
    storage = DirectoryStorage(folder)
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            lock(descriptor, f"state folder {folder}")
            _own(storage, folder, identity_of(vehicle), adopt=adopt)
        except BaseException:
            os.close(descriptor)
            raise
    except StorageError:
        raise
    except OSError as error:
        raise StateError(f"state folder {folder}: cannot be used: {error.strerror}; give another folder") from None
    return descriptor


def _own(storage: DirectoryStorage, folder: str, own: str, *, adopt: bool) -> None:
    """Check the owner of the folder; write this vehicle's identity where it is missing or damaged."""
    names = sorted(path.name for path in Path(folder).iterdir())
    copies = Copies(storage, IDENTITY, MAGIC)
    found = [octets.decode(errors="replace") for _, octets in copies.sound([])]
    strange = [name for name in names if not OURS.fullmatch(name)]
    if not found and strange and not any(SNAPSHOT.fullmatch(name) for name in names):
        raise StateError(f"state folder {folder}: found {strange[0]!r}, expected an empty folder or one of checkpoints")
    if found and found[0] != own and not adopt:
        raise StateError(
            f"state folder {folder}: found the state of {found[0]}, expected that of {own}; give another folder, or "
            "--adopt to go on from it"
        )
    if found != [own, own]:
        with contextlib.suppress(StorageError):  # a medium that refuses is told of by the checkpoints
            for generation in (0, 1):
                copies.write(generation, copies.framed(generation, own.encode()))


def lock(descriptor: int, what: str) -> None:
    """Lock an open file for this process and those that inherit it; raise `StateError` when another has it."""
    clock = SystemClock()
    until_ns = clock.now_ns() + PATIENCE_NS
    while True:
        if take_lock(descriptor):
            return
        if clock.now_ns() > until_ns:
            raise StateError(f"{what}: another flight uses it; end that one, or give another")
        clock.sleep_until(clock.now_ns() + LOOK_NS)
