"""CCSDS unsegmented time code, level 1: TAI seconds since 1958 (CCSDS 301.0-B-4, 3.2).

Time on board is `t_tai_ns`, TAI nanoseconds since 2000-01-01T12:00:00 TAI. The code is the explicit P-field 1E, four
octets of seconds and two of fraction: 7 octets, resolution 2**-16 s, good until 2094.
"""

from __future__ import annotations

from typing import Final

from ccsds.errors import PacketError

P_FIELD: Final = 0x1E  # no extension, epoch 1958-01-01 TAI, 4 coarse octets, 2 fine octets
OCTETS: Final = 7
EPOCH_2000_S: Final = 1_325_419_200  # 1958-01-01T00:00:00 to 2000-01-01T12:00:00, both TAI: 15340.5 days
_NS: Final = 1_000_000_000
_FINE: Final = 1 << 16


def encode_cuc(t_tai_ns: int) -> bytes:
    """Return the 7 octets of `t_tai_ns`, rounded down to 2**-16 s; raise `PacketError` outside 1958 to 2094."""
    ticks = (t_tai_ns + EPOCH_2000_S * _NS) * _FINE // _NS
    if not 0 <= ticks < 1 << 48:
        raise PacketError(f"time {t_tai_ns} ns does not fit in a CUC of 4 + 2 octets since 1958")
    return (P_FIELD << 48 | ticks).to_bytes(OCTETS, "big")


def decode_cuc(octets: bytes) -> int:
    """Return `t_tai_ns`, rounded up to whole nanoseconds so that encoding it again gives the same octets.

    Raises `PacketError` unless there are 7 octets with P-field 1E.
    """
    if len(octets) != OCTETS or octets[0] != P_FIELD:
        raise PacketError(
            f"time code {octets.hex() or 'of no octets'}: expected {OCTETS} octets starting {P_FIELD:02x}"
        )
    ticks = int.from_bytes(octets[1:], "big")
    return -(-ticks * _NS // _FINE) - EPOCH_2000_S * _NS
