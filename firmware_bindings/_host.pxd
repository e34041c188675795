# A board compiled for the host, as the octets on its two ports. Documentation for users is in host.py.
from libc.stdint cimport uint8_t

cdef class HostPort:                  # one port, as a ByteLink
    cdef object memory                # keeps the board alive
    cdef void* board
    cdef int port
    cdef bint closed

cdef class HostBoard:
    cdef object memory
    cdef void* board
    cdef readonly HostPort bus
    cdef readonly HostPort stimulus
    cdef readonly object kind
    cdef object bus_source            # where bus octets come from while the board waits for them, or None

    # The stimulus port without Python objects: give `size` octets to the board, then take up to `capacity` octets
    # of what it sent there; returns how many. The same path as stimulus.write() and stimulus.read().
    cdef int stimulus_exchange(
        self, const uint8_t* octets, size_t size, uint8_t* answer, size_t capacity,
    ) noexcept nogil
