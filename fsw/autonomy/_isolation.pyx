# cython: language_level=3
"""Kernel of fsw.autonomy.isolation: one pass over all devices a tick."""

from libc.math cimport fabs
from libc.string cimport memcpy, memset

from fsw.autonomy._gyro_isolation cimport watch_gyro
from fsw.autonomy._judgement cimport AUTOMATIC, Limits, Scene, apart, judge, repeats, too_noisy, undisputed
from fsw.autonomy._star_tracker_isolation cimport watch_star_tracker
from fsw.autonomy._wheel_isolation cimport watch_wheels
from fsw.algebra._quaternion cimport quat_rotate
from fsw.algebra cimport _vector as vector
from fsw_autonomy_sections cimport IsolationSection, VERDICT_ADMIT, bind_IsolationSection
from fsw_health_sections cimport bind_FdirSection
from fsw.health._numbers cimport cell_device
from fsw_health_devices cimport (
    ATTITUDE_SOURCE_STAR_TRACKER, DEVICE_GNSS, DEVICE_MAGNETOMETER, EXCLUSION_DISAGREES,
    EXCLUSION_MONITOR, EXCLUSION_NONE, EXCLUSION_REFUSED, EXCLUSION_SILENT, EXCLUSION_STUCK, MAX_DEVICES,
)
from fsw_guidance_modes cimport SYSTEM_MODE_BOOT
from fsw.core._samples cimport MAX_STAR_TRACKERS, bind_samples
from fsw_core_sections cimport bind_TimeSection
from fsw_control_sections cimport bind_CommandSection
from fsw_guidance_sections cimport bind_ModeSection
from fsw_estimation_sections cimport (
    bind_AttitudeSection, bind_BodySection, bind_EstimatorHistorySection, bind_RateModelSection,
)
from fsw_navigation_sections cimport bind_NavigationSection, bind_OrbitSection
from hal._handle cimport Kernel, const_doubles

import numpy as np

cdef enum:
    GNSS_REFUSALS = 5
    GNSS_AGREED = 6
cdef double MAG_NORM_LIMIT = 0.08    # share of the field
cdef double MAG_ANGLE_LIMIT = 0.04   # [rad]
cdef double MAG_FINE_RAD = 0.01      # of an attitude that may be asked
cdef double CELL_FINE_RAD = 0.03
cdef double CELL_LIMIT = 0.5         # share of the light expected that must be seen
cdef double CELL_EXTRA = 0.75        # light that the Earth may add


cdef void watch_magnetometer(const Scene* it) noexcept nogil:
    """Silence, stuck axes, noise; strength against the model; direction against a fine attitude."""
    cdef IsolationSection* state = it.state
    cdef double tick_s = it.limits.tick_s
    cdef double[3] before
    cdef double[3] predicted
    cdef double strength, model, residual = 0.0, angle
    cdef bint stuck, noisy, fine, jumped
    if not it.body.mag_heard:
        judge(it, DEVICE_MAGNETOMETER, EXCLUSION_SILENT, False, tick_s, 2.0)
        return
    vector.copy(state.last[1], before)
    noisy = too_noisy(it, 1, it.samples.mag.mag_s_tesla, before, it.limits.mag_noise)
    stuck = repeats(it, 1, it.samples.mag.mag_s_tesla, 3) and it.limits.mag_noise > 0.0
    if stuck or noisy:
        judge(it, DEVICE_MAGNETOMETER, EXCLUSION_STUCK if stuck else EXCLUSION_DISAGREES, False, tick_s,
              0.2 if stuck else 3.0)
        return
    strength, model = vector.norm(it.body.mag_b_tesla), vector.norm(it.navigation.mag_i_tesla)
    if not it.navigation.valid or strength == 0.0 or model == 0.0:
        judge(it, DEVICE_MAGNETOMETER, EXCLUSION_DISAGREES if strength == 0.0 else EXCLUSION_NONE, False, tick_s, 5.0)
        return
    residual = fabs(strength - model) / model / MAG_NORM_LIMIT
    fine = undisputed(it, MAG_FINE_RAD)
    if fine:
        quat_rotate(it.attitude.q_bi, it.navigation.mag_i_tesla, predicted)
        angle = apart(predicted, it.body.mag_b_tesla) / (MAG_ANGLE_LIMIT + 4.0 * it.attitude.sigma_rad)
        # Without star tracker it is the field that jumps: an attitude drifts.
        jumped = angle > state.mag_angle + 0.5 or state.suspicion[DEVICE_MAGNETOMETER] != EXCLUSION_NONE
        state.mag_angle = angle
        if it.attitude.sources & ATTITUDE_SOURCE_STAR_TRACKER or jumped or angle < 1.0:
            residual = max(residual, angle)
    state.residual[DEVICE_MAGNETOMETER] = residual
    judge(it, DEVICE_MAGNETOMETER, EXCLUSION_DISAGREES if residual > 1.0 else EXCLUSION_NONE,
          residual < 0.5 and (fine or not it.attitude.valid), tick_s, 5.0)


cdef void watch_cells(const Scene* it) noexcept nogil:
    """Each cell against the light that the attitude predicts."""
    cdef double[3] sun_b
    cdef double expected, seen, sunlit = it.navigation.sunlit
    cdef bint bad, good
    cdef int k
    if not it.samples.css.valid:
        for k in range(it.limits.cells):
            judge(it, cell_device(k), EXCLUSION_SILENT, False, it.limits.tick_s, 2.0)
        return
    if not (it.samples.css.new and undisputed(it, CELL_FINE_RAD) and it.navigation.valid
            and (sunlit > 0.99 or sunlit < 0.01)):
        for k in range(it.limits.cells):
            good = it.fdir.reason[cell_device(k)] == EXCLUSION_SILENT
            judge(it, cell_device(k), EXCLUSION_NONE, good, it.limits.tick_s, 2.0)
        return
    quat_rotate(it.attitude.q_bi, it.navigation.sun_i, sun_b)
    for k in range(it.limits.cells):
        expected = max(0.0, vector.dot(it.limits.normal[k], sun_b)) if sunlit > 0.5 else 0.0
        seen = it.samples.css.ratio[k]
        bad = seen < CELL_LIMIT * expected and expected > CELL_LIMIT
        bad = bad or seen > expected + (CELL_EXTRA if sunlit > 0.5 else 0.3)
        good = not bad and (
            expected > CELL_LIMIT or sunlit < 0.5 or it.fdir.reason[cell_device(k)] == EXCLUSION_SILENT)
        it.state.residual[cell_device(k)] = fabs(seen - expected)
        judge(it, cell_device(k), EXCLUSION_DISAGREES if bad else EXCLUSION_NONE, good, it.limits.tick_s, 10.0)


cdef void watch_gnss(const Scene* it) noexcept nogil:
    """The orbit does not jump: a receiver whose solutions the filter refuses errs."""
    cdef IsolationSection* state = it.state
    state.residual[DEVICE_GNSS] = it.orbit.gnss_streak
    state.verdict[DEVICE_GNSS] = EXCLUSION_NONE
    if it.fdir.excluded[DEVICE_GNSS]:
        if it.orbit.gnss_agreed >= GNSS_AGREED and it.fdir.reason[DEVICE_GNSS] < EXCLUSION_MONITOR and (
                it.fdir.exclusions[DEVICE_GNSS] <= AUTOMATIC):
            state.verdict[DEVICE_GNSS] = VERDICT_ADMIT
    elif it.orbit.gnss_streak >= GNSS_REFUSALS:
        state.verdict[DEVICE_GNSS] = EXCLUSION_REFUSED


cdef bint look(Scene* it) noexcept nogil:
    """Look at every device; True when a verdict was found or a power cycle runs."""
    cdef bint any_verdict = False
    cdef int k
    memcpy(it.torque_before, it.state.wheel_torque_nm[1], sizeof(it.torque_before))
    memcpy(it.state.wheel_torque_nm[1], it.state.wheel_torque_nm[0], sizeof(it.torque_before))
    memcpy(it.state.wheel_torque_nm[0], it.command.actuators.wheel_torque_nm, sizeof(it.torque_before))
    if it.mode.system == SYSTEM_MODE_BOOT:
        return it.fdir.cycled_off != 0
    if it.samples.adcs_health.silent_ticks == 0:
        if it.limits.gyro:
            watch_gyro(it)
        if it.limits.mag:
            watch_magnetometer(it)
        watch_cells(it)
        watch_wheels(it)
    if it.limits.star_tracker:
        watch_star_tracker(it)
    if it.limits.gnss:
        watch_gnss(it)
    for k in range(1, MAX_DEVICES):
        any_verdict = any_verdict or it.state.verdict[k] != EXCLUSION_NONE
    return any_verdict or it.fdir.cycled_off != 0


cdef class IsolationKernel(Kernel):
    """See `fsw.autonomy.isolation`."""

    cdef Scene scene

    cdef int attach(self, pool) except -1:
        cdef Scene* it = &self.scene
        it.time = bind_TimeSection(self, pool)
        it.mode = bind_ModeSection(self, pool)
        bind_samples(self, pool, &it.samples)
        it.command = bind_CommandSection(self, pool)
        it.body = bind_BodySection(self, pool)
        it.attitude = bind_AttitudeSection(self, pool)
        it.history = bind_EstimatorHistorySection(self, pool)
        it.model = bind_RateModelSection(self, pool)
        it.navigation = bind_NavigationSection(self, pool)
        it.orbit = bind_OrbitSection(self, pool)
        it.fdir = bind_FdirSection(self, pool)
        it.state = bind_IsolationSection(self, pool)

    def limit(self, vehicle, str_covariances):
        """Take the limits from the vehicle file; `str_covariances` (n, 3, 3): of star trackers' noise, body axes."""
        cdef Limits* limits = &self.scene.limits
        memset(limits, 0, sizeof(Limits))
        for n in range(MAX_STAR_TRACKERS):
            inverse = np.linalg.inv(str_covariances[n])
            memcpy(limits.str_information[n], const_doubles(inverse, 9), sizeof(limits.str_information[n]))
        limits.tick_s = 1.0 / vehicle.rates.base_hz
        for gyro in vehicle.of_kind("gyro")[:1]:
            limits.gyro = 1
            limits.gyro_noise = 6.0 * gyro.angle_random_walk_rad_sqrts ** 2 / limits.tick_s
        for mag in vehicle.of_kind("magnetometer")[:1]:
            limits.mag = 1
            limits.mag_sigma_tesla = mag.noise_tesla
            limits.mag_noise = 6.0 * mag.noise_tesla ** 2
        limits.star_tracker = len(vehicle.of_kind("star_tracker")) > 0
        limits.gnss = len(vehicle.of_kind("gnss")) > 0
        limits.power = len(vehicle.of_kind("power")) > 0
        limits.cells = len(vehicle.units("coarse_sun_sensors"))
        for k, cell in enumerate(vehicle.units("coarse_sun_sensors")):
            for i in range(3):
                limits.normal[k][i] = cell.normal_b[i]
        limits.wheels = len(vehicle.units("reaction_wheels"))
        for k, wheel in enumerate(vehicle.units("reaction_wheels")):
            limits.inertia_kgm2[k] = wheel.inertia_kgm2
            limits.coulomb_nm[k] = wheel.friction_coulomb_nm
            limits.viscous_nms[k] = wheel.friction_viscous_nms

    def watch(self):
        """Look at every device; return whether there is something to carry out."""
        self.check()
        return look(&self.scene)
