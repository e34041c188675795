"""Typed handles, by which kernels access records that somebody else owns.

A handle is (record, name of the instance, count, stride) on memory that it keeps alive. A kernel is a subclass of
`Kernel` and takes its records in `bind(pool)`: a name that leads to another record is a `TypeError`, a kernel that is
used before is an `UnboundError`. `pool` is whatever has `handle(name)`: flight's data pool, or `Memory`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hal._handle import Handle, Kernel, UnboundError
from hal.record import Record

__all__ = ["Handle", "Handles", "Kernel", "Memory", "Owners", "UnboundError", "handle_in"]


class Handles(Protocol):
    """A source of handles, such as the data pool."""

    def handle(self, name: str) -> Handle:
        """Return the handle of a record by its name, such as "samples" or "samples.gyro"."""


class Memory:
    """Zeroed records by name, without a data pool: `Memory({"truth": TruthRecord})`.

    `memory["truth"]` is the record as a 0-d structured array; `handle("truth.q_bi")` is for kernels.
    """

    def __init__(self, records: Mapping[str, type[Record]]) -> None:
        self._handles = {name: Handle(record, name, np.zeros((), record.dtype())) for name, record in records.items()}

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._handles[name].array

    def handle(self, name: str) -> Handle:
        """Return the handle of a record, or of a field of it; raise `KeyError` for another record."""
        return handle_in(self._handles, name)


class Owners:
    """Records of several owners: `Owners(pool, truth=world)` takes "truth" from the world, the rest from the pool."""

    def __init__(self, others: Handles, **owners: Handles) -> None:
        self._others, self._owners = others, owners

    def handle(self, name: str) -> Handle:
        """Return the handle that the owner of the record gives."""
        return self._owners.get(name.partition(".")[0], self._others).handle(name)


def handle_in(handles: Mapping[str, Handle], name: str) -> Handle:
    """Return the handle that a dotted name leads to; raise `KeyError` for an unknown record, `TypeError` for others."""
    record, *path = name.split(".")
    handle = handles[record]
    for part in path:
        handle = handle.field(part)
    return handle
