# The star tracker; see hal/drivers/_star_tracker.pxd (kernels) and hal/drivers/star_tracker.py (users).
from libc.math cimport fabs, sqrt
from libc.string cimport memcpy

from hal._packet cimport Packet
from hal_link_state cimport LinkState, bind_StarTrackerLinkState
from hal_samples cimport Sample, bind_StarTrackerSample, bind_UnitHealth
from hal_wire cimport (
    APID_STAR_TRACKER, STAR_TRACKER_FLAG_VALID, StarTrackerReport, StarTrackerReport_END,
)

cdef double COUNT = 2.0**-30
cdef double NORM_TOLERANCE = 1e-3   # counts round to 1e-9; a unit that misses by this much computes nonsense


cdef class StarTracker(Driver):
    """Kernel of `hal.drivers.star_tracker.StarTrackerDriver`."""

    def set_unit(self, age_max_ns, silent_after_ns, names):
        """Take the limits of age and silence, and the names of the records."""
        self.age_max_ns = age_max_ns
        self.silent_after_ns = silent_after_ns
        self.names = dict(names)

    cdef int attach(self, pool) except -1:
        self.state = bind_StarTrackerLinkState(self, pool, self.names["state"])
        self.set_memory(<LinkState*>self.state, bind_UnitHealth(self, pool, self.names["health"]))
        self.attitude = bind_StarTrackerSample(self, pool, self.names["sample"])
        self.add_sample(<Sample*>self.attitude)
        return 0

    cdef void packet(self, const Packet* packet, int64_t now_ns) noexcept:
        cdef StarTrackerReport report
        cdef bint repeated
        if packet.packet_type != 0 or packet.apid != APID_STAR_TRACKER or packet.payload_size != StarTrackerReport_END:
            self.link.mistyped += 1
            return
        memcpy(&report, packet.payload, StarTrackerReport_END)
        repeated = self.state.running and (report.seq == self.state.last_seq or report.valid_time_ns <= self.state.last_valid_ns)
        if repeated or report.valid_time_ns > now_ns or report.valid_time_ns < now_ns - self.age_max_ns:
            self.health.samples_stale += 1
            return
        self.state.running = 1
        self.state.last_seq, self.state.last_valid_ns = report.seq, report.valid_time_ns
        self.accept()
        self.attitude.t_ns = report.valid_time_ns
        self.attitude.seq = report.seq
        self.attitude.flags = report.flags
        self.attitude.new = 1
        self.attitude.valid = _normalise(self.attitude.q_si, report.q_counts) if report.flags & STAR_TRACKER_FLAG_VALID else 0
        if report.flags & STAR_TRACKER_FLAG_VALID and not self.attitude.valid:
            self.health.samples_out_of_range += 1


cdef bint _normalise(double* q, const int32_t* counts) noexcept nogil:
    """Scale counts to a unit quaternion; leave `q` as it is and return 0 when they are not one."""
    cdef double norm = 0.0
    cdef int i
    for i in range(4):
        norm += (counts[i] * COUNT) * (counts[i] * COUNT)
    norm = sqrt(norm)
    if fabs(norm - 1.0) > NORM_TOLERANCE:
        return 0
    for i in range(4):
        q[i] = counts[i] * COUNT / norm
    return 1
