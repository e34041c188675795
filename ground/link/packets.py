"""Names the difference between two octet streams in terms of the wire protocol: link, packet, field, both values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from hal.devices.layout import layout
from hal.octets import CLOCK, RADIO, Direction, link_numbers
from hal.packet import FrameDecoder, PacketType
from hal.record import Record
from hal.vehicle.vehicle import Vehicle
from hal.wire import EPS_OFFSET, Apid, Boot, EpsCommand, EpsConfig, EpsSensors, Identity, StarTrackerReport

Entry = tuple[int, int, bytes]
NOTHING = "nothing"


def payloads(vehicle: Vehicle) -> dict[int, type[Record]]:
    """Return the records of the packets of a vehicle's boards and devices, by APID."""
    carries = layout(vehicle)
    return {
        Apid.COMMAND: carries.command, Apid.CONFIG: carries.config, Apid.SENSORS: carries.sensors, Apid.BOOT: Boot,
        Apid.IDENTITY: Identity, Apid.STAR_TRACKER: StarTrackerReport,
        Apid.COMMAND + EPS_OFFSET: EpsCommand, Apid.CONFIG + EPS_OFFSET: EpsConfig,
        Apid.SENSORS + EPS_OFFSET: EpsSensors, Apid.BOOT + EPS_OFFSET: Boot, Apid.IDENTITY + EPS_OFFSET: Identity,
    }  # fmt: skip


class Packet(NamedTuple):
    """One packet of a board or unit."""

    apid: int
    packet_type: int
    seq_count: int
    payload: bytes


@dataclass(frozen=True)
class PacketDifference:
    """The first difference in the octets of a tick: where they crossed, what they mean, recorded and today."""

    link: str
    direction: str  # "OUT" of the flight computer, or "IN"
    packet: str  # name and APID; empty when the octets are no packets
    field: str  # of the payload or header; empty when that cannot be said
    recorded: str
    today: str

    @property
    def place(self) -> str:
        """Link, packet and field in a few words."""
        parts = (f"link {self.link} {self.direction}", self.packet, f"field {self.field}" if self.field else "")
        return ", ".join(part for part in parts if part)


def first_difference(
    recorded: Sequence[Entry], today: Sequence[Entry], links: Iterable[str], vehicle: Vehicle
) -> PacketDifference | None:
    """Return the first difference in the octets of one tick of a vehicle; None when there is none.

    `links`: names of the vehicle's links in their order, `Vehicle.links`.
    """
    n = next(
        (i for i, (one, other) in enumerate(zip(recorded, today, strict=False)) if one != other),
        min(len(recorded), len(today)),
    )
    if n == len(recorded) == len(today):
        return None
    link, direction, _ = recorded[n] if n < len(recorded) else today[n]
    there, here = _of(recorded, link, direction), _of(today, link, direction)
    if there == here:  # the same strings in another order, or what one of them has more is on another link
        link, direction, _ = today[n] if n < len(today) else recorded[n]
        there, here = _of(recorded, link, direction), _of(today, link, direction)
    names = {number: name for name, number in link_numbers(links).items()} | {RADIO: "radio", CLOCK: "clock"}
    name = names.get(link, f"number {link}")
    way = Direction(direction).name if direction in Direction._value2member_map_ else f"direction {direction}"
    if link not in (RADIO, CLOCK):
        records = payloads(vehicle)
        for one, other in _pairs(there, here):  # none where the device speaks another protocol
            if one != other:
                return PacketDifference(name, way, title(one or other), *_field(one, other, records))
    return PacketDifference(name, way, "", "", _octets(link, way, there), _octets(link, way, here))


def _of(entries: Sequence[Entry], link: int, direction: int) -> bytes | None:
    """Return all octets of one link in one direction; None when there is no entry."""
    strings = [string for where, way, string in entries if (where, way) == (link, direction)]
    return b"".join(strings) if strings else None


def _pairs(recorded: bytes | None, today: bytes | None) -> list[tuple[Packet | None, Packet | None]]:
    """Return the packets of both sides by place."""
    there, here = ([Packet(*p) for p in FrameDecoder().feed(octets or b"")] for octets in (recorded, today))
    longest = max(len(there), len(here))
    return [(there[i] if i < len(there) else None, here[i] if i < len(here) else None) for i in range(longest)]


def title(packet: Packet | None) -> str:
    """Return the name of a packet in the wire protocol, and its APID."""
    if packet is None:
        return ""
    base = packet.apid - EPS_OFFSET if packet.apid >= EPS_OFFSET else packet.apid
    name = Apid(base).name if base in Apid._value2member_map_ else "unknown"
    return f"packet {name} (APID 0x{packet.apid:03x})"


def _field(recorded: Packet | None, today: Packet | None, records: Mapping[int, type[Record]]) -> tuple[str, str, str]:
    """Return the first field that differs, and both its values."""
    if recorded is None or today is None:
        return "", _summary(recorded), _summary(today)
    for name in ("apid", "packet_type", "seq_count"):
        one, other = getattr(recorded, name), getattr(today, name)
        if one != other:
            return name, str(one), str(other)
    record = records.get(recorded.apid)
    if record is not None and len(recorded.payload) == len(today.payload) == record.end:
        there, here = _decode(record, recorded.payload), _decode(record, today.payload)
        for f in record.fields:
            if there[f.name].tobytes() != here[f.name].tobytes():
                return element(f.name, there[f.name], here[f.name])
    if len(recorded.payload) != len(today.payload):
        return "length", f"{len(recorded.payload)} octets", f"{len(today.payload)} octets"
    return "", recorded.payload.hex(), today.payload.hex()


def _decode(record: type[Record], payload: bytes) -> np.ndarray[Any, np.dtype[Any]]:
    return np.frombuffer(payload + bytes(record.size - record.end), record.dtype())[0]  # type: ignore[no-any-return]


def element(name: str, recorded: Any, today: Any) -> tuple[str, str, str]:  # noqa: ANN401 - number or array
    """Return the first element of two values that differs in any bit: its name and both values."""
    one, other = np.asarray(recorded), np.asarray(today)
    if not one.ndim:
        return name, repr(one.item()), repr(other.item())
    for place in np.ndindex(one.shape):
        if one[place].tobytes() != other[place].tobytes():
            return f"{name}[{', '.join(map(str, place))}]", repr(one[place].item()), repr(other[place].item())
    return name, "equal", "equal"


def _summary(packet: Packet | None) -> str:
    if packet is None:
        return NOTHING
    kind = "telecommand" if packet.packet_type == PacketType.TELECOMMAND else "telemetry"
    return f"{kind} packet, {len(packet.payload)} octets of payload"


def _octets(link: int, way: str, octets: bytes | None) -> str:
    """Describe octets that are not packets of boards and units."""
    if octets is None:
        return NOTHING
    if link == RADIO and way.startswith("OUT"):
        return f"frames of digest {octets.hex()}"
    return f"{len(octets)} octets {octets[:32].hex()}{'...' if len(octets) > 32 else ''}"
