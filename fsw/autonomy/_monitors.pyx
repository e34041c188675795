"""Kernel of the monitors: one pass over all of them a tick; `monitors.py` declares them."""

from libc.math cimport sqrt
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "fsw_autonomy_sections.h":
    ctypedef struct MonitorsSection:
        uint32_t confirmed
        uint8_t[32] status
        double[32] value
        int64_t[32] since_ns
        int64_t[32] checked_ns

cdef enum:
    ABOVE = 0
    BELOW = 1
    EQUAL = 2
    UNCHECKED = 0
    CLEAR = 1
    PENDING = 2
    CONFIRMED = 3
    MAX_MONITORS = 32

cdef int64_t GRACE_NS = 1_000_000_000  # a gap in the checks this short changes nothing

cdef struct Spec:
    const void* value          # first element of the monitored parameter
    uint32_t count             # elements; the Euclidean norm of more than one is monitored
    char kind                  # 'f', 'i' or 'u'
    uint8_t size               # octets of an element
    uint8_t condition
    uint8_t when_value
    const uint8_t* when        # checked only while this is `when_value`; NULL: always
    const double* limit
    const double* hold_s
    double scale


cdef double element(const Spec* spec, uint32_t i) noexcept nogil:
    """Element `i` of the monitored parameter."""
    if spec.kind == b"f":
        return (<const double*>spec.value)[i] if spec.size == 8 else (<const float*>spec.value)[i]
    if spec.kind == b"u":
        if spec.size == 1:
            return (<const uint8_t*>spec.value)[i]
        if spec.size == 2:
            return (<const uint16_t*>spec.value)[i]
        return (<const uint32_t*>spec.value)[i] if spec.size == 4 else (<const uint64_t*>spec.value)[i]
    if spec.size == 1:
        return (<const int8_t*>spec.value)[i]
    if spec.size == 2:
        return (<const int16_t*>spec.value)[i]
    return (<const int32_t*>spec.value)[i] if spec.size == 4 else (<const int64_t*>spec.value)[i]


cdef double measure(const Spec* spec) noexcept nogil:
    """The monitored value: the number, or the norm of a vector."""
    cdef double x, total = 0.0
    cdef uint32_t i
    if spec.count == 1:
        return element(spec, 0) * spec.scale
    for i in range(spec.count):
        x = element(spec, i)
        total += x * x
    return sqrt(total) * spec.scale


cdef class MonitorLoop:
    """Checks up to 32 monitors.

    Each of `specs` is (value address, elements, kind, condition, when address or 0, when value, limit address, hold
    address, scale); all addresses stay valid for the loop's life.
    """

    cdef MonitorsSection* state
    cdef const int64_t* t_ns
    cdef uint32_t count
    cdef Spec[MAX_MONITORS] specs

    def __init__(self, size_t state, size_t t_ns, specs):
        self.state = <MonitorsSection*>state
        self.t_ns = <const int64_t*>t_ns
        self.count = <uint32_t>len(specs)
        for i, (value, elements, kind, condition, when, when_value, limit, hold_s, scale) in enumerate(specs):
            self.specs[i].value = <const void*><size_t>value
            self.specs[i].count = elements
            self.specs[i].kind = ord(kind[0])
            self.specs[i].size = int(kind[1])
            self.specs[i].condition = condition
            self.specs[i].when = <const uint8_t*><size_t>when
            self.specs[i].when_value = when_value
            self.specs[i].limit = <const double*><size_t>limit
            self.specs[i].hold_s = <const double*><size_t>hold_s
            self.specs[i].scale = scale

    cdef uint8_t check(self, uint32_t i, int64_t t_ns) noexcept nogil:
        """Check monitor `i` and return its status."""
        cdef Spec* spec = &self.specs[i]
        cdef MonitorsSection* state = self.state
        cdef double value, limit
        cdef bint holds
        value = measure(spec)
        if (spec.when != NULL and spec.when[0] != spec.when_value) or value != value:
            # Nothing to check: one gap does not undo what was found.
            return state.status[i] if t_ns - state.checked_ns[i] <= GRACE_NS else UNCHECKED
        state.checked_ns[i] = t_ns
        state.value[i] = value
        limit = spec.limit[0]
        if spec.condition == ABOVE:
            holds = value > limit
        elif spec.condition == BELOW:
            holds = value < limit
        else:
            holds = value == limit
        if not holds:
            return CLEAR
        if state.status[i] < PENDING:
            state.since_ns[i] = t_ns
        elif state.status[i] == CONFIRMED:
            return CONFIRMED
        return CONFIRMED if t_ns - state.since_ns[i] >= <int64_t>(spec.hold_s[0] * 1e9) else PENDING

    def step(self):
        """Check every monitor; return the bits of `confirmed` that changed."""
        cdef uint32_t i, confirmed = 0, before = self.state.confirmed
        cdef int64_t t_ns = self.t_ns[0]
        for i in range(self.count):
            self.state.status[i] = self.check(i, t_ns)
            if self.state.status[i] == CONFIRMED:
                confirmed |= <uint32_t>1 << i
        self.state.confirmed = confirmed
        return confirmed ^ before
