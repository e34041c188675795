"""GCRF to ITRF, and the Sun and the Moon: slow parts on a 60 s grid, the Earth's rotation at every call."""

from libc.stdint cimport int64_t

cdef struct SlowNode:
    double cip_x          # celestial intermediate pole, X and Y [rad]
    double cip_y
    double cio_s          # celestial intermediate origin locator s [rad]
    double sun_i_m[3]     # geocentric, geometric
    double moon_i_m[3]


cdef class Frames:
    cdef double[:, ::1] _nutation   # 77 rows of IAU 2000B
    cdef double _polar[9]           # TIRS to ITRF
    cdef double _unit_m             # astronomical unit
    cdef int64_t _ut1_tai_ns        # UT1 - TAI
    cdef int64_t _cell              # index of the grid cell that _left and _right bound
    cdef SlowNode _left
    cdef SlowNode _right

    # Slow quantities at t_tai_ns, interpolated linearly between the nodes around it.
    cdef void slow(self, int64_t t_tai_ns, SlowNode* out) noexcept nogil
    # c_ei (9, row-major) at t_tai_ns from the slow quantities there.
    cdef void earth_fixed(self, int64_t t_tai_ns, const SlowNode* node, double* c_ei) noexcept nogil
    cdef void _evaluate(self, int64_t index, SlowNode* out) noexcept nogil
