"""Reed-Solomon against `reedsolo` (field 187, roots of alpha^11 from 112) with the dual-basis matrix of annex F."""

import random
from pathlib import Path

import pytest
from reedsolo import RSCodec

from ccsds import coding
from ccsds.formats import Randomizer

ALPHA_11 = 0xAD
CODEC = RSCodec(32, nsize=255, prim=0x187, fcr=112, generator=ALPHA_11)
ANNEX_F = (0x8D, 0xEF, 0xEC, 0x86, 0xFA, 0x99, 0xAF, 0x7B)  # images of u7..u0
GOLDEN = Path(__file__).parents[1] / "golden"


def to_dual(value):
    out = 0
    for k, row in enumerate(ANNEX_F):
        out ^= row if value >> (7 - k) & 1 else 0
    return out


TO_DUAL = bytes(to_dual(value) for value in range(256))
TO_CONVENTIONAL = bytes(TO_DUAL.index(value) for value in range(256))


def their_codeword(data):
    return bytes(CODEC.encode(data.translate(TO_CONVENTIONAL))).translate(TO_DUAL)


@pytest.mark.parametrize("interleave", [1, 2, 5, 8])
def test_encoders_agree(interleave):
    rng = random.Random(interleave)
    for data in (rng.randbytes(223 * interleave), bytes(223 * interleave), b"\xff" * (223 * interleave)):
        block = coding.rs_encode(data, interleave)
        for word in range(interleave):
            assert block[word::interleave] == their_codeword(data[word::interleave])


@pytest.mark.parametrize("errors", [1, 8, 16])
def test_decoders_agree(errors):
    rng = random.Random(errors)
    data = rng.randbytes(223)
    block = bytearray(coding.rs_encode(data))
    for position in rng.sample(range(255), errors):
        block[position] ^= rng.randrange(1, 256)
    theirs = bytes(CODEC.decode(bytes(block).translate(TO_CONVENTIONAL))[0]).translate(TO_DUAL)
    assert coding.rs_decode(bytes(block)) == (data, errors)
    assert theirs == data


def test_golden_cadu_from_independent_parts():
    """Marker, randomizer by its recurrence and their Reed-Solomon give the golden CADU from the golden frame."""
    frame = bytes.fromhex((GOLDEN / "ccsds_tm_frame.hex").read_text())
    interleave = 5
    words = [their_codeword(frame[word::interleave]) for word in range(interleave)]
    block = bytes(words[k % interleave][k // interleave] for k in range(255 * interleave))
    bits = [1] * 8
    while len(bits) < 8 * len(block):
        bits.append(bits[-1] ^ bits[-3] ^ bits[-5] ^ bits[-8])
    sequence = int("".join(map(str, bits)), 2)
    randomized = (int.from_bytes(block, "big") ^ sequence).to_bytes(len(block), "big")
    assert bytes.fromhex("1ACFFC1D") + randomized == bytes.fromhex((GOLDEN / "ccsds_cadu.hex").read_text())


def test_depth_1_decodes_without_derandomising():
    """Why Reed-Solomon success does not prove the randomizer: the short sequence is itself a codeword."""
    sequence = coding.randomize(bytes(255), Randomizer.TM_255)
    assert coding.rs_encode(sequence[:223]) == sequence
