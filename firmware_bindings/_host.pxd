# A board compiled for the host, as the octets on its two ports. Documentation for users is in host.py.
from libc.stdint cimport uint8_t

cdef extern from "host.h" nogil:
    ctypedef struct Board:
        pass
    ctypedef enum PortId:
        PORT_BUS
        PORT_STIMULUS

cdef class HostCore:                  # owns the board's memory
    cdef Board board

cdef class HostPort:                  # one port, as a ByteLink
    cdef HostCore core
    cdef PortId port
    cdef bint closed

cdef class HostBoard:
    cdef HostCore core
    cdef readonly HostPort bus
    cdef readonly HostPort stimulus
    cdef readonly object kind

    # The stimulus port without Python objects: give `size` octets to the board, then take up to `capacity` octets
    # of what it sent there; returns how many. The same path as stimulus.write() and stimulus.read().
    cdef int stimulus_exchange(
        self, const uint8_t* octets, size_t size, uint8_t* answer, size_t capacity,
    ) noexcept nogil
