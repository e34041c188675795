# Typed handles on memory that somebody else owns, and the base of the kernels that work in it.
#
# A kernel takes its records in `attach`, each through the function that the build makes for it:
#
#     from fsw_core_sections cimport TimeSection, bind_TimeSection
#
#     cdef class Keeper(Kernel):
#         cdef TimeSection* time
#
#         cdef int attach(self, pool) except -1:
#             self.time = bind_TimeSection(self, pool)
#
#         def step(self):
#             self.check()
#             ...

from libc.stdint cimport int64_t

cdef class Handle:
    cdef readonly object record        # record class, or a key of hal.record.C_TYPES for plain values
    cdef readonly str name             # of the instance: "time", "samples.gyro", "attitude.q_bi"
    cdef readonly Py_ssize_t count     # instances, or values
    cdef readonly Py_ssize_t stride    # octets from one to the next
    cdef object _array                 # NumPy array over the memory, which it keeps alive
    cdef char* begin

cdef class Kernel:
    cdef list handles                  # keep the memory alive
    cdef bint bound

    # Take the records that the kernel works on from `pool`: for each kernel to define.
    cdef int attach(self, pool) except -1
    # Keep `handle` and return its memory; raise `TypeError` when it is not of that record, or of one derived from it.
    cdef void* hold(self, Handle handle, str module, str record) except NULL
    # The same for plain values: `kind` such as "f8", and how many there must be, -1 for any number.
    cdef void* hold_values(self, Handle handle, str kind, Py_ssize_t count) except NULL
    # The same for `octets` of anything that has no gaps, from octet `begin` on.
    cdef char* hold_octets(self, Handle handle, Py_ssize_t begin, Py_ssize_t octets) except NULL

    cdef inline int check(self) except -1:
        """Raise `UnboundError` before `bind`."""
        if not self.bound:
            unbound(self)
        return 0

cdef int unbound(Kernel kernel) except -1

# The values of a C-contiguous array of `count` doubles or 64-bit integers (-1: any number), for as long as the caller
# holds the array; raise `TypeError` for other arrays, `BufferError` for a read-only one.
cdef double* doubles(object array, Py_ssize_t count) except NULL
cdef const double* const_doubles(object array, Py_ssize_t count) except NULL
cdef const int64_t* const_int64s(object array, Py_ssize_t count) except NULL
