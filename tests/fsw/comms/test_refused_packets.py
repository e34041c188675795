"""COM-06: whatever an accepted frame holds instead of a telecommand is counted, reported and not executed."""

import struct

import pytest
from spacepackets.ecss.tc import PusTc
from spacepackets.ecss.tm import PusTm

from ccsds._coding import crc16_of
from ccsds.tc_frames import ACQUISITION_OCTETS, FrameType, TcFrame, cltu_encode
from fsw.comms.uplink import Uplink
from fsw.core.events import EventId
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.pus.messages import Failure
from fsw.pus.st17_test import ConnectionTest
from hal.links.loop import LoopLink
from hal.vehicle.load import load_vehicle
from tests.fsw.service_bench import ServiceBench

RADIO = load_vehicle().radio
SOURCE = 9


class Satellite:
    """The on-board end of the uplink with its router and ST[17]; `take` gives what came of one frame's data."""

    def __init__(self):
        self.pool = Pool(flight_sections())
        self.ground, link = LoopLink.pair()
        self._sent = []
        self.bench = ServiceBench(self.pool, RADIO.apid, self.services)
        self.events = self.bench.events
        self.uplink = Uplink(self.pool, RADIO, link, self.bench.acceptance)
        self.n_s = 0

    def services(self, outbox):
        self.test = ConnectionTest(outbox, RADIO.apid)
        return [self.test]

    @property
    def sent(self):
        """What was sent since `forget`, as packets."""
        self._sent += [PusTm.unpack(packet, timestamp_len=7) for packet in self.bench.packets()]
        return self._sent

    def take(self, data, kind=FrameType.BD):
        self.sent.clear()
        frame = TcFrame(RADIO.scid, RADIO.command_vcid, kind, data, self.n_s).encode()
        self.n_s += kind is FrameType.AD
        self.ground.write(ACQUISITION_OCTETS + cltu_encode(frame))
        self.uplink.step()
        self.bench.requests.step()
        return [((t.service, t.message_subtype), t.tm_data, t.pus_tm_sec_header.dest_id) for t in self.sent]

    @property
    def ledger_closes(self):
        pool = self.pool
        ended = pool["requests.tc_completed"] + pool["requests.tc_failed"]
        return (
            pool["uplink.tc_packets"]
            == ended + pool["uplink.tc_rejected"]
            == pool["uplink.tc_accepted"] + pool["uplink.tc_rejected"]
            and pool["uplink.tc_rejected"] == pool["uplink.tc_rejects"].sum()
            and pool["tc_frames.farm_accepted_bd"] + pool["tc_frames.farm_accepted_ad"] == pool["uplink.tc_packets"]
        )


def ping(**changes):
    return bytes(PusTc(17, 1, apid=RADIO.apid, seq_count=77, source_id=SOURCE, **changes).pack())


def sealed(octets):
    """A packet with the right packet error control for what it is now."""
    return bytes(octets[:-2]) + crc16_of(bytes(octets[:-2])).to_bytes(2, "big")


def changed(at, value, mask=0xFF):
    octets = bytearray(ping())
    octets[at] = octets[at] & ~mask & 0xFF | value
    return sealed(octets)


def lengthened(by):
    """The ping whose length field says `by` octets more than there are."""
    octets = bytearray(ping())
    octets[5] += by
    return sealed(octets)


def without_secondary_header():
    return changed(0, 0, 0x08)


NOT_TELECOMMANDS = {
    "checksum": (ping()[:-1] + bytes([ping()[-1] ^ 1]), Failure.BAD_CHECKSUM, 0, 0),
    "length beyond the frame": (lengthened(5), Failure.BAD_LENGTH, 13, 0),
    "length short of the octets": (lengthened(-1), Failure.BAD_LENGTH, 13, 0),
    "octets behind the packet": (ping() + b"\x55\x55", Failure.TRAILING_OCTETS, 2, 0),
    "a packet cut short behind the packet": (ping() + ping()[:9], Failure.TRAILING_OCTETS, 9, 0),
    "too short for its header": (sealed(struct.pack(">HHHHH", 0x1800 | RADIO.apid, 0xC04D, 3, 0x2F11, 0)),
                                 Failure.BAD_LENGTH, 10, 0),
    "PUS version 1": (changed(6, 0x10, 0xF0), Failure.PUS_VERSION, 1, 0),
    "PUS version 3": (changed(6, 0x30, 0xF0), Failure.PUS_VERSION, 3, 0),
    "telemetry": (changed(0, 0, 0x10), Failure.PACKET_TYPE, 0, 0),
    "no secondary header": (without_secondary_header(), Failure.NO_SECONDARY_HEADER, 0, 0),
    "continuation": (changed(2, 0x00, 0xC0), Failure.SEGMENTED, 0, SOURCE),
    "first part": (changed(2, 0x40, 0xC0), Failure.SEGMENTED, 1, SOURCE),
    "last part": (changed(2, 0x80, 0xC0), Failure.SEGMENTED, 2, SOURCE),
}  # fmt: skip


@pytest.mark.parametrize("kind", [FrameType.BD, FrameType.AD])
@pytest.mark.parametrize("case", NOT_TELECOMMANDS)
def test_what_is_no_telecommand_is_counted_and_reported_under_its_request_id(case, kind):
    data, code, parameter, destination = NOT_TELECOMMANDS[case]
    satellite = Satellite()
    reports = satellite.take(data, kind)
    assert reports == [((1, 2), data[:4] + struct.pack(">HId", code, parameter, 0.0), destination)]
    assert satellite.pool["uplink.tc_rejects"][code] == satellite.pool["uplink.tc_dropped"] == 1
    assert satellite.events.waiting == 0
    assert satellite.ledger_closes
    assert [r[0] for r in satellite.take(ping(), kind)] == [(1, 1), (1, 3), (17, 2), (1, 7)]
    assert satellite.ledger_closes


def test_another_application_process_is_a_failed_routing():
    satellite = Satellite()
    other = bytes(PusTc(17, 1, apid=RADIO.apid + 1, source_id=SOURCE).pack())
    (report,) = satellite.take(other)
    assert report == ((1, 10), other[:4] + struct.pack(">HId", Failure.ILLEGAL_APID, RADIO.apid + 1, 0.0), SOURCE)
    assert satellite.pool["uplink.tc_rejects"][Failure.ILLEGAL_APID] == 1
    assert satellite.ledger_closes


@pytest.mark.parametrize(("data", "code"), [
    (b"\x18\x64\xc0\x4d\x00", Failure.BAD_LENGTH),
    (b"\x00", Failure.BAD_LENGTH),
    (changed(0, 0x20, 0xE0), Failure.PACKET_VERSION),
    (b"\xff" * 40, Failure.PACKET_VERSION),
])  # fmt: skip
def test_data_without_a_readable_header_is_an_event(data, code):
    satellite = Satellite()
    assert satellite.take(data) == []
    assert [(e.id, e.values) for e in satellite.events.drain()] == [
        (EventId.TELECOMMAND_UNREADABLE, (len(data), code, 1))
    ]  # fmt: skip
    assert satellite.pool["uplink.tc_rejects"][code] == satellite.pool["uplink.tc_unreadable"] == 1
    assert satellite.ledger_closes


def test_a_stream_of_unreadable_data_does_not_flood_the_events():
    satellite = Satellite()
    for _ in range(70):
        satellite.take(b"\xff" * 8)
    assert [e.values[2] for e in satellite.events.drain()] == [1, 2, 4, 8, 16, 32, 64]
    assert satellite.pool["uplink.tc_unreadable"] == 70
    assert satellite.ledger_closes


def test_every_packet_of_a_frame_is_executed_even_when_one_raises():
    """The one that raises is reported as failed; the exception is then the executive's."""
    satellite = Satellite()
    service = satellite.test
    prepare, raised = service.prepare, []

    def once(request):
        if not raised:
            raised.append(request)
            raise ZeroDivisionError
        return prepare(request)

    service.prepare = once
    with pytest.raises(ZeroDivisionError):
        satellite.take(ping() + ping())
    assert [(t.service, t.message_subtype) for t in satellite.sent] == [
        (1, 1), (1, 1), (1, 4), (1, 3), (17, 2), (1, 7),
    ]  # fmt: skip
