"""Rate-integrating gyro.

The true increment is the rotation vector of q_bi(k) q_bi(k-1)^-1: coning inside a sample interval is in it, as in
the output of a unit that samples fast and compensates coning itself. Noise: Farrenkopf's model in discrete form
(Markley & Crassidis, Fundamentals of Spacecraft Attitude Determination and Control, 2014, 4.7.1 and 6.2.4).
"""

from __future__ import annotations

from libc.math cimport fabs, sqrt
from libc.stdint cimport INT32_MAX, INT32_MIN, int32_t

from sim.devices._device cimport mount, to_counts
from sim.devices._quaternion cimport conjugate, multiply, rotation_vector
from sim.devices._truth cimport TruthCopy
from sim.physics._algebra cimport apply
from sim_devices_gyro_records cimport GyroTruth

from sim.devices.gyro.records import GyroTruth as GyroTruthClass

cdef enum:
    BIAS
    ANGLE_RANDOM_WALK
    RATE_RANDOM_WALK
    SCALE_FACTOR
    MISALIGNMENT
    RANGE


cdef class Gyro(DeviceModel):
    """Three-axis gyro that delivers angle increments in counts; what quantisation holds back comes with a later one."""

    TRUTH = GyroTruthClass
    ERRORS = ("bias", "angle_random_walk", "rate_random_walk", "scale_factor", "misalignment", "range")

    def __init__(self, spec: object, seed: int, errors: object = None, name: str = "gyro") -> None:
        """`spec`: `hal.devices.gyro.kind.Gyro`."""
        DeviceModel.__init__(self, name, seed, errors)
        self.sigma_arw = spec.angle_random_walk_rad_sqrts
        self.sigma_rrw = spec.rate_random_walk_radps_sqrts
        self.count_rad = spec.count_rad
        self.range_radps = spec.range_radps
        self.t_last_ns = -1
        cdef int k, j
        mount(spec.q_sb, self.c_sb)
        turn_on = self._draw(3, 5)
        for k in range(3):
            self.bias[k] = spec.bias_sigma_radps * turn_on[k, 0]
            self.scale[k] = spec.scale_factor_sigma * turn_on[k, 1]
            for j in range(3):
                self.skew[3 * k + j] = spec.misalignment_sigma_rad * turn_on[k, 2 + j] if j != k else 0.0
            self.walk[k] = self.carry[k] = 0.0
        self.refresh()

    @property
    def bias_s_radps(self) -> tuple[float, float, float]:
        """Bias in force about the sensor axes: turn-on value plus rate random walk."""
        return tuple(self.share(BIAS) * self.bias[k] + self.walk[k] for k in range(3))

    @property
    def matrix_sb(self) -> list[list[float]]:
        """True body to sensor matrix, scale factor and misalignment included."""
        return [[self.m_sb[3 * k + j] for j in range(3)] for k in range(3)]

    cdef void keep(self, void* record) noexcept:
        self.out = <GyroTruth*>record

    cdef void report(self) noexcept nogil:
        cdef int k
        for k in range(3):
            self.out.bias_s_radps[k] = self.share(BIAS) * self.bias[k] + self.walk[k]

    cdef void refresh(self) noexcept:
        cdef double e[9]
        cdef int k, j, n
        for k in range(3):
            for j in range(3):
                e[3 * k + j] = self.share(MISALIGNMENT) * self.skew[3 * k + j]
            e[4 * k] = 1.0 + self.share(SCALE_FACTOR) * self.scale[k]
        for k in range(3):
            for j in range(3):
                self.m_sb[3 * k + j] = 0.0
                for n in range(3):
                    self.m_sb[3 * k + j] += e[3 * k + n] * self.c_sb[3 * n + j]

    cdef void true_increment(self, const TruthRecord* truth, double* theta_s) noexcept nogil:
        """Rotation since the last sample, through the true mounting and scale factors [rad]."""
        cdef double inverse[4]
        cdef double dq[4]
        cdef double phi_b[3]
        cdef int k
        conjugate(self.q_last, inverse)
        multiply(truth.q_bi, inverse, dq)
        rotation_vector(dq, phi_b)
        apply(self.m_sb, phi_b, theta_s)
        for k in range(4):
            self.q_last[k] = truth.q_bi[k]

    cdef void sample(self, const TruthRecord* truth, const Surroundings* around, void* channels) noexcept nogil:
        """Angle increment since the last sample, in counts about the sensor axes; 0 at the first sample."""
        cdef int32_t* counts = <int32_t*>channels
        cdef double theta[3]
        cdef double dt, root_dt, sigma, walk, limit
        cdef int k
        if self.t_last_ns < 0:
            self.t_last_ns = truth.t_ns
            for k in range(4):
                self.q_last[k] = truth.q_bi[k]
        dt = (truth.t_ns - self.t_last_ns) * 1e-9
        self.t_last_ns = truth.t_ns
        self.true_increment(truth, theta)
        root_dt = sqrt(dt)
        # The mean of the walk's ends stands for its integral; what that leaves out has variance sigma_rrw^2 dt^3 / 12.
        sigma = sqrt(self.share(ANGLE_RANDOM_WALK) * self.sigma_arw * self.sigma_arw * dt
                     + self.share(RATE_RANDOM_WALK) * self.sigma_rrw * self.sigma_rrw * dt * dt * dt / 12.0)
        limit = self.range_radps * dt
        for k in range(3):
            walk = self.walk[k]
            self.walk[k] += self.share(RATE_RANDOM_WALK) * self.sigma_rrw * root_dt * self.normal()
            theta[k] += (self.share(BIAS) * self.bias[k] + 0.5 * (walk + self.walk[k])) * dt + sigma * self.normal()
            if self.faulty:
                theta[k] += self.added(k) * dt
            if self.on >> RANGE & 1 and fabs(theta[k]) > limit:
                theta[k] = limit if theta[k] > 0.0 else -limit
            counts[k] = <int32_t>to_counts(self.carry[k] + theta[k], self.count_rad, INT32_MIN, INT32_MAX)
            self.carry[k] += theta[k] - counts[k] * self.count_rad
            if self.faulty:
                counts[k] = <int32_t>self.shown(k, counts[k], INT32_MAX)

    def read(self, truth: object) -> list[int]:
        """Sample `truth` (a NumPy `TruthRecord` record) and return the three counts: the kernel's face for tests and tools."""
        cdef TruthCopy copy = TruthCopy(truth)
        cdef int32_t counts[3]
        self.sample(&copy.truth, NULL, counts)
        return [counts[k] for k in range(3)]
