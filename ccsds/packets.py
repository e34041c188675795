"""Space packets (CCSDS 133.0-B-2) and the PUS-C secondary headers (ECSS-E-ST-70-41C, 7.4).

A packet is primary header (6) | data field (1 to 65536). A PUS packet's data field is secondary header | source or
application data | CRC-16 over everything before it. Numbers are big-endian.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import Final

from ccsds._coding import crc16_of
from ccsds.cuc import decode_cuc, encode_cuc
from ccsds.errors import PacketError, PacketReject
from ccsds.formats import PACKET_HEADER_OCTETS
from hal.wire import PacketType, SequenceFlags

DATA_FIELD_MAX: Final = 65536
APID_MAX: Final = 2047
APID_IDLE: Final = 2047
SEQ_COUNT_MODULO: Final = 16384
PUS_VERSION: Final = 2  # PUS-C
ERROR_CONTROL_OCTETS: Final = 2
_PRIMARY: Final = struct.Struct(">HHH")
_TC: Final = struct.Struct(">HHHBBBH")
_TM: Final = struct.Struct(">HHHBBBHH7s")
TC_SECONDARY_OCTETS: Final = _TC.size - PACKET_HEADER_OCTETS
TM_SECONDARY_OCTETS: Final = _TM.size - PACKET_HEADER_OCTETS
TC_OVERHEAD: Final = _TC.size + ERROR_CONTROL_OCTETS
TM_OVERHEAD: Final = _TM.size + ERROR_CONTROL_OCTETS


class Acknowledgement(enum.IntFlag):
    """Verification reports that a telecommand asks for; acceptance is bit 3 of the 4 (ECSS-E-ST-70-41C, 7.4.4.1)."""

    NONE = 0
    COMPLETION = 1
    PROGRESS = 2
    START = 4
    ACCEPTANCE = 8
    ALL = 15


def _in_range(name: str, value: int, high: int) -> None:
    if not 0 <= value <= high:
        raise PacketError(f"{name} {value}: expected 0 to {high}")


@dataclass(frozen=True, slots=True)
class SpacePacket:
    """A space packet: `data` is the whole packet data field, secondary header included."""

    apid: int
    seq_count: int
    data: bytes
    packet_type: PacketType = PacketType.TELEMETRY
    has_secondary_header: bool = False
    sequence_flags: SequenceFlags = SequenceFlags.UNSEGMENTED

    def encode(self) -> bytes:
        """Return the octets; raise `PacketError` when a field does not fit."""
        _in_range("apid", self.apid, APID_MAX)
        _in_range("sequence count", self.seq_count, SEQ_COUNT_MODULO - 1)
        if not 1 <= len(self.data) <= DATA_FIELD_MAX:
            raise PacketError(f"packet data field of {len(self.data)} octets: expected 1 to {DATA_FIELD_MAX}")
        identification = self.packet_type << 12 | self.has_secondary_header << 11 | self.apid
        return _PRIMARY.pack(identification, self.sequence_flags << 14 | self.seq_count, len(self.data) - 1) + self.data

    @classmethod
    def decode(cls, octets: bytes) -> SpacePacket:
        """Return the packet that `octets` are, exactly; raise `PacketError` otherwise."""
        total = packet_octets(octets)
        if total != len(octets):
            raise PacketError(
                f"{len(octets)} octets: expected {total} by the packet's length field", PacketReject.LENGTH, len(octets)
            )
        identification, sequence, _ = _PRIMARY.unpack_from(octets)
        return cls(
            apid=identification & 0x7FF,
            seq_count=sequence & 0x3FFF,
            data=bytes(octets[PACKET_HEADER_OCTETS:]),
            packet_type=PacketType(identification >> 12 & 1),
            has_secondary_header=bool(identification & 0x800),
            sequence_flags=SequenceFlags(sequence >> 14),
        )


def packet_octets(octets: bytes) -> int:
    """Return how long the packet that starts `octets` says it is; raise `PacketError` when no packet starts there."""
    if len(octets) < PACKET_HEADER_OCTETS:
        raise PacketError(
            f"{len(octets)} octets: expected a primary header of {PACKET_HEADER_OCTETS}",
            PacketReject.LENGTH,
            len(octets),
        )
    if octets[0] >> 5:
        raise PacketError(f"packet version {octets[0] >> 5}: expected 0", PacketReject.VERSION, octets[0] >> 5)
    return PACKET_HEADER_OCTETS + 1 + (octets[4] << 8 | octets[5])


def split_packets(octets: bytes) -> list[bytes]:
    """Return the packets that fill `octets` exactly; raise `PacketError` when they do not.

    Its reason is that of the first packet, TRAILING when only what follows a whole packet is wrong.
    """
    packets: list[bytes] = []
    at = 0
    while at < len(octets):
        left = len(octets) - at
        try:
            total = packet_octets(octets[at : at + PACKET_HEADER_OCTETS])
            if total > left:
                raise PacketError(f"packet of {total} octets in the {left} that are left", PacketReject.LENGTH, left)
        except PacketError as error:
            if not packets:
                raise
            raise PacketError(f"after the last packet: {error}", PacketReject.TRAILING, left) from None
        packets.append(bytes(octets[at : at + total]))
        at += total
    return packets


def _pus_data(octets: bytes, packet_type: PacketType, overhead: int) -> bytes:
    """Check what TC and TM packets share and return the data field without its error control."""
    packet = SpacePacket.decode(octets)
    name = packet_type.name
    if packet.packet_type != packet_type:
        raise PacketError(f"a {packet.packet_type.name} packet: expected a {name} packet", PacketReject.TYPE)
    if not packet.has_secondary_header:
        raise PacketError(f"{name} packet without secondary header", PacketReject.NO_SECONDARY_HEADER)
    if len(octets) < overhead:
        raise PacketError(
            f"PUS {name} packet of {len(octets)} octets: expected at least {overhead}", PacketReject.LENGTH, len(octets)
        )
    if crc16_of(octets):
        raise PacketError(
            f"packet error control wrong: found {octets[-2:].hex()}, expected {crc16_of(octets[:-2]):04x}",
            PacketReject.CHECKSUM,
        )
    version = octets[PACKET_HEADER_OCTETS] >> 4
    if version != PUS_VERSION:
        raise PacketError(f"PUS version {version}: expected {PUS_VERSION} (PUS-C)", PacketReject.PUS_VERSION, version)
    return octets[PACKET_HEADER_OCTETS:-ERROR_CONTROL_OCTETS]


def _closed(octets: bytes) -> bytes:
    return octets + crc16_of(octets).to_bytes(ERROR_CONTROL_OCTETS, "big")


@dataclass(frozen=True, slots=True)
class TcPacket:
    """A PUS-C telecommand packet; `data` is the application data."""

    apid: int
    seq_count: int
    service_type: int
    message_subtype: int
    data: bytes = b""
    source_id: int = 0
    acknowledgement: Acknowledgement = Acknowledgement.ALL

    @property
    def request_id(self) -> bytes:
        """The first four octets of the packet, by which ST[01] names it."""
        return struct.pack(">HH", 0x1800 | self.apid, 0xC000 | self.seq_count)

    def encode(self) -> bytes:
        """Return the octets; raise `PacketError` when a field does not fit."""
        _in_range("apid", self.apid, APID_MAX - 1)
        _in_range("sequence count", self.seq_count, SEQ_COUNT_MODULO - 1)
        _in_range("service type", self.service_type, 255)
        _in_range("message subtype", self.message_subtype, 255)
        _in_range("source id", self.source_id, 65535)
        _in_range("acknowledgement flags", self.acknowledgement, 15)
        length = TC_SECONDARY_OCTETS + len(self.data) + ERROR_CONTROL_OCTETS
        _in_range("packet data field length", length, DATA_FIELD_MAX)
        head = _TC.pack(
            0x1800 | self.apid,
            0xC000 | self.seq_count,
            length - 1,
            PUS_VERSION << 4 | self.acknowledgement,
            self.service_type,
            self.message_subtype,
            self.source_id,
        )
        return _closed(head + self.data)

    @classmethod
    def decode(cls, octets: bytes) -> TcPacket:
        """Return the telecommand that `octets` are; raise `PacketError` with its reason when they are none.

        A part of a segmented telecommand is none: nothing on board puts the parts together.
        """
        field = _pus_data(octets, PacketType.TELECOMMAND, TC_OVERHEAD)
        apid, sequence, _, version, service, subtype, source = _TC.unpack_from(octets)
        flags = SequenceFlags(sequence >> 14)
        if flags is not SequenceFlags.UNSEGMENTED:
            raise PacketError(f"sequence flags {flags.name}: expected UNSEGMENTED", PacketReject.SEGMENTED, flags)
        data = field[TC_SECONDARY_OCTETS:]
        return cls(apid & 0x7FF, sequence & 0x3FFF, service, subtype, data, source, Acknowledgement(version & 15))


@dataclass(frozen=True, slots=True)
class TmPacket:
    """A PUS-C telemetry packet; `data` is the source data, `message_type_counter` counts per destination and type."""

    apid: int
    seq_count: int
    service_type: int
    message_subtype: int
    t_tai_ns: int
    data: bytes = b""
    message_type_counter: int = 0
    destination_id: int = 0
    time_reference_status: int = 0

    def encode(self) -> bytes:
        """Return the octets; raise `PacketError` when a field does not fit."""
        _in_range("apid", self.apid, APID_MAX - 1)
        _in_range("sequence count", self.seq_count, SEQ_COUNT_MODULO - 1)
        _in_range("service type", self.service_type, 255)
        _in_range("message subtype", self.message_subtype, 255)
        _in_range("message type counter", self.message_type_counter, 65535)
        _in_range("destination id", self.destination_id, 65535)
        _in_range("time reference status", self.time_reference_status, 15)
        length = TM_SECONDARY_OCTETS + len(self.data) + ERROR_CONTROL_OCTETS
        _in_range("packet data field length", length, DATA_FIELD_MAX)
        head = _TM.pack(
            0x0800 | self.apid,
            0xC000 | self.seq_count,
            length - 1,
            PUS_VERSION << 4 | self.time_reference_status,
            self.service_type,
            self.message_subtype,
            self.message_type_counter,
            self.destination_id,
            encode_cuc(self.t_tai_ns),
        )
        return _closed(head + self.data)

    @classmethod
    def decode(cls, octets: bytes) -> TmPacket:
        """Return the report that `octets` are; raise `PacketError` when length, version, type, CRC or time is wrong."""
        field = _pus_data(octets, PacketType.TELEMETRY, TM_OVERHEAD)
        apid, sequence, _, version, service, subtype, counter, destination, time = _TM.unpack_from(octets)
        return cls(
            apid & 0x7FF,
            sequence & 0x3FFF,
            service,
            subtype,
            decode_cuc(time),
            field[TM_SECONDARY_OCTETS:],
            counter,
            destination,
            version & 15,
        )
