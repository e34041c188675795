# Board time to mission time; see hal/_board_time.pxd (kernels) and hal/board_time.py (users).
from libc.math cimport llround
from libc.string cimport memset

from hal._handle cimport Kernel
from hal_link_state cimport bind_BoardTime

from hal.handle import Memory
from hal.link_state import BoardTime as BoardTimeRecord

cdef int64_t FIRST_WINDOW_NS = 1_000_000_000   # windows double from this length ...
cdef int64_t LAST_WINDOW_NS = 16_000_000_000   # ... to this one
cdef double DRIFT_MAX = 1e-3                   # a worse oscillator is a broken one
cdef int64_t TIME_MAX = <int64_t>1 << 62


cdef int64_t _line_offset(const BoardTime* self, int64_t board_ns) noexcept nogil:
    """Mission minus board time on the line."""
    return self.offset_ns + llround(self.drift * <double>(board_ns - self.reference_ns))


cdef int64_t board_time_residual(const BoardTime* self, int64_t board_ns, int64_t t_ns) noexcept nogil:
    if not self.running:
        return 0
    return (t_ns - board_ns) - _line_offset(self, board_ns)


cdef int64_t board_time_mission(const BoardTime* self, int64_t board_ns) noexcept nogil:
    return board_ns + (_line_offset(self, board_ns) if self.running else 0)


cdef void _open_window(BoardTime* self, int64_t board_ns) noexcept nogil:
    cdef int64_t length_ns = LAST_WINDOW_NS
    if self.windows < 4:
        length_ns = FIRST_WINDOW_NS << self.windows
    self.window_end_ns = board_ns + length_ns
    self.best_residual_ns = INT64_MAX


cdef void _fit(BoardTime* self) noexcept nogil:
    """Least-squares slope of the ring's points, then the highest line of that slope with no point below it."""
    cdef uint32_t i, n = self.windows if self.windows < TIME_POINTS else TIME_POINTS
    cdef int64_t board0 = self.best_board_ns, offset0 = self.best_offset_ns, lowest = INT64_MAX, offset
    cdef double x, y, mean_x = 0.0, mean_y = 0.0, sxx = 0.0, sxy = 0.0, drift = 0.0
    for i in range(n):
        mean_x += <double>(self.point_board_ns[i] - board0)
        mean_y += <double>(self.point_offset_ns[i] - offset0)
    mean_x /= n
    mean_y /= n
    for i in range(n):
        x = <double>(self.point_board_ns[i] - board0) - mean_x
        y = <double>(self.point_offset_ns[i] - offset0) - mean_y
        sxx += x * x
        sxy += x * y
    if sxx > 0.0:
        drift = min(max(sxy / sxx, -DRIFT_MAX), DRIFT_MAX)
    for i in range(n):
        offset = self.point_offset_ns[i] + llround(drift * <double>(board0 - self.point_board_ns[i]))
        lowest = min(lowest, offset)
    self.reference_ns = board0
    self.offset_ns = lowest
    self.drift = drift


cdef void board_time_add(BoardTime* self, int64_t board_ns, int64_t t_ns) noexcept nogil:
    cdef int64_t residual
    if not self.running:
        memset(self, 0, sizeof(self[0]))
        self.running = 1
        self.reference_ns = board_ns
        self.offset_ns = t_ns - board_ns
        _open_window(self, board_ns)
    residual = board_time_residual(self, board_ns, t_ns)
    if residual < 0:  # faster than anything before: the line comes down at once
        self.offset_ns += residual
        residual = 0
        self.best_residual_ns = INT64_MAX
    if residual < self.best_residual_ns:
        self.best_board_ns = board_ns
        self.best_offset_ns = t_ns - board_ns
        self.best_residual_ns = residual
    if board_ns >= self.window_end_ns:
        self.point_board_ns[self.windows % TIME_POINTS] = self.best_board_ns
        self.point_offset_ns[self.windows % TIME_POINTS] = self.best_offset_ns
        self.windows += 1
        _fit(self)
        _open_window(self, board_ns)


cdef class BoardTimeEstimator(Kernel):
    """Maps a board's time to mission time; see `hal.board_time`."""

    cdef str name
    cdef BoardTime* state

    def __init__(self, pool=None, str name="clock"):
        self.name = name
        self.bind(Memory({name: BoardTimeRecord}) if pool is None else pool)

    cdef int attach(self, pool) except -1:
        self.state = bind_BoardTime(self, pool, self.name)
        return 0

    def add(self, board_ns, t_ns):
        """Take one pair: `board_ns` [ns of board time] arrived at mission time `t_ns` [ns]."""
        self.check()
        board_time_add(self.state, _checked(board_ns), _checked(t_ns))

    def residual_ns(self, board_ns, t_ns):
        """Return how much later than by the fastest arrival the pair came [ns]; 0 before the first pair."""
        self.check()
        return board_time_residual(self.state, _checked(board_ns), _checked(t_ns))

    def mission_ns(self, board_ns):
        """Return the mission time [ns] of a board time; the board time itself before the first pair."""
        self.check()
        return board_time_mission(self.state, _checked(board_ns))

    def reset(self):
        """Forget everything: the board restarted or its clock was set."""
        self.check()
        memset(self.state, 0, sizeof(self.state[0]))

    @property
    def running(self):
        """True after the first pair."""
        self.check()
        return bool(self.state.running)

    @property
    def drift(self):
        """Mission seconds gained per board second."""
        self.check()
        return self.state.drift


cdef int64_t _checked(object value) except? -1:
    if not 0 <= value <= TIME_MAX:
        raise ValueError(f"time of {value} ns: expected 0 to 2**62")
    return value
