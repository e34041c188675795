# Telemetry packets in place: PUS-C headers, data gathered from the pool, checksum.
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

cdef enum:
    MAX_PACKET = 1024           # octets of one telemetry packet
    HEADER = 20                 # primary header 6, secondary header 7, CUC time 7
    DESTINATIONS = 7            # places for destinations other than 0
    MESSAGE_TYPES = 64          # counters of each

cdef struct Item:
    const uint8_t* source       # first element in the pool
    uint16_t size               # octets of one element
    uint16_t count              # elements

cdef class Packetizer:
    cdef object _pool           # keeps the block alive
    cdef void* _pus             # PusSection
    cdef void* _time            # TimeSection
    cdef uint16_t _apid
    cdef uint8_t _buffer[MAX_PACKET]

    cdef uint16_t* _counters(self, int destination) noexcept nogil
    cdef int _head(self, int message, int service, int subtype, int destination) noexcept nogil
    cdef bytes _finish(self, int end)
    cpdef bytes build(self, int message, int service, int subtype, int destination, const uint8_t[:] data)

cdef class Structure:
    cdef Packetizer _packetizer
    cdef Item _items[64]
    cdef int _n
    cdef uint16_t _id
    cpdef bytes report(self, int message, int destination)
