"""Star tracker: attitude with noise per axis, exclusion angles, rate limit and latency.

The measured attitude is q = dq(noise) dq(mounting error) q_sb q_bi, with noise and error as small rotation vectors in
the sensor frame (Markley & Crassidis, Fundamentals of Spacecraft Attitude Determination and Control, 2014, 4.6 and
6.2.3). The boresight is +z of the sensor frame.
"""

from __future__ import annotations

from hal.wire import StarTrackerFlag
from sim.physics import constants

from libc.math cimport acos, asin, fmax, fmin, llround
from libc.stdint cimport int32_t, uint8_t

from hal._packet cimport frame_encode
from hal_wire cimport APID_STAR_TRACKER, StarTrackerReport_END
from sim.devices._device cimport to_counts
from sim.devices._model cimport MESSAGE_CAPACITY
from sim.devices._quaternion cimport from_rotation_vector, multiply
from sim.devices._truth cimport TruthCopy
from sim.physics._algebra cimport apply, dcm, dot, norm
from sim_devices_star_tracker_records cimport StarTrackerTruth

from sim.devices.star_tracker.records import StarTrackerTruth as StarTrackerTruthClass

cdef enum:
    NOISE
    MISALIGNMENT
    RATE_LIMIT
    EXCLUSION
    LATENCY

cdef enum:
    FLAG_VALID = 1
    FLAG_SUN = 2
    FLAG_EARTH = 4
    FLAG_RATE = 8

assert (FLAG_VALID, FLAG_SUN, FLAG_EARTH, FLAG_RATE) == tuple(StarTrackerFlag)

assert StarTrackerReport_END + 32 <= MESSAGE_CAPACITY  # with header, checksum and framing

cdef double EARTH_RADIUS_M = constants.RADIUS_EARTH_M
cdef double COUNT = 1.0 / 1073741824.0     # hal.wire.StarTrackerReport.q_counts: 2**-30


cdef double angle_between(const double* a, const double* b) noexcept nogil:
    """Angle between two unit vectors [rad]."""
    return acos(fmax(-1.0, fmin(1.0, dot(a, b))))


cdef class StarTracker(DeviceModel):
    """Star tracker; reports carry their time of validity and arrive `latency_s` later."""

    TRUTH = StarTrackerTruthClass
    ERRORS = ("noise", "misalignment", "rate_limit", "exclusion", "latency")

    def __init__(self, spec: object, seed: int, errors: object = None, name: str = "star_tracker") -> None:
        """`spec`: `hal.devices.star_tracker.kind.StarTracker`; raise `ValueError` when more reports would be under way than fit."""
        DeviceModel.__init__(self, name, seed, errors)
        if spec.latency_s * spec.rate_hz >= REPORTS - 1:
            raise ValueError(f"{name}: latency_s * rate_hz is {spec.latency_s * spec.rate_hz:g}: "
                             f"expected less than {REPORTS - 1} reports under way")
        cdef double error[3]
        cdef int k
        for k in range(4):
            self.q_sb[k] = spec.q_sb[k]
        turn_on = self._draw(3)
        for k in range(3):
            error[k] = spec.misalignment_sigma_rad * turn_on[k]
            self.sigma_s[k] = spec.noise_cross_rad if k < 2 else spec.noise_roll_rad
        from_rotation_vector(error, self.q_error)
        self.rate_limit_radps = spec.rate_limit_radps
        self.sun_exclusion_rad = spec.sun_exclusion_rad
        self.earth_exclusion_rad = spec.earth_exclusion_rad
        self.period_ns = 1000000000 // spec.rate_hz
        self.latency_ns = llround(spec.latency_s * 1e9)

    @property
    def misalignment_s_rad(self) -> tuple[float, float, float]:
        """Mounting error drawn at turn-on, a rotation vector in the sensor frame."""
        return tuple(2.0 * self.q_error[k] for k in range(3))

    cdef uint16_t obstacles(self, const TruthRecord* truth) noexcept nogil:
        """Flags of all that keeps the tracker from seeing stars."""
        cdef double c_bi[9]
        cdef double c_sb[9]
        cdef double sun_s[3]
        cdef double down_b[3]
        cdef double down_s[3]
        cdef double down_i[3]
        cdef double boresight[3]
        cdef double r = norm(truth.pos_i_m)
        cdef uint16_t flags = 0
        cdef int k
        dcm(truth.q_bi, c_bi)
        dcm(self.q_sb, c_sb)
        for k in range(3):
            down_i[k] = -truth.pos_i_m[k] / r
            boresight[k] = 1.0 if k == 2 else 0.0
        apply(c_sb, truth.sun_b, sun_s)
        apply(c_bi, down_i, down_b)
        apply(c_sb, down_b, down_s)
        if self.on >> EXCLUSION & 1:
            if truth.sunlit > 0.0 and angle_between(boresight, sun_s) < self.sun_exclusion_rad:
                flags |= FLAG_SUN
            if angle_between(boresight, down_s) - asin(fmin(1.0, EARTH_RADIUS_M / r)) < self.earth_exclusion_rad:
                flags |= FLAG_EARTH
        if self.on >> RATE_LIMIT & 1 and norm(truth.rate_bi_b_radps) > self.rate_limit_radps:
            flags |= FLAG_RATE
        return flags

    cdef void fill(self, const TruthRecord* truth, StarTrackerReport* report) noexcept nogil:
        """Fill one report with attitude or obstacle flags."""
        cdef double noise[3]
        cdef double q_noise[4]
        cdef double q_si[4]
        cdef double q[4]
        cdef double sign
        cdef int k
        for k in range(3):
            noise[k] = self.share(NOISE) * self.sigma_s[k] * self.normal()
            if self.faulty:
                noise[k] += self.added(k)
        multiply(self.q_sb, truth.q_bi, q_si)
        if self.on >> MISALIGNMENT & 1:
            multiply(self.q_error, q_si, q)
        else:
            q[0], q[1], q[2], q[3] = q_si[0], q_si[1], q_si[2], q_si[3]
        from_rotation_vector(noise, q_noise)
        multiply(q_noise, q, q_si)
        report.valid_time_ns = truth.t_ns
        report.seq = self.seq
        report.flags = self.obstacles(truth)
        if report.flags:
            q_si[0] = q_si[1] = q_si[2] = 0.0
            q_si[3] = 1.0
        else:
            report.flags = FLAG_VALID
        sign = 1.0 if q_si[3] >= 0.0 else -1.0
        for k in range(4):
            report.q_counts[k] = <int32_t>to_counts(sign * q_si[k], COUNT, -1073741824, 1073741824)
            if self.faulty and report.flags == FLAG_VALID:
                report.q_counts[k] = <int32_t>self.shown(k, report.q_counts[k], 0.0)

    cdef void measure(self, const TruthRecord* truth) noexcept nogil:
        """Take an image if one is due at the truth's time."""
        cdef int slot
        if truth.t_ns < self.next_ns:
            return
        self.next_ns = (truth.t_ns // self.period_ns + 1) * self.period_ns
        if self.without_power or self.dead or self.waiting == REPORTS:
            return
        slot = (self.first + self.waiting) % REPORTS
        self.fill(truth, &self.reports[slot])
        self.arrival_ns[slot] = truth.t_ns + (self.latency_ns if self.on >> LATENCY & 1 else 0)
        self.seq = <uint16_t>(self.seq + 1)
        self.waiting += 1

    cdef const StarTrackerReport* arrived(self, int64_t t_ns) noexcept nogil:
        cdef const StarTrackerReport* report
        if self.waiting == 0 or self.arrival_ns[self.first] > t_ns:
            return NULL
        report = &self.reports[self.first]
        self.first = (self.first + 1) % REPORTS
        self.waiting -= 1
        return report

    cdef int due(self, int64_t t_ns, uint8_t* message) noexcept nogil:
        """The next report as a frame of the wire protocol."""
        cdef const StarTrackerReport* report = self.arrived(t_ns)
        cdef int count = self.frame_count
        if report is NULL:
            return 0
        self.frame_count = (self.frame_count + 1) & 0x3FFF
        self.last_flags = report.flags
        return <int>frame_encode(message, APID_STAR_TRACKER, 0, count, <const uint8_t*>report, StarTrackerReport_END)

    cdef void keep(self, void* record) noexcept:
        self.out = <StarTrackerTruth*>record

    cdef void report(self) noexcept nogil:
        if self.without_power or self.dead:
            self.last_flags = 0
        self.out.flags = self.last_flags

    def read(self, truth: object) -> list[dict[str, object]]:
        """Sample `truth` (a NumPy `TruthRecord` record); return the reports that have arrived: for tests and tools."""
        cdef TruthCopy copy = TruthCopy(truth)
        cdef const StarTrackerReport* report
        self.measure(&copy.truth)
        reports = []
        report = self.arrived(copy.truth.t_ns)
        while report is not NULL:
            reports.append({
                "valid_time_ns": report.valid_time_ns, "q_counts": [report.q_counts[k] for k in range(4)],
                "seq": report.seq, "flags": StarTrackerFlag(report.flags),
            })
            report = self.arrived(copy.truth.t_ns)
        return reports
