# cython: language_level=3
"""Samples in sensor frames to measurements in body axes; `sense.py` is the application."""
from libc.math cimport isfinite, sqrt
from libc.stdint cimport int64_t

from fsw.estimation._mag_calibration cimport mag_correct
from fsw.algebra._quaternion cimport quat_conjugate, quat_multiply, quat_normalise, quat_rotate
from fsw_health_sections cimport FdirSection, bind_FdirSection
from fsw_health_devices cimport (
    DEVICE_GYRO, DEVICE_MAGNETOMETER, DEVICE_WHEEL_0, EXCLUSION_STUCK,
)
from fsw.core._samples cimport MAX_STAR_TRACKERS, Samples, bind_samples
from fsw.health._numbers cimport cell_device, tracker_device
from fsw_estimation_sections cimport (
    BodySection, MagCalibrationSection, bind_BodySection, bind_MagCalibrationSection,
)
from hal._handle cimport Kernel, const_doubles, const_int64s
from hal_samples cimport MAX_SUN_SENSORS, MAX_WHEELS, StarTrackerSample


cdef struct Mounts:
    double[4] q_b_gyro        # sensor to body
    double[4] q_b_mag
    double[MAX_STAR_TRACKERS][4] q_b_str
    double wheel_momentum[MAX_WHEELS][3]  # spin axis times rotor inertia [kg m^2]
    double normal[MAX_SUN_SENSORS][3]     # of the coarse Sun sensors
    double lit_ratio          # a cell below it counts as dark
    double strength_low       # norms of the Sun vector that full sunlight can give
    double strength_high
    int cells, wheels


cdef inline bint finite3(const double* v) noexcept nogil:
    """True when all three are finite."""
    return isfinite(v[0] + v[1] + v[2])


cdef class SenseKernel(Kernel):
    """Mounts and calibrates all samples of a tick in one call."""

    cdef Samples samples
    cdef const MagCalibrationSection* calibration
    cdef const FdirSection* fdir
    cdef BodySection* body
    cdef Mounts mounts
    cdef int cells_out                     # mask of the Sun sensors that `inverse` and `usable` leave out
    cdef object solutions                  # arrays that the next two point into
    cdef const double* inverse             # (masks, 3, cells): Sun vector from the ratios of the cells in a mask
    cdef const int64_t* usable             # (masks,): 1 when the lit cells and the dark ones fix the direction

    cdef int attach(self, pool) except -1:
        bind_samples(self, pool, &self.samples)
        self.calibration = bind_MagCalibrationSection(self, pool)
        self.fdir = bind_FdirSection(self, pool)
        self.body = bind_BodySection(self, pool)

    def mount(self, q_sb, wheel_momentum, normals, double lit_ratio, double strength_low, double strength_high,
              inverse, usable):
        """Set mountings; q_sb has the rows gyro, magnetometer, and all star trackers that there may be."""
        cdef const double* q = const_doubles(q_sb, 8 + 4 * MAX_STAR_TRACKERS)
        cdef const double* momentum = const_doubles(wheel_momentum, 3 * len(wheel_momentum))
        cdef const double* normal = const_doubles(normals, 3 * len(normals))
        cdef int i, k, wheels = <int>len(wheel_momentum)
        quat_conjugate(&q[0], self.mounts.q_b_gyro)
        quat_conjugate(&q[4], self.mounts.q_b_mag)
        for k in range(MAX_STAR_TRACKERS):
            quat_conjugate(&q[8 + 4 * k], self.mounts.q_b_str[k])
        self.mounts.wheels = wheels
        for k in range(wheels):
            for i in range(3):
                self.mounts.wheel_momentum[k][i] = momentum[3 * k + i]
        self.mounts.cells = <int>len(normals)
        for k in range(self.mounts.cells):
            for i in range(3):
                self.mounts.normal[k][i] = normal[3 * k + i]
        self.mounts.lit_ratio = lit_ratio
        self.mounts.strength_low = strength_low
        self.mounts.strength_high = strength_high
        self.solve_with(inverse, usable, 0)

    def solve_with(self, inverse, usable, int cells_out):
        """Set what gives the Sun vector from the cells that are not in the mask `cells_out`."""
        cdef int masks = 1 << self.mounts.cells
        self.inverse = const_doubles(inverse, masks * 3 * self.mounts.cells)
        self.usable = const_int64s(usable, masks)
        self.solutions = inverse, usable
        self.cells_out = cells_out

    cdef int cells_excluded(self) noexcept nogil:
        """Mask of the Sun sensors not to be used."""
        cdef int k, mask = 0
        for k in range(self.mounts.cells):
            if self.fdir.excluded[cell_device(k)]:
                mask |= 1 << k
        return mask

    def step(self):
        """Write BodySection from the samples."""
        cdef int out
        self.check()
        out = self.cells_excluded()
        if out != self.cells_out:
            self.leave_out(out)
        self.gyro()
        self.magnetometer()
        self.sun()
        self.star_tracker()
        self.wheels()

    cdef void gyro(self) noexcept nogil:
        cdef const Samples* s = &self.samples
        cdef BodySection* body = self.body
        cdef double dt = s.gyro.dt_ns * 1e-9
        cdef int i
        body.gyro_valid = body.gyro_heard = 0
        if not (s.gyro.new and s.gyro.valid and dt > 0.0 and finite3(s.gyro.dtheta_s_rad)):
            return
        quat_rotate(self.mounts.q_b_gyro, s.gyro.dtheta_s_rad, body.dtheta_b_rad)
        for i in range(3):
            body.rate_bi_b_radps[i] = body.dtheta_b_rad[i] / dt
        body.gyro_t_ns = s.gyro.t_ns
        body.gyro_dt_s = dt
        body.gyro_heard = 1
        body.gyro_valid = not self.fdir.excluded[DEVICE_GYRO]

    cdef void magnetometer(self) noexcept nogil:
        cdef const Samples* s = &self.samples
        cdef double[3] measured_b
        self.body.mag_valid = self.body.mag_heard = 0
        if not (s.mag.new and s.mag.valid and finite3(s.mag.mag_s_tesla)):
            return
        quat_rotate(self.mounts.q_b_mag, s.mag.mag_s_tesla, measured_b)
        mag_correct(self.calibration, measured_b, self.body.mag_b_tesla)
        self.body.mag_t_ns = s.mag.t_ns
        self.body.mag_heard = 1
        self.body.mag_valid = not self.fdir.excluded[DEVICE_MAGNETOMETER]

    cdef int solve(self, int mask, double* sun) noexcept nogil:
        """sun = least squares over the cells in mask; return the mask without cells that then face away."""
        cdef int i, k, kept = mask
        cdef const double* ratio = self.samples.css.ratio
        cdef const double* row
        for i in range(3):
            sun[i] = 0.0
            row = self.inverse + (3 * mask + i) * self.mounts.cells
            for k in range(self.mounts.cells):
                sun[i] += row[k] * ratio[k]
        for k in range(self.mounts.cells):
            if self.along(k, sun) <= 0.0:
                kept &= ~(1 << k)
        return kept

    cdef double along(self, int cell, const double* v) noexcept nogil:
        """Component of v along a cell's normal."""
        cdef const double* n = self.mounts.normal[cell]
        return n[0] * v[0] + n[1] * v[1] + n[2] * v[2]

    cdef void sun(self) noexcept nogil:
        # Cells lit by the Earth alone face away from the sum of all lit cells, which the Sun dominates: left out.
        cdef const double* ratio = self.samples.css.ratio
        cdef BodySection* body = self.body
        cdef double[3] sun
        cdef double strength
        cdef int i, k, lit = 0, mask = 0
        body.sun_valid = 0
        if not (self.samples.css.new and self.samples.css.valid and finite3(ratio) and finite3(&ratio[3])):
            return
        sun[0] = sun[1] = sun[2] = 0.0
        for k in range(self.mounts.cells):
            if ratio[k] > self.mounts.lit_ratio and not (self.cells_out >> k) & 1:
                lit |= 1 << k
                for i in range(3):
                    sun[i] += ratio[k] * self.mounts.normal[k][i]
        for k in range(self.mounts.cells):
            if (lit >> k) & 1 and self.along(k, sun) > 0.0:
                mask |= 1 << k
        lit = self.solve(mask, sun) & mask
        if lit != mask:
            mask = lit
            self.solve(mask, sun)
        strength = sqrt(sun[0] * sun[0] + sun[1] * sun[1] + sun[2] * sun[2])
        body.sun_strength = strength
        body.sun_t_ns = self.samples.css.t_ns
        if strength > 0.0:
            for i in range(3):
                body.sun_b[i] = sun[i] / strength
        if self.usable[mask] and self.mounts.strength_low <= strength <= self.mounts.strength_high:
            body.sun_valid = 1

    cdef void star_tracker(self) noexcept nogil:
        # The first of the list that sees stars and is not excluded; without one, the first is listened to.
        cdef const StarTrackerSample* sample
        cdef double norm
        cdef double[4] q
        cdef int k, used = 0
        for k in range(self.samples.star_tracker_count):
            if self.samples.star_trackers[k].valid and not self.fdir.excluded[tracker_device(k)]:
                used = k
                break
        self.body.str_valid = self.body.str_heard = 0
        sample = self.samples.star_trackers[used]
        if not (sample.new and sample.valid):
            return
        quat_multiply(self.mounts.q_b_str[used], sample.q_si, q)
        norm = quat_normalise(q, q)
        if not 0.99 < norm < 1.01:
            return
        self.body.q_bi_str[0] = q[0]
        self.body.q_bi_str[1] = q[1]
        self.body.q_bi_str[2] = q[2]
        self.body.q_bi_str[3] = q[3]
        self.body.str_source = used
        self.body.str_t_ns = sample.t_ns
        self.body.str_heard = 1
        self.body.str_valid = not self.fdir.excluded[tracker_device(used)]

    cdef void wheels(self) noexcept nogil:
        cdef const Samples* s = &self.samples
        cdef double[3] h
        cdef int i, k
        self.body.wheels_valid = self.body.wheels_new = 0
        if not s.wheels.valid:
            return
        h[0] = h[1] = h[2] = 0.0
        for k in range(self.mounts.wheels):
            if self.fdir.excluded[DEVICE_WHEEL_0 + k] and self.fdir.reason[DEVICE_WHEEL_0 + k] == EXCLUSION_STUCK:
                continue                   # its tachometer says nothing; without torque it runs down
            for i in range(3):
                h[i] += self.mounts.wheel_momentum[k][i] * s.wheels.speed_radps[k]
        if finite3(h):
            for i in range(3):
                self.body.wheel_momentum_b_nms[i] = h[i]
            self.body.wheels_valid = 1
            self.body.wheels_new = s.wheels.new
