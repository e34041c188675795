"""The data pool: all on-board state in one contiguous block of memory, by name.

Kernels take typed handles on sections once (`Pool.handle`) and work in place; Python reads by name
(`pool["mode.adcs"]`). The memory layout, parameter ids and snapshots all follow from the section declarations.
"""

from __future__ import annotations

import difflib
import enum
import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw.core.registry import Registry, load_registry, with_devices
from fsw.core.section import Section, leaves
from hal.errors import InputError
from hal.handle import Handle, handle_in

ALIGNMENT = 64  # octets: every section starts on a cache line of its own
UNREGISTERED = 0  # id of a parameter that is not in the registry
SNAPSHOT_MAGIC = b"SSNP"
SNAPSHOT_VERSION = 1
_HEAD = struct.Struct("<4sHH32sII")  # magic, version, entries, layout hash, octets of the image, CRC-32 of the rest
_ENTRY = struct.Struct("<H2sIII")  # id, kind, elements, offset, octets between elements along the first axis
_Entry = tuple[int, bytes, int, int, int]


class PoolError(InputError, ValueError):
    """Sections that cannot form a pool, or a name that is not in it."""


class SnapshotError(ValueError):
    """Octets that are not a snapshot this pool can take; the pool is unchanged."""


@dataclass(frozen=True)
class Parameter:
    """One entry of the pool's dictionary."""

    name: str  # "samples.gyro.t_ns"
    id: int  # from the registry; `UNREGISTERED` when not there
    section: type[Section]
    kind: str  # key of `hal.record.C_TYPES`: "f8", "u1", ...
    shape: tuple[int, ...]
    offset: int  # octets from the start of the pool to the first element
    strides: tuple[int, ...]  # octets between elements along each axis
    unit: str
    doc: str
    low: float | None
    high: float | None
    enum: type[enum.IntEnum] | None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one element, little-endian."""
        return np.dtype("<" + self.kind)

    @property
    def count(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def packed(self) -> tuple[int, ...]:
        """The strides of an array of this shape without gaps."""
        return tuple(self.dtype.itemsize * int(np.prod(self.shape[i + 1 :], dtype=int)) for i in range(len(self.shape)))


class Pool:
    """One 64-octet-aligned, zeroed block that holds `sections`, platform sections last.

    Raises `PoolError` when two sections share a name or one has no name or writer. `registry` maps parameter names to
    ids; the committed one by default. `place(size)` returns the aligned memory to use, which becomes all zero; the
    pool's own by default. `fitted`: how many there are of what fields are declared `per`: their parameters have so many
    elements, at least one; all of them by default.
    """

    def __init__(
        self,
        sections: Sequence[type[Section]],
        registry: Registry | None = None,
        place: Callable[[int], NDArray[np.uint8]] | None = None,
        fitted: Mapping[str, int] | None = None,
    ) -> None:
        _check_sections(sections)
        self.sections = tuple(sorted(sections, key=lambda cls: cls.platform))  # a stable sort: declared order is kept
        self.fitted = dict(fitted or {})
        self._offsets: dict[type[Section], int] = {}
        end = 0
        self.image_size = 0  # octets without platform sections: what snapshots hold
        for cls in self.sections:
            self._offsets[cls] = end
            end += -(-cls.size // ALIGNMENT) * ALIGNMENT
            self.image_size = self.image_size if cls.platform else end
        self.memory: NDArray[np.uint8] = _aligned(end) if place is None else place(end)
        self.memory[:] = 0
        self._arrays = {
            cls: self.memory[at : at + cls.size].view(cls.dtype(self.fitted)).reshape(())
            for cls, at in self._offsets.items()
        }
        self._handles = {
            cls.section: Handle(cls, cls.section, array.view(cls.dtype())) for cls, array in self._arrays.items()
        }
        self._views: dict[str, NDArray[Any]] = {}
        self._parameters: dict[str, Parameter] = {}
        self._packed: list[bytes] = []  # the entries of a snapshot, made by the first
        ids = with_devices(load_registry() if registry is None else registry, self.sections)
        for cls in self.sections:
            self._declare(cls, ids)

    def _declare(self, cls: type[Section], ids: Registry) -> None:
        """Enter the parameters of one section."""
        for leaf in leaves(cls):
            view: NDArray[Any] = self._arrays[cls]
            for name in leaf.path:
                view = view[name]
            f = leaf.field
            self._views[leaf.name] = view = f.shown(view, self.fitted)
            self._parameters[leaf.name] = Parameter(
                leaf.name, ids.get(leaf.name, UNREGISTERED), cls, str(f.kind), view.shape,
                self._offsets[cls] + leaf.offset, view.strides, f.unit, f.doc, f.low, f.high, f.enum,
            )  # fmt: skip

    def handle(self, name: str) -> Handle:
        """Return the typed handle of a section or of one of its fields: "attitude", "attitude.q_bi" (`hal.handle`)."""
        if name.partition(".")[0] not in self._handles:
            raise PoolError(f"{name}: no such section in this pool; give it to Pool(sections)")
        return handle_in(self._handles, name)

    def offset(self, cls: type[Section]) -> int:
        """Return the octets from the start of the pool to a section."""
        return self._offsets[self._of(cls)]

    def array(self, cls: type[Section]) -> NDArray[Any]:
        """Return a section as a 0-d structured array that shares its memory: for its writer, and for tests."""
        return self._arrays[self._of(cls)]

    def _of(self, cls: type[Section]) -> type[Section]:
        """Return the section of this pool that is `cls`, or that was made of it for this vehicle."""
        if cls in self._arrays:
            return cls
        for section in self.sections:
            if section.section == cls.section and issubclass(section, cls):
                return section
        raise PoolError(f"{cls.__name__} is not in this pool; give it to Pool(sections)")

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - as declared: int, float, enum or array
        """Return the present value of one parameter: a number, a member of its enum, or a copy of its array."""
        view = self._views.get(name)
        if view is None:
            raise PoolError(self._unknown(name))
        members = self._parameters[name].enum
        if view.ndim:
            return view.copy()
        value = view.item()
        if members is None or value not in members._value2member_map_:
            return value
        return members(value)

    def view(self, name: str) -> NDArray[Any]:
        """Return one parameter as an array (0-d for a number) that shares the pool's memory: for its writer."""
        if name not in self._views:
            raise PoolError(self._unknown(name))
        return self._views[name]

    def __contains__(self, name: object) -> bool:
        return name in self._views

    def parameter(self, name: str) -> Parameter:
        """Return the dictionary entry of one parameter; raise `PoolError` when there is none."""
        if name not in self._parameters:
            raise PoolError(self._unknown(name))
        return self._parameters[name]

    def parameters(self) -> Iterator[Parameter]:
        """Iterate over the dictionary in layout order."""
        return iter(self._parameters.values())

    def _unknown(self, name: str) -> str:
        close = difflib.get_close_matches(name, self._parameters, 1)
        return f"{name}: no such parameter" + (f"; did you mean {close[0]}?" if close else "")

    def layout_hash(self) -> bytes:
        """Return the SHA-256 of ids, types and offsets of everything that a snapshot holds."""
        return hashlib.sha256(b"".join(self._entries())).digest()

    def _entries(self) -> list[bytes]:
        if self._packed:
            return self._packed
        out = []
        for p in self._parameters.values():
            if p.section.platform:
                continue
            if p.id == UNREGISTERED:
                raise PoolError(f"{p.name}: not in registry.json; run python -m fsw.core.registry --update")
            out.append(_ENTRY.pack(p.id, p.kind.encode(), p.count, p.offset, p.strides[0] if p.strides else 0))
        self._packed = out
        return out

    def snapshot(self) -> bytes:
        """Return a self-describing copy of the pool without platform sections.

        Header (magic, version, layout hash, CRC-32); one entry a parameter (id, type, elements, offset, stride); the
        block.
        """
        entries = self._entries()
        body = b"".join(entries) + self.memory[: self.image_size].tobytes()
        digest = hashlib.sha256(b"".join(entries)).digest()
        fixed = _HEAD.pack(SNAPSHOT_MAGIC, SNAPSHOT_VERSION, len(entries), digest, self.image_size, 0)
        return fixed[:-4] + struct.pack("<I", zlib.crc32(body, zlib.crc32(fixed))) + body

    def restore(self, octets: bytes) -> int:
        """Load a snapshot and return how many parameters it set.

        A snapshot of the same layout is copied whole. One of another layout is matched by id: every parameter in it
        must exist here with the same type and number of elements; parameters that it lacks keep their values. Anything
        else raises `SnapshotError` and leaves the pool unchanged.
        """
        entries, image, digest = _open_snapshot(octets)
        if digest == self.layout_hash() and len(image) == self.image_size:
            self.memory[: self.image_size] = np.frombuffer(image, np.uint8)
            return len(entries)
        here = {p.id: p for p in self._parameters.values() if not p.section.platform}
        source = np.frombuffer(image, np.uint8)
        pending = []
        for number, kind, count, at, stride in entries:
            p = here.get(number)
            if p is None or (p.kind.encode(), p.count) != (kind, count):
                what = "unknown here" if p is None else f"{p.name} is {p.count} x {p.kind} here"
                raise SnapshotError(f"snapshot of an unknown layout: parameter id {number} {what}; start cold")
            pending.append((self._views[p.name], _strided(source, p, at, stride)))
        for view, value in pending:
            view[...] = value
        return len(pending)


def _aligned(size: int) -> NDArray[np.uint8]:
    """Return memory of that size that starts on a cache line."""
    spare = np.zeros(size + ALIGNMENT, np.uint8)
    start = -spare.ctypes.data % ALIGNMENT
    return spare[start : start + size]


def _strided(source: NDArray[np.uint8], p: Parameter, offset: int, stride: int) -> NDArray[Any]:
    """Return parameter `p` as it lies at `offset` of a foreign image; raise `SnapshotError` when it does not fit."""
    strides = (stride, *p.strides[1:]) if p.strides else ()
    end = offset + p.dtype.itemsize + sum((n - 1) * step for n, step in zip(p.shape, strides, strict=True))
    if end > source.size:
        raise SnapshotError(f"snapshot of an unknown layout: {p.name} ends at octet {end} of {source.size}; start cold")
    return np.ndarray(p.shape, p.dtype, source, offset, strides)


def _open_snapshot(octets: bytes) -> tuple[list[_Entry], bytes, bytes]:
    """Check a snapshot's frame; return its entries, its image and its layout hash."""
    if len(octets) < _HEAD.size:
        raise SnapshotError(f"snapshot: found {len(octets)} octets, expected at least {_HEAD.size}")
    magic, version, count, digest, size, crc = _HEAD.unpack_from(octets)
    if (magic, version) != (SNAPSHOT_MAGIC, SNAPSHOT_VERSION):
        raise SnapshotError(f"snapshot: found {magic!r} version {version}, expected {SNAPSHOT_MAGIC!r} version 1")
    expected = _HEAD.size + count * _ENTRY.size + size
    if len(octets) != expected:
        raise SnapshotError(f"snapshot: found {len(octets)} octets, expected {expected}")
    head, body = octets[: _HEAD.size - 4] + bytes(4), octets[_HEAD.size :]
    if zlib.crc32(body, zlib.crc32(head)) != crc:
        raise SnapshotError("snapshot: its CRC-32 does not match; the copy is damaged")
    split = count * _ENTRY.size
    return list(_ENTRY.iter_unpack(body[:split])), body[split:], digest


def _check_sections(sections: Sequence[type[Section]]) -> None:
    """Raise `PoolError` unless every section has a name of its own and a writer."""
    names: dict[str, type[Section]] = {}
    for cls in sections:
        if not cls.section or not cls.writer:
            raise PoolError(f"{cls.__name__}: a section needs `section` and `writer`")
        if cls.section in names:
            raise PoolError(f"{cls.__name__}: section {cls.section!r} is already {names[cls.section].__name__}")
        names[cls.section] = cls
