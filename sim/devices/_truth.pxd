# The truth as devices read it, and the way in for tests and tools.

from sim_physics_records cimport TruthRecord


# Sunlight on a surface that faces the Sun, 1 at 1 au and unshadowed, 0 in umbra.
cdef double irradiance(const TruthRecord* truth) noexcept nogil


# A truth copied from a NumPy record: the way in for tests and tools.
cdef class TruthCopy:
    cdef TruthRecord truth
