# The receiving end of a TM channel: octets in, transfer frames out.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from fsw_ccsds_formats cimport RS_CODEWORD_OCTETS, RS_INTERLEAVE_MAX

cdef extern from "fsw_ccsds_sections.h":
    ctypedef struct TmReception:
        uint64_t octets_in
        uint64_t octets_skipped
        uint64_t octets_truncated
        uint64_t cadus_ok
        uint64_t cadus_uncorrectable
        uint64_t cadus_fecf
        uint64_t false_syncs
        uint64_t symbols_corrected
        uint64_t frames_ok
        uint64_t frames_other_version
        uint64_t frames_foreign
        uint64_t frames_malformed
        uint64_t frames_idle
        uint64_t frames_not_packets
        uint64_t frames_repeated
        uint64_t frames_late
        uint64_t count_restarts
        uint64_t frames_lost
        uint64_t vc_frames_lost[8]
        uint64_t packets[8]
        uint64_t packets_idle
        uint64_t packets_in_idle_frames
        uint64_t packets_broken
        uint64_t octets_unused
        uint64_t clcws

cdef enum:
    CADU_MAX = 4 + RS_CODEWORD_OCTETS * RS_INTERLEAVE_MAX
    BUFFER_OCTETS = 2 * CADU_MAX
    ASM_BIT_ERRORS = 3         # tolerated where a sync marker is expected; none while searching

cdef class CaduReceiver:
    cdef TmReception* counts
    cdef object memory                      # keeps counts alive
    cdef int interleave, randomizer
    cdef bint fecf
    cdef int cadu_octets, frame_octets
    cdef bint locked                        # the last CADU was good or followed by a sync marker
    cdef bint failed                        # the CADU at `start` is no good; waiting for what follows it
    cdef bint failed_fecf                   # why
    cdef uint64_t consumed                  # octets of the stream before `start`
    cdef uint64_t frame_at                  # where in the stream the frame last returned began
    cdef int frame_corrections              # symbols corrected in it
    cdef Py_ssize_t start, fill             # unread part of the buffer
    cdef uint8_t buffer[BUFFER_OCTETS]
    cdef uint8_t block[RS_CODEWORD_OCTETS * RS_INTERLEAVE_MAX]

    # Copy what fits of n octets into the buffer; returns how many.
    cdef Py_ssize_t load(self, const uint8_t* octets, Py_ssize_t n) noexcept nogil
    # The next good frame in `block`; False when more octets are needed (at_end: when there are none left).
    cdef bint next_frame(self, bint at_end) noexcept nogil
    cdef bint synchronise(self, bint at_end) noexcept nogil
    cdef bint decode(self) noexcept nogil
    cdef bint dispose(self, bint at_end) noexcept nogil
