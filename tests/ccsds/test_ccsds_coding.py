"""Channel codes against the standards' constants, bit-by-bit models and an independent Reed-Solomon decoder."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsds import _rs, coding
from ccsds.coding import BchMode
from ccsds.errors import CodingError, UncorrectableError
from ccsds.formats import Randomizer

# Rows of the matrix that takes u7..u0 to z0..z7 (CCSDS 131.0-B-5, annex F).
ANNEX_F = (0x8D, 0xEF, 0xEC, 0x86, 0xFA, 0x99, 0xAF, 0x7B)


def bits(octets):
    return [octet >> (7 - i) & 1 for octet in octets for i in range(8)]


def crc16_bitwise(octets):
    register = 0xFFFF
    for bit in bits(octets):
        register = (register << 1 ^ (0x1021 if register >> 15 ^ bit else 0)) & 0xFFFF
    return register


def bch_parity_bitwise(data):
    """Remainder of data * x^7 by x^7 + x^6 + x^2 + 1, by long division, inverted."""
    value = int.from_bytes(data, "big") << 7
    for shift in range(62, 6, -1):
        if value >> shift & 1:
            value ^= 0b11000101 << (shift - 7)
    return (value ^ 0x7F) << 1


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_crc16_is_the_bitwise_division(octets):
    assert coding.crc16(octets) == crc16_bitwise(octets)
    assert coding.crc16(octets + coding.crc16(octets).to_bytes(2, "big")) == 0


@given(st.binary(max_size=100), st.integers(0, 100))
@settings(deadline=None)
def test_crc16_can_be_continued(octets, cut):
    assert coding.crc16(octets[cut:], coding.crc16(octets[:cut])) == coding.crc16(octets)


def test_crc16_check_value():
    assert coding.crc16(b"123456789") == 0x29B1


@pytest.mark.parametrize(
    ("randomizer", "start"),
    [
        (Randomizer.TM_255, "FF480EC09A"),
        (Randomizer.TM_131071, "1C71B91BA9"),
        (Randomizer.TC_255, "FF399E5A68"),
        (Randomizer.NONE, "0000000000"),
    ],
)
def test_randomizers_start_as_published(randomizer, start):
    assert coding.randomize(bytes(5), randomizer) == bytes.fromhex(start)


@pytest.mark.parametrize(
    ("randomizer", "delays", "seed"),
    [
        (Randomizer.TM_255, (1, 3, 5, 8), "1" * 8),
        (Randomizer.TM_131071, (3, 17), "11000111000111000"[::-1]),
        (Randomizer.TC_255, (2, 4, 5, 6, 7, 8), "1" * 8),
    ],
)
def test_randomizers_follow_their_recurrence(randomizer, delays, seed):
    sequence = [int(bit) for bit in seed]
    while len(sequence) < 8 * 2040:
        sequence.append(sum(sequence[-delay] for delay in delays) & 1)
    assert bits(coding.randomize(bytes(2040), randomizer)) == sequence


@pytest.mark.parametrize("randomizer", [Randomizer.TM_255, Randomizer.TC_255])
def test_short_randomizers_have_period_255(randomizer):
    sequence = bits(coding.randomize(bytes(2040), randomizer))
    assert sequence[255:] == sequence[:-255]
    assert all(sequence[shift : shift + 255] != sequence[:255] for shift in range(1, 255))


@given(st.binary(max_size=2048), st.sampled_from(Randomizer))
@settings(max_examples=30, deadline=None)
def test_randomizing_twice_is_nothing(octets, randomizer):
    assert coding.randomize(coding.randomize(octets, randomizer), randomizer) == octets


def test_dual_basis_is_annex_f():
    to_dual, to_conventional = _rs.basis_tables()
    for value in range(256):
        expected = 0
        for k in range(8):
            expected ^= ANNEX_F[k] if value >> (7 - k) & 1 else 0
        assert to_dual[value] == expected
        assert to_conventional[expected] == value
    assert (to_dual[0x2A], to_dual[0x59]) == (0xB9, 0xE8)


@pytest.mark.parametrize("interleave", range(1, 9))
@pytest.mark.parametrize("errors", [0, 1, 15, 16])
def test_reed_solomon_corrects_up_to_16_symbols_in_each_codeword(interleave, errors):
    rng = random.Random(100 * interleave + errors)
    data = rng.randbytes(223 * interleave)
    block = bytearray(coding.rs_encode(data, interleave))
    assert block[: len(data)] == data
    for word in range(interleave):
        for position in rng.sample(range(255), errors):
            block[position * interleave + word] ^= rng.randrange(1, 256)
    assert coding.rs_decode(bytes(block), interleave) == (data, errors * interleave)


@pytest.mark.parametrize("position", range(0, 255, 6))
def test_reed_solomon_corrects_every_place(position):
    data = bytes(range(223))
    block = bytearray(coding.rs_encode(data))
    block[position] ^= 0xFF
    assert coding.rs_decode(bytes(block)) == (data, 1)


def test_reed_solomon_is_linear_over_interleaved_words():
    """Symbol k of word j is at k * depth + j: each word alone is a codeword of depth 1."""
    data = random.Random(7).randbytes(223 * 5)
    block = coding.rs_encode(data, 5)
    for word in range(5):
        assert block[word::5] == coding.rs_encode(data[word::5])


@pytest.mark.parametrize("errors", [17, 20, 40, 255])
def test_reed_solomon_refuses_what_it_cannot_correct(errors):
    rng = random.Random(errors)
    refused = 0
    for _ in range(20):
        data = rng.randbytes(223)
        block = bytearray(coding.rs_encode(data))
        for position in rng.sample(range(255), errors):
            block[position] ^= rng.randrange(1, 256)
        try:
            found = coding.rs_decode(bytes(block)).data
        except UncorrectableError:
            refused += 1
        else:  # another codeword was nearer: it must be a codeword, at most 16 symbols away
            again = coding.rs_encode(found)
            assert sum(a != b for a, b in zip(again, block, strict=True)) <= 16
    assert refused >= 19


@given(st.binary(min_size=255, max_size=255))
@settings(max_examples=50, deadline=None)
def test_any_codeblock_is_corrected_to_a_codeword_or_refused(block):
    try:
        data, corrections = coding.rs_decode(block)
    except UncorrectableError:
        return
    assert sum(a != b for a, b in zip(coding.rs_encode(data), block, strict=True)) == corrections <= 16


@pytest.mark.parametrize(
    ("data", "parity"),
    [
        ("22f600ff00421a", 0x12),
        ("8cc00e010d1906", 0x5A),
        ("00000000000000", 0xFE),
        ("0123456789abcd", 0x90),
    ],
)
def test_bch_published_parities(data, parity):
    assert coding.bch_encode(bytes.fromhex(data)) == bytes.fromhex(data) + bytes([parity])


@given(st.binary(min_size=7, max_size=7))
@settings(deadline=None)
def test_bch_is_the_bitwise_division(data):
    assert coding.bch_encode(data)[7] == bch_parity_bitwise(data)
    assert coding.bch_decode(coding.bch_encode(data), BchMode.TED) == (data, 0)


def flipped(block, *positions):
    out = bytearray(block)
    for position in positions:
        out[position >> 3] ^= 0x80 >> (position & 7)
    return bytes(out)


def test_bch_corrects_every_single_bit_and_refuses_every_pair():
    data = bytes.fromhex("0123456789abcd")
    block = coding.bch_encode(data)
    for first in range(63):
        assert coding.bch_decode(flipped(block, first), BchMode.SEC) == (data, 1)
        with pytest.raises(UncorrectableError):
            coding.bch_decode(flipped(block, first), BchMode.TED)
        for second in range(first + 1, 63):
            with pytest.raises(UncorrectableError):
                coding.bch_decode(flipped(block, first, second), BchMode.SEC)


def test_bch_ignores_the_filler_bit():
    block = coding.bch_encode(bytes(7))
    assert coding.bch_decode(flipped(block, 63), BchMode.TED) == (bytes(7), 0)


def test_ted_refuses_three_wrong_bits():
    block = coding.bch_encode(b"command")
    rng = random.Random(3)
    for _ in range(300):
        with pytest.raises(UncorrectableError):
            coding.bch_decode(flipped(block, *rng.sample(range(63), 3)), BchMode.TED)


@pytest.mark.parametrize("mode", BchMode)
def test_tail_sequence_cannot_be_corrected(mode):
    with pytest.raises(UncorrectableError):
        coding.bch_decode(bytes.fromhex("C5C5C5C5C5C5C579"), mode)


@pytest.mark.parametrize(
    "call",
    [
        lambda: coding.rs_encode(bytes(222)),
        lambda: coding.rs_encode(bytes(223), 0),
        lambda: coding.rs_encode(bytes(223 * 9), 9),
        lambda: coding.rs_decode(bytes(254)),
        lambda: coding.rs_decode(b"", 5),
        lambda: coding.bch_encode(bytes(8)),
        lambda: coding.bch_decode(bytes(7)),
        lambda: coding.randomize(bytes(2049), Randomizer.TM_255),
    ],
)
def test_wrong_lengths_and_depths_are_named(call):
    with pytest.raises(CodingError, match="expected"):
        call()
