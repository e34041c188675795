# The star tracker; see hal/drivers/_star_tracker.pxd (kernels) and hal/drivers/star_tracker.py (users).
from libc.math cimport fabs, sqrt
from libc.string cimport memcpy

from hal._packet cimport Packet
from hal._wire cimport StarTrackerReport, StarTrackerReport_END

from hal.wire import Apid, StarTrackerFlag

cdef uint16_t APID_STAR_TRACKER = Apid.STAR_TRACKER
cdef uint16_t FLAG_VALID = StarTrackerFlag.VALID
cdef double COUNT = 2.0**-30
cdef double NORM_TOLERANCE = 1e-3   # counts round to 1e-9; a unit that misses by this much computes nonsense


cdef class StarTracker(Driver):
    """Kernel of `hal.drivers.star_tracker.StarTrackerDriver`."""

    def set_unit(self, sample, health, age_max_ns, silent_after_ns, state):
        """Take the addresses of the records and the limits of age and silence."""
        self.state = <StarTrackerLinkState*>self.set_memory([sample], health, state, sizeof(StarTrackerLinkState))
        self.attitude = <StarTrackerSample*>self.samples[0]
        self.age_max_ns = age_max_ns
        self.silent_after_ns = silent_after_ns

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
        self.attitude.valid = _normalise(self.attitude.q_si, report.q_counts) if report.flags & FLAG_VALID else 0
        if report.flags & FLAG_VALID and not self.attitude.valid:
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
