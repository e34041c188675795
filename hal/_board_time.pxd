# Board time to mission time: the kernel. Documentation for users is in hal/board_time.py.
from libc.stdint cimport INT64_MAX, int64_t, uint8_t, uint32_t

cdef enum:
    POINTS = 16                        # windows that the line is fitted to

cdef struct BoardTime:                 # zeroed memory is a valid start
    # The line: mission = board + offset_ns + drift * (board - reference_ns), the lower envelope of all arrivals.
    int64_t reference_ns               # [board time]
    int64_t offset_ns
    double drift                       # mission seconds gained per board second
    # The fastest arrival of the current window, as a pair and by how far it lies above the line.
    int64_t window_end_ns              # [board time]
    int64_t best_board_ns
    int64_t best_offset_ns             # mission - board
    int64_t best_residual_ns           # INT64_MAX: none yet
    # The fastest arrivals of the last windows, a ring.
    int64_t[POINTS] point_board_ns
    int64_t[POINTS] point_offset_ns
    uint32_t windows                   # completed since the start
    uint8_t running                    # 1 after the first pair

# How far the pair lies above the line: the delay from validity to arrival, beyond the least ever seen. 0 before the
# first pair. Both times within 0 .. 2**62 ns, as everywhere here.
cdef int64_t board_time_residual(const BoardTime* self, int64_t board_ns, int64_t t_ns) noexcept nogil

# Take the pair (board time of validity, mission time of arrival).
cdef void board_time_add(BoardTime* self, int64_t board_ns, int64_t t_ns) noexcept nogil

# Mission time [ns] of a board time; the board time itself before the first pair.
cdef int64_t board_time_mission(const BoardTime* self, int64_t board_ns) noexcept nogil
