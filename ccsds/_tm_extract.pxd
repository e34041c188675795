# The packets and CLCWs of a TM master channel: transfer frames in, in any order and more than once.
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from ccsds._tm_order cimport FrameOrder, Mark
from ccsds._tm_packets cimport PacketAssembly
from ccsds_records cimport VIRTUAL_CHANNELS, TmReception
from hal._handle cimport Kernel

cdef enum:
    DOUBT_OCTETS = 1 << 23     # of idle frames that may turn out to have come before
    DOUBTFUL_COUNTS = sizeof(TmReception) // 8

cdef struct Channel:           # a virtual channel
    int64_t newest             # place of its newest frame: its count, not modulo 256
    bint counted               # False: the next frame is the first, whatever its count

cdef class PacketExtractor(Kernel):
    cdef TmReception* counts
    cdef int scid                           # -1: any
    cdef bint fecf
    cdef FrameOrder order
    cdef PacketAssembly packets
    cdef Channel channel[VIRTUAL_CHANNELS]
    cdef bint gap                           # the frame before on the virtual channel has not come
    cdef bint behind                        # the frame comes before another of its virtual channel that has come
    # Idle frames recur lawfully, so the first of a recording that follows itself look new. They are in doubt until a
    # frame with content shows what they are: then their counts are taken back.
    cdef list doubtful                      # (position, arrival, begin, end, frame), or None
    cdef Py_ssize_t doubtful_octets
    cdef TmReception doubtful_counts        # what they added, from frames_ok to octets_unused
    cdef Mark doubtful_mark
    cdef Channel doubtful_channel[VIRTUAL_CHANNELS]

    cdef int extract(self, const uint8_t* frame, Py_ssize_t octets, list packets, list clcws) except -1
    cdef int use(self, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end, int arrival, list packets) except -1
    cdef int64_t place(self, int vcid, int count, int arrival) except -1
    cdef int64_t place_late(self, int vcid, int count) except -1
    cdef int64_t place_first(self, int vcid, int count) except -1
    cdef int restart(self) except -1
    cdef bint may_be_in_doubt(self, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end, bint follows) except -1
    cdef int use_in_doubt(
        self, const uint8_t* frame, Py_ssize_t octets, Py_ssize_t begin, Py_ssize_t end, int arrival, list packets
    ) except -1
    cdef int settle(self, list packets) except -1
    cdef list positions_before(self, int64_t position, list doubtful)
    cdef int take_back(self, list doubtful) except -1
