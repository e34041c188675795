"""Telecommand link: frames, CLTUs, segments, and the sender against the receiver over a bad channel."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsds.coding import BchMode, crc16
from ccsds.errors import CcsdsError, FrameError, PacketError
from ccsds.formats import FarmState
from ccsds.packets import SpacePacket, TcPacket
from ccsds.records import SEGMENT_OCTETS
from ccsds.tc_frames import (
    ACQUISITION_OCTETS,
    FrameType,
    SegmentFlags,
    TcFrame,
    TcFrameError,
    TcReject,
    cltu_encode,
    segment,
)
from ccsds.tc_receiver import CltuReceiver, TcReceiver
from ccsds.tc_sender import SenderAlert, TcSender
from fsw.comms.sections import TcFramesSection, UplinkBufferSection

SCID, VCID, W = 194, 0, 10
SECOND = 1_000_000_000


def telecommand(number, octets=0):
    return TcPacket(100, number % 16384, 8, 1, random.Random(number).randbytes(octets)).encode()


def cltu(data, n_s=0, kind=FrameType.AD, scid=SCID, vcid=VCID):
    return cltu_encode(TcFrame(scid, vcid, kind, data, n_s).encode())


frames = st.builds(
    TcFrame,
    scid=st.integers(0, 1023),
    vcid=st.integers(0, 63),
    frame_type=st.sampled_from([FrameType.AD, FrameType.BD, FrameType.BC]),
    data=st.binary(min_size=1, max_size=60),
    n_s=st.integers(0, 255),
)


@given(frames)
@settings(deadline=None)
def test_frames_round_trip(frame):
    assert TcFrame.decode(frame.encode()) == frame


def test_frame_octets_bit_by_bit():
    octets = TcFrame(0x2AB, 0x15, FrameType.BC, b"\x82\x00\x07", 9).encode()
    text = f"{int.from_bytes(octets[:5], 'big'):040b}"
    fields = ("00", "1", "1", "00", f"{0x2AB:010b}", f"{0x15:06b}", f"{len(octets) - 1:010b}", f"{9:08b}")
    assert text == "".join(fields)
    assert crc16(octets) == 0


@pytest.mark.parametrize(
    "frame",
    [
        TcFrame(1024, 0, FrameType.AD, b"x"),
        TcFrame(0, 64, FrameType.AD, b"x"),
        TcFrame(0, 0, FrameType.AD, b""),
        TcFrame(0, 0, FrameType.AD, bytes(1018)),
        TcFrame(0, 0, FrameType.AD, b"x", 256),
    ],
)
def test_fields_that_do_not_fit_are_refused(frame):
    with pytest.raises(FrameError, match="expected"):
        frame.encode()


def resealed(octets, position, mask):
    out = bytearray(octets)
    out[position] ^= mask
    return bytes(out[:-2]) + crc16(bytes(out[:-2])).to_bytes(2, "big")


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", TcReject.LENGTH),
        (cltu(b"x")[2:9], TcReject.LENGTH),
        (TcFrame(SCID, VCID, FrameType.AD, b"abc").encode() + b"\x55", TcReject.LENGTH),
        (TcFrame(SCID, VCID, FrameType.AD, b"abc").encode()[:-1] + b"x", TcReject.FECF),
        (resealed(TcFrame(SCID, VCID, FrameType.AD, b"abc").encode(), 0, 0x40), TcReject.VERSION),
        (resealed(TcFrame(SCID, VCID, FrameType.AD, b"abc").encode(), 0, 0x04), TcReject.RESERVED_BITS),
        (resealed(TcFrame(SCID, VCID, FrameType.AD, b"abc").encode(), 0, 0x10), TcReject.FRAME_TYPE),
        (TcFrame(SCID + 1, VCID, FrameType.AD, b"abc").encode(), TcReject.SPACECRAFT),
        (TcFrame(SCID, VCID + 1, FrameType.AD, b"abc").encode(), TcReject.VIRTUAL_CHANNEL),
        (TcFrame(SCID, VCID, FrameType.BC, b"abc").encode(), TcReject.CONTROL_COMMAND),
    ],
)
def test_each_validation_check_names_its_reason_and_changes_nothing(memory, octets, reason):
    receiver = TcReceiver(memory, SCID, VCID, W)
    before = memory.snapshot()
    with pytest.raises(TcFrameError) as caught:
        receiver.receive_frame(octets)
    assert caught.value.reason is reason
    assert memory.snapshot() == before


@given(st.binary(max_size=1030))
@settings(deadline=None)
def test_any_octets_are_a_frame_or_a_frame_error(octets):
    try:
        frame = TcFrame.decode(octets)
    except TcFrameError:
        return
    assert frame.encode() == octets


@given(st.binary(min_size=8, max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_sealed_frame_is_taken_or_refused_with_a_reason(new_memory, octets):
    """Octets with a right length field and FECF reach the checks behind these."""
    sealed = bytearray(octets)
    sealed[0] &= 0x33
    sealed[2] = sealed[2] & 0xFC | (len(octets) - 1) >> 8
    sealed[3] = (len(octets) - 1) & 0xFF
    sealed[-2:] = crc16(bytes(sealed[:-2])).to_bytes(2, "big")
    memory = new_memory()
    receiver = TcReceiver(memory, (octets[0] & 3) << 8 | octets[1], octets[2] >> 2, W, segment_headers=True)
    before = memory.snapshot()
    try:
        packets = receiver.receive_frame(bytes(sealed))
    except TcFrameError as error:
        assert error.reason in (TcReject.FRAME_TYPE, TcReject.CONTROL_COMMAND)
        assert memory.snapshot() == before
    else:
        assert all(SpacePacket.decode(packet).encode() == packet for packet in packets)
        assert memory[TcFramesSection]["tc_frames_valid"] == 1


@pytest.mark.parametrize("randomized", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 100, 1017])
def test_cltus_round_trip_with_fill(memory, size, randomized):
    frame = TcFrame(SCID, VCID, FrameType.AD, random.Random(size).randbytes(size)).encode()
    octets = cltu_encode(frame, randomized=randomized)
    assert octets[:2] == bytes.fromhex("EB90")
    assert octets[-8:] == bytes.fromhex("C5C5C5C5C5C5C579")
    assert (len(octets) - 10) % 8 == 0
    (decoded,) = CltuReceiver(memory, randomized=randomized).feed(octets)
    assert decoded[: len(frame)] == frame
    assert len(decoded) - len(frame) < 7
    if not randomized:
        assert set(decoded[len(frame) :]) <= {0x55}


def test_several_frames_in_one_cltu(memory):
    items = [telecommand(i, 10 + i) for i in range(3)]
    octets = b"".join(TcFrame(SCID, VCID, FrameType.AD, item, n).encode() for n, item in enumerate(items))
    assert TcReceiver(memory, SCID, VCID, W).feed(cltu_encode(octets)) == items


def test_several_packets_in_one_frame(memory):
    items = [telecommand(i) for i in range(3)]
    assert TcReceiver(memory, SCID, VCID, W).feed(cltu(b"".join(items))) == items


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 8, 9, 50])
def test_cltus_arrive_in_pieces_of_any_size(memory, piece):
    items = [telecommand(i, 20 * i) for i in range(8)]
    stream = b"".join(ACQUISITION_OCTETS + cltu(item, n) for n, item in enumerate(items))
    receiver = TcReceiver(memory, SCID, VCID, W)
    got = [p for at in range(0, len(stream), piece) for p in receiver.feed(stream[at : at + piece])]
    assert got == items
    state = memory[TcFramesSection]
    assert state["tc_octets_in"] == len(stream)
    codeblocks = sum(len(cltu(item)) - 10 for item in items)
    undecided = memory[UplinkBufferSection]["pending_fill"]  # the last octet could begin a start sequence
    assert state["tc_octets_skipped"] + undecided == len(stream) - codeblocks - 2 * len(items)


def test_a_half_received_cltu_survives_a_snapshot(memory, new_memory):
    octets = cltu(telecommand(1, 200))
    TcReceiver(memory, SCID, VCID, W).feed(octets[:101])
    other = new_memory()
    twin = TcReceiver(other, SCID, VCID, W)
    other.restore(memory.snapshot())
    assert twin.feed(octets[101:]) == [telecommand(1, 200)]


def test_single_wrong_bits_are_corrected_in_every_codeblock(memory, new_memory):
    octets = cltu(telecommand(1, 60))
    rng = random.Random(5)
    damaged = bytearray(octets)
    damaged[1] ^= 0x08  # one in the start sequence too
    for block in range(2, len(octets) - 8, 8):
        position = rng.randrange(63)
        damaged[block + (position >> 3)] ^= 0x80 >> (position & 7)
    assert TcReceiver(memory, SCID, VCID, W).feed(bytes(damaged)) == [telecommand(1, 60)]
    assert memory[TcFramesSection]["codeblocks_corrected"] == (len(octets) - 10) // 8
    assert TcReceiver(new_memory(), SCID, VCID, W, mode=BchMode.TED).feed(bytes(damaged)) == []


@given(st.binary(max_size=400), st.booleans())
@settings(max_examples=100, deadline=None)
def test_after_any_garbage_a_telecommand_arrives(new_memory, garbage, started):
    """At most one CLTU is lost to a false start; the acquisition sequence ends it."""
    memory = new_memory()
    receiver = TcReceiver(memory, SCID, VCID, W)
    receiver.feed((b"\xeb\x90" if started else b"") + garbage)
    v_r = receiver.farm.v_r  # garbage with a valid FECF would count, one time in 65536
    wanted = telecommand(7, 30)
    got = []
    for _ in range(2):
        got += receiver.feed(ACQUISITION_OCTETS + cltu(wanted, v_r))
    assert wanted in got


def test_endless_codeblocks_are_given_up(memory):
    """A CLTU longer than any frame is dropped, counted, and the next is received."""
    receiver = TcReceiver(memory, SCID, VCID, W)
    endless = b"\xeb\x90" + bytes.fromhex("00000000000000FE") * 200
    assert receiver.feed(endless) == []
    assert memory[TcFramesSection]["cltus_dropped"] == 1
    assert receiver.feed(cltu(telecommand(1))) == [telecommand(1)]


def test_rejected_frames_are_counted_by_reason(memory):
    receiver = TcReceiver(memory, SCID, VCID, W)
    good = telecommand(1)
    stream = cltu(good, scid=SCID + 1) + cltu(good, vcid=9) + cltu(b"\x05", kind=FrameType.BC) + cltu(b"no packet")
    assert receiver.feed(stream) == []
    expected = {TcReject.SPACECRAFT, TcReject.VIRTUAL_CHANNEL, TcReject.CONTROL_COMMAND, TcReject.PACKET}
    counted = memory[TcFramesSection]["tc_rejected"]
    assert {TcReject(i) for i in range(len(counted)) if counted[i]} == expected
    assert counted.sum() == 4


def test_packets_handed_on_are_counted_and_data_that_is_none_is_said(memory):
    """Two packets in one frame count as two; what is no packet is handed to who asked, and counts as none."""
    receiver = TcReceiver(memory, SCID, VCID, W)
    said = []
    receiver.on_no_packets = lambda data, error: said.append((data, str(error)))
    two = telecommand(1) + telecommand(2)
    assert receiver.feed(cltu(two) + cltu(b"no packet", 1)) == [telecommand(1), telecommand(2)]
    assert memory[TcFramesSection]["tc_packets"] == 2
    assert [data for data, _ in said] == [b"no packet"]


def test_no_buffer_makes_the_ground_wait(memory):
    receiver = TcReceiver(memory, SCID, VCID, W)
    sender = TcSender(SCID, VCID, window=5)
    octets = sender.send(telecommand(1), 0)
    assert receiver.feed(octets, buffer_free=False) == []
    assert receiver.farm.state is FarmState.WAIT
    sender.on_clcw(receiver.clcw())
    assert sender.poll(10 * SECOND) == b""
    receiver.buffer_released()
    sender.on_clcw(receiver.clcw())
    assert receiver.feed(sender.poll(11 * SECOND)) == [telecommand(1)]


def segments(packet, cuts, map_id=3):
    edges = [0, *cuts, len(packet)]
    pieces = [packet[a:b] for a, b in itertools.pairwise(edges)]
    names = [SegmentFlags.FIRST, *[SegmentFlags.CONTINUATION] * (len(pieces) - 2), SegmentFlags.LAST]
    return [segment(flag, map_id, piece) for flag, piece in zip(names, pieces, strict=True)]


def test_segmented_packets_are_gathered(memory):
    receiver = TcReceiver(memory, SCID, VCID, W, segment_headers=True)
    long = telecommand(1, 900)
    first, middle, last = segments(long, [300, 600])
    assert [receiver.feed(cltu(s, n)) for n, s in enumerate((first, middle, last))] == [[], [], [long]]
    assert receiver.feed(cltu(segment(SegmentFlags.UNSEGMENTED, 3, telecommand(2)), 3)) == [telecommand(2)]
    assert memory[TcFramesSection]["tc_rejected"].sum() == 0


@pytest.mark.parametrize(
    ("order", "dropped"),
    [
        (["last"], 1),
        (["middle"], 1),
        (["first", "whole"], 1),
        (["first", "first", "middle", "last"], 1),
        (["first", "other"], 1),
        (["first", "other", "last"], 2),
    ],
)
def test_segments_out_of_order_are_dropped_and_counted(memory, order, dropped):
    receiver = TcReceiver(memory, SCID, VCID, W, segment_headers=True)
    long, whole = telecommand(1, 500), telecommand(2)
    first, middle, last = segments(long, [100, 200])
    named = {
        "first": first,
        "middle": middle,
        "last": last,
        "other": segment(SegmentFlags.CONTINUATION, 4, b"abc"),
        "whole": segment(SegmentFlags.UNSEGMENTED, 3, whole),
    }
    got = [p for n, name in enumerate(order) for p in receiver.feed(cltu(named[name], n))]
    complete = order[-3:] == ["first", "middle", "last"]
    assert got == ([long] if complete else []) + ([whole] if "whole" in order else [])
    assert memory[TcFramesSection]["tc_rejected"][TcReject.SEGMENT] == dropped


def test_segments_beyond_the_buffer_are_dropped(memory):
    receiver = TcReceiver(memory, SCID, VCID, W, segment_headers=True)
    sender = TcSender(SCID, VCID, window=5, map_id=3)
    fits, too_long = (
        SpacePacket(1, 0, bytes(SEGMENT_OCTETS - 6)).encode(),
        SpacePacket(1, 0, bytes(SEGMENT_OCTETS)).encode(),
    )
    assert receiver.feed(sender.send(fits, 0)) == [fits]
    sender.on_clcw(receiver.clcw())
    assert receiver.feed(sender.send(too_long, 0)) == []
    assert memory[TcFramesSection]["tc_rejected"][TcReject.SEGMENT] > 0
    sender.on_clcw(receiver.clcw())
    assert receiver.feed(sender.send(fits, 0)) == [fits]


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=20))
@settings(max_examples=50, deadline=None)
def test_any_segments_are_safe(new_memory, items):
    """Segments in any order with any flags give whole packets or are counted as rejected."""
    memory = new_memory()
    receiver = TcReceiver(memory, SCID, VCID, W, segment_headers=True)
    delivered = 0
    for n, item in enumerate(items):
        for packet in receiver.feed(cltu(item, n)):
            assert SpacePacket.decode(packet).encode() == packet
            delivered += 1
    state = memory[TcFramesSection]
    assert state["farm_accepted_ad"] == len(items)
    assert state["tc_packets"] == delivered


@given(st.integers(0, 2**32), st.integers(1, 127), st.booleans())
@settings(max_examples=25, deadline=None)
def test_everything_arrives_once_and_in_order_over_a_bad_channel(new_memory, seed, window, segmented):
    """CLTUs and CLCWs get lost; the sender repeats until all is acknowledged."""
    rng = random.Random(seed)
    receiver = TcReceiver(new_memory(), SCID, VCID, 2 * window, segment_headers=segmented)
    sender = TcSender(SCID, VCID, window=window, map_id=1 if segmented else None, transmission_limit=1000)
    wanted = [telecommand(i, rng.randrange(0, 1200 if segmented else 900)) for i in range(30)]
    got, queue, t_ns = [], list(wanted), 0
    while queue or sender.unacknowledged:
        t_ns += SECOND
        out = sender.send(queue.pop(0), t_ns) if queue and rng.random() < 0.5 else sender.poll(t_ns)
        for piece in out.split(b"\xeb\x90"):  # each CLTU is lost on its own
            if piece and rng.random() < 0.7:
                got += receiver.feed(b"\xeb\x90" + piece)
        if rng.random() < 0.7:
            sender.on_clcw(receiver.clcw())
        assert t_ns < 5000 * SECOND
    assert got == wanted
    assert sender.alert is SenderAlert.NONE


def test_window_limits_what_is_outstanding(memory):
    """The sender holds frames back until a CLCW acknowledges earlier ones."""
    sender = TcSender(SCID, VCID, window=2)
    out = [sender.send(telecommand(i), 0) for i in range(4)]
    assert [bool(octets) for octets in out] == [True, True, False, False]
    receiver = TcReceiver(memory, SCID, VCID, W)
    assert receiver.feed(out[0]) == [telecommand(0)]
    sender.on_clcw(receiver.clcw())
    assert sender.unacknowledged == 3
    assert receiver.feed(out[1] + sender.poll(0)) == [telecommand(1), telecommand(2)]


def test_one_request_to_retransmit_is_answered_once(memory):
    receiver, sender = TcReceiver(memory, SCID, VCID, W), TcSender(SCID, VCID, window=5)
    sender.send(telecommand(0), 0)  # lost
    receiver.feed(sender.send(telecommand(1), 0))
    for _ in range(3):  # the same CLCW again and again, before the repetition has arrived
        sender.on_clcw(receiver.clcw())
    again = sender.poll(0)
    sender.on_clcw(receiver.clcw())
    assert sender.poll(0) == b""
    assert receiver.feed(again) == [telecommand(0), telecommand(1)]
    assert sender.frames_resent == 2


def test_the_timer_repeats_what_nobody_asked_for_and_gives_up_at_the_limit():
    sender = TcSender(SCID, VCID, window=5, timeout_ns=SECOND, transmission_limit=3)
    first = sender.send(telecommand(0), 0)
    assert sender.poll(SECOND - 1) == b""
    assert sender.poll(SECOND) == first
    assert sender.poll(2 * SECOND) == first
    assert sender.poll(3 * SECOND) == b""
    assert sender.alert is SenderAlert.LIMIT
    sender.unlock()
    assert sender.poll(4 * SECOND) == first
    assert [sender.poll(k * SECOND) for k in (5, 6, 7)] == [first, first, b""]
    sender.set_v_r(0)
    assert sender.alert is SenderAlert.NONE
    assert sender.poll(8 * SECOND) == first


def test_lockout_stops_the_sender_until_unlock_is_confirmed(memory):
    receiver, sender = TcReceiver(memory, SCID, VCID, W), TcSender(SCID, VCID, window=5)
    receiver.feed(cltu(telecommand(9), 100))
    assert receiver.farm.state is FarmState.LOCKOUT
    sender.on_clcw(receiver.clcw())
    assert sender.alert is SenderAlert.LOCKOUT
    assert sender.send(telecommand(1), 0) == b""
    unlock = sender.unlock()
    sender.on_clcw(receiver.clcw())  # still from before
    assert sender.poll(0) == b""
    receiver.feed(unlock)
    sender.on_clcw(receiver.clcw())
    assert receiver.feed(sender.poll(0)) == [telecommand(1)]


def test_set_v_r_brings_both_ends_together_after_a_restart(memory, new_memory):
    receiver, sender = TcReceiver(memory, SCID, VCID, W), TcSender(SCID, VCID, window=5)
    for i in range(3):
        receiver.feed(sender.send(telecommand(i), 0))
        sender.on_clcw(receiver.clcw())
    receiver = TcReceiver(new_memory(), SCID, VCID, W)  # V(R) is 0 again
    sender.on_clcw(receiver.clcw())
    assert sender.alert is SenderAlert.SYNCH
    receiver.feed(sender.set_v_r(40))
    sender.on_clcw(receiver.clcw())
    assert receiver.feed(sender.send(telecommand(5), 0)) == [telecommand(5)]
    assert receiver.farm.v_r == 41


def test_bypass_frames_need_no_sequence(memory):
    receiver, sender = TcReceiver(memory, SCID, VCID, W), TcSender(SCID, VCID, window=5)
    assert receiver.feed(sender.send_bypass(telecommand(1)) * 2) == [telecommand(1)] * 2
    assert receiver.farm.v_r == 0


@given(st.integers(-5, 2**33))
@settings(max_examples=200, deadline=None)
def test_any_word_is_safe_for_the_sender(word):
    sender = TcSender(SCID, VCID, window=5)
    sender.send(telecommand(1), 0)
    sender.on_clcw(word)
    assert sender.unacknowledged in (0, 1)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: TcSender(1024, 0, window=5), CcsdsError),
        (lambda: TcSender(1, 64, window=5), CcsdsError),
        (lambda: TcSender(1, 1, window=0), FrameError),
        (lambda: TcSender(1, 1, window=128), FrameError),
        (lambda: TcSender(1, 1, window=5).send(b"no packet", 0), PacketError),
        (lambda: TcSender(1, 1, window=5).send(telecommand(1, 1100), 0), FrameError),
        (lambda: TcSender(1, 1, window=5).set_v_r(256), FrameError),
        (lambda: segment(SegmentFlags.FIRST, 64, b""), FrameError),
    ],
)
def test_impossible_arguments_are_refused(call, error):
    with pytest.raises(error, match="expected"):
        call()
