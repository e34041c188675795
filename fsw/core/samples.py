"""Finds samples in the pool by their records, whatever the vehicle calls its devices."""

from __future__ import annotations

from typing import Any

from hal.handle import Handle, Handles
from hal.record import Record

MAX_STAR_TRACKERS = 2  # that estimation uses; as in _samples.pxd


class SampleNames:
    """Names of the samples in a pool, which `handle` leads to.

    Raises `TypeError` when the section of that name is another.
    """

    def __init__(self, pool: Handles, kernel: str = "reader") -> None:
        self.handle: Handle | None = None
        try:
            handle = self.handle = pool.handle("samples")
        except (KeyError, ValueError):  # a vehicle without any device
            self._fields: tuple[tuple[str, type[Record]], ...] = ()
            return
        record: Any = handle.record
        if getattr(record, "section", "") != "samples":
            raise TypeError(
                f"{kernel}: {handle.name!r} is {getattr(record, '__name__', record)}, expected SamplesSection"
            )
        self._fields = tuple((f.name, f.kind) for f in record.fields)

    def all_of(self, record: type[Record]) -> tuple[str, ...]:
        """Return the names of all samples of a record, in the order of the vehicle's list."""
        return tuple(f"samples.{name}" for name, kind in self._fields if issubclass(kind, record))

    def first_of(self, record: type[Record]) -> str:
        """Return the name of the first of them; "" when there is none."""
        return next(iter(self.all_of(record)), "")

    def called(self, field: str) -> str:
        """Return the name of the sample or health in that field; "" when there is none."""
        return f"samples.{field}" if any(name == field for name, _ in self._fields) else ""
