# Records of the flight recorder, one a tick; `format.py` describes the file around them.
#
# A record is: octets of payload (4), check word (4), then the payload: kind (1), tick (8, keyframes only), digest (8),
# the words of every group that is due, number of strings (2), the strings.
from libc.stdint cimport uint32_t

from fsw.recorder._delta cimport Streams, Words
from hal._handle cimport Kernel

cdef enum:
    HEAD = 8
    KIND_KEYFRAME = 1
    KIND_TICK = 2
    KIND_END = 3
    LONGEST_STRING = 65535

cdef struct Group:            # words of the image that are recorded every `divider` ticks
    uint32_t lo
    uint32_t hi
    uint32_t divider

cdef class Image(Kernel):     # base of the encoder, and of whoever reads what it wrote
    cdef Words words
    cdef Streams streams
    cdef Group* groups
    cdef uint32_t group_count
    cdef readonly uint32_t count
    cdef uint32_t keyframe_ticks          # from keyframe to keyframe
    cdef uint32_t step                    # from record to record

    cdef void forget(self) noexcept nogil
    cdef void settle(self) noexcept nogil
