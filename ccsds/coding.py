"""Channel codes of the TM and TC links: CRC-16, Reed-Solomon (255, 223), randomizers, BCH (63, 56).

All functions take and return octets and keep no state. Sources: CCSDS 131.0-B-5 (4 Reed-Solomon, 10 randomizers,
annex F dual basis), 132.0-B-3 4.1.6 (frame error control), 231.0-B-4 (3 BCH, 6 randomizer).
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from ccsds import _coding, _rs
from ccsds.errors import CodingError, UncorrectableError
from ccsds.formats import (
    BCH_BLOCK_OCTETS,
    BCH_DATA_OCTETS,
    RS_CODEWORD_OCTETS,
    RS_DATA_OCTETS,
    RS_INTERLEAVE_MAX,
    SEQUENCE_OCTETS,
    Randomizer,
)

RS_INTERLEAVES = range(1, RS_INTERLEAVE_MAX + 1)


@enum.unique
class BchMode(enum.IntEnum):
    """How the BCH decoder treats errors (231.0-B-4, 3.5)."""

    TED = 0  # triple error detection: refuse any error
    SEC = 1  # single error correction: put one wrong bit right, refuse two


class Corrected(NamedTuple):
    """Decoded data and how many symbols (Reed-Solomon) or bits (BCH) were put right."""

    data: bytes
    corrections: int


def crc16(octets: bytes, preset: int = 0xFFFF) -> int:
    """Return the CRC-16 of `octets`: polynomial 0x1021, not reflected, no final inversion.

    Over octets followed by their CRC (high octet first) it is 0. `preset` continues an earlier CRC.
    """
    return _coding.crc16_of(octets, preset)


def _checked_interleave(interleave: int) -> int:
    if interleave not in RS_INTERLEAVES:
        raise CodingError(f"interleaving depth {interleave}: expected 1 to {RS_INTERLEAVES[-1]}")
    return interleave


def rs_encode(data: bytes, interleave: int = 1) -> bytes:
    """Return the codeblock, 255 * interleave octets, of 223 * interleave octets of data (dual basis, E = 16).

    Raises `CodingError` when depth or length is wrong.
    """
    expected = RS_DATA_OCTETS * _checked_interleave(interleave)
    if len(data) != expected:
        raise CodingError(f"{len(data)} octets to encode: expected {expected} at interleaving depth {interleave}")
    return _rs.encoded(data, interleave)


def rs_decode(codeblock: bytes, interleave: int = 1) -> Corrected:
    """Return the data of a codeblock of 255 * interleave octets, with up to 16 symbols corrected in each codeword.

    Raises `UncorrectableError` when a codeword has more errors, `CodingError` when depth or length is wrong.
    """
    expected = RS_CODEWORD_OCTETS * _checked_interleave(interleave)
    if len(codeblock) != expected:
        raise CodingError(
            f"codeblock of {len(codeblock)} octets: expected {expected} at interleaving depth {interleave}"
        )
    block = bytearray(codeblock)
    corrections = _rs.decoded(block, interleave)
    if corrections < 0:
        raise UncorrectableError("Reed-Solomon codeblock uncorrectable: more than 16 symbol errors in a codeword")
    return Corrected(bytes(block[: RS_DATA_OCTETS * interleave]), corrections)


def randomize(octets: bytes, randomizer: Randomizer) -> bytes:
    """Return `octets` XOR the sequence from its start; the same call undoes it.

    Raises `CodingError` above 2048 octets, which no frame or codeblock of these links reaches.
    """
    if len(octets) > SEQUENCE_OCTETS:
        raise CodingError(f"{len(octets)} octets to randomize: expected at most {SEQUENCE_OCTETS}")
    return _coding.randomized(octets, Randomizer(randomizer))


def bch_encode(data: bytes) -> bytes:
    """Return BCH codeblocks: 8 octets (parity inverted, filler bit 0) for each 7 of data.

    Raises `CodingError` unless the length is a multiple of 7.
    """
    if len(data) % BCH_DATA_OCTETS:
        raise CodingError(f"{len(data)} octets to encode: expected a multiple of {BCH_DATA_OCTETS}")
    return _coding.bch_encoded(data)


def bch_decode(codeblock: bytes, mode: BchMode = BchMode.SEC) -> Corrected:
    """Return the 7 octets of one codeblock of 8.

    `SEC` corrects one wrong bit and refuses two; `TED` refuses one, two and three. The filler bit is not looked at.
    Raises `UncorrectableError` or, when the length is wrong, `CodingError`.
    """
    if len(codeblock) != BCH_BLOCK_OCTETS:
        raise CodingError(f"codeblock of {len(codeblock)} octets: expected {BCH_BLOCK_OCTETS}")
    block = bytearray(codeblock)
    corrections = _coding.bch_checked(block, mode == BchMode.SEC)
    if corrections < 0:
        raise UncorrectableError(f"BCH codeblock {codeblock.hex()} has errors that {BchMode(mode).name} cannot correct")
    return Corrected(bytes(block[:BCH_DATA_OCTETS]), corrections)
