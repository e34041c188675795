"""COM: the on-board ends of the link against the ground station, as octets."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacepackets.ecss.tc import PusTc

from ccsds.packets import TmPacket
from fsw.comms.downlink import Downlink
from fsw.comms.telemeter import Telemeter
from fsw.comms.uplink import Uplink
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.pus.outbox import Outbox
from ground.link.station import GroundStation
from hal.links.loop import LoopLink
from hal.vehicle.load import load_vehicle
from hal.wire import EpsSwitch

RADIO = load_vehicle().radio
CADU_OCTETS = 4 + 255 * RADIO.rs_interleave


class Space:
    """The on-board ends on one side of a link, the station on the other."""

    def __init__(self, radio=RADIO):
        self.pool = Pool(flight_sections())
        self.switches = self.pool.view("command.switches")
        self.switches[...] = EpsSwitch.RADIO_TX
        self.link, self.ground = LoopLink.pair()
        self.received = []
        self.accepts = True
        self.uplink = Uplink(self.pool, radio, self.link, self)
        self.telemeter = Telemeter(self.pool, radio, 10, Outbox(), self.uplink.clcw)
        self.downlink = Downlink(self.pool, self.link, self.telemeter.cadus)
        self.push = self.telemeter.push
        self.station = GroundStation(radio)

    def receive(self, packet):
        """Accept a telecommand packet, or not."""
        self.received.append(packet)
        return self.accepts

    def send(self):
        """Make this tick's frames and send them."""
        self.telemeter.step()
        self.downlink.step()


def packet(number, size=40):
    return TmPacket(RADIO.apid, number % 16384, 17, 2, 0, bytes(size)).encode()


@pytest.mark.parametrize("bps", [8000, 32000, 500000, 10 * 8 * CADU_OCTETS])  # the last: one CADU a tick, no bit more
def test_downlink_uses_the_channel_rate(bps):
    """COM-01: over any time the octets sent are those that the rate pays for, to one CADU."""
    space = Space(dataclasses.replace(RADIO, downlink_bps=bps))
    ticks = 100
    for _ in range(ticks):
        space.send()
    sent = len(space.ground.read())
    assert sent % CADU_OCTETS == 0
    assert 0 <= bps / 8 * ticks / 10 - sent < CADU_OCTETS


@pytest.mark.parametrize("cadus_a_tick", [1, 3])
def test_bits_that_pay_for_a_cadu_exactly_send_it_at_once(cadus_a_tick):
    """COM-01: none is held back for a bit more."""
    space = Space(dataclasses.replace(RADIO, downlink_bps=10 * 8 * CADU_OCTETS * cadus_a_tick))
    for tick in range(1, 4):
        space.send()
        assert space.pool["downlink.cadus_sent"] == cadus_a_tick * tick
    assert space.pool["link.downlink_credit_bits"] == 0


def test_a_transmitter_that_is_switched_off_sends_nothing_and_packets_wait():
    """COM-01: and it has earned nothing meanwhile."""
    space = Space()
    space.push(RADIO.housekeeping_vcid, packet(0))
    space.switches[...] = 0
    for _ in range(100):
        space.send()
    assert space.ground.read() == b""
    assert space.pool["tm_frames.vc_packets"].sum() == 1
    space.switches[...] = EpsSwitch.RADIO_TX
    space.send()
    assert len(space.ground.read()) <= CADU_OCTETS
    for _ in range(10):
        space.send()
    assert space.pool["tm_frames.vc_packets"].sum() == 0


@given(st.lists(st.integers(0, 900), min_size=1, max_size=60), st.integers(1, 40))
@settings(max_examples=50, deadline=None)
def test_every_packet_is_sent_waiting_or_dropped(sizes, ticks):
    """COM-02: the ledger of the downlink closes at any time, and the ground gets exactly what was sent."""
    space = Space()
    for number, size in enumerate(sizes):
        space.push(RADIO.housekeeping_vcid, packet(number, size))
    for _ in range(ticks):
        space.send()
    delivered = space.station.receive(space.ground.read())
    pool = space.pool
    sent, waiting = int(pool["tm_frames.packets_sent"].sum()), int(pool["tm_frames.vc_packets"].sum())
    assert pool["link.tm_generated"] == len(sizes)
    assert pool["link.tm_generated"] == sent + waiting + pool["link.tm_dropped"]
    assert len(delivered) == sent


def test_full_queue_drops_and_counts():
    """COM-02: nothing is lost without being counted when the channel cannot keep up."""
    space = Space()
    for number in range(200):
        space.push(RADIO.event_vcid, packet(number, 900))
    assert space.pool["link.tm_dropped"] > 0
    assert space.pool["link.tm_dropped"] == space.pool["tm_frames.packets_refused"].sum()


@given(st.binary(max_size=80), st.binary(max_size=80))
@settings(max_examples=50, deadline=None)
def test_commands_arrive_whole_between_any_garbage(before, after):
    """COM-03: a telecommand made by `spacepackets` arrives once, whatever surrounds its CLTU, and is acknowledged."""
    space = Space()
    command = bytes(PusTc(17, 1, apid=RADIO.apid, seq_count=5).pack())
    space.ground.write(before)
    space.ground.write(space.station.send(command, 0))
    space.ground.write(after)
    space.uplink.step()
    if space.received != [command]:  # garbage may have looked like a start sequence: the repetition gets through
        assert space.received == []
        space.ground.write(bytes(2048))
        space.uplink.step()
        space.ground.write(space.station.transmit(10**10))
        space.uplink.step()
    assert space.received == [command]
    for _ in range(4):
        space.send()
    space.station.receive(space.ground.read())
    assert space.station.counts.tc_unacknowledged == 0


def test_packets_that_are_no_commands_are_counted():
    """COM-03: what the router refuses is counted as dropped."""
    space = Space()
    space.accepts = False
    space.ground.write(space.station.send(bytes(PusTc(17, 1, apid=RADIO.apid).pack()), 0))
    space.uplink.step()
    assert (space.pool["uplink.tc_packets"], space.pool["uplink.tc_dropped"]) == (1, 1)


def test_a_radio_that_is_gone_loses_frames_and_no_more():
    """COM-05: refused reads and writes are counted; when the radio is back the frame count shows what was lost."""
    space = Space()
    for _ in range(40):
        space.send()
    space.station.receive(space.ground.read())
    working, gone = space.link, LoopLink.pair()[0]
    gone.close()
    for link in (gone, working):
        space.uplink._link = space.downlink._link = link
        for _ in range(40):
            space.uplink.step()
            space.send()
    space.station.receive(space.ground.read())
    assert space.pool["uplink.radio_errors"] == 40  # reads, one a tick
    assert space.pool["downlink.radio_errors"] == space.station.counts.frames_lost > 0
    assert space.pool["downlink.cadus_sent"] == space.station.counts.frames


@pytest.mark.parametrize("cut", [1, 2, 4, 20, 22, 33])
def test_half_a_cltu_from_before_a_failure_of_the_radio_costs_the_next_one_nothing(cut):
    """COM-05: what comes after the link failed has nothing to do with what came before."""
    space = Space()
    command = bytes(PusTc(17, 1, apid=RADIO.apid, seq_count=5).pack())
    cltu = space.station.sender.send_bypass(command)
    space.ground.write(cltu[:cut])
    space.uplink.step()
    working, gone = space.link, LoopLink.pair()[0]
    gone.close()
    space.uplink._link = gone
    space.uplink.step()
    space.uplink._link = working
    space.ground.write(cltu)
    space.uplink.step()
    assert space.received == [command]
    assert space.pool["tc_frames.cltus_dropped"] == (cut > 1)
    assert space.pool["tc_frames.tc_octets_skipped"] == (cut == 1) + 7  # of the tail; its last octet waits


def test_a_radio_that_breaks_in_an_unexpected_way_sends_nothing_twice():
    """COM-05: the exception is the executive's; the frames of that tick are gone."""
    space = Space(dataclasses.replace(RADIO, downlink_bps=10 * 8 * CADU_OCTETS * 2))

    class Broken:
        def write(self, octets):
            working.write(octets)
            raise ZeroDivisionError

    working, space.downlink._link = space.link, Broken()
    with pytest.raises(ZeroDivisionError):
        space.send()
    space.downlink._link = working
    space.send()
    frames = space.ground.read()
    assert len(frames) == 3 * CADU_OCTETS
    assert len({frames[at : at + CADU_OCTETS] for at in range(0, len(frames), CADU_OCTETS)}) == 3
