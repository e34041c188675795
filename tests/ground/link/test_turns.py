"""GND-UPL: turns on the uplink: no sender's CLTU is lost to another's, nobody waits longer than the limits say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsds.packets import TcPacket
from ccsds.tc_frames import ACQUISITION_OCTETS, CLTU_OCTETS_MAX, TAIL_SEQUENCE, cltu_encode
from ccsds.tc_receiver import TcReceiver
from ccsds.tc_sender import TcSender
from fsw.comms.sections import TcFramesSection, UplinkBufferSection
from fsw.core.pool import Pool
from ground.link.turns import GRACE_S, HOLD_MAX_S, HOLD_S, ROOM_OCTETS, TURN_OCTETS, TURN_OCTETS_MAX, Sender, Turns
from hal.vehicle.load import load_vehicle

RADIO = load_vehicle().radio
POOL = Pool((TcFramesSection, UplinkBufferSection))
COLD = POOL.snapshot()
STEP_S = 0.1
STEP_OCTETS = 50  # 4000 bit/s


class Uplink:
    """Turns at the pace of the radio, by a clock of their own, and the receiver on board behind them."""

    def __init__(self, senders: int, octets_a_step: int = STEP_OCTETS) -> None:
        self.turns, self.senders = Turns(), [Sender() for _ in range(senders)]
        self.turns.senders += self.senders
        self.octets_a_step = octets_a_step
        self.now_s, self.sent, self.added = 100.0, b"", 0
        POOL.restore(COLD)
        self.receiver = TcReceiver(POOL, RADIO.scid, RADIO.command_vcid, RADIO.farm_window)
        self.packets: list[bytes] = []

    def step(self) -> bytes:
        octets, added = self.turns.next_octets(self.octets_a_step, self.now_s)
        assert len(octets) <= self.octets_a_step
        self.now_s += STEP_S
        self.sent += octets
        self.added += added
        self.packets += self.receiver.feed(octets)
        return octets

    def wait_for(self, packet: bytes, limit_s: float, each_step=lambda: None) -> float:
        """Step until `packet` has arrived; return how long that took."""
        began_s = self.now_s
        while packet not in self.packets:
            assert self.now_s - began_s <= limit_s
            each_step()
            self.step()
        return self.now_s - began_s


def telecommand(size: int = 3, number: int = 7) -> bytes:
    return TcPacket(RADIO.apid, number, 17, 1, bytes(i % 251 for i in range(size))).encode()


def cltu_of(packet: bytes) -> bytes:
    """A whole CLTU with one BD frame, as COP-1's sending end makes it."""
    return TcSender(RADIO.scid, RADIO.command_vcid, window=1).send_bypass(packet)


MINE, YOURS = telecommand(40, 1), telecommand(30, 2)
FILL = 4  # octets at the end of the last codeblock of `MINE` that the acquisition sequence, or BCH, makes up for


@pytest.mark.parametrize("cut", range(1, len(cltu_of(MINE))))
def test_a_cltu_cut_anywhere_costs_the_next_one_nothing(cut):
    """After every number of octets: the next sender's telecommand arrives, accepted by FARM-1, once."""
    uplink = Uplink(2)
    uplink.senders[0].waiting += cltu_of(MINE)[:cut]
    uplink.step()
    uplink.step()
    uplink.turns.leave(uplink.senders[0])
    uplink.senders[1].waiting += cltu_of(YOURS)
    uplink.wait_for(YOURS, 2.0)
    assert uplink.sent == cltu_of(MINE)[:cut] + ACQUISITION_OCTETS + cltu_of(YOURS)
    assert uplink.added == len(ACQUISITION_OCTETS)
    assert uplink.packets[-1] == YOURS
    assert uplink.packets[:-1] in ([], [MINE])  # a frame of which only fill, parity or tail is missing is whole
    assert (len(uplink.packets) == 2) == (cut >= len(cltu_of(MINE)) - len(TAIL_SEQUENCE) - FILL)


@pytest.mark.parametrize("randomized", [False, True])
def test_the_acquisition_sequence_ends_any_cltu_at_the_receiver(randomized):
    """Cut after every octet of one as long as they get."""
    packet = telecommand(1004)
    sender = TcSender(RADIO.scid, RADIO.command_vcid, window=1, randomized=randomized)
    long, short = sender.send_bypass(packet), sender.send_bypass(YOURS)
    assert len(long) == CLTU_OCTETS_MAX
    POOL.restore(COLD)
    receiver = TcReceiver(POOL, RADIO.scid, RADIO.command_vcid, RADIO.farm_window, randomized=randomized)
    for cut in range(1, len(long)):
        assert receiver.feed(long[:cut] + ACQUISITION_OCTETS + short)[-1:] == [YOURS], cut


def test_without_a_cut_nothing_goes_in_between():
    uplink = Uplink(2)
    uplink.senders[0].waiting += cltu_of(MINE) * 2
    uplink.senders[1].waiting += cltu_of(YOURS)
    while uplink.step():
        pass
    assert uplink.sent == cltu_of(MINE) + cltu_of(YOURS) + cltu_of(MINE)
    assert (uplink.packets, uplink.added) == ([MINE, YOURS, MINE], 0)


def test_a_lone_sender_may_pause_within_its_cltu():
    """Longer than any limit: nobody waits, so nothing is put into its CLTU."""
    uplink = Uplink(2)
    for octet in cltu_of(MINE):
        uplink.senders[0].waiting.append(octet)
        uplink.step()
        uplink.now_s += 2 * HOLD_MAX_S if octet == 0x55 else 0.0
    assert (uplink.packets, uplink.added) == ([MINE], 0)


@pytest.mark.parametrize("drippers", [1, 4, 31])
@pytest.mark.parametrize("every_s", [0.1, 0.3, 0.9])
def test_any_number_that_drip_are_one_short_turn(drippers, every_s):
    """One octet each now and then, never an end: a telecommand waits `GRACE_S` and its own time on the radio."""
    uplink, steps = Uplink(drippers + 1), round(every_s / STEP_S)

    def drip() -> None:
        if round(uplink.now_s / STEP_S) % steps == 0:
            for sender in uplink.senders[1:]:
                sender.waiting += b"\xeb"[: sender.room]

    for _ in range(40):
        drip()
        uplink.step()
    for number in range(5):
        packet = telecommand(20, 100 + number)
        uplink.senders[0].waiting += cltu_of(packet)
        own_s = len(cltu_of(packet)) / STEP_OCTETS * STEP_S
        limit_s = own_s + GRACE_S + len(ACQUISITION_OCTETS + b"\xeb" * 20) / STEP_OCTETS * STEP_S + 3 * STEP_S
        uplink.wait_for(packet, limit_s, drip)
        assert packet in uplink.packets
        for _ in range(15):
            drip()
            uplink.step()


@pytest.mark.parametrize("before", [1, 100])
def test_endless_octets_give_way_to_a_whole_cltu_after_a_turn(before):
    """After `TURN_OCTETS`, sooner than `HOLD_MAX_S`: one that waits from the start, and one that comes later."""
    uplink = Uplink(2)

    def flood() -> None:
        uplink.senders[0].waiting += bytes(uplink.senders[0].room)

    for _ in range(before):
        flood()
        uplink.step()
    uplink.senders[1].waiting += cltu_of(YOURS)
    octets = TURN_OCTETS + len(ACQUISITION_OCTETS + cltu_of(YOURS))
    uplink.wait_for(YOURS, octets / STEP_OCTETS * STEP_S + 2 * STEP_S, flood)
    assert YOURS in uplink.packets


def test_the_longest_hold_gives_the_uplink_to_octets_without_an_end():
    """Neither has an end, and the first is never silent: the other's turn comes after `HOLD_MAX_S`, not before."""
    uplink = Uplink(2)
    uplink.senders[0].waiting += b"\x01"
    uplink.step()
    uplink.senders[1].waiting += b"\x02"
    began_s = uplink.now_s
    while b"\x02" not in uplink.sent:
        uplink.senders[0].waiting += b"\x01"
        uplink.step()
        assert uplink.now_s - began_s < HOLD_MAX_S + 3 * STEP_S
    assert uplink.now_s - began_s > HOLD_MAX_S - 3 * STEP_S


def test_silence_gives_the_uplink_up():
    """A sender that is silent within a CLTU loses its turn to one that waits."""
    uplink = Uplink(2)
    uplink.senders[0].waiting += b"\x01"
    uplink.step()
    uplink.senders[1].waiting += b"\x02"
    began_s = uplink.now_s
    while b"\x02" not in uplink.sent:
        uplink.step()
        assert uplink.now_s - began_s < HOLD_S + 3 * STEP_S
    assert uplink.now_s - began_s > HOLD_S - 3 * STEP_S


def test_a_cltu_whose_end_is_there_is_never_cut():
    """However slow the radio is, and whoever waits."""
    uplink = Uplink(2, octets_a_step=1)
    long = cltu_of(telecommand(1004))
    uplink.senders[0].waiting += long
    uplink.step()
    uplink.senders[1].waiting += cltu_of(YOURS)
    while uplink.step():
        pass
    assert uplink.sent == long + cltu_of(YOURS)
    assert uplink.now_s > 100.0 + 20 * HOLD_MAX_S


@pytest.mark.parametrize(("beyond", "added"), [(0, 0), (1, len(ACQUISITION_OCTETS))])
def test_an_end_is_waited_for_that_is_within_the_longest_turn(beyond, added):
    """To the octet: one more before it, and somebody else's whole CLTU goes first."""
    uplink = Uplink(2)
    uplink.senders[0].waiting += bytes(TURN_OCTETS_MAX - len(cltu_of(MINE)) + beyond) + cltu_of(MINE)
    uplink.step()
    uplink.senders[1].waiting += cltu_of(YOURS)
    while uplink.step():
        pass
    assert uplink.added == added
    assert (uplink.sent.index(cltu_of(YOURS)) < uplink.sent.index(cltu_of(MINE)[-60:])) == bool(added)


def test_many_with_whole_cltus_take_turns():
    uplink = Uplink(5)
    for number, sender in enumerate(uplink.senders):
        sender.waiting += b"".join(cltu_of(telecommand(10, 10 * number + i)) for i in range(3))
    while uplink.step():
        pass
    assert [packet[3] for packet in uplink.packets] == [10 * n + i for i in range(3) for n in range(5)]


def test_what_a_busy_radio_delays_is_nobodys_fault():
    """Steps without room on the radio count for no limit of a sender that has had no chance."""
    uplink = Uplink(2)
    first, rest = cltu_of(MINE)[:30], cltu_of(MINE)[30:]
    uplink.senders[0].waiting += first
    uplink.step()
    uplink.senders[1].waiting += cltu_of(YOURS)
    uplink.octets_a_step = 0
    for _ in range(8):
        uplink.step()
    uplink.octets_a_step = STEP_OCTETS
    uplink.senders[0].waiting += rest
    while uplink.step():
        pass
    assert (uplink.packets, uplink.added) == ([MINE, YOURS], 0)


def test_the_ground_itself_breaks_into_no_cltu():
    uplink = Uplink(1)
    assert uplink.turns.break_in() == b""
    uplink.senders[0].waiting += cltu_of(MINE)[:30]
    uplink.step()
    assert uplink.turns.break_in() is None
    for _ in range(round(GRACE_S / STEP_S) + 2):
        uplink.step()
    assert uplink.turns.break_in() == ACQUISITION_OCTETS
    assert uplink.turns.break_in() == b""


def test_what_is_whole_of_somebody_who_has_gone_is_kept():
    sender = Sender()
    sender.waiting += cltu_of(MINE) + cltu_of(YOURS)[:20]
    assert sender.keep_whole() == 20
    assert bytes(sender.waiting) == cltu_of(MINE)
    assert sender.take(10) == (cltu_of(MINE)[:10], False)
    assert sender.take(1000) == (cltu_of(MINE)[10:], True)
    sender.waiting += b"nothing whole"
    assert sender.keep_whole() == 13
    assert not sender.waiting


Pieces = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 60)), max_size=40)


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=3, max_size=9), Pieces, st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_cltus_in_any_pieces_arrive_whole(frames, pieces, most):
    """Of three senders, none of whom dawdles: each one's CLTUs in its order, none broken, nothing in between."""
    uplink = Uplink(3, most)
    sent = [[cltu_encode(bytes([i]) + frame) for frame in frames[i::3]] for i in range(3)]
    left = [b"".join(cltus) for cltus in sent]
    for i, size in [*pieces, *((i, ROOM_OCTETS) for i in range(3))]:
        uplink.senders[i].waiting += left[i][:size]
        left[i] = left[i][size:]
        uplink.step()
        uplink.now_s -= STEP_S
    while uplink.step():
        pass
    got, waiting = uplink.sent, [list(cltus) for cltus in sent]
    while got:
        mine = next(cltus for cltus in waiting if cltus and got.startswith(cltus[0]))
        got = got[len(mine.pop(0)) :]
    assert waiting == [[], [], []]
    assert uplink.added == 0
