"""Reed-Solomon and CADUs against libfec's CCSDS code (dual basis), both ways; counts of corrected symbols included.

libfec has no interleaving and no randomizer: both are done here, by definition, not by our code. Its convolutional
code is no judge of ours: the project has none.
"""

from __future__ import annotations

import ctypes
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccsds import coding
from ccsds.errors import CodingError
from ccsds.packets import SpacePacket
from ccsds.tm_frames import ASM, TmReceiver
from ground.link.station import GroundStation
from hal.vehicle.load import load_vehicle

WORD, DATA, DEPTH = 255, 223, 5
SCID = load_vehicle().radio.scid


def their_parity(libfec, data):
    parity = ctypes.create_string_buffer(32)
    libfec.encode_rs_ccsds(ctypes.create_string_buffer(data, DATA), parity, 0)
    return parity.raw


def their_decoding(libfec, word):
    """Return (data, symbols corrected), None when libfec gives up."""
    buffer = ctypes.create_string_buffer(word, WORD)
    corrected = libfec.decode_rs_ccsds(buffer, None, 0, 0)
    return None if corrected < 0 else (buffer.raw[:DATA], corrected)


def our_decoding(word):
    try:
        return tuple(coding.rs_decode(word))
    except CodingError:
        return None


def noise(octets):
    """131.0-B-5, 10.4.1: h(x) = x^8 + x^7 + x^5 + x^3 + 1, all ones at the start."""
    register, out = [1] * 8, bytearray()
    for _ in range(octets):
        value = 0
        for _ in range(8):
            value = value << 1 | register[0]
            register = [*register[1:], register[0] ^ register[3] ^ register[5] ^ register[7]]
        out.append(value)
    return bytes(out)


NOISE = noise(WORD * DEPTH)


def xor(octets):
    return bytes(map(int.__xor__, octets, NOISE))


def hit(octets, positions, rng):
    """Return `octets` with another symbol at each position."""
    out = bytearray(octets)
    for position in positions:
        out[position] ^= rng.randrange(1, 256)
    return bytes(out)


Data = st.one_of(st.binary(min_size=DATA, max_size=DATA), st.sampled_from([bytes(DATA), b"\xff" * DATA]))
LIBRARY = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(Data)
@LIBRARY
def test_encoders_agree(libfec, data):
    assert coding.rs_encode(data) == data + their_parity(libfec, data)


@given(Data, st.sets(st.integers(0, WORD - 1), max_size=16), st.randoms(use_true_random=False), st.booleans())
@LIBRARY
def test_each_decodes_what_the_other_encoded_with_the_same_count(libfec, data, positions, rng, ours):
    word = coding.rs_encode(data) if ours else data + their_parity(libfec, data)
    word = hit(word, positions, rng)
    assert their_decoding(libfec, word) == our_decoding(word) == (data, len(positions))


@given(Data, st.integers(17, 60), st.randoms(use_true_random=False))
@LIBRARY
def test_beyond_16_symbols_both_say_the_same(libfec, data, errors, rng):
    """Both give up, or both find the same other codeword."""
    word = hit(coding.rs_encode(data), rng.sample(range(WORD), errors), rng)
    assert our_decoding(word) == their_decoding(libfec, word)


@given(st.binary(min_size=WORD, max_size=WORD))
@LIBRARY
def test_any_octets_are_judged_alike(libfec, word):
    assert our_decoding(word) == their_decoding(libfec, word)


def cadus_of(stream):
    size = len(ASM) + WORD * DEPTH
    assert len(stream) % size == 0
    for at in range(0, len(stream), size):
        assert stream[at : at + len(ASM)] == ASM
        yield stream[at + len(ASM) : at + size]


@pytest.mark.parametrize("errors", [0, 1, 16])
def test_a_real_downlink_decodes_in_libfec_with_the_same_counts(libfec, downlink, errors):
    """Every codeword of a flight, `errors` symbols of each wrong: the same frames and counts as at our station."""
    path, packets = downlink
    rng, station, stream = random.Random(errors), GroundStation(load_vehicle().radio), b""
    corrected, frames = 0, []
    for block in cadus_of(path.read_bytes()):
        positions = [p * DEPTH + w for w in range(DEPTH) for p in rng.sample(range(WORD), errors)]
        bad = hit(block, positions, rng)
        stream += ASM + bad
        decoded = [their_decoding(libfec, xor(bad)[word::DEPTH]) for word in range(DEPTH)]
        assert None not in decoded
        corrected += sum(count for _, count in decoded)
        frames.append(bytes(decoded[k % DEPTH][0][k // DEPTH] for k in range(DATA * DEPTH)))
    found = station.receive(stream)
    assert station.counts.frames == len(frames) > 200
    assert station.counts.symbols_corrected == corrected == errors * DEPTH * len(frames)
    assert len(found) == packets
    assert all((frame[0] & 0x3F) << 4 | frame[1] >> 4 == SCID and coding.crc16(frame) == 0 for frame in frames)


@pytest.mark.parametrize("errors", [0, 3, 16])
def test_a_downlink_that_libfec_encoded_is_received(libfec, errors):
    """Frames put together by hand, coded by libfec, randomized by definition: our receiver finds every packet."""
    rng = random.Random(errors)
    receiver, sent, found = TmReceiver(DEPTH, SCID), [], []
    for number in range(20):
        room = DATA * DEPTH - 6 - 6
        packet = SpacePacket(100, number, rng.randbytes(room - 6)).encode()
        head = (SCID << 4 | 0 << 1 | 1).to_bytes(2, "big") + bytes([number, number, 0x18, 0])
        frame = head + packet + bytes(4)
        frame += coding.crc16(frame).to_bytes(2, "big")
        words = [frame[word::DEPTH] + their_parity(libfec, frame[word::DEPTH]) for word in range(DEPTH)]
        block = bytes(words[k % DEPTH][k // DEPTH] for k in range(WORD * DEPTH))
        positions = [p * DEPTH + w for w in range(DEPTH) for p in rng.sample(range(WORD), errors)]
        found += receiver.feed(ASM + hit(xor(block), positions, rng)).packets
        sent.append((0, packet))
    assert found == sent
    assert int(receiver.counts["symbols_corrected"]) == errors * DEPTH * 20
