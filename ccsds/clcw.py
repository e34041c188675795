"""The communications link control word: what FARM-1 reports in every TM frame (CCSDS 232.0-B-4, 4.2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from ccsds.errors import FrameError

COP_1 = 1


@dataclass(frozen=True, slots=True)
class Clcw:
    """The fields of a CLCW; `report_value` is V(R), `farm_b` counts type-B frames modulo 4."""

    vcid: int
    report_value: int
    lockout: bool = False
    wait: bool = False
    retransmit: bool = False
    farm_b: int = 0
    no_rf_available: bool = False
    no_bit_lock: bool = False
    status: int = 0

    def encode(self) -> int:
        """Return the 32-bit word; raise `FrameError` when a field does not fit."""
        limits = (("vcid", self.vcid, 63), ("report value", self.report_value, 255), ("FARM-B", self.farm_b, 3))
        for name, value, high in (*limits, ("status", self.status, 7)):
            if not 0 <= value <= high:
                raise FrameError(f"CLCW {name} {value}: expected 0 to {high}")
        flags = (self.no_rf_available, self.no_bit_lock, self.lockout, self.wait, self.retransmit)
        bits = sum(1 << (7 - i) for i, flag in enumerate(flags) if flag) | self.farm_b << 1
        return self.status << 26 | COP_1 << 24 | self.vcid << 18 | bits << 8 | self.report_value

    @classmethod
    def decode(cls, word: int) -> Clcw:
        """Return the fields of a 32-bit word; raise `FrameError` when it is no CLCW of COP-1."""
        if not 0 <= word <= 0xFFFFFFFF or word >> 29 or word >> 24 & 3 != COP_1:
            raise FrameError(f"control word {word:#010x} is not a CLCW: expected type 0, version 0, COP 1")
        bits = word >> 8 & 0xFF
        return cls(
            vcid=word >> 18 & 0x3F,
            report_value=word & 0xFF,
            lockout=bool(bits & 0x20),
            wait=bool(bits & 0x10),
            retransmit=bool(bits & 0x08),
            farm_b=bits >> 1 & 3,
            no_rf_available=bool(bits & 0x80),
            no_bit_lock=bool(bits & 0x40),
            status=word >> 26 & 7,
        )
