"""What crosses the sensor's link, once for driver and model; no I/O.

A report is 19 octets, little-endian: sync marker A5 5A, unit time [us, u8], counter [u2], status [u1], the angles of
the Sun [2 x i2, counts of 50 urad], and CRC-16 of all before it (CRC-16-CCITT, start 0xFFFF, big-endian). With the Sun
along `sun_s`, the angles are atan(x / z) and atan(y / z).
"""

from __future__ import annotations

import enum
import math
import struct
from dataclasses import dataclass

from hal.drivers.framing import SyncFraming
from hal.packet import CRC_SIZE, crc16

SYNC = b"\xa5\x5a"
COUNT_RAD = 50e-6
_BODY = struct.Struct("<2sQHBhh")
FRAMING = SyncFraming(SYNC, _BODY.size + CRC_SIZE)


class Status(enum.IntFlag):
    """Bits of a report's status."""

    SUN_SEEN = 1


@dataclass(frozen=True)
class Report:
    """One report of the sensor."""

    unit_us: int  # unit time of the measurement, since power-on
    counter: int  # of reports, modulo 2**16
    status: Status
    angles_rad: tuple[float, float]  # atan(x / z), atan(y / z)


def encode(report: Report) -> bytes:
    """Return the octets of a report; angles are rounded to counts and limited to what these hold."""
    counts = [min(max(round(a / COUNT_RAD), -32768), 32767) for a in report.angles_rad]
    body = _BODY.pack(SYNC, report.unit_us, report.counter & 0xFFFF, report.status, *counts)
    return body + crc16(body).to_bytes(CRC_SIZE, "big")


def decode(frame: bytes) -> Report:
    """Return the report of a frame that `FRAMING` found."""
    _, unit_us, counter, status, x, y = _BODY.unpack(frame[:-CRC_SIZE])
    return Report(unit_us, counter, Status(status & Status.SUN_SEEN), (x * COUNT_RAD, y * COUNT_RAD))


def direction(angles_rad: tuple[float, float]) -> tuple[float, float, float]:
    """Return the unit vector to the Sun in the sensor frame."""
    x, y = math.tan(angles_rad[0]), math.tan(angles_rad[1])
    norm = math.sqrt(x * x + y * y + 1.0)
    return x / norm, y / norm, 1.0 / norm
