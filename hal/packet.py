"""Space packets, and the frames that carry them to boards and units (`hal/wire.py` says what is inside).

frame = COBS(primary header | payload | CRC-16) | 0x00. The header is the CCSDS primary header (CCSDS 133.0-B, 4.1.3)
of an unsegmented packet without secondary header; its length field counts payload and CRC. The kernels, and the same
functions for other Cython modules, are in `hal/_packet.pxd`; the board's own codec is `firmware_bindings/core`;
both pass the vectors in `tests/golden/wire_frames.txt`.

- `encode_frame(apid, packet_type, seq_count, payload) -> bytes`
- `FrameDecoder().feed(octets) -> list[(apid, packet_type, seq_count, payload)]`
- `crc16(octets, crc=0xFFFF) -> int`, `cobs_encode(octets) -> bytes`, `cobs_decode(octets) -> bytes`
- `PrimaryHeader`: the header alone, for packets on any other link
"""

from __future__ import annotations

from typing import NamedTuple

from hal._packet import FrameDecoder, PacketError, cobs_decode, cobs_encode, crc16, encode_frame
from hal.wire import PacketType, SequenceFlags

__all__ = [
    "CRC_SIZE",
    "HEADER_SIZE",
    "PAYLOAD_CAPACITY",
    "FrameDecoder",
    "PacketError",
    "PacketType",
    "PrimaryHeader",
    "SequenceFlags",
    "cobs_decode",
    "cobs_encode",
    "crc16",
    "encode_frame",
]

HEADER_SIZE = 6
CRC_SIZE = 2
PAYLOAD_CAPACITY = 1016  # octets of one frame's payload


class PrimaryHeader(NamedTuple):
    """The CCSDS primary header, packet version 0 (CCSDS 133.0-B, 4.1.3).

    `data_size` is the number of octets in the packet data field, 1 to 65536: one more than the header's length field.
    """

    apid: int
    packet_type: PacketType
    seq_count: int
    data_size: int
    secondary_header: bool = False
    sequence_flags: SequenceFlags = SequenceFlags.UNSEGMENTED

    def encode(self) -> bytes:
        """Six octets; raise `PacketError` when a number does not fit its field."""
        for name, value, low, high in (
            ("apid", self.apid, 0, 0x7FF),
            ("packet type", self.packet_type, 0, 1),
            ("sequence count", self.seq_count, 0, 0x3FFF),
            ("data size", self.data_size, 1, 0x10000),
            ("sequence flags", self.sequence_flags, 0, 3),
        ):
            if not low <= value <= high:
                raise PacketError(f"{name} {value}: expected {low} to {high}")
        identification = self.packet_type << 12 | bool(self.secondary_header) << 11 | self.apid
        sequence = self.sequence_flags << 14 | self.seq_count
        return (identification << 32 | sequence << 16 | (self.data_size - 1)).to_bytes(HEADER_SIZE, "big")

    @classmethod
    def decode(cls, octets: bytes) -> PrimaryHeader:
        """Read the first six octets; raise `PacketError` when there are fewer or the version is not 0."""
        if len(octets) < HEADER_SIZE:
            raise PacketError(f"{len(octets)} octets: expected a primary header of {HEADER_SIZE}")
        word = int.from_bytes(octets[:HEADER_SIZE], "big")
        if word >> 45:
            raise PacketError(f"packet version {word >> 45}: expected 0")
        return cls(
            apid=word >> 32 & 0x7FF,
            packet_type=PacketType(word >> 44 & 1),
            seq_count=word >> 16 & 0x3FFF,
            data_size=(word & 0xFFFF) + 1,
            secondary_header=bool(word >> 43 & 1),
            sequence_flags=SequenceFlags(word >> 30 & 3),
        )
