# What all devices share: a random stream of their own and error sources that can be switched off by name.

from libc.stdint cimport int64_t
# As `numpy.random` declares it, whose declarations bring those of all of NumPy into every device.
cdef extern from "numpy/random/bitgen.h":
    ctypedef struct bitgen_t:
        pass


cdef enum:
    CHANNELS = 16                 # most values of one device that can be wrong, each by itself


cdef class Device:
    cdef readonly str name
    cdef object bits              # the PCG64 bit generator, kept alive for `stream`
    cdef bitgen_t* stream         # its C interface
    cdef unsigned int on          # one bit for each error source, in the order of ERRORS
    cdef bint faulty              # something below is not as it should be; looked at once a sample
    cdef bint dead                # the whole device gives nothing
    cdef bint without_power       # by an outage: it gives nothing, either
    cdef bint disturbed           # by faults
    cdef unsigned int stuck       # channels that stay at their last value, one bit each,
    cdef unsigned int held        # those of them that have one,
    cdef double value[CHANNELS]   # which is this
    cdef unsigned int zero        # channels that give 0
    cdef double bias_fault[CHANNELS]   # added to the physical value, SI
    cdef double noise_fault[CHANNELS]  # standard deviation of what is added to it, SI
    cdef object fault_bits        # the bit generator of the added noise,
    cdef bitgen_t* fault_stream   # and its C interface

    # Standard normal number from this device's stream.
    cdef double normal(self) noexcept nogil

    # 1.0 when the error source with this bit is on, else 0.0.
    cdef double share(self, unsigned int bit) noexcept nogil

    # What faults add to the physical value of a channel.
    cdef double added(self, int channel) noexcept nogil

    # What a faulty device gives on a channel instead of `value`; `rail` when it is dead.
    cdef double shown(self, int channel, double value, double rail) noexcept nogil

    # Called when a switch changes, for devices that fold errors into derived values.
    cdef void refresh(self) noexcept


# Copy a block that was saved into the memory that it came from; raise `SavedError` for another size.
cdef int take(void* memory, size_t size, bytes state) except -1

# Fill the matrix of directions, body to sensor, from the quaternion of a vehicle file.
cdef int mount(object q_sb, double* c_sb) except -1

# value / count rounded to the nearest integer (ties to even) and clamped to [low, high].
cdef int64_t to_counts(double value, double count, int64_t low, int64_t high) noexcept nogil
