"""Headers of packets bit by bit, for decoders without this software (ECSS-E-ST-70-41C, 7.4).

The codec is `ccsds/packets.py`; `tests/fsw/dictionary/test_headers.py` reads what it makes with these tables.
"""

from __future__ import annotations

from typing import NamedTuple

from ccsds.cuc import P_FIELD
from ccsds.packets import PUS_VERSION
from hal.wire import PacketType, SequenceFlags


class Bits(NamedTuple):
    """One field of a header: big-endian, the most significant bit first; `value` where it is always the same."""

    name: str
    bits: int
    doc: str
    value: int | None = None


def primary(packet_type: PacketType) -> tuple[Bits, ...]:
    """Return the primary header of a space packet (CCSDS 133.0-B-2, 4.1.3)."""
    return (
        Bits("version", 3, "packet version number", 0),
        Bits("packet_type", 1, "0: telemetry, 1: telecommand", int(packet_type)),
        Bits("has_secondary_header", 1, "secondary header flag", 1),
        Bits("apid", 11, "application process identifier"),
        Bits("sequence_flags", 2, "sequence flags", int(SequenceFlags.UNSEGMENTED)),
        Bits("seq_count", 14, "packet sequence count of the application process"),
        Bits("length", 16, "octets of the packet data field minus 1"),
    )


TELEMETRY = (
    *primary(PacketType.TELEMETRY),
    Bits("pus_version", 4, "PUS version", PUS_VERSION),
    Bits("time_reference_status", 4, "status of the time reference"),
    Bits("service_type", 8, "service type"),
    Bits("message_subtype", 8, "message subtype"),
    Bits("message_type_counter", 16, "messages of this type sent before"),
    Bits("destination_id", 16, "source identifier of the telecommand that asked for it; 0: none"),
    Bits("time_p_field", 8, "time code: CUC, epoch 1958-01-01 TAI, 4 + 2 octets", P_FIELD),
    Bits("time_s", 32, "TAI since 1958-01-01, whole seconds"),
    Bits("time_fraction", 16, "fraction of a second in units of 2**-16 s"),
)
TELECOMMAND = (
    *primary(PacketType.TELECOMMAND),
    Bits("pus_version", 4, "PUS version", PUS_VERSION),
    Bits("acknowledgement", 4, "reports asked for: 8 acceptance, 4 start, 2 progress, 1 completion"),
    Bits("service_type", 8, "service type"),
    Bits("message_subtype", 8, "message subtype"),
    Bits("source_id", 16, "who asks: the destination of the reports"),
)
