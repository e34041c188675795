"""Faults of links: every octet is accounted for, whatever the faults and however octets come in pieces."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.links.loop import LoopLink
from hal.packet import FrameDecoder, encode_frame
from hal.vehicle.load import load_vehicle
from sim.faults.catalogue import Catalogue
from sim.faults.injection import Injection
from sim.faults.links import FaultLink, Line
from sim.faults.witness import Witness

NS = 1_000_000_000
KINDS = ("loss", "duplication", "corruption", "bursts", "delay", "disconnect")


def injection(fault, count=0, **parameters):
    kind, values = Catalogue(load_vehicle()).check("adcs.link", fault, parameters)
    return Injection("adcs.link", kind, values, 0.0, None, count)


def line_with(*injections, seed=1):
    line = Line()
    for one in injections:
        line.start(one, seed, "inward")
    return line


def balance(counts):
    return counts.given + counts.added - counts.delivered - counts.lost - counts.waiting


SHARES = st.floats(0, 1, exclude_min=True)
FAULTS = st.one_of(
    st.builds(lambda s: injection("loss", share=s), SHARES),
    st.builds(lambda s: injection("duplication", share=s), SHARES),
    st.builds(lambda s: injection("corruption", share=s), SHARES),
    st.builds(lambda s, n: injection("bursts", share=s, length=n), SHARES, st.integers(1, 50)),
    st.builds(lambda d: injection("delay", delay_s=d), st.floats(0, 3, exclude_min=True)),
    st.just(None).map(lambda _: injection("disconnect")),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(FAULTS, max_size=4), st.lists(st.binary(max_size=60), max_size=12), st.integers(0, 5))
def test_in_plus_doubled_is_out_plus_lost_plus_waiting(faults, pieces, ends_at):
    """Whatever faults follow each other, and whenever they end."""
    line = line_with(*faults)
    out = b""
    for k, piece in enumerate(pieces):
        if k == ends_at:
            for fault in faults:
                line.stop(fault)
        out += line.carry(piece, k * NS)
        assert balance(line.counts) == 0
    assert line.counts.given == sum(map(len, pieces))
    assert line.counts.delivered == len(out)
    rest = line.carry(b"", 1000 * NS)
    assert (line.counts.waiting, line.counts.delivered) == (0, len(out) + len(rest))
    assert balance(line.counts) == 0


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(KINDS), st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_pieces_do_not_matter(kind, octets, cuts):
    whole = line_with(injection(kind)).carry(octets, 0)
    line = line_with(injection(kind))
    edges = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    pieces = b"".join(line.carry(octets[a:b], 0) for a, b in itertools.pairwise(edges))
    assert pieces == whole


@pytest.mark.parametrize("kind", ["loss", "duplication", "corruption", "bursts"])
def test_a_stream_is_of_the_seed_the_name_and_the_number(kind):
    octets = bytes(range(256)) * 20
    same, again, seed, number = (
        line_with(one, seed=s).carry(octets, 0)
        for one, s in ((injection(kind), 1), (injection(kind), 1), (injection(kind), 2), (injection(kind, count=1), 1))
    )
    assert same == again
    assert same != seed
    assert same != number


@pytest.mark.parametrize(
    ("kind", "counted"), [("loss", "lost"), ("duplication", "added"), ("corruption", "changed"), ("bursts", "changed")]
)
def test_as_many_octets_suffer_as_asked_for(kind, counted):
    """A binomial share of 40 000 octets, within five standard deviations; bursts: runs of ten."""
    n, share = 40_000, 0.02
    parameters = {"share": share, "length": 10} if kind == "bursts" else {"share": share}
    line = line_with(injection(kind, **parameters))
    sent = np.random.default_rng(5).integers(0, 256, n, np.uint8)
    out = np.frombuffer(line.carry(sent.tobytes(), 0), np.uint8)
    expected = n * share
    if kind == "bursts":
        expected = n * (1 - 1 / (1 + 10 * share * (1 - share)))  # renewal: a gap of mean 1/share, then ten octets
    found = getattr(line.counts, counted)
    assert abs(found - expected) < (8 if kind == "bursts" else 1) * 5 * (n * share) ** 0.5
    if counted == "changed":
        assert int((out != sent).sum()) == found
    else:
        assert abs(len(out) - n) == found
    if kind == "corruption":
        flipped = (out ^ sent)[out != sent]
        assert set(flipped.tolist()) == {1, 2, 4, 8, 16, 32, 64, 128}  # one bit each, and every bit


def test_delay_keeps_order_and_comes_in_time():
    fault = injection("delay", delay_s=0.5)
    line = line_with(fault)
    assert line.carry(b"ab", 0) == b""
    assert line.carry(b"cd", 3 * NS // 10) == b""
    assert line.carry(b"", 499_999_999) == b""
    assert line.carry(b"", NS // 2) == b"ab"
    line.stop(fault)
    assert line.carry(b"ef", 6 * NS // 10) == b"cdef"  # nothing overtakes
    assert (line.counts.delayed, line.counts.waiting) == (4, 0)


def test_both_directions_suffer_only_when_named():
    for inward, outward in ((1, 0), (0, 1)):
        near, far = LoopLink.pair()
        link = FaultLink(near, lambda: 0, lambda: True)
        fault = injection("disconnect", inward=inward, outward=outward)
        for name, line in (("inward", link.inward), ("outward", link.outward)):
            if fault.values[name]:
                line.start(fault, 1, name)
        link.write(b"out")
        far.write(b"in")
        assert far.read() == (b"" if outward else b"out")
        assert link.read() == (b"" if inward else b"in")
        assert (link.outward.counts.lost, link.inward.counts.lost) == (3 * outward, 2 * inward)


def test_what_waits_is_sent_without_a_write():
    near, far = LoopLink.pair()
    now = [0]
    link = FaultLink(near, lambda: now[0], lambda: True)
    link.outward.start(injection("delay", delay_s=1.0), 1, "outward")
    link.write(b"late")
    link.step()
    assert far.read() == b""
    now[0] = NS
    link.step()
    assert far.read() == b"late"


FRAMES = [encode_frame(0x20, 0, k, bytes([k]) * 20) for k in range(40)]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["loss", "duplication", "corruption", "bursts"]), st.floats(1e-9, 0.03), st.integers(0, 9999))
def test_a_witness_counts_packets_as_a_receiver_does(kind, share, seed):
    """Given = received + lost; nothing is made up; an independent decoder finds as many."""
    line = line_with(injection(kind, share=share), seed=seed)
    witness, ear = Witness(FrameDecoder), FrameDecoder().feed
    heard = 0
    for frame in FRAMES:
        witness.given(frame)
        out = line.carry(frame, 0)
        witness.received(out)
        heard += len(list(ear(out)))
    assert witness.packets_given == len(FRAMES)
    assert witness.packets_received + witness.packets_lost == witness.packets_given
    assert heard == witness.packets_received + witness.packets_made


def test_a_witness_sees_what_a_link_has_made():
    witness = Witness(FrameDecoder)
    witness.given(FRAMES[0])
    witness.received(FRAMES[0] + FRAMES[0] + FRAMES[1])
    assert (witness.packets_received, witness.packets_made, witness.packets_lost) == (1, 2, 0)
