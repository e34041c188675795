# Board time to mission time: the kernel. Documentation for users is in hal/board_time.py.
from libc.stdint cimport INT64_MAX, int64_t, uint8_t, uint32_t

# The state, whose fields hal/link_state.py describes; zeroed memory is a valid start. The line is the lower envelope of
# all arrivals. Of a window the fastest arrival is kept, as a pair and by how far it lies above the line (INT64_MAX: none
# yet); the points are those of the last windows.
from hal_link_state cimport BoardTime, TIME_POINTS

# How far the pair lies above the line: the delay from validity to arrival, beyond the least ever seen. 0 before the
# first pair. Both times within 0 .. 2**62 ns, as everywhere here.
cdef int64_t board_time_residual(const BoardTime* self, int64_t board_ns, int64_t t_ns) noexcept nogil

# Take the pair (board time of validity, mission time of arrival).
cdef void board_time_add(BoardTime* self, int64_t board_ns, int64_t t_ns) noexcept nogil

# Mission time [ns] of a board time; the board time itself before the first pair.
cdef int64_t board_time_mission(const BoardTime* self, int64_t board_ns) noexcept nogil
