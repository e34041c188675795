# The Sun as flight models it, and the Earth's shadow.
from libc.stdint cimport int64_t

# Geocentric position of the Sun [m], GCRF axes, light time included (the apparent direction to 0.01 deg).
cdef void sun_position(int64_t t_tai_ns, double* sun_i_m) noexcept nogil

# Share of the Sun's disk that the Earth leaves free at `pos_i_m`: 1 in full sunlight, 0 in umbra.
cdef double sunlit_fraction(const double* pos_i_m, const double* sun_i_m) noexcept nogil
