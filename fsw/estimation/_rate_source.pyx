"""What carries the attitude from tick to tick: the gyro, or the momentum balance when that is lost; see `_estimator`."""
from libc.string cimport memcpy, memset

from fsw.algebra cimport _vector as vector
from fsw.estimation._history cimport history_newest, history_push, history_restart
from fsw.estimation._mekf cimport Mekf
from fsw.estimation._rate_model cimport advance_momentum, correct_momentum, set_rate

from fsw.core._samples cimport bind_samples
from fsw_core_sections cimport bind_TimeSection
from fsw_estimation_sections cimport (
    EstimatorHistorySection, bind_AttitudeSection, bind_BodySection, bind_EstimatorHistorySection,
    bind_RateModelSection,
)
from fsw_health_devices cimport DEVICE_GYRO, EXCLUSION_SILENT
from fsw_health_sections cimport bind_FdirSection
from hal._handle cimport const_doubles

import numpy as np

cdef int64_t GAP_NS = 2000000000      # after a longer silence of the gyro the balance takes its place, of the wheels nothing
cdef double MODEL_ANGLE_WALK = 4e-10  # of the rate model: tachometer counts [rad^2/s]
cdef double MODEL_RATE_WALK = 4e-9    # and torques unknown, about 2e-5 rad/s^2 for ten seconds [rad^2/s^3]
cdef double MODEL_SIGMA = 5e-4        # of its rate after a gyro that agreed with it [rad/s]
cdef double UNKNOWN_SIGMA = 0.1       # of its rate when no gyro ever spoke [rad/s]
cdef double DETECTION_S = 4.0         # for so long a faulty gyro may have turned the attitude
cdef double JUMPED_SIGMA = 1.5e-3     # of a gyro bias that isolation lets pass [rad/s]
cdef int64_t BRIDGE_NS = 5000000000   # where neither speaks, a longer silence ends the estimate
cdef int64_t BEGIN_NS = 120000000000  # for so long a start from the star tracker is called in question with it


cdef class RateSource(Kernel):
    """Keeps the history of increments; all state lives in the sections."""

    cdef int attach(self, pool) except -1:
        self.time = bind_TimeSection(self, pool)
        self.body = bind_BodySection(self, pool)
        self.attitude = bind_AttitudeSection(self, pool)
        self.history.ring = bind_EstimatorHistorySection(self, pool)
        bind_samples(self, pool, &self.samples)
        self.fdir = bind_FdirSection(self, pool)
        self.model = bind_RateModelSection(self, pool)

    def balance(self, inertia, torquer_axes, *, bint wheels):
        """Set inertia [kg m^2], (3, 3), and torquer axes (n, 3), times the duty, of the momentum balance.

        Without wheels the body has all the momentum, and nothing is waited for.
        """
        self.wheels = wheels
        inverse = np.linalg.inv(inertia)
        memcpy(self.momentum.inertia, const_doubles(inertia, 9), sizeof(self.momentum.inertia))
        memcpy(self.momentum.inverse, const_doubles(inverse, 9), sizeof(self.momentum.inverse))
        self.momentum.torquers = len(torquer_axes)
        memcpy(self.momentum.torquer_axes, const_doubles(torquer_axes, 3 * self.momentum.torquers),
               3 * self.momentum.torquers * sizeof(double))

    cdef void carry(self) noexcept nogil:
        """Carry rate and history on to this tick, by whichever source is to be believed."""
        self.balance_momentum()
        self.choose_rate()
        if self.model.in_use:
            self.history.noise = MekfNoise(MODEL_ANGLE_WALK, MODEL_RATE_WALK, 0.0)
            self.propagate_model()
        else:
            self.history.noise = self.gyro_noise
            self.propagate()

    cdef void balance_momentum(self) noexcept nogil:
        """Carry the momentum on to this tick; let a gyro in use correct it."""
        cdef RateModelSection* model = self.model
        cdef double dt_s = (self.time.t_ns - model.t_ns) * 1e-9
        cdef double[3] rate
        cdef int i
        memcpy(self.rate_before, model.rate_bi_b_radps, sizeof(self.rate_before))
        if self.body.wheels_new or not self.wheels:
            model.wheels_t_ns = self.time.t_ns
        if model.wheels_t_ns == 0 or self.time.t_ns - model.wheels_t_ns > GAP_NS or dt_s > GAP_NS * 1e-9:
            model.valid = 0
        elif model.valid and dt_s > 0.0:
            memcpy(rate, &self.attitude.rate_bi_b_radps[0] if self.attitude.rate_valid else &model.rate_bi_b_radps[0],
                   sizeof(rate))
            advance_momentum(&self.momentum, model, &self.samples, self.body, rate, dt_s)
        model.t_ns = self.time.t_ns
        if not (self.body.wheels_new and self.body.gyro_valid):
            return
        for i in range(3):
            rate[i] = self.body.rate_bi_b_radps[i]
            if self.attitude.valid and not model.in_use:
                rate[i] -= self.attitude.bias_b_radps[i]
        if model.valid:
            correct_momentum(&self.momentum, model, rate, dt_s)
            return
        set_rate(&self.momentum, model, self.body, rate)
        memset(model.innovation_b_radps, 0, sizeof(model.innovation_b_radps))
        model.valid = 1

    cdef void choose_rate(self) noexcept nogil:
        """Let the momentum balance stand in for a gyro that is excluded or silent, as long as the wheels speak."""
        cdef RateModelSection* model = self.model
        cdef bint excluded = self.fdir.excluded[DEVICE_GYRO]
        cdef bint lost = excluded or self.time.t_ns - self.body.gyro_t_ns > GAP_NS
        cdef double[3] still = [0.0, 0.0, 0.0]
        if lost and not model.valid and model.wheels_t_ns == self.time.t_ns:
            set_rate(&self.momentum, model, self.body, still)
            model.sigma_radps = UNKNOWN_SIGMA
            model.valid = 1
            self.switch_rate(True, 0.0)
        elif lost and model.valid and not model.in_use:
            model.sigma_radps = MODEL_SIGMA
            if excluded and self.fdir.reason[DEVICE_GYRO] != EXCLUSION_SILENT:
                model.sigma_radps += vector.norm(model.innovation_b_radps)
                self.switch_rate(True, DETECTION_S * model.sigma_radps)
            else:
                self.switch_rate(True, 0.0)
        elif model.in_use and not (lost and model.valid):
            self.switch_rate(False, 0.0)

    cdef void switch_rate(self, bint in_use, double turned_rad) noexcept nogil:
        """Give the filter's second half its other meaning; the attitude stays, up to `turned_rad`."""
        cdef EstimatorHistorySection* ring = self.history.ring
        cdef Mekf state
        self.model.in_use = in_use
        self.model.since_ns = self.time.t_ns
        if ring.count == 0:
            return
        memcpy(&state, history_newest(&self.history), sizeof(Mekf))
        memset(state.bias_b, 0, sizeof(state.bias_b))
        memset(state.p_ab, 0, sizeof(state.p_ab))
        memset(state.p_bb, 0, sizeof(state.p_bb))
        state.p_bb[0] = state.p_bb[3] = state.p_bb[5] = self.rate_variance()
        state.p_aa[0] += turned_rad * turned_rad
        state.p_aa[3] += turned_rad * turned_rad
        state.p_aa[5] += turned_rad * turned_rad
        history_restart(&self.history, ring.t_ns[ring.newest], &state)

    cdef double rate_variance(self) noexcept nogil:
        """Of the rate's error before anything is known of it; wider after refusals, which a bias that jumped explains."""
        if self.model.in_use:
            return self.model.sigma_radps * self.model.sigma_radps
        if self.began_lately():
            return max(self.tuning.bias_variance, JUMPED_SIGMA * JUMPED_SIGMA)
        return self.tuning.bias_variance

    cdef bint gyro_speaks(self) noexcept nogil:
        """Whether the gyro's silence is short enough to be bridged."""
        return self.time.t_ns - self.body.gyro_t_ns <= BRIDGE_NS

    cdef bint began_lately(self) noexcept nogil:
        """Whether the filter began with a star tracker that may still be called in question."""
        cdef int64_t begin_ns = self.history.ring.str_begin_ns
        return begin_ns != 0 and self.time.t_ns - begin_ns <= BEGIN_NS

    cdef void propagate_model(self) noexcept nogil:
        """Advance the history at the rate of the momentum balance."""
        cdef EstimatorHistorySection* ring = self.history.ring
        cdef int64_t span
        cdef double[3] dtheta_b
        cdef int i
        if ring.count == 0 or self.time.t_ns - ring.t_ns[ring.newest] > GAP_NS:
            self.restart(self.time.t_ns)
            return
        span = self.time.t_ns - ring.t_ns[ring.newest]
        if span <= 0:
            return
        for i in range(3):
            dtheta_b[i] = 0.5e-9 * span * (self.rate_before[i] + self.model.rate_bi_b_radps[i])
        history_push(&self.history, self.time.t_ns, dtheta_b, 0.0)

    cdef void propagate(self) noexcept nogil:
        """Advance the history by this tick's increment, or bridge a missing one with the last rate."""
        cdef EstimatorHistorySection* ring = self.history.ring
        cdef double[3] dtheta_b
        cdef int64_t span, dt_ns = <int64_t>(self.body.gyro_dt_s * 1e9 + 0.5)
        cdef double missing, ratio
        cdef int i
        if ring.count > 0 and not self.gyro_speaks():
            ring.count = 0
            ring.initialised = 0
        if self.body.gyro_valid:
            if ring.count == 0:
                self.restart(self.body.gyro_t_ns - dt_ns)
            span = self.body.gyro_t_ns - ring.t_ns[ring.newest]
            if span > BRIDGE_NS or span < -BRIDGE_NS:
                self.restart(self.body.gyro_t_ns - dt_ns)
                span = dt_ns
            if span <= 0:
                return
            # The increment covers dt; what the samples' times leave uncovered is bridged at the same rate.
            ratio = <double>span / <double>dt_ns
            missing = (span - dt_ns) * 1e-9 if span > dt_ns + dt_ns // 4 else 0.0
            for i in range(3):
                dtheta_b[i] = self.body.dtheta_b_rad[i] * ratio
        elif ring.count > 0:
            span = self.time.t_ns - ring.t_ns[ring.newest]
            if span <= 0:
                return
            missing = (self.time.t_ns - self.body.gyro_t_ns) * 1e-9
            for i in range(3):
                dtheta_b[i] = self.body.rate_bi_b_radps[i] * (span * 1e-9)
        else:
            return
        missing = self.tuning.bridge_accel * missing * (span * 1e-9)
        history_push(&self.history, ring.t_ns[ring.newest] + span, dtheta_b, missing * missing)

    cdef void restart(self, int64_t t_ns) noexcept nogil:
        """Begin to collect increments; the state means nothing yet."""
        cdef Mekf state
        memset(&state, 0, sizeof(Mekf))
        state.q_bi[3] = 1.0
        history_restart(&self.history, t_ns, &state)
        self.history.ring.initialised = 0
