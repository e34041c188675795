# cython: language_level=3
"""Measurement history kernel; `_history.pxd` documents it, `history.py` is its face to Python."""
from libc.math cimport NAN
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from fsw.estimation._mekf cimport (
    mekf_get_covariance, mekf_propagate, mekf_set_covariance, mekf_update_attitude, mekf_update_direction,
)
from fsw_estimation_sections cimport (
    HISTORY_DEPTH, HISTORY_SLOTS, HISTORY_STATUS_APPLIED, HISTORY_STATUS_EARLY, HISTORY_STATUS_FULL,
    HISTORY_STATUS_LATE, HISTORY_STATUS_REFUSED, MEASUREMENT_KIND_ATTITUDE, MEASUREMENT_KIND_DIRECTION,
)
from hal._handle cimport const_doubles, doubles

if sizeof(Mekf) != sizeof((<EstimatorHistorySection*>NULL).state[0]):
    raise ImportError("fsw.estimation.sections.STATE_SIZE does not fit struct Mekf: make them equal")

cdef inline int before(int k) noexcept nogil:
    """Index of the entry before k."""
    return k - 1 if k > 0 else HISTORY_DEPTH - 1


cdef inline int after(int k) noexcept nogil:
    """Index of the entry after k."""
    return k + 1 if k + 1 < HISTORY_DEPTH else 0


cdef inline int oldest(const EstimatorHistorySection* ring) noexcept nogil:
    """Index of the oldest entry."""
    return (<int>ring.newest + HISTORY_DEPTH + 1 - <int>ring.count) % HISTORY_DEPTH


cdef Mekf* history_newest(const History* self) noexcept nogil:
    return <Mekf*>self.ring.state[self.ring.newest]


cdef void history_restart(const History* self, int64_t t_ns, const Mekf* state) noexcept nogil:
    self.ring.newest = 0
    self.ring.count = 1
    self.ring.t_ns[0] = t_ns
    self.ring.meas_count[0] = 0
    memcpy(self.ring.state[0], state, sizeof(Mekf))


cdef double apply(const History* self, int entry, int slot, Mekf* state) noexcept nogil:
    """Update `state` with one filed measurement; return its normalised innovation squared."""
    cdef EstimatorHistorySection* ring = self.ring
    if ring.meas_kind[entry][slot] == MEASUREMENT_KIND_ATTITUDE:
        return mekf_update_attitude(
            state, ring.meas_z[entry][slot], self.attitude_covariance, self.gate_attitude
        )
    return mekf_update_direction(
        state, ring.meas_z[entry][slot], ring.meas_r_i[entry][slot], ring.meas_variance[entry][slot],
        ring.meas_weight_variance[entry][slot], self.gate_direction,
    )


cdef void advance(
    const History* self, int entry, int64_t span_ns, int64_t part_ns, Mekf* state,
) noexcept nogil:
    """Propagate `state` over part_ns of the entry's span_ns."""
    cdef double share
    cdef double[3] dtheta_b
    cdef const double* whole = self.ring.dtheta_b_rad[entry]
    cdef int i
    if part_ns == span_ns:
        mekf_propagate(state, &self.noise, whole, span_ns * 1e-9, self.ring.extra_variance_rad2[entry])
        return
    share = <double>part_ns / <double>span_ns
    for i in range(3):
        dtheta_b[i] = whole[i] * share
    mekf_propagate(
        state, &self.noise, dtheta_b, part_ns * 1e-9, self.ring.extra_variance_rad2[entry] * share
    )


cdef double compute(const History* self, int entry, int slot) noexcept nogil:
    """State of an entry from that of the entry before; return the innovation squared of `slot`."""
    cdef EstimatorHistorySection* ring = self.ring
    cdef int previous = before(entry)
    cdef int64_t t = ring.t_ns[previous]
    cdef int64_t span = ring.t_ns[entry] - t
    cdef Mekf* state = <Mekf*>ring.state[entry]
    cdef double one, nis = NAN
    cdef int k
    memcpy(state, ring.state[previous], sizeof(Mekf))
    for k in range(ring.meas_count[entry]):
        if ring.meas_t_ns[entry][k] > t:
            advance(self, entry, span, ring.meas_t_ns[entry][k] - t, state)
            t = ring.meas_t_ns[entry][k]
        one = apply(self, entry, k, state)
        if k == slot:
            nis = one
    if ring.t_ns[entry] > t:
        advance(self, entry, span, ring.t_ns[entry] - t, state)
    return nis


cdef void history_push(
    const History* self, int64_t t_ns, const double* dtheta_b, double extra_variance,
) noexcept nogil:
    cdef EstimatorHistorySection* ring = self.ring
    cdef int entry = after(<int>ring.newest)
    ring.newest = entry
    if ring.count < <unsigned int>HISTORY_DEPTH:
        ring.count += 1
    ring.t_ns[entry] = t_ns
    memcpy(ring.dtheta_b_rad[entry], dtheta_b, 3 * sizeof(double))
    ring.extra_variance_rad2[entry] = extra_variance
    ring.meas_count[entry] = 0
    compute(self, entry, -1)


cdef int find(const EstimatorHistorySection* ring, int64_t t_ns, int* entry) noexcept nogil:
    """entry = the one whose interval holds t_ns."""
    cdef int first = oldest(ring)
    cdef int k = <int>ring.newest
    if t_ns > ring.t_ns[k]:
        return HISTORY_STATUS_EARLY
    if t_ns < ring.t_ns[first]:
        return HISTORY_STATUS_LATE
    while k != first and t_ns <= ring.t_ns[before(k)]:
        k = before(k)
    entry[0] = k
    return HISTORY_STATUS_APPLIED


cdef void copy_slot(EstimatorHistorySection* ring, int entry, int source, int target) noexcept nogil:
    """Copy one measurement slot onto another."""
    ring.meas_t_ns[entry][target] = ring.meas_t_ns[entry][source]
    memcpy(ring.meas_z[entry][target], ring.meas_z[entry][source], 4 * sizeof(double))
    memcpy(ring.meas_r_i[entry][target], ring.meas_r_i[entry][source], 3 * sizeof(double))
    ring.meas_variance[entry][target] = ring.meas_variance[entry][source]
    ring.meas_weight_variance[entry][target] = ring.meas_weight_variance[entry][source]
    ring.meas_kind[entry][target] = ring.meas_kind[entry][source]


cdef int file(EstimatorHistorySection* ring, int entry, const Measurement* m) noexcept nogil:
    """Put m into the entry's slots in order of time, after its equals; return the slot, or -1 when full."""
    cdef int slot = ring.meas_count[entry]
    if slot >= HISTORY_SLOTS:
        return -1
    ring.meas_count[entry] += 1
    while slot > 0 and ring.meas_t_ns[entry][slot - 1] > m.t_ns:
        copy_slot(ring, entry, slot - 1, slot)
        slot -= 1
    ring.meas_t_ns[entry][slot] = m.t_ns
    memcpy(ring.meas_z[entry][slot], m.z, 4 * sizeof(double))
    memcpy(ring.meas_r_i[entry][slot], m.r_i, 3 * sizeof(double))
    ring.meas_variance[entry][slot] = m.variance
    ring.meas_weight_variance[entry][slot] = m.weight_variance
    ring.meas_kind[entry][slot] = m.kind
    return slot


cdef int history_insert(const History* self, const Measurement* measurement, double* nis) noexcept nogil:
    cdef EstimatorHistorySection* ring = self.ring
    cdef int entry = 0
    cdef int status = find(ring, measurement.t_ns, &entry)
    cdef int slot
    if status != HISTORY_STATUS_APPLIED:
        return status
    slot = file(ring, entry, measurement)
    if slot < 0:
        return HISTORY_STATUS_FULL
    if slot + 1 == ring.meas_count[entry] and measurement.t_ns == ring.t_ns[entry]:
        nis[0] = apply(self, entry, slot, <Mekf*>ring.state[entry])
    else:
        nis[0] = compute(self, entry, slot)
    while entry != <int>ring.newest:
        entry = after(entry)
        compute(self, entry, -1)
    if measurement.kind == MEASUREMENT_KIND_ATTITUDE:
        return HISTORY_STATUS_APPLIED if nis[0] <= self.gate_attitude else HISTORY_STATUS_REFUSED
    return HISTORY_STATUS_APPLIED if nis[0] <= self.gate_direction else HISTORY_STATUS_REFUSED


cdef int history_begin(const History* self, int64_t t_ns, const Mekf* state) noexcept nogil:
    cdef EstimatorHistorySection* ring = self.ring
    cdef Mekf* target
    cdef int entry = 0
    cdef int k
    cdef int status = find(ring, t_ns, &entry)
    if status != HISTORY_STATUS_APPLIED:
        return status
    target = <Mekf*>ring.state[entry]
    memcpy(target, state, sizeof(Mekf))
    if ring.t_ns[entry] > t_ns:
        advance(self, entry, ring.t_ns[entry] - ring.t_ns[before(entry)], ring.t_ns[entry] - t_ns, target)
    ring.count = (<int>ring.newest + HISTORY_DEPTH - entry) % HISTORY_DEPTH + 1
    ring.meas_count[entry] = 0
    while entry != <int>ring.newest:
        entry = after(entry)
        ring.meas_count[entry] = 0
        compute(self, entry, -1)
    return HISTORY_STATUS_APPLIED


cdef class HistoryKernel:
    """A history of its own memory for Python callers; see `fsw.estimation.history.MekfHistory`."""

    cdef EstimatorHistorySection section
    cdef History history

    def __cinit__(self, *args, **kwargs):
        memset(&self.section, 0, sizeof(EstimatorHistorySection))
        self.history.ring = &self.section

    def configure(self, double angle_walk, double rate_walk, double scale_walk, double gate_direction,
                  double gate_attitude, attitude_covariance):
        """Set process noise, gates and the covariance of attitude measurements."""
        self.history.noise = MekfNoise(angle_walk, rate_walk, scale_walk)
        self.history.gate_direction = gate_direction
        self.history.gate_attitude = gate_attitude
        cdef const double* covariance = const_doubles(attitude_covariance, 9)
        cdef int i, j, k = 0
        for i in range(3):
            for j in range(i, 3):
                self.history.attitude_covariance[k] = covariance[3 * i + j]
                k += 1

    def restart(self, int64_t t_ns, q_bi, bias_b, p):
        """Start from a state at t_ns."""
        cdef Mekf state
        fill(&state, const_doubles(q_bi, 4), const_doubles(bias_b, 3), const_doubles(p, 36))
        history_restart(&self.history, t_ns, &state)

    def begin(self, int64_t t_ns, q_bi, bias_b, p):
        """Start anew from a state at t_ns within the ring; return a HistoryStatus."""
        cdef Mekf state
        fill(&state, const_doubles(q_bi, 4), const_doubles(bias_b, 3), const_doubles(p, 36))
        return history_begin(&self.history, t_ns, &state)

    def push(self, int64_t t_ns, dtheta_b, double extra_variance):
        """Advance to t_ns."""
        history_push(&self.history, t_ns, const_doubles(dtheta_b, 3), extra_variance)

    def insert_direction(self, int64_t t_ns, z_b, r_i, double variance,
                         double weight_variance):
        """File a direction; return (HistoryStatus, NIS)."""
        cdef Measurement m
        cdef double nis = NAN
        m.t_ns = t_ns
        m.kind = MEASUREMENT_KIND_DIRECTION
        memcpy(m.z, const_doubles(z_b, 3), 3 * sizeof(double))
        m.z[3] = 0.0
        memcpy(m.r_i, const_doubles(r_i, 3), 3 * sizeof(double))
        m.variance = variance
        m.weight_variance = weight_variance
        cdef int status = history_insert(&self.history, &m, &nis)
        return status, nis

    def insert_attitude(self, int64_t t_ns, q_bi):
        """File an attitude; return (HistoryStatus, NIS)."""
        cdef Measurement m
        cdef double nis = NAN
        memset(&m, 0, sizeof(Measurement))
        m.t_ns = t_ns
        m.kind = MEASUREMENT_KIND_ATTITUDE
        memcpy(m.z, const_doubles(q_bi, 4), 4 * sizeof(double))
        cdef int status = history_insert(&self.history, &m, &nis)
        return status, nis

    def span(self):
        """(oldest, newest) time in the ring, or None when empty."""
        if self.section.count == 0:
            return None
        return self.section.t_ns[oldest(&self.section)], self.section.t_ns[self.section.newest]

    def get_state(self, q_bi, bias_b, p):
        """Copy the newest state out."""
        cdef const Mekf* state = history_newest(&self.history)
        memcpy(doubles(q_bi, 4), state.q_bi, 4 * sizeof(double))
        memcpy(doubles(bias_b, 3), state.bias_b, 3 * sizeof(double))
        mekf_get_covariance(state, doubles(p, 36))


cdef void fill(Mekf* state, const double* q_bi, const double* bias_b, const double* p) noexcept nogil:
    """Set a state from plain arrays."""
    memcpy(state.q_bi, q_bi, 4 * sizeof(double))
    memcpy(state.bias_b, bias_b, 3 * sizeof(double))
    mekf_set_covariance(state, p)
