# The sending end of a TM master channel: packets in, CADUs out. All state is in two pool sections.
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from ccsds_formats cimport PACKET_HEADER_OCTETS, RS_CODEWORD_OCTETS, RS_INTERLEAVE_MAX
from ccsds_records cimport VIRTUAL_CHANNELS, TmFrameCounters
from hal._handle cimport Kernel

cdef enum:
    PACKET_MIN = PACKET_HEADER_OCTETS + 1
    FRAME_MAX = RS_CODEWORD_OCTETS * RS_INTERLEAVE_MAX

cdef class TmSender(Kernel):
    cdef TmFrameCounters* counters
    cdef uint8_t* queue                     # this channel's ring memory, all virtual channels
    cdef int vcids[VIRTUAL_CHANNELS]                       # in use, highest priority first
    cdef uint8_t* ring[VIRTUAL_CHANNELS]                   # by vcid: its part of the queue, NULL when not in use
    cdef int vcid_count
    cdef uint32_t capacity                  # octets of each part
    cdef int scid, interleave, idle_vcid, randomizer
    cdef int frame_octets                   # transfer frame, FECF included
    cdef int data_octets                    # its data field

    cdef void fill_packets(self, int vcid, uint8_t* frame) noexcept nogil
    cdef void take(self, int vcid, uint8_t* to, uint32_t n) noexcept nogil
    cdef void make_cadu(self, uint8_t* out, uint32_t clcw) noexcept nogil
