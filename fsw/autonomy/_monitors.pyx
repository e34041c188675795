"""Kernel of the monitors: one pass over all of them a tick; `monitors.py` declares them."""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from fsw_autonomy_sections cimport (
    CHECK_CLEAR,
    CHECK_CONFIRMED,
    CHECK_PENDING,
    CHECK_UNCHECKED,
    CONDITION_ABOVE,
    CONDITION_BELOW,
    CONDITION_DELTA,
    CONDITION_EQUAL,
    CONDITION_NOT_EQUAL,
    MAX_MONITORS,
    MonitorsSection,
    bind_MonitorsSection,
)
from fsw_core_sections cimport TimeSection, bind_TimeSection
from hal._handle cimport Handle, Kernel

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
    double high                # OUTSIDE: above it; *limit is the lower one
    double scale
    uint32_t mask              # bits that are compared; 0: the number itself
    int64_t interval_ns        # between two checks


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
        x = element(spec, 0)
        return (<uint64_t>x & spec.mask if spec.mask else x) * spec.scale
    for i in range(spec.count):
        x = element(spec, i)
        total += x * x
    return sqrt(total) * spec.scale


cdef class MonitorLoop(Kernel):
    """Checks up to `MAX_MONITORS` monitors; `given` are `fsw.autonomy.monitors.Spec`."""

    cdef MonitorsSection* state
    cdef const TimeSection* time
    cdef uint32_t count
    cdef Spec[MAX_MONITORS] specs
    cdef double[MAX_MONITORS][2] numbers   # limits and persistences that are no parameters
    cdef object given

    def __init__(self, given):
        self.given = given

    cdef int attach(self, pool) except -1:
        cdef Handle handle
        cdef Spec* to
        self.state = bind_MonitorsSection(self, pool)
        self.time = bind_TimeSection(self, pool)
        self.count = <uint32_t>len(self.given)
        for i, spec in enumerate(self.given):
            to = &self.specs[i]
            handle = pool.handle(spec.value)
            to.value = <const char*>self.hold_values(handle, spec.kind, -1) + <Py_ssize_t>spec.first * handle.stride
            to.count = spec.elements
            to.kind = ord(spec.kind[0])
            to.size = int(spec.kind[1])
            to.condition = spec.condition
            to.when = NULL
            if spec.when:
                to.when = <const uint8_t*>self.hold_values(pool.handle(spec.when), "u1", 1)
            to.when_value = spec.when_value
            to.limit = self.number(pool, spec.limit, &self.numbers[i][0])
            to.hold_s = self.number(pool, spec.hold_s, &self.numbers[i][1])
            to.high = spec.high
            to.scale = spec.scale
            to.mask = spec.mask
            to.interval_ns = spec.interval_ns

    cdef const double* number(self, pool, given, double* own) except NULL:
        """Where a limit or a persistence is: in the pool when `given` is a name, else in `own`."""
        if isinstance(given, str):
            return <const double*>self.hold_values(pool.handle(given), "f8", 1)
        own[0] = given
        return own

    cdef bint holds(self, uint32_t i, double value) noexcept nogil:
        """Whether the condition of monitor `i` holds for `value`, which is noted."""
        cdef const Spec* spec = &self.specs[i]
        cdef MonitorsSection* state = self.state
        cdef double limit = spec.limit[0], change
        if spec.condition == CONDITION_DELTA:
            change = fabs(value - state.reference[i]) if state.status[i] != CHECK_UNCHECKED else 0.0
            state.reference[i] = value
            value = change
        state.value[i] = value
        if spec.condition == CONDITION_ABOVE or spec.condition == CONDITION_DELTA:
            return value > limit
        if spec.condition == CONDITION_BELOW:
            return value < limit
        if spec.condition == CONDITION_EQUAL:
            return value == limit
        if spec.condition == CONDITION_NOT_EQUAL:
            return value != limit
        return value < limit or value > spec.high

    cdef uint8_t judge(self, uint32_t i, int64_t t_ns) noexcept nogil:
        """Check monitor `i` and return its status."""
        cdef const Spec* spec = &self.specs[i]
        cdef MonitorsSection* state = self.state
        cdef int64_t since_check = t_ns - state.checked_ns[i]
        cdef double value
        cdef bint holds
        if spec.interval_ns and state.status[i] != CHECK_UNCHECKED and since_check < spec.interval_ns:
            return state.status[i]
        value = measure(spec)
        if (spec.when != NULL and spec.when[0] != spec.when_value) or value != value:
            # Nothing to check: one gap does not undo what was found.
            return state.status[i] if since_check <= GRACE_NS + spec.interval_ns else CHECK_UNCHECKED
        holds = self.holds(i, value)
        state.checked_ns[i] = t_ns
        if not holds:
            return CHECK_CLEAR
        if state.status[i] < CHECK_PENDING:
            state.since_ns[i] = t_ns
        elif state.status[i] == CHECK_CONFIRMED:
            return CHECK_CONFIRMED
        return CHECK_CONFIRMED if t_ns - state.since_ns[i] >= <int64_t>(spec.hold_s[0] * 1e9) else CHECK_PENDING

    def step(self):
        """Check every monitor; return the bits of `confirmed` that changed."""
        cdef uint32_t i
        cdef uint64_t confirmed = 0, before
        cdef int64_t t_ns
        self.check()
        before = self.state.confirmed
        t_ns = self.time.t_ns
        for i in range(self.count):
            self.state.status[i] = self.judge(i, t_ns)
            if self.state.status[i] == CHECK_CONFIRMED:
                confirmed |= <uint64_t>1 << i
        self.state.confirmed = confirmed
        return confirmed ^ before
