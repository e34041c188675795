"""What can be saved and restored: state as plain data, and octets of it.

Plain data are None, truth values, integers of 64 bits, floats, texts, octets, and tuples, lists and dictionaries of
these.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, Protocol

from hal.errors import InputError

State = Any  # plain data, as above

DEEPEST = 32  # tables in each other
_U4, _I8, _F8 = struct.Struct("<I"), struct.Struct("<q"), struct.Struct("<d")


class SavedError(InputError, ValueError):
    """State that cannot be saved, or that does not fit what it is restored into; the message is one line."""


class Saved(Protocol):
    """What has state that is in no pool.

    `restore` puts what `save` of an object returned into another that was made with the same arguments; from there on
    both do the same, bit for bit. It raises `SavedError` for what does not fit.
    """

    def save(self) -> State:
        """Return the whole state."""

    def restore(self, state: State) -> None:
        """Take the state over."""


def attributes(saved: object, names: Iterable[str]) -> dict[str, State]:
    """Return these attributes by name, for `set_attributes`."""
    return {name: getattr(saved, name) for name in names}


def set_attributes(saved: object, names: Iterable[str], state: State) -> None:
    """Set these attributes from what `attributes` returned; raise `SavedError` when one is missing."""
    for name in names:
        if name not in state:
            raise SavedError(f"{type(saved).__name__}: no {name} in what was saved")
        setattr(saved, name, state[name])


def copied(state: State) -> State:
    """Return plain data that shares no list or dictionary with `state`."""
    if isinstance(state, dict):
        return {key: copied(value) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return type(state)(map(copied, state))
    return bytes(state) if isinstance(state, bytearray) else state


def require_size(what: str, octets: bytes, size: int) -> None:
    """Raise `SavedError` when a block of octets has another size than the memory that it is for."""
    if not isinstance(octets, bytes) or len(octets) != size:
        found = len(octets) if isinstance(octets, bytes) else type(octets).__name__
        raise SavedError(
            f"{what}: found {found} octets, expected {size}: saved by another version or of another vehicle"
        )


def pack(state: State) -> bytes:
    """Return plain data as octets; raise `SavedError` for anything else."""
    out = bytearray()
    _pack(state, out, 0)
    return bytes(out)


def unpack(octets: bytes) -> State:
    """Return the plain data that `pack` made octets of; raise `SavedError` for other octets."""
    try:
        state, at = _unpack(memoryview(octets), 0, 0)
    except (struct.error, IndexError, UnicodeDecodeError, TypeError) as error:
        raise SavedError(f"saved state: damaged: {error}") from None
    if at != len(octets):
        raise SavedError(f"saved state: {len(octets) - at} octets after its end")
    return state


def _pack(state: State, out: bytearray, depth: int) -> None:
    if depth > DEEPEST:
        raise SavedError("saved state: nested too deeply")
    if state is None or isinstance(state, bool):
        out += {None: b"N", False: b"F", True: b"T"}[state]
    elif isinstance(state, int):
        if not -(1 << 63) <= state < 1 << 63:
            raise SavedError(f"saved state: {state}: expected at most 64 bits")
        out += b"i" + _I8.pack(state)
    elif isinstance(state, float):
        out += b"f" + _F8.pack(state)
    elif isinstance(state, str | bytes | bytearray):
        octets = state.encode() if isinstance(state, str) else state
        out += (b"s" if isinstance(state, str) else b"b") + _U4.pack(len(octets)) + octets
    elif isinstance(state, tuple | list):
        out += (b"t" if isinstance(state, tuple) else b"l") + _U4.pack(len(state))
        for item in state:
            _pack(item, out, depth + 1)
    elif isinstance(state, dict):
        out += b"d" + _U4.pack(len(state))
        for key, value in state.items():
            _pack(key, out, depth + 1)
            _pack(value, out, depth + 1)
    else:
        raise SavedError(f"saved state: {type(state).__name__}: expected plain data")


def _unpack(octets: memoryview, at: int, depth: int) -> tuple[State, int]:
    if depth > DEEPEST:
        raise SavedError("saved state: nested too deeply")
    kind = chr(octets[at])
    at += 1
    if kind in "NFT":
        return {"N": None, "F": False, "T": True}[kind], at
    if kind in "if":
        return (_I8 if kind == "i" else _F8).unpack_from(octets, at)[0], at + 8
    if kind not in "sbtld":
        raise SavedError(f"saved state: damaged: found kind {kind!r}")
    (count,) = _U4.unpack_from(octets, at)
    at += 4
    if count > len(octets) - at:
        raise SavedError("saved state: damaged: ends too early")
    if kind in "sb":
        end = at + count
        return (str(octets[at:end], "utf-8") if kind == "s" else bytes(octets[at:end])), end
    items = []
    for _ in range(count * (2 if kind == "d" else 1)):
        item, at = _unpack(octets, at, depth + 1)
        items.append(item)
    if kind == "d":
        return dict(zip(items[::2], items[1::2], strict=True)), at
    return (tuple(items) if kind == "t" else items), at
