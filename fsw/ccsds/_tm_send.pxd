# The sending end of a TM master channel: packets in, CADUs out. All state is in two pool sections.
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from fsw.ccsds._rs cimport RS_INTERLEAVE_MAX, RS_SYMBOLS

cdef extern from "fsw_ccsds_sections.h":
    ctypedef struct FrameCountersSection:
        uint32_t vc_fill[8]
        uint32_t vc_head[8]
        uint32_t vc_partial[8]
        uint8_t vc_idle_left[8]
        uint32_t vc_packets[8]
        uint32_t packets_accepted[8]
        uint32_t packets_refused[8]
        uint32_t packets_sent[8]
        uint32_t frames_sent[8]
        uint8_t vcfc[8]
        uint8_t mcfc
    ctypedef struct DownlinkQueueSection:
        uint8_t octets[16384]

cdef enum:
    ASM_OCTETS = 4
    TM_HEADER = 6
    TM_OCF = 4
    TM_FECF = 2
    FHP_NONE = 0x7FF           # no packet starts in this frame
    FHP_IDLE = 0x7FE           # idle data only
    PACKET_HEADER = 6
    PACKET_MIN = 7             # primary header and one octet
    FRAME_MAX = RS_SYMBOLS * RS_INTERLEAVE_MAX

cdef class TmSender:
    cdef object pool                        # keeps the sections' memory alive
    cdef FrameCountersSection* counters
    cdef uint8_t* queue                     # this channel's ring memory, all virtual channels
    cdef int vcids[8]                       # in use, highest priority first
    cdef uint8_t* ring[8]                   # by vcid: its part of the queue, NULL when not in use
    cdef int vcid_count
    cdef uint32_t capacity                  # octets of each part
    cdef int scid, interleave, idle_vcid, randomizer
    cdef int frame_octets                   # transfer frame, FECF included
    cdef int data_octets                    # its data field

    cdef void fill_packets(self, int vcid, uint8_t* frame) noexcept nogil
    cdef void take(self, int vcid, uint8_t* to, uint32_t n) noexcept nogil
    cdef void make_cadu(self, uint8_t* out, uint32_t clcw) noexcept nogil
