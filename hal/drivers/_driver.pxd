# What every driver is to the exchange: octets in, octets out, samples written in place.
#
# A driver is bound to the records that it writes (`bind(pool)`), each under a name of its own. Nothing received ever
# raises: what is not usable is counted in the health record.
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from hal_link_state cimport LinkState
from hal._handle cimport Kernel
from hal._packet cimport Packet
from hal_samples cimport Sample, UnitHealth

cdef enum:
    DEVICES = 48                             # largest number of samples that one driver writes

cdef class Driver(Kernel):
    cdef LinkState* link                     # all that is remembered from exchange to exchange (hal/link_state.py)
    cdef dict names                          # of its records in the pool, by what they are to the driver
    cdef UnitHealth* health
    cdef Sample* samples[DEVICES]            # heads of the samples that this driver writes
    cdef int sample_count
    cdef int64_t silent_after_ns             # silence after which the samples are not vouched for
    cdef readonly int64_t deadline_ns        # how long after the tick the exchange waits for an answer; 0: not at all

    # For `attach`: what all drivers have, and one sample after the other.
    cdef int set_memory(self, LinkState* link, UnitHealth* health) except -1
    cdef int add_sample(self, Sample* sample) except -1

    # In the order in which an exchange calls them. `open` clears the new flags; `frames` returns what to write now,
    # or None; `take` returns after all of `octets` is consumed; `lost`, when the link failed instead, drops what had half
    # arrived, counted as a bad frame; `close` counts silence.
    cdef void open(self, int64_t t_ns) noexcept
    cdef bytes frames(self, int64_t t_ns)
    cdef int take(self, bytes octets, int64_t now_ns) except -1
    cdef int lost(self) except -1
    cdef void close(self, int64_t t_ns) noexcept
    cdef bint due(self, int64_t t_ns) noexcept           # 1 while an answer to tick t_ns is owed and has not come
    cdef bint awaits(self, int64_t t_ns) noexcept        # 1 while the exchange should wait for it

    cdef void packet(self, const Packet* packet, int64_t now_ns) noexcept   # one good frame
    cdef void accept(self) noexcept                      # note that a packet was accepted
    cdef void count_frames(self) noexcept                # take over the counters of the stream
