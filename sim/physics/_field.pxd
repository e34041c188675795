"""International Geomagnetic Reference Field to degree 13 in Earth-fixed axes, about 0.3 us a call."""

from libc.stdint cimport int64_t

cdef enum:
    DEGREE = 13
    WIDTH = 14      # orders 0 to 13


# What one user of the field keeps between two calls, `new_field` to begin with: the field itself never changes.
cdef struct FieldMemory:
    int64_t cell
    double g[DEGREE + 1][WIDTH]         # coefficients at the time of `update` [T]
    double h[DEGREE + 1][WIDTH]
    double radial_g[DEGREE + 1][WIDTH]  # the same times (n + m + 1)
    double radial_h[DEGREE + 1][WIDTH]


cdef class Field:
    cdef double[:, :, :, ::1] _table        # epoch, g or h, degree, order [T], unnormalised
    cdef double[::1] _epochs_s              # TAI seconds since 2000-01-01T12:00:00 TAI
    cdef double _alpha[DEGREE + 1][WIDTH]   # recursion: A_nm = alpha u A_n-1,m - beta A_n-2,m
    cdef double _beta[DEGREE + 1][WIDTH]
    cdef double _diagonal[DEGREE + 1]       # (2 n - 1)!!
    cdef double _radius_m

    # Flux density mag_e (3) [T] at pos_e_m (3) outside the core.
    cdef void evaluate(self, int64_t t_tai_ns, const double* pos_e_m, FieldMemory* memory, double* mag_e) noexcept nogil
    cdef void update(self, double t_s, FieldMemory* memory) noexcept nogil


cdef void new_field(FieldMemory* memory) noexcept nogil
