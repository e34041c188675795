"""Kernel of the executive: runs the applications of one tick and times them; see `executive.py`."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from fsw_core_sections cimport (
    MAX_APPLICATIONS,
    CostSection,
    ExecutiveSection,
    TaiSection,
    TimeSection,
    bind_CostSection,
    bind_ExecutiveSection,
    bind_TaiSection,
    bind_TimeSection,
)
from hal._handle cimport Kernel

from hal.extension_loading import RAISED


cdef class Loop(Kernel):
    """One tick after the other.

    `steps` and `dividers`: the applications in their order, `MAX_APPLICATIONS` at most; `failed(index, exception)` and
    `recovered(index)` are called when one raises and when it runs again; `collect()` is called after each that left
    something in the list `inbox`; `cost_clock` returns host nanoseconds, or is None.
    """

    cdef TimeSection* time
    cdef ExecutiveSection* state
    cdef const TaiSection* tai
    cdef CostSection* cost
    cdef tuple steps
    cdef list inbox
    cdef uint32_t[MAX_APPLICATIONS] dividers
    cdef int64_t base_hz
    cdef object clock_now, failed, recovered, collect, cost_clock

    def __init__(self, tuple steps, dividers, int64_t base_hz, clock_now, failed, recovered, list inbox,
                 collect, cost_clock):
        self.steps = steps
        for i, divider in enumerate(dividers):
            self.dividers[i] = divider
        self.base_hz = base_hz
        self.clock_now, self.failed, self.recovered, self.cost_clock = clock_now, failed, recovered, cost_clock
        self.inbox, self.collect = inbox, collect

    cdef int attach(self, pool) except -1:
        self.time = bind_TimeSection(self, pool)
        self.state = bind_ExecutiveSection(self, pool)
        self.tai = bind_TaiSection(self, pool)
        self.cost = bind_CostSection(self, pool)

    def tick(self):
        """Run every application that is due, in order."""
        self.check()
        cdef uint64_t tick = self.state.ticks
        cdef uint32_t i, n = <uint32_t>len(self.steps)
        cdef int64_t start = 0, before = 0, after
        cdef bint timed = self.cost_clock is not None
        self.state.ticks = tick + 1
        self.time.tick = tick
        self.time.t_ns = <int64_t>(tick * 1_000_000_000u // <uint64_t>self.base_hz)
        self.time.t_tai_ns = self.time.t_ns + self.tai.offset_ns
        if timed:
            start = before = self.cost_clock()
        for i in range(n):
            if tick % self.dividers[i]:
                continue
            try:
                self.steps[i]()
            except RAISED as error:
                self.failed(i, error)
            else:
                if self.state.in_a_row[i]:
                    self.recovered(i)
            if self.inbox:
                self.collect()
            if timed:
                after = self.cost_clock()
                note(after - before, &self.cost.last_s[i], &self.cost.max_s[i], &self.cost.mean_s[i],
                     &self.cost.runs[i])
                before = after
        if timed:
            note(before - start, &self.cost.tick_last_s, &self.cost.tick_max_s, &self.cost.tick_mean_s,
                 &self.cost.ticks)
        if self.clock_now() * self.base_hz >= <int64_t>(tick + 1) * 1_000_000_000:
            self.cost.deadlines_missed += 1


cdef inline void note(int64_t span_ns, double* last, double* largest, double* mean, uint64_t* runs) noexcept nogil:
    """Add one measured span to its figures."""
    cdef double span_s = span_ns * 1e-9
    runs[0] += 1
    last[0] = span_s
    if span_s > largest[0]:
        largest[0] = span_s
    mean[0] += (span_s - mean[0]) / runs[0]
