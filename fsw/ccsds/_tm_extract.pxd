# The packets and CLCWs of a TM master channel: transfer frames in, in any order and more than once.
from libc.stdint cimport uint8_t, uint64_t

from fsw.ccsds._tm_receive cimport TmReception

cdef enum:
    COUNTS = 256               # a frame count is modulo this
    HALF = 128                 # a count less than this behind is an old one, any other is ahead
    NEAR = 16                  # how far before the first frame another may belong
    HEAD = COUNTS              # added to a count: key of the octets that begin its frame

cdef enum:                     # what is known of a count behind the newest
    UNKNOWN = 0                # it was before the first frame
    MISSING = 1
    ARRIVED = 2

cdef enum:                     # how a frame arrived
    IN_ORDER = 0
    LATE = 1
    REPEATED = 2
    RESTARTED = 3

cdef struct FrameCount:
    int expected               # the next count; -1: no frame yet
    uint8_t known[COUNTS]

cdef class PacketExtractor:
    cdef TmReception* counts
    cdef object memory                      # keeps counts alive
    cdef int scid                           # -1: any
    cdef bint fecf
    cdef FrameCount master                  # master channel frame count
    cdef uint64_t digest[COUNTS]            # of the frame that last had this master channel count
    cdef int after_late                     # the count after a frame that came late; -1: the last did not
    cdef FrameCount channel[8]              # virtual channel frame counts
    cdef list partial                       # by vcid: bytearray of the packet begun, or None
    cdef list loose                         # by vcid: ends of packets whose other part may still come, by frame

    cdef int extract(self, const uint8_t* frame, Py_ssize_t octets, list packets, list clcws) except -1
    cdef int arrival(self, const uint8_t* frame, Py_ssize_t octets) except -1
    cdef int restart(self) except -1
    cdef bint is_late(self, int vcid, int count, int arrival) except -1
    cdef int content(self, int vcid, int count, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end, list packets) except -1
    cdef Py_ssize_t continued(
        self, int vcid, int count, const uint8_t* data, Py_ssize_t n, Py_ssize_t fhp, list packets
    ) except -1
    cdef int started(self, int vcid, const uint8_t* data, Py_ssize_t n, list packets) except -1
    cdef int in_idle(self, int vcid, const uint8_t* data, Py_ssize_t n, list packets) except -1
    cdef int broken(self, int vcid) except -1
    cdef int set_aside(self, int vcid, int count) except -1
    cdef int resume(self, int vcid, int count) except -1
    cdef int join(self, int vcid, int count, bytearray kept, list packets) except -1
