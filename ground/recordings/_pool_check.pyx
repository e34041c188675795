"""Kernel of `pool_check.py`: compares pool memory with the words that a recording's decoder holds."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp

from hal._handle cimport Kernel


cdef struct Run:               # octets that lie together in the pool and in the image
    const uint8_t* pool
    const uint8_t* image
    uint32_t octets
    uint32_t divider           # recorded in ticks that it divides
    uint32_t owner             # index of the parameter


cdef class Runs(Kernel):
    """Parameters cut into octets that lie together on both sides.

    `runs`: (section, octet in it, octet in the image, octets, divider, owner), by ascending owner; `image`: the
    decoder's words, which change with each record.
    """

    cdef Run* runs
    cdef uint32_t count
    cdef object places         # where in the pool the runs are
    cdef object image          # keeps the memory alive

    def __cinit__(self, runs, const uint64_t[::1] image):
        cdef const uint8_t* start = <const uint8_t*>&image[0] if image.shape[0] else NULL
        self.count = len(runs)
        self.places, self.image = [run[:2] for run in runs], image
        self.runs = <Run*>calloc(self.count + 1, sizeof(Run))
        if self.runs == NULL:
            raise MemoryError
        for i, (_, _, at, octets, divider, owner) in enumerate(runs):
            if at + octets > 8 * image.shape[0]:
                raise ValueError(f"octets {at} to {at + octets} of an image of {8 * image.shape[0]}")
            self.runs[i].image = start + <size_t>at
            self.runs[i].octets, self.runs[i].divider, self.runs[i].owner = octets, divider, owner

    def __dealloc__(self):
        free(self.runs)

    cdef int attach(self, pool) except -1:
        for i, (section, begin) in enumerate(self.places):
            self.runs[i].pool = <const uint8_t*>self.hold_octets(pool.handle(section), begin, self.runs[i].octets)

    def equal(self, uint64_t tick, bint keyframe):
        """Whether everything that is recorded in this tick is the same."""
        cdef uint32_t i
        cdef Run* run
        self.check()
        for i in range(self.count):
            run = &self.runs[i]
            if (keyframe or tick % run.divider == 0) and memcmp(run.pool, run.image, run.octets) != 0:
                return False
        return True

    def differing(self, uint64_t tick, bint keyframe):
        """Return the owners of all that is recorded in this tick and differs, ascending."""
        cdef uint32_t i
        cdef int64_t last = -1
        cdef Run* run
        self.check()
        owners = []
        for i in range(self.count):
            run = &self.runs[i]
            if (keyframe or tick % run.divider == 0) and memcmp(run.pool, run.image, run.octets) != 0:
                if run.owner != last:
                    last = run.owner
                    owners.append(last)
        return owners
