"""TC transfer frames, segment headers and CLTUs, as octets (CCSDS 232.0-B-4 4.1, 231.0-B-4 5.2)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from ccsds._coding import crc16_of
from ccsds.coding import bch_encode, randomize
from ccsds.errors import FrameError
from ccsds.formats import BCH_BLOCK_OCTETS, BCH_DATA_OCTETS, Randomizer

START_SEQUENCE: Final = bytes.fromhex("EB90")
TAIL_SEQUENCE: Final = bytes.fromhex("C5C5C5C5C5C5C579")
FILL_OCTET: Final = b"\x55"
ACQUISITION_OCTETS: Final = b"\x55" * 16  # alternating bits for the receiver's bit lock
HEADER_OCTETS: Final = 5
FECF_OCTETS: Final = 2
FRAME_MIN: Final = HEADER_OCTETS + 1 + FECF_OCTETS
FRAME_MAX: Final = 1024
SCID_MAX: Final = 1023
VCID_MAX: Final = 63
MAP_MAX: Final = 63
CLTU_OCTETS_MAX: Final = 2 + -(-FRAME_MAX // BCH_DATA_OCTETS) * BCH_BLOCK_OCTETS + 8  # start, codeblocks, tail
UNLOCK: Final = b"\x00"
SET_V_R: Final = b"\x82\x00"


@enum.unique
class FrameType(enum.IntEnum):
    """Bypass flag * 2 + control command flag."""

    AD = 0  # sequence-controlled data
    AC = 1  # reserved: never valid
    BD = 2  # expedited data
    BC = 3  # control command


@enum.unique
class SegmentFlags(enum.IntEnum):
    """Sequence flags of a segment header."""

    CONTINUATION = 0
    FIRST = 1
    LAST = 2
    UNSEGMENTED = 3


@enum.unique
class TcReject(enum.IntEnum):
    """Why a frame or a packet was dropped: index of `TcFrameCounters.tc_rejected`."""

    LENGTH = 0
    VERSION = 1
    RESERVED_BITS = 2
    FRAME_TYPE = 3
    FECF = 4
    SPACECRAFT = 5
    VIRTUAL_CHANNEL = 6
    CONTROL_COMMAND = 7
    SEGMENT = 8
    PACKET = 9


class TcFrameError(FrameError):
    """A TC frame that fails a validation check; `reason` says which."""

    def __init__(self, reason: TcReject, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def tc_frame_octets(octets: bytes) -> int:
    """Return the length that the frame at the start of `octets` states; raise `TcFrameError` if it cannot be."""
    if len(octets) < FRAME_MIN:
        raise TcFrameError(TcReject.LENGTH, f"TC frame of {len(octets)} octets: expected at least {FRAME_MIN}")
    stated = ((octets[2] & 3) << 8 | octets[3]) + 1
    if not FRAME_MIN <= stated <= len(octets):
        raise TcFrameError(
            TcReject.LENGTH, f"TC frame states {stated} octets: expected {FRAME_MIN} to the {len(octets)} received"
        )
    return stated


@dataclass(frozen=True, slots=True)
class TcFrame:
    """A TC transfer frame; `data` includes the segment header where the channel uses one. FECF is always present."""

    scid: int
    vcid: int
    frame_type: FrameType
    data: bytes
    n_s: int = 0

    def encode(self) -> bytes:
        """Return the octets; raise `FrameError` when a field does not fit."""
        for name, value, high in (
            ("spacecraft id", self.scid, SCID_MAX),
            ("virtual channel", self.vcid, VCID_MAX),
            ("N(S)", self.n_s, 255),
        ):
            if not 0 <= value <= high:
                raise FrameError(f"{name} {value}: expected 0 to {high}")
        total = HEADER_OCTETS + len(self.data) + FECF_OCTETS
        if not FRAME_MIN <= total <= FRAME_MAX:
            raise FrameError(f"TC frame of {total} octets: expected {FRAME_MIN} to {FRAME_MAX}")
        identification = self.frame_type << 12 | self.scid
        head = (identification << 24 | self.vcid << 18 | (total - 1) << 8 | self.n_s).to_bytes(HEADER_OCTETS, "big")
        body = head + self.data
        return body + crc16_of(body).to_bytes(FECF_OCTETS, "big")

    @classmethod
    def decode(cls, octets: bytes) -> TcFrame:
        """Return the frame that `octets` are, exactly; raise `TcFrameError` when a check of 232.0-B-4 4.4.8.6 fails."""
        if tc_frame_octets(octets) != len(octets):
            raise TcFrameError(
                TcReject.LENGTH,
                f"TC frame states {tc_frame_octets(octets)} octets: expected all {len(octets)} received",
            )
        if crc16_of(octets):
            raise TcFrameError(TcReject.FECF, f"FECF {octets[-2:].hex()}: expected {crc16_of(octets[:-2]):04x}")
        if octets[0] >> 6:
            raise TcFrameError(TcReject.VERSION, f"TC frame version {octets[0] >> 6}: expected 0")
        if octets[0] & 0x0C:
            raise TcFrameError(TcReject.RESERVED_BITS, f"spare bits of TC frame header {octets[:5].hex()}: expected 0")
        frame_type = FrameType(octets[0] >> 4 & 3)
        if frame_type is FrameType.AC:
            raise TcFrameError(TcReject.FRAME_TYPE, "TC frame type AC is reserved: expected AD, BD or BC")
        scid = (octets[0] & 3) << 8 | octets[1]
        return cls(scid, octets[2] >> 2, frame_type, bytes(octets[HEADER_OCTETS:-FECF_OCTETS]), octets[4])


def segment(flags: SegmentFlags, map_id: int, data: bytes) -> bytes:
    """Return `data` behind a segment header; raise `FrameError` for a MAP above 63."""
    if not 0 <= map_id <= MAP_MAX:
        raise FrameError(f"MAP {map_id}: expected 0 to {MAP_MAX}")
    return bytes([flags << 6 | map_id]) + data


def cltu_encode(frames: bytes, *, randomized: bool = False) -> bytes:
    """Return the CLTU of one or more frames: start sequence | BCH codeblocks | tail sequence.

    With `randomized`, frames are randomized first; fill octets come after that, as 231.0-B-4 has it.
    """
    octets = randomize(frames, Randomizer.TC_255) if randomized else frames
    return START_SEQUENCE + bch_encode(octets + FILL_OCTET * (-len(octets) % BCH_DATA_OCTETS)) + TAIL_SEQUENCE
