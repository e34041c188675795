"""Gives tests and tools access to device kernels: a truth copied from a NumPy record."""

from __future__ import annotations

from sim.physics import constants

from libc.string cimport memcpy

cdef double ASTRONOMICAL_UNIT_M = constants.ASTRONOMICAL_UNIT_M


cdef double irradiance(const TruthRecord* truth) noexcept nogil:
    cdef double ratio = ASTRONOMICAL_UNIT_M / truth.sun_distance_m
    return truth.sunlit * ratio * ratio


cdef class TruthCopy:
    """Holds one `TruthRecord`."""

    def __init__(self, record: object) -> None:
        """`record`: a NumPy record of `TruthRecord.dtype()`; raise `ValueError` for another size."""
        cdef bytes octets = record.tobytes()
        if len(octets) != sizeof(TruthRecord):
            raise ValueError(f"record of {len(octets)} octets: expected {sizeof(TruthRecord)}, TruthRecord.dtype()")
        memcpy(&self.truth, <const char*>octets, sizeof(TruthRecord))
