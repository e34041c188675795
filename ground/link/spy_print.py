"""`smartsat spy print FILE`: prints what crossed a link, record by record, with decoded packets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ground.link.packets import Packet, title
from hal.links.spy_format import LOST, Crossing, SpyError, SpyReader
from hal.packet import FrameDecoder, PacketType

SHOWN = 24  # octets of a record or payload that a line shows
ENDS = (Crossing.OUT, Crossing.IN)  # packets are looked for in what really crossed


def lines_of(path: Path, packets: bool = True) -> Iterator[str]:
    """Yield the lines for a spy's file: its link, each record, each packet that a record completes, and a summary.

    Without `packets`, octets only: for a link that speaks another language than `hal.wire`, such as GNSS. Raises
    `SpyError` with one line when the file cannot be read, is none or is damaged.
    """
    try:
        reader = SpyReader(path)
        opened = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=reader.opened_utc_ns // 1000)
        yield f"link    {reader.url!r}, opened {opened.isoformat(timespec='milliseconds')}"
        yield from _records(reader, packets)
    except OSError as error:
        raise SpyError(f"{path}: cannot be read: {error.strerror or error}") from None
    except OverflowError:
        raise SpyError(f"{path}: the time of opening is not a time: the file is damaged") from None


def _records(reader: SpyReader, packets: bool) -> Iterator[str]:
    decoders = {end: FrameDecoder() for end in ENDS}
    counts, octets = dict.fromkeys(Crossing, 0), dict.fromkeys(Crossing, 0)
    lost = 0
    for record in reader:
        counts[record.crossing] += 1
        octets[record.crossing] += len(record.octets)
        if record.crossing is Crossing.LOST:
            missing, of = LOST.unpack(record.octets)
            lost += missing
            yield f"{record.t_ns * 1e-9:12.6f} s  LOST        {missing} octets in {of} records were not written here"
            continue
        yield f"{record.t_ns * 1e-9:12.6f} s  {record.crossing.name:<10} {len(record.octets):5d}  {_hex(record.octets)}"
        if packets and record.crossing in ENDS:
            for packet in decoders[record.crossing].feed(record.octets):
                yield f"{'':14}  {_words(Packet(*packet))}"
    for end in ENDS:
        found = f", {decoders[end].frames_ok} packets, {decoders[end].frames_bad} frames bad" if packets else ""
        yield f"total   {end.name:<3} {counts[end]} records, {octets[end]} octets{found}"
    refused = counts[Crossing.OUT_FAILED], counts[Crossing.IN_FAILED]
    if any(refused) or lost or reader.cut:
        yield f"total   refused {refused[0]} writes and {refused[1]} reads; {lost} octets lost; {reader.cut} octets cut"


def _words(packet: Packet) -> str:
    kind = "telecommand" if packet.packet_type == PacketType.TELECOMMAND else "telemetry"
    return f"{title(packet)} {kind} seq {packet.seq_count}, {len(packet.payload)} octets: {_hex(packet.payload)}"


def _hex(octets: bytes) -> str:
    return octets[:SHOWN].hex() + ("..." if len(octets) > SHOWN else "")
