"""Kernel of fsw.control.controller."""

from libc.math cimport M_PI, atan2, fabs
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from fsw.control cimport _magnetic as magnetic
from fsw.control cimport _wheels as wheels
from fsw.algebra._quaternion cimport (
    quat_conjugate,
    quat_from_rotation_vector,
    quat_multiply,
    quat_rotate,
    quat_to_rotation_vector,
)
from fsw.algebra cimport _vector as vector
from fsw_health_sections cimport bind_FdirSection
from fsw_control_sections cimport bind_ControllerSection, bind_ControlSection
from fsw_health_devices cimport DEVICE_MAGNETOMETER, DEVICE_WHEEL_0
from fsw_guidance_modes cimport ADCS_MODE_DETUMBLE, ADCS_MODE_IDLE, ADCS_MODE_SUN_POINTING, SYSTEM_MODE_BOOT
from fsw.core._samples cimport bind_samples
from fsw_core_sections cimport bind_TimeSection
from fsw_guidance_sections cimport bind_ModeSection
from fsw_estimation_sections cimport bind_AttitudeSection, bind_BodySection
from fsw_guidance_sections cimport bind_GuidanceSection
from fsw_navigation_sections cimport bind_NavigationSection

cdef double BDOT_TAU_S = 1.0
cdef int64_t BDOT_SETTLE_NS = 3000000000           # before a fresh low-pass is used
cdef int64_t FIELD_AGE_NS = 1000000000             # a field measurement older than this is of no use
cdef int64_t SUN_AGE_NS = 2000000000
cdef double LEFT_OUT_AGE_S = 1.0                   # an older tachometer sample tells nothing of the torque now
cdef double INTEGRATE_BELOW_RAD = 0.02             # the integral acts on small errors only
cdef double INTEGRAL_MAX_RADPS2 = 5e-4             # of acceleration, the most it may ask for


cdef class Controller:
    """See `fsw.control.controller`."""

    def __init__(self, vehicle, gains, double bdot_gain_nms, arrangements, torquer_arrays):
        self.period_s = 1.0 / vehicle.rates.base_hz
        self.kp, self.ki, self.kd = gains
        self.rate_max_radps = vehicle.control.slew_rate_max_radps
        self.unload_rate_per_s = vehicle.control.unload_gain_per_s
        self.bdot_gain_nms = bdot_gain_nms
        self.sun_axis_b[0], self.sun_axis_b[1], self.sun_axis_b[2] = vehicle.pointing.sun_axis_b
        for k in range(9):
            self.inertia_b_kgm2[k] = vehicle.spacecraft.inertia_b_kgm2[k // 3][k % 3]
        self.arrangements = arrangements
        self.load_wheels(vehicle)
        self.arrange(0)
        axes, inverse = torquer_arrays
        memset(&self.torquers, 0, sizeof(self.torquers))
        self.torquers.count = len(axes)
        for k in range(self.torquers.count):
            for j in range(3):
                self.torquers.axes[k][j], self.torquers.inverse[k][j] = axes[k][j], inverse[k][j]
        for device in vehicle.of_kind("magnetorquers"):
            for k, torquer in enumerate(device.units):
                self.torquers.mean_max_am2[k] = torquer.dipole_max_am2 * device.duty
        self.has_magnetometer = len(vehicle.of_kind("magnetometer")) > 0
        self.has_torquers = len(vehicle.of_kind("magnetorquers")) > 0

    cdef int attach(self, pool) except -1:
        self.time = bind_TimeSection(self, pool)
        bind_samples(self, pool, &self.samples)
        self.mode = bind_ModeSection(self, pool)
        self.body = bind_BodySection(self, pool)
        self.attitude = bind_AttitudeSection(self, pool)
        self.guidance = bind_GuidanceSection(self, pool)
        self.navigation = bind_NavigationSection(self, pool)
        self.fdir = bind_FdirSection(self, pool)
        self.out = bind_ControlSection(self, pool)
        self.state = bind_ControllerSection(self, pool)

    def load_wheels(self, vehicle):
        memset(&self.wheels, 0, sizeof(self.wheels))
        self.wheels.count = len(vehicle.units("reaction_wheels"))
        for k, wheel in enumerate(vehicle.units("reaction_wheels")):
            self.wheel_axes_b[k][0], self.wheel_axes_b[k][1], self.wheel_axes_b[k][2] = wheel.axis_b
            self.wheels.inertia_kgm2[k] = wheel.inertia_kgm2
            self.wheels.coulomb_nm[k] = wheel.friction_coulomb_nm
            self.wheels.viscous_nms[k] = wheel.friction_viscous_nms
            self.wheels.torque_max_nm[k] = wheel.torque_max_nm
            self.wheels.speed_max_radps[k] = (
                vehicle.limits.wheel_speed_fraction * wheel.momentum_max_nms / wheel.inertia_kgm2
            )

    def arrange(self, int out):
        """Leave the wheels of the mask `out` without torque; all are used where the others cannot turn the body."""
        inverse, null, self.wheels.bias_nms = self.arrangements.get(out, self.arrangements[0])
        self.wheels.out = out if out in self.arrangements else 0
        self.wheels.asked = out
        for k in range(self.wheels.count):
            self.wheels.null[k] = null[k]
            for j in range(3):
                self.wheels.inverse[k][j] = inverse[k][j]

    cdef int wheels_out(self) noexcept nogil:
        """Mask of the wheels not to be used."""
        cdef int k, mask = 0
        for k in range(self.wheels.count):
            if self.fdir.excluded[DEVICE_WHEEL_0 + k]:
                mask |= 1 << k
        return mask

    def step(self):
        """Write `ControlSection`."""
        cdef double rate[3]
        cdef bint rate_known
        cdef int mode
        cdef ControlSection* out
        self.check()
        rate_known = self.body_rate(rate)
        mode = self.mode.adcs
        out = self.out
        if self.wheels_out() != self.wheels.asked:
            self.arrange(self.wheels_out())
        self.clear()
        self.measure_field()
        if rate_known:
            vector.apply(self.inertia_b_kgm2, rate, out.momentum_b_nms)
        vector.add_scaled(1.0, self.body.wheel_momentum_b_nms, out.momentum_b_nms)
        out.valid = 1
        if self.mode.system == SYSTEM_MODE_BOOT or mode == ADCS_MODE_IDLE:
            return
        if mode != ADCS_MODE_DETUMBLE:
            self.unload()
        if mode == ADCS_MODE_DETUMBLE:
            self.detumble()
            if self.has_torquers and self.field_usable() or not (self.blind() and rate_known):
                return
            self.damp(rate)                            # no field to push against: the wheels take the momentum
        elif self.guidance.valid and self.attitude.valid:
            self.track()
        elif mode == ADCS_MODE_SUN_POINTING and rate_known:
            self.acquire_sun(rate)
        else:
            out.error_rad = M_PI if mode == ADCS_MODE_SUN_POINTING else 0.0
            return
        self.balance_left_out()
        out.saturated = wheels.allocate(
            &self.wheels, out.torque_b_nm, &self.samples.wheels.speed_radps[0] if self.samples.wheels.valid else NULL,
            out.wheel_torque_nm)
        self.hold_kept_wheels()

    cdef void balance_left_out(self) noexcept nogil:
        """Ask for what wheels that are left out took from the body since the last sample: friction, a motor's noise."""
        cdef ControllerSection* state = self.state
        cdef const WheelSample* now = self.samples.wheels
        cdef double gone_s, torque_nm
        cdef int k
        if not (self.wheels.out and now.valid):
            state.left_out_t_ns = 0
            return
        gone_s = (now.t_ns - state.left_out_t_ns) * 1e-9
        if gone_s == 0.0:
            return
        for k in range(self.wheels.count):
            if state.left_out_t_ns != 0 and 0.0 < gone_s <= LEFT_OUT_AGE_S and (self.wheels.out >> k) & 1:
                torque_nm = (now.speed_radps[k] - state.left_out_speed_radps[k]) * self.wheels.inertia_kgm2[k] / gone_s
                vector.add_scaled(torque_nm, self.wheel_axes_b[k], self.out.torque_b_nm)
            state.left_out_speed_radps[k] = now.speed_radps[k]
        state.left_out_t_ns = now.t_ns

    cdef void hold_kept_wheels(self) noexcept nogil:
        """Command against the torque that a wheel kept in use shows beside the one commanded."""
        cdef double most
        cdef int k
        for k in range(self.wheels.count):
            if self.fdir.kept[DEVICE_WHEEL_0 + k]:
                most = self.wheels.torque_max_nm[k]
                self.out.wheel_torque_nm[k] = min(most, max(
                    -most, self.out.wheel_torque_nm[k] - self.fdir.wheel_excess_nm[k]))

    cdef void clear(self) noexcept nogil:
        cdef ControlSection* out = self.out
        cdef double bdot[3]
        vector.copy(out.bdot_b_tps, bdot)
        memset(out, 0, sizeof(out[0]))
        vector.copy(bdot, out.bdot_b_tps)

    cdef bint body_rate(self, double* rate_b_radps) noexcept nogil:
        """The best rate there is: the estimate's (without attitude that of the momentum balance), else the gyro's."""
        if self.attitude.valid or self.attitude.rate_valid:
            vector.copy(self.attitude.rate_bi_b_radps, rate_b_radps)
            return True
        vector.copy(self.body.rate_bi_b_radps, rate_b_radps)
        return self.body.gyro_valid

    cdef bint field(self, double* mag_b_tesla, int64_t* t_ns) noexcept nogil:
        """This tick's field: measured, or the model's when the magnetometer is excluded; False when there is none."""
        if not self.blind():
            vector.copy(self.body.mag_b_tesla, mag_b_tesla)
            t_ns[0] = self.body.mag_t_ns
            return self.body.mag_valid
        t_ns[0] = self.time.t_ns
        quat_rotate(self.attitude.q_bi, self.navigation.mag_i_tesla, mag_b_tesla)
        return self.attitude.valid and self.navigation.valid

    cdef void measure_field(self) noexcept nogil:
        """Follow the measured field and its derivative; a gap starts the low-pass anew."""
        cdef ControllerSection* state = self.state
        cdef double mag_b_tesla[3]
        cdef int64_t t_ns, gap
        if not self.field(mag_b_tesla, &t_ns):
            return
        gap = t_ns - state.mag_t_ns
        if gap == 0:
            return
        if state.mag_t_ns == 0 or gap < 0 or gap > FIELD_AGE_NS:
            vector.copy(mag_b_tesla, state.mag_filtered_b_tesla)
            memset(self.out.bdot_b_tps, 0, sizeof(self.out.bdot_b_tps))
            state.mag_since_ns = t_ns
        else:
            magnetic.filter_field(mag_b_tesla, gap * 1e-9, BDOT_TAU_S, state.mag_filtered_b_tesla,
                                  self.out.bdot_b_tps)
        vector.copy(mag_b_tesla, state.mag_b_tesla)
        state.mag_t_ns = t_ns
        state.mag_settled = state.mag_t_ns - state.mag_since_ns >= BDOT_SETTLE_NS

    cdef bint blind(self) noexcept nogil:
        """Whether the field cannot be measured, or there is nothing to push against it with: the wheels must do."""
        return self.fdir.excluded[DEVICE_MAGNETOMETER] != 0 or not (self.has_magnetometer and self.has_torquers)

    cdef bint field_usable(self) noexcept nogil:
        return self.state.mag_t_ns != 0 and self.time.t_ns - self.state.mag_t_ns <= FIELD_AGE_NS

    cdef void detumble(self) noexcept nogil:
        if not (self.field_usable() and self.state.mag_settled):
            return
        magnetic.detumble_dipole(self.out.bdot_b_tps, self.state.mag_b_tesla, self.bdot_gain_nms,
                                 self.out.dipole_b_am2)
        magnetic.clip_dipole(&self.torquers, self.out.dipole_b_am2)

    cdef void unload(self) noexcept nogil:
        """Let the torquers take momentum from the wheels."""
        if not (self.field_usable() and self.body.wheels_valid):
            return
        magnetic.unload_dipole(self.body.wheel_momentum_b_nms, self.state.mag_b_tesla, self.unload_rate_per_s,
                               self.out.dipole_b_am2)
        magnetic.shorten_dipole(&self.torquers, self.out.dipole_b_am2)

    cdef void predict(self, double* q_bi, double* rate_b_radps) noexcept nogil:
        """Attitude and rate when the command acts, one tick ahead, with the reference acceleration.

        The gyro's rate is a mean over the last tick, so that it is one and a half ticks old by then.
        """
        cdef double h = self.period_s
        cdef const double* accel = &self.guidance.accel_ref_b_radps2[0]
        cdef double turn[3]
        cdef double step[4]
        cdef int k
        for k in range(3):
            turn[k] = h * (self.attitude.rate_bi_b_radps[k] + h * accel[k])
            rate_b_radps[k] = self.attitude.rate_bi_b_radps[k] + 1.5 * h * accel[k]
        quat_from_rotation_vector(turn, step)
        quat_multiply(step, self.attitude.q_bi, q_bi)

    cdef void track(self) noexcept nogil:
        """Follow the reference."""
        cdef const GuidanceSection* reference = self.guidance
        cdef ControlSection* out = self.out
        cdef double rate[3]
        cdef double q[4]
        cdef double inverse[4]
        cdef double error_q[4]
        cdef double rate_ref[3]
        cdef double accel[3]
        cdef double relative[3]
        cdef double share = 1.0, most
        cdef int k
        self.predict(q, rate)
        quat_conjugate(reference.q_bi_ref, inverse)
        quat_multiply(q, inverse, error_q)
        quat_to_rotation_vector(error_q, out.error_b_rad)
        out.error_rad = vector.norm(out.error_b_rad)
        quat_rotate(error_q, reference.rate_ref_b_radps, rate_ref)
        quat_rotate(error_q, reference.accel_ref_b_radps2, accel)
        for k in range(3):
            out.rate_error_b_radps[k] = rate[k] - rate_ref[k]
        self.integrate_error()
        # A large error asks for no more than the slew rate; C(error) turns against the reference at rate - rate_ref.
        most = self.rate_max_radps * self.kd / self.kp
        if out.error_rad > most:
            share = most / out.error_rad
        vector.cross(rate_ref, rate, relative)
        for k in range(3):
            accel[k] += (relative[k] - share * self.kp * out.error_b_rad[k] - self.kd * out.rate_error_b_radps[k]
                         - self.ki * self.state.integral_b_rads[k])
        self.demand(accel, rate)

    cdef void integrate_error(self) noexcept nogil:
        """Integral action against steady torques: on small errors, not while slewing."""
        cdef double most = INTEGRAL_MAX_RADPS2 / self.ki
        cdef double* integral = &self.state.integral_b_rads[0]
        cdef int k
        if self.guidance.slewing or self.out.error_rad > INTEGRATE_BELOW_RAD:
            return
        for k in range(3):
            integral[k] = min(most, max(-most, integral[k] + self.period_s * self.out.error_b_rad[k]))

    cdef void acquire_sun(self, const double* rate) noexcept nogil:
        """Turn `sun_axis_b` to the measured Sun; damp the rates when none is seen."""
        cdef ControllerSection* state = self.state
        cdef ControlSection* out = self.out
        cdef double axis[3]
        cdef double accel[3]
        cdef double sine, angle, wanted
        cdef int k
        if self.body.sun_valid:
            vector.copy(self.body.sun_b, state.sun_b)
            state.sun_t_ns = self.body.sun_t_ns
        out.error_rad = M_PI
        if state.sun_t_ns != 0 and self.time.t_ns - state.sun_t_ns <= SUN_AGE_NS:
            vector.cross(self.sun_axis_b, state.sun_b, axis)
            sine = vector.unit(axis, axis)
            angle = atan2(sine, vector.dot(self.sun_axis_b, state.sun_b))
            if sine < 1e-6 and angle > 1.0:            # the Sun is straight behind: any axis across will do
                self.any_across(axis)
            vector.scale(-angle, axis, out.error_b_rad)
            out.error_rad = angle
        wanted = self.kp / self.kd * vector.norm(out.error_b_rad)
        wanted = min(1.0, self.rate_max_radps / wanted) if wanted > 0.0 else 0.0
        for k in range(3):
            out.rate_error_b_radps[k] = rate[k] + wanted * self.kp / self.kd * out.error_b_rad[k]
            accel[k] = -self.kd * out.rate_error_b_radps[k]
        self.demand(accel, rate)

    cdef void damp(self, const double* rate) noexcept nogil:
        """Stop the body with the wheels."""
        cdef double accel[3]
        vector.copy(rate, self.out.rate_error_b_radps)
        vector.scale(-self.kd, rate, accel)
        self.demand(accel, rate)

    cdef void any_across(self, double* axis) noexcept nogil:
        """A unit vector square to `sun_axis_b`."""
        cdef double[3] other = [0.0, 0.0, 0.0]
        other[0 if fabs(self.sun_axis_b[0]) < 0.6 else 1] = 1.0
        vector.cross(self.sun_axis_b, other, axis)
        vector.unit(axis, axis)

    cdef void demand(self, const double* accel_b_radps2, const double* rate_b_radps) noexcept nogil:
        """Wheel torque for an acceleration: inertia, gyroscopic torque of body and wheels, less that of the torquers."""
        cdef ControlSection* out = self.out
        cdef double momentum[3]
        cdef double gyroscopic[3]
        cdef double torquers[3]
        vector.apply(self.inertia_b_kgm2, rate_b_radps, momentum)
        vector.add_scaled(1.0, self.body.wheel_momentum_b_nms, momentum)
        vector.cross(rate_b_radps, momentum, gyroscopic)
        vector.cross(out.dipole_b_am2, self.state.mag_b_tesla, torquers)
        vector.apply(self.inertia_b_kgm2, accel_b_radps2, out.torque_b_nm)
        vector.add_scaled(1.0, gyroscopic, out.torque_b_nm)
        vector.add_scaled(-1.0, torquers, out.torque_b_nm)
