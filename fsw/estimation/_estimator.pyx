"""The attitude estimator of one tick: updates, calibration, output; `estimator.py` is the application."""
from libc.math cimport sqrt
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memcpy, memset

from fsw.algebra cimport _vector as vector
from fsw.algebra._quaternion cimport quat_from_rotation_vector, quat_multiply, quat_rotate
from fsw.core._samples cimport MAX_STAR_TRACKERS
from fsw.estimation._history cimport Measurement, history_begin, history_insert, history_newest
from fsw.estimation._mag_calibration cimport mag_learn, mag_prior, mag_variance
from fsw.estimation._mekf cimport Mekf, MekfNoise, mekf_get_covariance
from fsw.estimation._rate_source cimport RateSource
from fsw.estimation._star_tracker_noise cimport STR_NOISY, str_noise_follow
from fsw.estimation._wahba cimport wahba_triad
from fsw.health._numbers cimport tracker_device

from fsw_estimation_sections cimport (
    HISTORY_STATUS_APPLIED, HISTORY_STATUS_REFUSED, MEASUREMENT_KIND_ATTITUDE, MEASUREMENT_KIND_DIRECTION,
    AttitudeSection, EstimatorHistorySection, MagCalibrationSection, bind_MagCalibrationSection,
)
from fsw_health_devices cimport (
    ATTITUDE_SOURCE_GYRO, ATTITUDE_SOURCE_MAGNETOMETER, ATTITUDE_SOURCE_MODEL, ATTITUDE_SOURCE_STAR_TRACKER,
    ATTITUDE_SOURCE_SUN,
)
from fsw_navigation_sections cimport NavigationSection, bind_NavigationSection
from hal._handle cimport const_doubles

import numpy as np

cdef int64_t JITTER_NS = 50000000     # a measurement this much newer than the gyro counts as simultaneous
cdef int64_t STR_LOST_NS = 60000000000  # only without star tracker for so long may field vectors restart the filter
cdef int64_t LEARN_NS = 1000000000    # the magnetometer is calibrated against a star tracker at most this old
cdef uint32_t STR_REFUSALS = 30       # refused in a row and still in use: the filter is wrong, not the star tracker
cdef uint32_t MAG_REFUSALS = 300      # the same for field vectors (30 s at 10 Hz)
cdef double SUNLIT = 0.99             # the coarse Sun vector is used in full sunlight only
cdef double START_VARIANCE = 0.25     # largest trace of a vector fix that may start the filter [rad^2]
cdef int64_t SOURCE_NS = 10000000000  # a source counts as one for so long after its last measurement
cdef double RESTART_SIGMA = 5e-3      # of its rate when the filter starts anew without gyro [rad/s]
cdef double RATE_SIGMA_MAX = 0.02     # of a rate that can be believed [rad/s]
cdef int64_t DEAD_RECKONING_NS = 300000000000  # the balance alone is believed for so long
cdef double GROWTH_S = 86400.0        # time in which the calibration's prior variance grows back [s]


cdef class EstimatorKernel(RateSource):
    """One call a tick; all state lives in the sections."""

    cdef const NavigationSection* navigation
    cdef MagCalibrationSection* calibration
    cdef double[MAX_STAR_TRACKERS][6] str_covariance    # declared, body axes, upper triangle [rad^2]
    cdef double[MAX_STAR_TRACKERS][6] str_information   # its inverse
    cdef double[MAX_STAR_TRACKERS] str_interval_s

    cdef int attach(self, pool) except -1:
        RateSource.attach(self, pool)
        self.navigation = bind_NavigationSection(self, pool)
        self.calibration = bind_MagCalibrationSection(self, pool)

    def tune(self, double angle_walk, double rate_walk, double scale_walk, double gate_direction,
             double gate_attitude, str_covariances, str_intervals_s, dict tuning):
        """Set noise, gates, covariances (n, 3, 3, body axes) and intervals (n,) of star trackers, and Tuning."""
        cdef int i, j, k, n
        cdef const double* covariance
        cdef const double* information
        self.gyro_noise = MekfNoise(angle_walk, rate_walk, scale_walk)
        self.history.gate_direction = gate_direction
        self.history.gate_attitude = gate_attitude
        for n in range(MAX_STAR_TRACKERS):
            inverse = np.linalg.inv(str_covariances[n])
            covariance, information = const_doubles(str_covariances[n], 9), const_doubles(inverse, 9)
            self.str_interval_s[n] = str_intervals_s[n]
            k = 0
            for i in range(3):
                for j in range(i, 3):
                    self.str_covariance[n][k] = covariance[3 * i + j]
                    self.str_information[n][k] = information[3 * i + j]
                    k += 1
        self.tuning = tuning

    def step(self):
        """Write AttitudeSection for this tick."""
        self.check()
        self.advance()

    cdef void advance(self) noexcept nogil:
        cdef EstimatorHistorySection* ring = self.history.ring
        if self.calibration.p[0] == 0.0:
            mag_prior(self.calibration, self.tuning.mag_offset_variance, self.tuning.mag_linear_variance)
        self.carry()
        self.weigh_star_tracker()
        if ring.count > 0:
            if ring.initialised:
                self.update()
            if not ring.initialised:
                self.initialise()
        self.publish()

    cdef void weigh_star_tracker(self) noexcept nogil:
        """Follow the star tracker's noise, and weigh it by what it shows when that is more than what is declared."""
        cdef EstimatorHistorySection* ring = self.history.ring
        cdef int i, n = min(self.body.str_source, MAX_STAR_TRACKERS - 1)
        if self.body.str_heard:
            str_noise_follow(ring, self.body, &self.model.rate_bi_b_radps[0] if self.model.in_use
                             else &self.body.rate_bi_b_radps[0], self.str_interval_s[n], self.str_information[n])
        memcpy(self.history.attitude_covariance, self.str_covariance[n], sizeof(self.str_covariance[n]))
        if ring.str_noise_typical > STR_NOISY:
            for i in range(6):
                self.history.attitude_covariance[i] += ring.str_noise_b_rad2[i]

    cdef void initialise(self) noexcept nogil:
        """Start from the star tracker, or else from field and Sun."""
        cdef EstimatorHistorySection* ring = self.history.ring
        cdef Mekf state
        memset(&state, 0, sizeof(Mekf))
        if self.model.in_use and self.model.sigma_radps < RESTART_SIGMA:
            self.model.sigma_radps = RESTART_SIGMA
        state.p_bb[0] = state.p_bb[3] = state.p_bb[5] = self.rate_variance()
        if self.body.str_valid:
            memcpy(state.q_bi, self.body.q_bi_str, 4 * sizeof(double))
            memcpy(state.p_aa, self.history.attitude_covariance, 6 * sizeof(double))
            if history_begin(&self.history, self.body.str_t_ns, &state) != HISTORY_STATUS_APPLIED:
                return
            ring.str_t_ns = self.body.str_t_ns
        elif self.vector_fix(&state):
            history_begin(&self.history, ring.t_ns[ring.newest], &state)
            ring.mag_t_ns = self.body.mag_t_ns
            ring.sun_t_ns = self.body.sun_t_ns
        else:
            return
        ring.initialised = 1
        ring.str_refused = 0
        ring.mag_refused = 0
        self.attitude.initialisations += 1

    cdef bint vector_fix(self, Mekf* state) noexcept nogil:
        """Attitude and its covariance from this tick's field and Sun vectors."""
        cdef Measurement mag
        cdef Measurement sun
        cdef double[9] covariance
        if not (self.mag_measurement(&mag) and self.sun_measurement(&sun)):
            return False
        if wahba_triad(mag.z, sun.z, mag.r_i, sun.r_i, mag.variance, sun.variance, state.q_bi, covariance):
            return False
        state.p_aa[0] = covariance[0]
        state.p_aa[1] = covariance[1]
        state.p_aa[2] = covariance[2]
        state.p_aa[3] = covariance[4]
        state.p_aa[4] = covariance[5]
        state.p_aa[5] = covariance[8]
        return covariance[0] + covariance[4] + covariance[8] < START_VARIANCE

    cdef bint mag_measurement(self, Measurement* m) noexcept nogil:
        """This tick's field direction with its variances; False when there is none."""
        cdef double norm_b, norm_i, white, slow
        cdef int i
        if not (self.body.mag_valid and self.navigation.valid):
            return False
        norm_b = vector.norm(self.body.mag_b_tesla)
        norm_i = vector.norm(self.navigation.mag_i_tesla)
        if not (norm_b > 0.0 and norm_i > 0.0):
            return False
        for i in range(3):
            m.z[i] = self.body.mag_b_tesla[i] / norm_b
            m.r_i[i] = self.navigation.mag_i_tesla[i] / norm_i
        m.z[3] = 0.0
        white = self.tuning.mag_noise_variance / (norm_b * norm_b)
        slow = self.tuning.mag_model_variance
        slow += mag_variance(self.calibration, self.body.mag_b_tesla) / (norm_b * norm_b)
        m.variance = white + slow
        m.weight_variance = white + slow * repeats(
            self.body.mag_t_ns, self.history.ring.mag_t_ns, self.tuning.mag_correlation_s
        )
        self.time_tag(m, self.body.mag_t_ns)
        return True

    cdef bint sun_measurement(self, Measurement* m) noexcept nogil:
        """This tick's Sun direction with its variances; False when there is none."""
        cdef double norm_i = vector.norm(self.navigation.sun_i)
        cdef int i
        if not (self.body.sun_valid and self.navigation.valid and self.navigation.sunlit > SUNLIT and norm_i > 0.0):
            return False
        for i in range(3):
            m.z[i] = self.body.sun_b[i]
            m.r_i[i] = self.navigation.sun_i[i] / norm_i
        m.z[3] = 0.0
        m.variance = self.tuning.sun_variance
        m.weight_variance = self.tuning.sun_variance * repeats(
            self.body.sun_t_ns, self.history.ring.sun_t_ns, self.tuning.sun_correlation_s
        )
        self.time_tag(m, self.body.sun_t_ns)
        return True

    cdef void time_tag(self, Measurement* m, int64_t t_ns) noexcept nogil:
        """Set kind and time of a direction; a little newer than the gyro counts as simultaneous."""
        cdef int64_t newest = self.history.ring.t_ns[self.history.ring.newest]
        m.kind = MEASUREMENT_KIND_DIRECTION
        m.t_ns = newest if newest < t_ns <= newest + JITTER_NS else t_ns

    cdef bint insert(self, Measurement* m, double* nis, uint32_t* accepted, uint32_t* rejected) noexcept nogil:
        """Apply one measurement and count it; True unless the gate refused it."""
        cdef int status = history_insert(&self.history, m, nis)
        if status == HISTORY_STATUS_APPLIED:
            accepted[0] += 1
        elif status == HISTORY_STATUS_REFUSED:
            rejected[0] += 1
            return False
        else:
            self.attitude.dropped += 1
        return True

    cdef void update(self) noexcept nogil:
        """Apply this tick's measurements; drop the estimate when they refuse it persistently."""
        cdef EstimatorHistorySection* ring = self.history.ring
        cdef AttitudeSection* out = self.attitude
        cdef Measurement m
        cdef uint32_t before = out.str_accepted
        if self.body.str_valid:
            m.kind = MEASUREMENT_KIND_ATTITUDE
            m.t_ns = self.body.str_t_ns
            memcpy(m.z, self.body.q_bi_str, 4 * sizeof(double))
            memset(m.r_i, 0, 3 * sizeof(double))
            m.variance = m.weight_variance = 0.0
            ring.str_refused += 1
            if self.insert(&m, &out.nis_str, &out.str_accepted, &out.str_rejected):
                ring.str_refused = 0
            if out.str_accepted != before:
                ring.str_t_ns = self.body.str_t_ns
        if self.mag_measurement(&m):
            ring.mag_t_ns = self.body.mag_t_ns
            ring.mag_refused += 1
            if self.insert(&m, &out.nis_mag, &out.mag_accepted, &out.mag_rejected):
                ring.mag_refused = 0
                self.calibrate()
        if self.sun_measurement(&m):
            ring.sun_t_ns = self.body.sun_t_ns
            self.insert(&m, &out.nis_sun, &out.sun_accepted, &out.sun_rejected)
        if self.fdir.excluded[tracker_device(self.body.str_source)]:
            if ring.str_begin_ns != 0:                 # the filter began with what is now known to be wrong
                ring.initialised = not self.began_lately()
                ring.str_begin_ns = 0
            ring.str_refused = 0
        if ring.str_refused >= STR_REFUSALS:
            ring.initialised = 0
            ring.str_begin_ns = self.time.t_ns
        if ring.mag_refused >= MAG_REFUSALS and self.time.t_ns - ring.str_t_ns > STR_LOST_NS:
            ring.initialised = 0

    cdef void calibrate(self) noexcept nogil:
        """Learn the magnetometer's offset and linear part while the star tracker holds the attitude."""
        cdef const Mekf* state = history_newest(&self.history)
        cdef double[3] model_b
        cdef double variance, growth, step_s
        if self.time.t_ns - self.history.ring.str_t_ns > LEARN_NS or self.attitude.str_accepted == 0:
            return
        if self.body.mag_t_ns != self.history.ring.t_ns[self.history.ring.newest]:
            return
        quat_rotate(state.q_bi, self.navigation.mag_i_tesla, model_b)
        variance = self.tuning.mag_model_variance * (
            model_b[0] * model_b[0] + model_b[1] * model_b[1] + model_b[2] * model_b[2]
        )
        # Errors of the model persist: each sample says only its share of the correlation time.
        step_s = self.body.gyro_dt_s if self.body.gyro_dt_s > 0.0 else self.tuning.tick_s
        variance = self.tuning.mag_noise_variance + variance * (self.tuning.mag_correlation_s / step_s)
        growth = step_s / GROWTH_S
        mag_learn(self.calibration, self.body.mag_b_tesla, model_b, variance,
                  self.tuning.mag_offset_variance * growth, self.tuning.mag_linear_variance * growth)

    cdef void publish(self) noexcept nogil:
        """Write the estimate at this tick's time."""
        cdef EstimatorHistorySection* ring = self.history.ring
        cdef AttitudeSection* out = self.attitude
        cdef const Mekf* state = history_newest(&self.history)
        cdef const double* rate = (
            &self.model.rate_bi_b_radps[0] if self.model.in_use else &self.body.rate_bi_b_radps[0]
        )
        cdef double[3] turn
        cdef double[4] dq
        cdef double ahead
        cdef int i
        out.valid = ring.count > 0 and ring.initialised
        out.str_age_s = (self.time.t_ns - ring.str_t_ns) * 1e-9
        out.sources = self.sources()
        if not out.valid:
            out.rate_valid = self.body.gyro_valid or (
                self.model.in_use and self.model.sigma_radps < RATE_SIGMA_MAX
                and self.time.t_ns - self.model.since_ns < DEAD_RECKONING_NS
            )
            if out.rate_valid:
                memcpy(out.rate_bi_b_radps, rate, 3 * sizeof(double))
            return
        out.rate_valid = not self.model.in_use or (
            state.p_bb[0] + state.p_bb[3] + state.p_bb[5] < RATE_SIGMA_MAX * RATE_SIGMA_MAX
        )
        ahead = (self.time.t_ns - ring.t_ns[ring.newest]) * 1e-9
        for i in range(3):
            out.bias_b_radps[i] = state.bias_b[i]
            out.rate_bi_b_radps[i] = rate[i] - state.bias_b[i]
            turn[i] = out.rate_bi_b_radps[i] * ahead
        if ahead != 0.0:
            quat_from_rotation_vector(turn, dq)
            quat_multiply(dq, state.q_bi, out.q_bi)
        else:
            memcpy(out.q_bi, state.q_bi, 4 * sizeof(double))
        mekf_get_covariance(state, &out.p[0][0])
        out.sigma_rad = sqrt(state.p_aa[0] + state.p_aa[3] + state.p_aa[5])

    cdef uint8_t sources(self) noexcept nogil:
        """What the attitude comes from (`fsw.health.devices.AttitudeSource`)."""
        cdef const EstimatorHistorySection* ring = self.history.ring
        cdef int64_t t = self.time.t_ns
        cdef uint8_t out = 0
        if self.model.in_use:
            out = ATTITUDE_SOURCE_MODEL
        elif self.gyro_speaks() and ring.count > 0:
            out = ATTITUDE_SOURCE_GYRO
        if not ring.initialised:
            return out
        if ring.str_t_ns != 0 and t - ring.str_t_ns <= SOURCE_NS:
            out |= ATTITUDE_SOURCE_STAR_TRACKER
        if ring.mag_t_ns != 0 and t - ring.mag_t_ns <= SOURCE_NS:
            out |= ATTITUDE_SOURCE_MAGNETOMETER
        if ring.sun_t_ns != 0 and t - ring.sun_t_ns <= SOURCE_NS:
            out |= ATTITUDE_SOURCE_SUN
        return out


cdef inline double repeats(int64_t t_ns, int64_t last_ns, double correlation_s) noexcept nogil:
    """How many measurements share one independent error: correlation time over interval, at least one."""
    cdef double interval = (t_ns - last_ns) * 1e-9
    if interval <= 0.0 or interval >= correlation_s:
        return 1.0
    return correlation_s / interval
