"""The station against the on-board engines, with the reference vehicle's frame parameters."""

import random

import pytest

from ccsds.packets import SpacePacket, TcPacket
from ccsds.tc_receiver import TcReceiver
from ccsds.tc_sender import SenderAlert
from ccsds.tm_frames import TmChannel
from fsw.comms.sections import DownlinkQueueSection, TcFramesSection, TmFramesSection, UplinkBufferSection
from fsw.core.pool import Pool
from ground.link.station import GroundStation
from hal.vehicle.load import load_vehicle

SECOND = 1_000_000_000
RADIO = load_vehicle("reference").radio


class Spacecraft:
    """The on-board ends of both links."""

    def __init__(self):
        self.pool = Pool((DownlinkQueueSection, TcFramesSection, TmFramesSection, UplinkBufferSection))
        self.downlink = TmChannel(
            self.pool, RADIO.scid, RADIO.rs_interleave, (RADIO.event_vcid, RADIO.housekeeping_vcid)
        )
        self.uplink = TcReceiver(self.pool, RADIO.scid, RADIO.command_vcid, RADIO.farm_window)

    def cadu(self):
        return self.downlink.next_cadu(self.uplink.clcw())


def telemetry(number):
    return SpacePacket(RADIO.apid, number, random.Random(number).randbytes(50 + 37 * (number % 40))).encode()


def telecommand(number):
    return TcPacket(RADIO.apid, number, 17, 1, bytes(number)).encode()


def test_the_packet_ledger_closes():
    """Generated = delivered + stored + dropped, packet by packet."""
    craft, station = Spacecraft(), GroundStation(RADIO)
    delivered = 0
    for number in range(400):
        craft.downlink.push(RADIO.housekeeping_vcid, telemetry(number))
        if number % 3 == 0:
            delivered += len(station.receive(craft.cadu()))
    state = craft.pool.array(TmFramesSection)
    dropped = int(state["packets_refused"].sum())
    assert delivered + craft.downlink.packets_stored + dropped == 400
    assert station.counts.packets == delivered == state["packets_sent"].sum()
    while craft.downlink.packets_stored:
        delivered += len(station.receive(craft.cadu()))
    assert delivered + dropped == 400
    assert station.counts.frames_lost == station.counts.frames_bad == station.counts.packets_broken == 0


def test_no_more_telecommands_are_under_way_than_half_the_window_of_the_receiver():
    station = GroundStation(RADIO)
    sent = [station.send(telecommand(number), 0) for number in range(RADIO.farm_window)]
    assert [bool(cltu) for cltu in sent].count(True) == RADIO.farm_window // 2


def test_telecommands_travel_and_are_acknowledged_by_the_downlink():
    craft, station = Spacecraft(), GroundStation(RADIO)
    got = []
    for number in range(20):
        got += craft.uplink.feed(station.send(telecommand(number), number * SECOND))
        station.receive(craft.cadu())
        got += craft.uplink.feed(station.transmit(number * SECOND))
    assert got == [telecommand(number) for number in range(20)]
    assert station.counts.tc_unacknowledged == 0
    assert station.counts.tc_frames == station.counts.tc_frames_acknowledged == 20
    assert station.alert is SenderAlert.NONE


def test_a_lost_telecommand_is_repeated_by_the_clcw():
    craft, station = Spacecraft(), GroundStation(RADIO)
    station.send(telecommand(1), 0)  # never arrives
    assert craft.uplink.feed(station.send(telecommand(2), 0)) == []
    station.receive(craft.cadu())
    assert craft.uplink.feed(station.transmit(SECOND)) == [telecommand(1), telecommand(2)]
    assert station.counts.tc_frames_resent == 2


@pytest.mark.parametrize("piece", [1, 128, 400, 1279, 5000])
def test_the_station_takes_the_downlink_in_pieces(piece):
    craft, station = Spacecraft(), GroundStation(RADIO)
    sent = [telemetry(number) for number in range(12)]
    for packet in sent:
        assert craft.downlink.push(RADIO.event_vcid, packet)
    octets = b"".join(craft.cadu() for _ in range(12))
    got = [p for at in range(0, len(octets), piece) for p in station.receive(octets[at : at + piece])]
    assert got == sent
    assert station.counts.octets == len(octets)


def test_garbage_and_gaps_are_counted():
    craft, station = Spacecraft(), GroundStation(RADIO)
    cadus = [craft.cadu() for _ in range(6)]
    assert station.receive(b"noise" * 50 + cadus[0] + cadus[1] + cadus[4] + b"noise" + cadus[5]) == []
    assert station.counts.octets_skipped == 255
    assert station.counts.frames == station.counts.frames_idle == 4
    assert station.counts.frames_lost == 2
