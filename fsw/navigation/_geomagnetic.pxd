# The geomagnetic field of flight: spherical harmonics in Cartesian form.
from libc.stdint cimport int64_t

cpdef enum:
    MAX_DEGREE = 13
    COEFFICIENTS = 105     # index n (n + 1) / 2 + m, n up to MAX_DEGREE
    HARMONICS = 120        # the same to MAX_DEGREE + 1

cdef struct GaussTable:
    int epochs
    const int64_t* epoch_tai_ns
    const double* g        # epochs rows of COEFFICIENTS
    const double* h

# Point a table into arrays that the caller keeps: epochs (n,), g and h (n, COEFFICIENTS).
cdef int fill_table(GaussTable* table, epoch_tai_ns, g, h) except -1

# Flux density [T] in ITRF axes at `pos_e_m`, from Gauss coefficients in tesla that multiply *unnormalised* Legendre
# functions (`fsw.navigation.geomagnetic` removes Schmidt's normalisation).
cdef void field_e(const double* g, const double* h, int degree, const double* pos_e_m,
                  double* mag_e_tesla) noexcept nogil

# Coefficients at `t_tai_ns`, linear between the epochs of the table and beyond the last (secular variation).
cdef void interpolate(const GaussTable* table, int64_t t_tai_ns, double* g, double* h) noexcept nogil
