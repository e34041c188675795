"""TM channel: priority, bounds, spanning, idle data, gaps, resynchronisation; nothing disappears uncounted."""

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsds.coding import crc16, randomize, rs_decode, rs_encode
from ccsds.errors import CcsdsError, FrameError, PacketError
from ccsds.formats import FHP_IDLE_DATA, FHP_NO_PACKET_START, RS_DATA_OCTETS, Randomizer
from ccsds.packets import SpacePacket
from ccsds.tm_frames import (
    ASM,
    CaduReceiver,
    PacketExtractor,
    TmChannel,
    TmFrameHeader,
    TmReceiver,
    cadu_octets,
)
from fsw.comms.sections import TmFramesSection

SCID = 194
CLCW = 0x01000007


def packet(number, octets):
    """A packet of `octets` in all, told apart by its content."""
    return SpacePacket(number % 2047, number % 16384, random.Random(number).randbytes(octets - 6)).encode()


def frame_of(cadu, interleave, randomizer=Randomizer.TM_255):
    assert cadu[:4] == ASM
    return rs_decode(randomize(cadu[4:], randomizer), interleave).data


def cadu_of(frame, interleave):
    return ASM + randomize(rs_encode(frame, interleave), Randomizer.TM_255)


def frame(data, *, vcid=0, mcfc=0, vcfc=0, fhp=0, scid=SCID, sync=0, interleave=1, ocf=CLCW):
    """A whole transfer frame around `data`, which is filled up with an unusable packet version."""
    room = RS_DATA_OCTETS * interleave - 6 - 4 - 2
    head = bytes([scid >> 4, (scid & 15) << 4 | vcid << 1 | 1, mcfc, vcfc, sync << 6 | 0x18 | fhp >> 8, fhp & 255])
    body = head + data + b"\xff" * (room - len(data)) + ocf.to_bytes(4, "big")
    return body + crc16(body).to_bytes(2, "big")


def test_each_bit_of_a_header_is_read_where_it_is():
    """132.0-B-3, 4.1.2: one bit at a time, the fields that it belongs to."""
    zero = TmFrameHeader.decode(bytes(6))
    set_by_bit = []
    for bit in range(48):
        header = TmFrameHeader.decode((1 << 47 - bit).to_bytes(6, "big"))
        changed = [f.name for f in dataclasses.fields(header) if getattr(header, f.name) != getattr(zero, f.name)]
        set_by_bit += changed
        assert len(changed) == 1, bit
    widths = {
        "version": 2, "scid": 10, "vcid": 3, "has_ocf": 1, "mcfc": 8, "vcfc": 8, "has_secondary_header": 1,
        "sync_flag": 1, "packet_order_flag": 1, "segment_length_id": 2, "first_header_pointer": 11,
    }  # fmt: skip
    assert set_by_bit == [name for name, width in widths.items() for _ in range(width)]
    full = TmFrameHeader.decode(b"\xff" * 6)
    assert {name: int(getattr(full, name)) for name in widths} == {n: (1 << w) - 1 for n, w in widths.items()}


@pytest.mark.parametrize("interleave", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("randomizer", [Randomizer.TM_255, Randomizer.TM_131071, Randomizer.NONE])
def test_packets_of_all_sizes_arrive_in_order(memory, interleave, randomizer):
    channel = TmChannel(memory, SCID, interleave, (0,), randomizer=randomizer)
    receiver = TmReceiver(interleave, SCID, randomizer=randomizer)
    rng = random.Random(interleave)
    sizes = [7, 8, 9, 12, 13, *(rng.randrange(7, 3000) for _ in range(40))]
    sent = [packet(i, size) for i, size in enumerate(sizes)]
    got, waiting = [], list(sent)
    while waiting or channel.packets_stored:
        while waiting and channel.push(0, waiting[0]):
            waiting.pop(0)
        packets, clcws = receiver.feed(channel.next_cadu(CLCW))
        assert clcws == [CLCW]
        assert all(vcid == 0 for vcid, _ in packets)
        got += [octets for _, octets in packets]
    assert got == sent
    state = memory[TmFramesSection]
    assert state["packets_sent"][0] == state["packets_accepted"][0] == receiver.counts["packets"][0] == len(sent)
    assert receiver.counts["frames_lost"] == receiver.counts["packets_broken"] == receiver.counts["octets_unused"] == 0


@given(st.lists(st.integers(7, 500), min_size=1, max_size=30), st.integers(0, 29))
@settings(max_examples=60, deadline=None)
def test_every_boundary_between_packets_and_frames(new_memory, sizes, pause):
    """Frames are taken while the queue is short, so that idle packets of all lengths, split ones too, occur."""
    channel, receiver = TmChannel(new_memory(), SCID, 1, (0,)), TmReceiver(1, SCID)
    sent = [packet(i, size) for i, size in enumerate(sizes)]
    got = []
    for i, octets in enumerate(sent):
        assert channel.push(0, octets)
        if i % (pause + 1) == 0:
            got += receiver.feed(channel.next_cadu(0)).packets
    while channel.packets_stored:
        got += receiver.feed(channel.next_cadu(0)).packets
    assert [octets for _, octets in got] == sent
    assert receiver.counts["octets_unused"] == 0


@pytest.mark.parametrize("left", range(1, 7))
def test_short_idle_packet_spans_into_the_next_frame_of_its_channel(memory, left):
    channel, receiver = TmChannel(memory, SCID, 1, (1, 0)), TmReceiver(1, SCID)
    room = RS_DATA_OCTETS - 12
    sent = [(0, packet(1, room - left)), (1, packet(2, 30)), (0, packet(3, 40))]
    got = []
    for vcid, octets in sent:
        assert channel.push(vcid, octets)
        got += receiver.feed(channel.next_cadu(0)).packets
    assert got == sent
    assert channel.waiting_octets(0) == 0
    assert receiver.feed(channel.next_cadu(0)).packets == []
    assert receiver.counts["frames_idle"] == 1
    assert receiver.counts["packets_idle"] == 3
    assert receiver.counts["octets_unused"] == 0


def test_first_channel_goes_first_and_interrupts_a_spanning_packet(memory):
    channel, receiver = TmChannel(memory, SCID, 1, (3, 0)), TmReceiver(1, SCID)
    long, urgent = packet(1, 600), packet(2, 20)
    channel.push(0, long)
    assert receiver.feed(channel.next_cadu(0)).packets == []
    channel.push(3, urgent)
    assert receiver.feed(channel.next_cadu(0)).packets == [(3, urgent)]
    assert receiver.feed(channel.next_cadu(0) + channel.next_cadu(0)).packets == [(0, long)]


def test_idle_frames_when_nothing_waits(memory):
    channel = TmChannel(memory, SCID, 5, (0,))
    first, second = (frame_of(channel.next_cadu(CLCW), 5) for _ in range(2))
    header = TmFrameHeader.decode(first)
    assert header == TmFrameHeader(SCID, 7, 0, 0, FHP_IDLE_DATA)
    assert TmFrameHeader.decode(second) == TmFrameHeader(SCID, 7, 1, 1, FHP_IDLE_DATA)
    assert first[6:10] == b"\xff\xff\xff\xff"  # 32 cells, all ones
    assert first[6:-6] == second[6:-6]
    assert first[-6:-2] == CLCW.to_bytes(4, "big")
    assert crc16(first) == 0


def test_idle_data_follows_its_polynomial(memory):
    body = frame_of(TmChannel(memory, SCID, 1, (0,)).next_cadu(0), 1)[6:-6]
    sequence = [octet >> (7 - i) & 1 for octet in body for i in range(8)]
    assert all(
        sequence[n] == sequence[n - 1] ^ sequence[n - 2] ^ sequence[n - 22] ^ sequence[n - 32]
        for n in range(32, len(sequence))
    )


def test_frame_without_a_packet_start_says_so(memory):
    channel = TmChannel(memory, SCID, 1, (0,))
    channel.push(0, packet(1, 1000))
    pointers = [TmFrameHeader.decode(frame_of(channel.next_cadu(0), 1)).first_header_pointer for _ in range(5)]
    room = RS_DATA_OCTETS - 12
    assert pointers == [0, FHP_NO_PACKET_START, FHP_NO_PACKET_START, FHP_NO_PACKET_START, 1000 - 4 * room]


def test_full_queue_refuses_and_counts(memory):
    channel = TmChannel(memory, SCID, 5, (1, 0))
    octets = packet(1, 1000)
    accepted = 0
    while channel.push(0, octets):
        accepted += 1
    state = memory[TmFramesSection]
    assert accepted == channel.queue_octets // 1000 == state["vc_packets"][0] == channel.packets_stored
    assert state["packets_refused"].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert channel.push(1, octets)  # the other channel's part is its own
    before = memory.snapshot()
    assert not channel.push(0, packet(2, 30000))  # longer than the queue
    state["packets_refused"][0] -= 1
    assert memory.snapshot() == before


@pytest.mark.parametrize("octets", [b"", bytes(6), bytes(8), packet(1, 20)[:-1], packet(1, 20) + b"x", b"\x20" * 39])
def test_pushing_what_is_no_packet_raises_and_changes_nothing(memory, octets):
    channel = TmChannel(memory, SCID, 1, (0,))
    before = memory.snapshot()
    with pytest.raises(PacketError):
        channel.push(0, octets)
    assert memory.snapshot() == before


@pytest.mark.parametrize("vcid", [-1, 1, 7, 8, 100])
def test_pushing_on_a_channel_not_in_use_raises(memory, vcid):
    with pytest.raises(FrameError, match="not in use"):
        TmChannel(memory, SCID, 1, (0,)).push(vcid, packet(1, 20))


@pytest.mark.parametrize(
    "arguments",
    [
        (1024, 1, (0,)),
        (-1, 1, (0,)),
        (1, 0, (0,)),
        (1, 9, (0,)),
        (1, 1, ()),
        (1, 1, (0, 0)),
        (1, 1, (7,)),
        (1, 1, (8,)),
    ],
)
def test_impossible_channels_are_refused(memory, arguments):
    with pytest.raises(CcsdsError, match="expected"):
        TmChannel(memory, *arguments)


def test_a_snapshot_goes_on_identically(memory, new_memory):
    """All state is in the sections: a channel on copied memory makes the same octets."""
    channel = TmChannel(memory, SCID, 1, (1, 0))
    for i in range(9):
        channel.push(i % 2, packet(i, 100 + 40 * i))
        channel.next_cadu(i)
    other = new_memory()
    twin = TmChannel(other, SCID, 1, (1, 0))
    other.restore(memory.snapshot())
    for i in range(20):
        if i == 7:
            assert channel.push(0, packet(99, 700)) == twin.push(0, packet(99, 700))
        assert channel.next_cadu(i) == twin.next_cadu(i)
    assert memory.snapshot() == other.snapshot()


def stream(memory, count, interleave=1, size=150):
    """CADUs full of packets."""
    channel = TmChannel(memory, SCID, interleave, (0,))
    sent, out = [], []
    for i in range(count):
        while channel.waiting_octets(0) < RS_DATA_OCTETS * interleave:
            sent.append(packet(len(sent), size + len(sent) % 50))
            channel.push(0, sent[-1])
        out.append(channel.next_cadu(i))
    return sent, out


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_cutting_of_the_stream_gives_the_same(new_memory, data):
    _, cadus = stream(new_memory(), 6)
    octets = b"".join(cadus)
    whole = TmReceiver(1, SCID)
    expected = whole.feed(octets)
    pieces = TmReceiver(1, SCID)
    packets, clcws, at = [], [], 0
    while at < len(octets):
        step = data.draw(st.integers(1, 700))
        found = pieces.feed(octets[at : at + step])
        packets += found.packets
        clcws += found.clcws
        at += step
    assert (packets, clcws) == expected
    assert pieces.counts == whole.counts


def test_a_lost_frame_is_counted_and_costs_only_its_packets(memory):
    sent, cadus = stream(memory, 12)
    del cadus[5:7]
    receiver = TmReceiver(1, SCID)
    got = [octets for _, octets in receiver.feed(b"".join(cadus)).packets]
    c = receiver.counts
    assert c["frames_lost"] == c["vc_frames_lost"][0] == 2
    assert set(got) < set(sent)
    assert c["packets_broken"] == 1
    assert 0 < len(sent) - len(got) <= 7
    assert got == [octets for octets in sent if octets in got]


def test_an_uncorrectable_cadu_keeps_the_step(memory):
    _, cadus = stream(memory, 6)
    cadus[2] = cadus[2][:20] + random.Random(2).randbytes(len(cadus[2]) - 20)
    receiver = TmReceiver(1, SCID)
    receiver.feed(b"".join(cadus), at_end=True)
    c = receiver.counts
    assert (c["cadus_ok"], c["cadus_uncorrectable"], c["frames_lost"]) == (5, 1, 1)
    assert c["octets_skipped"] == c["octets_truncated"] == c["false_syncs"] == 0


def test_a_wrong_fecf_behind_a_good_codeblock_is_noticed():
    good = [frame(b"", fhp=0x7FE, mcfc=i, vcfc=i) for i in range(3)]
    bad = good[1][:-1] + bytes([good[1][-1] ^ 1])
    receiver = TmReceiver(1, SCID)
    receiver.feed(cadu_of(good[0], 1) + cadu_of(bad, 1) + cadu_of(good[2], 1))
    assert (receiver.counts["cadus_ok"], receiver.counts["cadus_fecf"]) == (2, 1)


def test_wrong_bits_are_corrected_and_a_bent_marker_tolerated_in_step(memory):
    sent, cadus = stream(memory, 8, interleave=2)
    rng = random.Random(1)
    damaged = bytearray(b"".join(cadus))
    length = len(cadus[0])
    for number in range(8):
        for position in rng.sample(range(4, length), 16):
            damaged[number * length + position] ^= rng.randrange(1, 256)
    damaged[3 * length] ^= 0x81
    receiver = TmReceiver(2, SCID)
    got = [octets for _, octets in receiver.feed(bytes(damaged)).packets]
    assert got == sent[: len(got)]
    assert len(got) >= len(sent) - 3
    assert receiver.counts["cadus_ok"] == 8
    assert receiver.counts["symbols_corrected"] == 8 * 16


@pytest.mark.parametrize("slip", [-300, -4, -1, 1, 5, 300])
def test_lost_or_inserted_octets_cost_one_frame(memory, slip):
    _, cadus = stream(memory, 7)
    cadus[3] = cadus[3][:100] + (cadus[3][100:][-slip:] if slip < 0 else bytes(slip) + cadus[3][100:])
    octets = b"".join(cadus)
    if slip == -300:
        octets = b"".join(cadus[:3]) + b"".join(cadus[3:])[44:]  # loses the marker too
    receiver = TmReceiver(1, SCID)
    receiver.feed(octets, at_end=True)
    c = receiver.counts
    assert (c["cadus_ok"], c["frames_lost"]) == (6, 1)
    used = 259 * int(c["cadus_ok"] + c["cadus_uncorrectable"] + c["cadus_fecf"])
    assert used + c["octets_skipped"] + c["octets_truncated"] == c["octets_in"] == len(octets)


@given(st.binary(max_size=700), st.integers(0, 3), st.integers(0, 600))
@settings(max_examples=60, deadline=None)
def test_after_any_garbage_the_next_cadus_arrive(new_memory, garbage, markers, cut):
    """Whatever came before, false markers and half a CADU too, two CADUs later the receiver is in step."""
    _, cadus = stream(new_memory(), 4)
    rubbish = garbage + (ASM + garbage) * markers + cadus[0][:cut]
    receiver = TmReceiver(1, SCID)
    got = receiver.feed(rubbish + b"".join(cadus), at_end=True)
    assert len(got.clcws) >= 3
    c = receiver.counts
    used = 259 * int(c["cadus_ok"] + c["cadus_uncorrectable"] + c["cadus_fecf"])
    assert used + c["octets_skipped"] + c["octets_truncated"] == c["octets_in"] == len(rubbish) + 4 * 259


@given(st.binary(min_size=13, max_size=260))
@settings(max_examples=150, deadline=None)
def test_any_frame_yields_packets_or_counts(octets):
    extractor = PacketExtractor()
    for _ in range(2):
        for _, found in extractor.receive(octets).packets:
            assert SpacePacket.decode(found).encode() == found
    c = extractor.counts
    if c["frames_ok"]:
        assert c["frames_ok"] == c["frames_repeated"] == 1
    else:
        assert c["frames_malformed"] + c["frames_other_version"] == 2


@given(st.lists(st.tuples(st.binary(max_size=210), st.integers(0, 0x7FF), st.integers(0, 3)), max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_data_field_and_pointer_is_safe_and_then_a_good_frame_arrives(items):
    extractor = PacketExtractor(SCID)
    for data, fhp, step in items:
        for _, found in extractor.receive(frame(data, fhp=fhp, vcfc=step, mcfc=step)).packets:
            assert SpacePacket.decode(found).encode() == found
    whole = packet(1, 211)
    assert extractor.receive(frame(whole, fhp=0)).packets[-1] == (0, whole)


@pytest.mark.parametrize("length", range(13))
def test_short_frames_are_refused(length):
    with pytest.raises(FrameError, match="expected"):
        PacketExtractor().receive(bytes(length))


def test_other_spacecraft_versions_and_pointers_are_dropped_and_counted():
    extractor = PacketExtractor(SCID)
    good = packet(1, 100)
    assert extractor.receive(frame(good, scid=SCID + 1)).packets == []
    assert extractor.receive(bytes([0x40]) + frame(good)[1:]).packets == []
    assert (extractor.counts["frames_foreign"], extractor.counts["frames_other_version"]) == (1, 1)
    assert extractor.receive(frame(good, fhp=211)).packets == []  # one behind the last octet of the data field
    assert extractor.counts["frames_malformed"] == 1
    assert extractor.receive(frame(good, fhp=0)).packets == [(0, good)]


def test_packets_in_frames_that_claim_idle_data_are_found():
    """Some satellites send 7FE and still carry packets."""
    extractor = PacketExtractor(SCID)
    items = [packet(1, 60), packet(2, 70)]
    assert extractor.receive(frame(b"".join(items), fhp=FHP_IDLE_DATA)).packets == [(0, p) for p in items]
    assert extractor.counts["packets_in_idle_frames"] == 2
    assert extractor.receive(frame(bytes(211), fhp=FHP_IDLE_DATA, mcfc=1, vcfc=1)).packets == []
    assert extractor.receive(frame(b"\x55" * 211, fhp=FHP_IDLE_DATA, mcfc=2, vcfc=2)).packets == []


def test_idle_frames_do_not_break_a_packet_that_spans_them():
    extractor = PacketExtractor(SCID)
    whole = packet(1, 300)
    assert extractor.receive(frame(whole[:211])).packets == []
    assert extractor.receive(frame(b"", fhp=FHP_IDLE_DATA, mcfc=1, vcfc=1)).packets == []
    assert extractor.receive(frame(whole[211:], fhp=89, mcfc=2, vcfc=2)).packets == [(0, whole)]


def test_the_pointer_is_undefined_with_the_sync_flag():
    extractor = PacketExtractor(SCID)
    assert extractor.receive(frame(packet(1, 100), fhp=300, sync=1)).packets == []
    assert (extractor.counts["frames_not_packets"], extractor.counts["frames_malformed"]) == (1, 0)


def test_a_pointer_that_contradicts_the_packet_length_drops_that_packet_only():
    extractor = PacketExtractor(SCID)
    extractor.receive(frame(packet(1, 300)[:211]))
    after = packet(2, 50)
    assert extractor.receive(frame(bytes(40) + after, fhp=40, mcfc=1, vcfc=1)).packets == [(0, after)]
    assert extractor.counts["packets_broken"] == 2  # that one, and the fill behind `after`


def test_a_secondary_header_is_stepped_over():
    extractor = PacketExtractor(SCID)
    whole = packet(1, 100)
    octets = bytearray(frame(b"\x02abc"[:1] + b"ab" + whole))
    octets[4] |= 0x80
    octets[6] = 2  # version 0, length of the whole secondary header - 1
    assert extractor.receive(bytes(octets)).packets == [(0, whole)]


def test_other_reports_than_clcws_are_not_taken_for_one():
    extractor = PacketExtractor(SCID)
    assert extractor.receive(frame(b"", fhp=FHP_IDLE_DATA, ocf=0x81000000)).clcws == []
    assert extractor.counts["clcws"] == 0


def test_offsets_point_at_the_sync_markers(memory):
    _, cadus = stream(memory, 5)
    octets = b"noise" + cadus[0] + b"more noise" + b"".join(cadus[1:])
    frames = CaduReceiver(1).feed(octets)
    assert [f.offset for f in frames] == [5, 274, 533, 792, 1051]
    assert all(octets[f.offset : f.offset + 4] == ASM for f in frames)
    assert cadu_octets(1) == 259
