# The receiving end of a TC virtual channel: CLTU decoder, FARM-1, segments. All state is in two pool sections.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef extern from "fsw_ccsds_sections.h":
    ctypedef struct FrameCountersSection:
        uint64_t tc_octets_in
        uint32_t cltus_received
        uint32_t cltus_dropped
        uint32_t codeblocks_corrected
        uint32_t tc_octets_skipped
        uint32_t tc_frames_valid
        uint32_t tc_rejected[10]
        uint32_t farm_accepted_ad
        uint32_t farm_accepted_bd
        uint32_t farm_accepted_bc
        uint32_t farm_discarded
        uint32_t tc_packets
        uint8_t farm_state
        uint8_t farm_v_r
        uint8_t farm_lockout
        uint8_t farm_wait
        uint8_t farm_retransmit
        uint8_t farm_b
        uint8_t no_rf_available
        uint8_t no_bit_lock
    ctypedef struct UplinkBufferSection:
        uint64_t cltu_at
        uint32_t frame_fill
        uint32_t segment_fill
        uint8_t in_cltu
        uint8_t pending_fill
        uint8_t segment_map
        uint8_t segment_open
        uint8_t pending[8]
        uint8_t frame[1029]
        uint8_t segment[4096]

cdef enum:
    FRAME_OCTETS = 1029
    SEGMENT_MAX = 4096
    PIECE = 256                # octets worked on at a time

cdef enum:                     # 232.1-B-2, table 6-1
    FARM_OPEN = 1
    FARM_WAIT = 2
    FARM_LOCKOUT = 3

cdef class CltuDecoder:
    cdef object pool
    cdef FrameCountersSection* counters
    cdef UplinkBufferSection* buffer
    cdef bint correct, randomized
    cdef uint8_t work[PIECE + 8]

    # Search and decode work[0:n]; complete CLTUs are appended. Returns how many octets were used up.
    cdef Py_ssize_t advance(self, Py_ssize_t n, list cltus) except -1
    cdef Py_ssize_t search(self, Py_ssize_t at, Py_ssize_t n) noexcept nogil
    cdef int codeblock(self, const uint8_t* octets, list cltus) except -1

cdef class Farm:
    cdef object pool
    cdef FrameCountersSection* counters
    cdef int window, vcid

cdef class Segments:
    cdef object pool
    cdef UplinkBufferSection* buffer
