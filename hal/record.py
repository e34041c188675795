"""Typed records: state that Python, Cython and C read in place.

A record is a class whose fields carry type, shape, unit, limits and a one-line description. Everything else is
derived from it: the NumPy dtype, the C struct (printed by `hal/record_build.py` at build time), telemetry
definitions and documentation. Fields keep their declared order and are naturally aligned, as a C compiler does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

C_TYPES = {
    "f8": "double",
    "f4": "float",
    "i8": "int64_t",
    "i4": "int32_t",
    "i2": "int16_t",
    "i1": "int8_t",
    "u8": "uint64_t",
    "u4": "uint32_t",
    "u2": "uint16_t",
    "u1": "uint8_t",
}
ALIGNMENT = 8


class RecordError(TypeError):
    """A record declaration that cannot be used; the message names the field and the reason."""


@dataclass(frozen=True)
class Field:
    """One field of a record: `kind` is a key of `C_TYPES` or another record class."""

    kind: str | type[Record]
    shape: tuple[int, ...] = ()
    unit: str = ""
    doc: str = ""
    low: float | None = None
    high: float | None = None
    enum: type | None = None
    per: str = ""  # what the vehicle has one element each of; the rest of the last axis is unused
    name: str = ""
    offset: int = 0

    @property
    def item_size(self) -> int:
        """Octets of one element."""
        return int(self.kind[1]) if isinstance(self.kind, str) else self.kind.size

    @property
    def align(self) -> int:
        """Alignment in octets."""
        return self.item_size if isinstance(self.kind, str) else ALIGNMENT

    def used(self, fitted: Mapping[str, int]) -> tuple[int, ...]:
        """Return the shape of what is in use: `fitted` has how many there are of some things (`per`).

        Of an array with several axes the rest stays, as no dtype has gaps in an array: `shown` leaves it out.
        """
        if self.per not in fitted or len(self.shape) > 1:
            return self.shape
        return (min(max(1, fitted[self.per]), self.shape[0]),)

    def shown(self, view: NDArray[Any], fitted: Mapping[str, int]) -> NDArray[Any]:
        """Return what is in use of the values of this field."""
        return view[..., : max(1, fitted[self.per])] if self.per in fitted else view

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """Octets of the whole field."""
        return self.item_size * self.count


def field(
    kind: str | type[Record],
    shape: int | tuple[int, ...] = (),
    *,
    unit: str = "",
    doc: str = "",
    low: float | None = None,
    high: float | None = None,
    enum: type | None = None,
    per: str = "",
) -> Any:  # noqa: ANN401 - the annotation-free class body is the declaration
    """Declare one field of a record (see `Field`)."""
    dims = (shape,) if isinstance(shape, int) else tuple(shape)
    if isinstance(kind, str) and kind not in C_TYPES:
        raise RecordError(f"unknown field type {kind!r}: expected one of {', '.join(C_TYPES)} or a record")
    return Field(kind, dims, unit, doc, low, high, enum, per)


class Record:
    """Base of all records; subclasses declare fields with `field`."""

    fields: ClassVar[tuple[Field, ...]] = ()
    size: ClassVar[int] = 0
    end: ClassVar[int] = 0  # octets without trailing padding: the length on the wire

    def __init_subclass__(cls) -> None:
        placed: list[Field] = list(cls.fields)
        end = placed[-1].offset + placed[-1].size if placed else 0
        for name, value in list(vars(cls).items()):
            if not isinstance(value, Field):
                continue
            start = -(-end // value.align) * value.align
            placed.append(replace(value, name=name, offset=start))
            end = start + value.size
            delattr(cls, name)
        cls.fields = tuple(placed)
        cls.end = end
        cls.size = -(-end // ALIGNMENT) * ALIGNMENT

    @classmethod
    def dtype(cls, fitted: Mapping[str, int] | None = None) -> np.dtype:
        """The NumPy structured dtype with exactly the offsets of the C struct.

        `fitted`: how many there are of what fields are declared `per`: so many elements have their arrays, or one.
        """
        import numpy as np  # noqa: PLC0415 - the build's header generator runs without NumPy

        return np.dtype(
            {
                "names": [f.name for f in cls.fields],
                "formats": [
                    (("<" + f.kind) if isinstance(f.kind, str) else f.kind.dtype(fitted), f.used(fitted or {}))
                    for f in cls.fields
                ],
                "offsets": [f.offset for f in cls.fields],
                "itemsize": cls.size,
            }
        )
