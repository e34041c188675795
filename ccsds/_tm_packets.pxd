# Packets out of the data fields of TM frames, also when frames come late.
from libc.stdint cimport int64_t, uint8_t

from ccsds_records cimport TmReception
from hal._handle cimport Kernel

cdef enum:
    LOOSE_MAX = 2048           # ends of packets kept of a virtual channel

cdef enum:                     # what a frame holds
    CONTENT = 0                # octets that do not recur
    IDLE = 1                   # idle data, idle packets and one octet repeated, which may be the end of one
    OTHER = 2                  # no packets, or a packet's first octets only

cdef inline Py_ssize_t first_header(const uint8_t* frame) noexcept nogil:
    return (<Py_ssize_t>(frame[4] & 7) << 8) | frame[5]

# Keys of `loose`: octets at the end of the frame at a place, and at the beginning of one.
cdef inline int64_t tail_of(int64_t place) noexcept nogil:
    return 2 * place

cdef inline int64_t head_of(int64_t place) noexcept nogil:
    return 2 * place + 1

cdef int content_of(const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end) noexcept nogil

cdef class PacketAssembly(Kernel):
    cdef TmReception* counts
    cdef list partial                       # by vcid: bytearray of the packet begun, or None
    cdef list loose                         # by vcid: ends of packets whose other part may still come, by place

    cpdef object save(self)
    cpdef object restore(self, object state)

    cdef int take(
        self, int vcid, int64_t place, bint gap, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end, list packets
    ) except -1
    cdef int take_late(
        self, int vcid, int64_t place, bint gap, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end, list packets,
        int64_t newest
    ) except -1
    cdef Py_ssize_t continued(self, int vcid, const uint8_t* data, Py_ssize_t n, Py_ssize_t fhp, list packets) except -1
    cdef int started(self, int vcid, const uint8_t* data, Py_ssize_t n, list packets) except -1
    cdef int in_idle(self, int vcid, const uint8_t* data, Py_ssize_t n, list packets) except -1
    cdef int keep(self, int vcid, int64_t key, object octets) except -1
    cdef int broken(self, int vcid) except -1
    cdef int set_aside(self, int vcid, int64_t place) except -1
    cdef int resume(self, int vcid, int64_t place) except -1
    cdef int join(self, int vcid, int64_t place, bytearray kept, list packets, int64_t newest) except -1
