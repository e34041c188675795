"""Conversion between SI values and counts on the wire, for drivers, board configuration and simulator."""

from __future__ import annotations

from hal.bounds import is_within
from hal.schema import defect

INT64_MAX = 2**63 - 1


def wire_number(number: float, kind: str, origin: str, where: str) -> int:
    """Return `number`, rounded, as a field of `kind` ("i2", "u2") on the wire holds it.

    Raises `SchemaError` with one line that names `origin` and `where` when the field cannot hold it.
    """
    bits = 8 * int(kind[1])
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if kind[0] == "i" else (0, (1 << bits) - 1)
    if not is_within(number, low=low, high=high):
        raise defect(origin, where, f"found a value that makes {number:g} on the wire", f"{low} to {high} there")
    return round(number)


def nanoseconds(seconds: float, origin: str, where: str) -> int:
    """Return `seconds` in whole nanoseconds; raise `SchemaError` when 64 bits do not hold them."""
    if not is_within(seconds, low=0.0, high=INT64_MAX // 1_000_000_000):
        raise defect(origin, where, f"found {seconds:g} s", f"0 to {INT64_MAX // 1_000_000_000} s")
    return round(seconds * 1e9)
