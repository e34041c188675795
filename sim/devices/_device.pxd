# What all devices share: a random stream of their own and error sources that can be switched off by name.

from libc.stdint cimport int64_t
from numpy.random cimport bitgen_t


cdef class Device:
    cdef readonly str name
    cdef object bits              # the PCG64 bit generator, kept alive for `stream`
    cdef bitgen_t* stream         # its C interface
    cdef unsigned int on          # one bit for each error source, in the order of ERRORS

    # Standard normal number from this device's stream.
    cdef double normal(self) noexcept nogil

    # 1.0 when the error source with this bit is on, else 0.0.
    cdef double share(self, unsigned int bit) noexcept nogil

    # Called when a switch changes, for devices that fold errors into derived values.
    cdef void refresh(self) noexcept


# value / count rounded to the nearest integer (ties to even) and clamped to [low, high].
cdef int64_t to_counts(double value, double count, int64_t low, int64_t high) noexcept nogil
