# Telemetry packets in place: PUS-C headers, data gathered from the pool, checksum.
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from fsw_core_sections cimport TimeSection
from fsw_pus_sections cimport PusSection
from hal._handle cimport Kernel

cdef enum:
    MAX_PACKET = 1024           # octets of one telemetry packet
    HEADER = 20                 # primary header 6, secondary header 7, CUC time 7
    MAX_ROWS = 64               # of one structure

cdef struct Row:                # elements at equal distances
    const uint8_t* source       # the first
    uint16_t size               # octets of one element
    uint16_t count              # elements
    uint32_t stride             # octets from one to the next

cdef class Packetizer(Kernel):
    cdef PusSection* _pus
    cdef const TimeSection* _time
    cdef uint16_t _apid
    cdef uint8_t _buffer[MAX_PACKET]

    cdef uint16_t* _counters(self, int destination) noexcept nogil
    cdef int _head(self, int message, int service, int subtype, int destination) noexcept nogil
    cdef bytes _finish(self, int end)
    cpdef bytes build(self, int message, int service, int subtype, int destination, const uint8_t[:] data)

cdef class Structure(Kernel):
    cdef object _places         # where the rows come from
    cdef Row _rows[MAX_ROWS]
    cdef int _n
    cdef uint16_t _id
    cdef Py_ssize_t _octets     # of its source data
    cpdef bytes report(self)
