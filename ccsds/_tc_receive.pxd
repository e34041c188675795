# The receiving end of a TC virtual channel: CLTU decoder, FARM-1, segments. All state is in two pool sections.
from libc.stdint cimport uint8_t

from ccsds_records cimport TcFrameCounters, UplinkBuffer
from hal._handle cimport Kernel

cdef enum:
    PIECE = 256                # octets worked on at a time

cdef class CltuDecoder(Kernel):
    cdef TcFrameCounters* counters
    cdef UplinkBuffer* buffer
    cdef bint correct, randomized
    cdef uint8_t work[PIECE + 8]

    # Search and decode work[0:n]; complete CLTUs are appended. Returns how many octets were used up.
    cdef Py_ssize_t advance(self, Py_ssize_t n, list cltus) except -1
    cdef Py_ssize_t search(self, Py_ssize_t at, Py_ssize_t n) noexcept nogil
    cdef int codeblock(self, const uint8_t* octets, list cltus) except -1

cdef class Farm(Kernel):
    cdef TcFrameCounters* counters
    cdef int window, vcid

cdef class Segments(Kernel):
    cdef UplinkBuffer* buffer
