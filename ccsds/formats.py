"""Numbers and enumerations of the link's formats, for Python and, by `hal/record_build.py`, for kernels.

Sources: CCSDS 131.0-B-5 (codes, randomizers), 132.0-B-3 (TM frames), 133.0-B-2 (packets), 231.0-B-4 (codeblocks),
232.1-B-2 (FARM-1).
"""

from __future__ import annotations

import enum

RS_DATA_OCTETS = 223  # of a codeword
RS_CODEWORD_OCTETS = 255
RS_INTERLEAVE_MAX = 8
BCH_DATA_OCTETS = 7  # of a codeblock
BCH_BLOCK_OCTETS = 8  # the same with parity and filler bit
SEQUENCE_OCTETS = 2048  # every randomizer sequence is tabulated this far: interleaving 8 needs 2040
PACKET_HEADER_OCTETS = 6
SYNC_MARKER = 0x1ACFFC1D
ASM_OCTETS = 4
TM_HEADER_OCTETS = 6
TM_OCF_OCTETS = 4
TM_FECF_OCTETS = 2
FHP_NO_PACKET_START = 0x7FF  # first header pointer: no packet starts in this frame
FHP_IDLE_DATA = 0x7FE


@enum.unique
class Randomizer(enum.IntEnum):
    """Pseudo-random sequences; each starts anew at every codeblock or frame.

    `TM_255` is this project's default on the downlink: issues 1 to 4 of 131.0-B know no other, and so do most
    receivers. `TM_131071` is the sequence that 131.0-B-5 introduced for links with strict spectral limits.
    """

    NONE = 0
    TM_255 = 1
    TM_131071 = 2
    TC_255 = 3


@enum.unique
class FarmState(enum.IntEnum):
    """States of FARM-1."""

    OPEN = 1
    WAIT = 2
    LOCKOUT = 3


@enum.unique
class FarmEvent(enum.IntEnum):
    """Rows of the state table (232.1-B-2, table 6-1)."""

    EXPECTED = 1  # N(S) = V(R) and a buffer is free
    NO_BUFFER = 2  # N(S) = V(R) and no buffer is free
    POSITIVE_WINDOW = 3  # a frame was missed
    NEGATIVE_WINDOW = 4  # an old frame again
    OUTSIDE_WINDOW = 5
    BYPASS = 6
    UNLOCK = 7
    SET_V_R = 8
    INVALID = 9
    BUFFER_RELEASED = 10
