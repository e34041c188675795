# The records of hal/link_state.py for kernels, as the build prints them into hal_link_state.h, which says what the
# fields are.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "hal_link_state.h" nogil:
    ctypedef struct FrameStream:
        uint32_t frames_ok, cobs_errors, crc_errors, length_errors, header_errors, size
        uint8_t overflow
        uint8_t encoded[1030]

    ctypedef struct BoardTime:
        int64_t reference_ns, offset_ns
        double drift
        int64_t window_end_ns, best_board_ns, best_offset_ns, best_residual_ns
        int64_t point_board_ns[16]
        int64_t point_offset_ns[16]
        uint32_t windows
        uint8_t running

    ctypedef struct LinkState:
        FrameStream stream
        uint32_t mistyped
        int64_t heard_ns, opened_ns
        uint8_t started, heard

    ctypedef struct BoardLinkState:      # begins as LinkState does
        BoardTime clock
        uint8_t configured, config_sent, urgent, running, lived, born
        uint16_t seq_count, command_seq, counted_accepted, counted_rejected, counted_bad
        uint32_t cycle
        int64_t sent_period, board_ns, cycle_valid_ns
        uint32_t late, stale_since
        uint64_t arrived
        int32_t outstanding
        uint32_t settling, under_way, refused, refused_cycle
        int64_t refused_board_ns, refused_now_ns

    ctypedef struct StarTrackerLinkState:  # begins as LinkState does
        int64_t last_valid_ns
        uint16_t last_seq
        uint8_t running
