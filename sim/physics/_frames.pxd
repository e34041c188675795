"""GCRF to ITRF, and the Sun and the Moon: slow parts on a 60 s grid, the Earth's rotation at every call."""

from libc.stdint cimport int64_t

cdef struct SlowNode:
    double cip_x          # celestial intermediate pole, X and Y [rad]
    double cip_y
    double cio_s          # celestial intermediate origin locator s [rad]
    double sun_i_m[3]     # geocentric, geometric
    double moon_i_m[3]


# What one user of the frames keeps between two calls, `new_slow` to begin with: the frames themselves never change.
cdef struct SlowMemory:
    int64_t cell          # index of the grid cell that left and right bound
    SlowNode left
    SlowNode right


cdef class Frames:
    cdef double[:, ::1] _nutation   # 77 rows of IAU 2000B
    cdef double _polar[9]           # TIRS to ITRF
    cdef double _unit_m             # astronomical unit

    # Slow quantities at t_tai_ns, interpolated linearly between the nodes around it.
    cdef void slow(self, int64_t t_tai_ns, SlowMemory* memory, SlowNode* out) noexcept nogil
    # c_ei (9, row-major) at t_tai_ns, when UT1 - TAI is ut1_tai_ns, from the slow quantities there.
    cdef void earth_fixed(self, int64_t t_tai_ns, int64_t ut1_tai_ns, const SlowNode* node, double* c_ei) noexcept nogil
    cdef void _evaluate(self, int64_t index, SlowNode* out) noexcept nogil


cdef void new_slow(SlowMemory* memory) noexcept nogil
