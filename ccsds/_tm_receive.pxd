# The receiving end of a TM channel: octets in, transfer frames out.
from libc.stdint cimport uint8_t, uint64_t

from ccsds_formats cimport ASM_OCTETS, RS_CODEWORD_OCTETS, RS_INTERLEAVE_MAX
from ccsds_records cimport TmReception
from hal._handle cimport Kernel

cdef enum:
    CADU_MAX = ASM_OCTETS + RS_CODEWORD_OCTETS * RS_INTERLEAVE_MAX
    BUFFER_OCTETS = 2 * CADU_MAX
    ASM_BIT_ERRORS = 3         # tolerated where a sync marker is expected; none while searching

cdef class CaduReceiver(Kernel):
    cdef TmReception* counts
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
