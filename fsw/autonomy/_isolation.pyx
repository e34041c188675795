# cython: language_level=3
"""Kernel of fsw.autonomy.isolation: one pass over all devices a tick."""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy, memset

from fsw.estimation._star_tracker_noise cimport STR_NOISY
from fsw.estimation._quaternion cimport (
    quat_conjugate, quat_from_rotation_vector, quat_multiply, quat_rotate, quat_to_rotation_vector,
)
from fsw.navigation cimport _vector as vector

import numpy as np

cdef double ADMIT_S = 60.0           # agreement after which a device is used again
cdef int64_t AGAIN_NS = 30000000000  # two starts of the filter by refusals this close: the star tracker
cdef double CONFIRMED_S = 60.0       # after an attitude of the star tracker the filter may speak against it
cdef double STR_GROWN = 8.0           # of its noise, that its disagreement has grown: a rate errs
cdef double STR_BACK = 7.0           # of its noise: a jump takes back those before it
cdef double STR_ASKED_RAD = 0.03     # knowledge of a filter that may speak about it
cdef double NEARER = 0.6             # to agreement than to what a star tracker was refused for
cdef double OUTLIER = 5.0            # agreements that one disagreement takes back
cdef double STR_RATE_LIMIT = 2e-3    # [rad/s] star tracker's own rate over a window, against the gyro's
cdef double BALANCE_LIMIT = 1.5e-3   # [rad/s] momentum balance against the gyro
cdef double MAG_SIGMAS = 5.0         # of the magnetometer's noise, of the turn of the field over a window
cdef double MAG_RATE_LIMIT = 1e-3    # [rad/s] and for its calibration
cdef double MAG_RATE_BLIND = 4e-3    # [rad/s] and for the field's own turn where the attitude is not known
cdef double MAG_NORM_LIMIT = 0.08    # share of the field
cdef double MAG_ANGLE_LIMIT = 0.04   # [rad]
cdef double MAG_FINE_RAD = 0.01      # of an attitude that may be asked
cdef double NOISE_LIMIT = 25.0       # of the variance that is declared
cdef double NOISE_MOST = 100.0        # that one difference counts
cdef double NOISE_S = 5.0
cdef double CELL_FINE_RAD = 0.03
cdef double CELL_LIMIT = 0.5         # share of the light expected that must be seen
cdef double CELL_EXTRA = 0.75        # light that the Earth may add
cdef double WHEEL_S = 5.0
cdef double WHEEL_LIMIT_NM = 8e-6
cdef double WHEEL_SHARE = 0.5        # of the torque commanded
cdef double RUNAWAY_NM = 5e-5        # by which a wheel without torque speeds up
cdef double RUNAWAY_SHARE = 0.5      # of the root mean square: white noise has 0.1 after WHEEL_S
cdef double FRICTION_WIDTH_RADPS = 2.0


cdef class IsolationKernel:
    """See `fsw.autonomy.isolation`."""

    cdef const TimeSection* time
    cdef const ModeSection* mode
    cdef const SamplesSection* samples
    cdef const CommandSection* command
    cdef const BodySection* body
    cdef const AttitudeSection* attitude
    cdef const EstimatorHistorySection* history
    cdef const RateModelSection* model
    cdef const NavigationSection* navigation
    cdef const OrbitSection* orbit
    cdef const FdirSection* fdir
    cdef IsolationSection* state
    cdef Limits limits
    cdef double[4] torque_before     # commanded two ticks ago: acting until this tick; set and used within a tick

    def configure(self, size_t time, size_t mode, size_t samples, size_t command, size_t body, size_t attitude,
                  size_t history, size_t model, size_t navigation, size_t orbit, size_t fdir, size_t state):
        """Set the sections' addresses."""
        self.time = <const TimeSection*>time
        self.mode = <const ModeSection*>mode
        self.samples = <const SamplesSection*>samples
        self.command = <const CommandSection*>command
        self.body = <const BodySection*>body
        self.attitude = <const AttitudeSection*>attitude
        self.history = <const EstimatorHistorySection*>history
        self.model = <const RateModelSection*>model
        self.navigation = <const NavigationSection*>navigation
        self.orbit = <const OrbitSection*>orbit
        self.fdir = <const FdirSection*>fdir
        self.state = <IsolationSection*>state

    def limit(self, vehicle, const double[:, ::1] str_covariance):
        """Take the limits from the vehicle file; `str_covariance`: of the star tracker's noise, body axes [rad^2]."""
        cdef Limits* limits = &self.limits
        cdef const double[:, ::1] information = np.linalg.inv(str_covariance)
        memset(limits, 0, sizeof(Limits))
        limits.tick_s = 1.0 / vehicle.rates.base_hz
        limits.gyro_noise = 6.0 * vehicle.gyro.angle_random_walk_rad_sqrts ** 2 / limits.tick_s
        limits.mag_sigma_tesla = vehicle.magnetometer.noise_tesla
        limits.mag_noise = 6.0 * vehicle.magnetometer.noise_tesla ** 2
        for i in range(9):
            limits.str_information[i] = information[i // 3, i % 3]
        limits.cells = len(vehicle.sun_sensors)
        for k, cell in enumerate(vehicle.sun_sensors):
            for i in range(3):
                limits.normal[k][i] = cell.normal_b[i]
        limits.wheels = len(vehicle.wheels)
        for k, wheel in enumerate(vehicle.wheels):
            limits.inertia_kgm2[k] = wheel.inertia_kgm2
            limits.coulomb_nm[k] = wheel.friction_coulomb_nm
            limits.viscous_nms[k] = wheel.friction_viscous_nms

    def watch(self):
        """`look`, for Python."""
        return self.look()

    cdef bint look(self) noexcept nogil:
        """Look at every device; True when a verdict was found or a power cycle runs."""
        cdef bint any_verdict = False
        cdef int k
        memcpy(self.torque_before, self.state.wheel_torque_nm[1], sizeof(self.torque_before))
        memcpy(self.state.wheel_torque_nm[1], self.state.wheel_torque_nm[0], sizeof(self.torque_before))
        memcpy(self.state.wheel_torque_nm[0], self.command.actuators.wheel_torque_nm, sizeof(self.torque_before))
        if self.mode.system == BOOT:
            return self.fdir.cycled_off != 0
        if self.samples.adcs_health.silent_ticks == 0:
            self.gyro()
            self.magnetometer()
            self.cells()
            self.wheels()
        self.star_tracker()
        self.gnss()
        for k in range(1, DEVICES):
            any_verdict = any_verdict or self.state.verdict[k] != NONE
        return any_verdict or self.fdir.cycled_off != 0

    cdef void judge(self, int device, uint8_t suspicion, bint agrees, double span_s, double hold_s) noexcept nogil:
        """Count for how long a device has shown `suspicion`, or agreed, and come to a verdict."""
        cdef IsolationSection* state = self.state
        state.suspicion[device] = suspicion
        if suspicion != NONE:
            state.bad_s[device] += span_s
            state.good_s[device] = 0.0
        else:
            state.bad_s[device] = max(0.0, state.bad_s[device] - span_s)
            if agrees:
                state.good_s[device] += span_s
        state.verdict[device] = NONE
        if suspicion != NONE and state.bad_s[device] >= hold_s and not (
                self.fdir.excluded[device] or self.fdir.kept[device]):
            state.verdict[device] = suspicion
        elif state.good_s[device] >= ADMIT_S and self.fdir.exclusions[device] <= AUTOMATIC and (
                self.fdir.kept[device] or (self.fdir.excluded[device] and self.fdir.reason[device] < MONITOR)):
            state.verdict[device] = ADMIT
            state.good_s[device] = 0.0

    cdef bint believed(self, int device) noexcept nogil:
        """Whether a device may speak against another: not while it is in doubt itself, in use or not.

        One that ground or a monitor left out has not erred.
        """
        return self.state.suspicion[device] == NONE and not self.fdir.kept[device] and not (
            self.fdir.excluded[device] and self.fdir.reason[device] < MONITOR)

    cdef bint wheels_believed(self) noexcept nogil:
        """Whether no wheel is in doubt: what it does to the body and what its tachometer says are known."""
        cdef int k
        for k in range(self.limits.wheels):
            if not self.believed(WHEELS + k):
                return False
        return True

    cdef bint undisputed(self, double sigma_rad) noexcept nogil:
        """Whether the attitude is known so well, and the star tracker does not contradict it."""
        return (self.attitude.valid and self.attitude.sigma_rad < sigma_rad
                and self.history.str_refused < REFUSALS_FIRST)

    cdef bint stuck(self, int row, const double* value, int axes) noexcept nogil:
        """Count how often in a row each axis has had the very same value."""
        cdef IsolationSection* state = self.state
        cdef bint found = False
        cdef int i
        for i in range(axes):
            if value[i] != state.last[row][i]:
                state.same[row][i] = 0
            elif state.same[row][i] < 1000:
                state.same[row][i] += 1
            state.last[row][i] = value[i]
            found = found or state.same[row][i] >= STUCK_SAMPLES
        return found

    cdef bint noisy(self, int row, const double* value, const double* before, double variance) noexcept nogil:
        """Follow the mean square of second differences: what no motion of the body explains."""
        cdef IsolationSection* state = self.state
        cdef double change, second, total = 0.0
        cdef int i
        if variance == 0.0:
            return False
        for i in range(3):
            change = value[i] - before[i]
            second = change - state.step[row][i]
            state.step[row][i] = change
            total += second * second
        total = min(total / (3.0 * variance), NOISE_MOST)  # one outlier, or the start, is no noise
        state.noise[row] += self.limits.tick_s / NOISE_S * (total - state.noise[row])
        return state.noise[row] > NOISE_LIMIT

    # -------------------------------------------------------------- gyro

    cdef void gyro(self) noexcept nogil:
        """Silence, stuck axes, noise; every window, three witnesses of the rate."""
        cdef IsolationSection* state = self.state
        cdef const BodySection* body = self.body
        cdef double dt = body.gyro_dt_s
        cdef double[3] before
        cdef double[3] turn
        cdef double[4] dq
        cdef bint stuck, noisy
        cdef int i
        if not body.gyro_heard:
            self.judge(GYRO, SILENT, False, self.limits.tick_s, 2.0)
            state.window_ticks = 0
            return
        for i in range(3):
            before[i] = state.last[0][i] / dt
            turn[i] = self.samples.gyro.dtheta_s_rad[i] / dt
        noisy = self.noisy(0, turn, before, self.limits.gyro_noise)
        stuck = self.stuck(0, self.samples.gyro.dtheta_s_rad, 3) and self.limits.gyro_noise > 0.0
        noisy = noisy and self.wheels_believed()  # a wheel that errs may shake the body
        if stuck or noisy:
            self.judge(GYRO, STUCK if stuck else DISAGREES, False, self.limits.tick_s, 0.2 if stuck else 3.0)
            state.window_ticks = 0
            return
        if state.window_ticks == 0:
            self.begin_window()
        for i in range(3):
            turn[i] = body.rate_bi_b_radps[i]
            if self.attitude.valid and not self.model.in_use:
                turn[i] -= self.attitude.bias_b_radps[i]
            state.window_off_b_radps[i] += turn[i] - (
                self.attitude.rate_bi_b_radps[i] if self.model.in_use else self.model.rate_bi_b_radps[i]
            )
            turn[i] *= dt
        quat_from_rotation_vector(turn, dq)
        quat_multiply(dq, state.window_q, state.window_q)
        state.window_ticks += 1
        if state.window_ticks > WINDOW:
            self.end_window()

    cdef void begin_window(self) noexcept nogil:
        """The first increment of a window ends at its start: it is taken out again."""
        cdef IsolationSection* state = self.state
        cdef const BodySection* body = self.body
        cdef double[3] turn
        cdef int i
        for i in range(3):
            turn[i] = -body.rate_bi_b_radps[i] * body.gyro_dt_s
            if self.attitude.valid and not self.model.in_use:
                turn[i] += self.attitude.bias_b_radps[i] * body.gyro_dt_s
        quat_from_rotation_vector(turn, state.window_q)
        memset(state.window_off_b_radps, 0, sizeof(state.window_off_b_radps))
        state.window_t_ns = body.gyro_t_ns
        memset(state.window_mag_b_tesla, 0, sizeof(state.window_mag_b_tesla))
        if body.mag_heard:
            vector.copy(body.mag_b_tesla, state.window_mag_b_tesla)
            vector.copy(self.navigation.mag_i_tesla, state.window_mag_i_tesla)
        state.window_str_t_ns = state.str_t_ns
        memcpy(state.window_q_bi_str, state.q_bi_str, sizeof(state.q_bi_str))

    cdef void end_window(self) noexcept nogil:
        """Ask the witnesses; the gyro is bad when two contradict it, and at once when they do so grossly."""
        cdef IsolationSection* state = self.state
        cdef double span_s = (self.body.gyro_t_ns - state.window_t_ns) * 1e-9
        cdef double[3] rate
        cdef double second = 0.0, worst = 0.0
        cdef int k, against = 0, asked = 0
        state.window_ticks = 0
        if span_s <= 0.0:
            return
        quat_to_rotation_vector(state.window_q, rate)
        vector.scale(1.0 / span_s, rate, rate)
        state.gyro_against[0] = self.ask_star_tracker(rate)
        state.gyro_against[1] = self.ask_field(span_s)
        state.gyro_against[2] = self.ask_balance()
        for k in range(0 if self.believed(STAR_TRACKER) else 1, 3):
            if state.gyro_against[k] >= 0.0:
                asked += 1
            if state.gyro_against[k] > 1.0:
                against += 1
            if state.gyro_against[k] > worst:
                second = worst
                worst = state.gyro_against[k]
            elif state.gyro_against[k] > second:
                second = state.gyro_against[k]
        state.residual[GYRO] = worst
        # Two that contradict it must be two that can tell: a mere majority of one is none.
        self.judge(GYRO, DISAGREES if against >= 2 else NONE, asked >= 1 and against == 0,
                   2.0 * span_s if second > 10.0 else span_s, 2.0 * span_s - 0.05)

    cdef double ask_star_tracker(self, const double* rate) noexcept nogil:
        """The gyro's rate against that of two star-tracker attitudes, over the limit; -1 without them."""
        cdef IsolationSection* state = self.state
        cdef double span_s = (state.str_t_ns - state.window_str_t_ns) * 1e-9
        cdef double[4] dq
        cdef double[3] seen
        if not 1.0 < span_s < 3.0:
            return -1.0
        if self.time.t_ns - state.str_t_ns > 1000000000 or state.window_t_ns - state.window_str_t_ns > 1000000000:
            return -1.0
        quat_conjugate(state.window_q_bi_str, dq)
        quat_multiply(state.q_bi_str, dq, dq)
        quat_to_rotation_vector(dq, seen)
        vector.scale(1.0 / span_s, seen, seen)
        vector.add_scaled(-1.0, rate, seen)
        return vector.norm(seen) / STR_RATE_LIMIT

    cdef double ask_field(self, double span_s) noexcept nogil:
        """The field carried through the window by the gyro, against the field measured, over the limit."""
        cdef IsolationSection* state = self.state
        cdef double[3] carried
        cdef double[3] turned
        cdef double strength, limit
        if (not self.believed(MAGNETOMETER) or not self.body.mag_heard
                or vector.norm(state.window_mag_b_tesla) == 0.0):
            return -1.0
        strength = vector.norm(self.body.mag_b_tesla)
        if strength == 0.0:
            return -1.0
        limit = MAG_SIGMAS * 1.42 * self.limits.mag_sigma_tesla / strength / span_s + MAG_RATE_LIMIT
        quat_rotate(state.window_q, state.window_mag_b_tesla, carried)
        if self.attitude.valid and self.navigation.valid:
            vector.copy(self.navigation.mag_i_tesla, turned)
            vector.add_scaled(-1.0, state.window_mag_i_tesla, turned)
            quat_rotate(self.attitude.q_bi, turned, turned)
            vector.add_scaled(1.0, turned, carried)
        else:
            limit += MAG_RATE_BLIND
        vector.add_scaled(-1.0, self.body.mag_b_tesla, carried)
        return vector.norm(carried) / strength / span_s / limit

    cdef double ask_balance(self) noexcept nogil:
        """The gyro's rate against that of the momentum balance, over the limit."""
        cdef IsolationSection* state = self.state
        cdef bint anew = self.history.str_begin_ns != 0 and self.time.t_ns - self.history.str_begin_ns < AGAIN_NS
        if not self.model.valid or (self.model.in_use and not self.attitude.rate_valid) or not self.wheels_believed():
            return -1.0
        if anew and not self.model.in_use:
            return -1.0  # the bias that is taken from the gyro is what the star tracker has just said
        return vector.norm(state.window_off_b_radps) / (WINDOW + 1) / BALANCE_LIMIT

    # -------------------------------------------------------------- magnetometer

    cdef void magnetometer(self) noexcept nogil:
        """Silence, stuck axes, noise; strength against the model; direction against a fine attitude."""
        cdef IsolationSection* state = self.state
        cdef double tick_s = self.limits.tick_s
        cdef double[3] before
        cdef double[3] predicted
        cdef double strength, model, residual = 0.0, angle
        cdef bint stuck, noisy, fine, jumped
        if not self.body.mag_heard:
            self.judge(MAGNETOMETER, SILENT, False, tick_s, 2.0)
            return
        vector.copy(state.last[1], before)
        noisy = self.noisy(1, self.samples.mag.mag_s_tesla, before, self.limits.mag_noise)
        stuck = self.stuck(1, self.samples.mag.mag_s_tesla, 3) and self.limits.mag_noise > 0.0
        if stuck or noisy:
            self.judge(MAGNETOMETER, STUCK if stuck else DISAGREES, False, tick_s, 0.2 if stuck else 3.0)
            return
        strength, model = vector.norm(self.body.mag_b_tesla), vector.norm(self.navigation.mag_i_tesla)
        if not self.navigation.valid or strength == 0.0 or model == 0.0:
            self.judge(MAGNETOMETER, DISAGREES if strength == 0.0 else NONE, False, tick_s, 5.0)
            return
        residual = fabs(strength - model) / model / MAG_NORM_LIMIT
        fine = self.undisputed(MAG_FINE_RAD)
        if fine:
            quat_rotate(self.attitude.q_bi, self.navigation.mag_i_tesla, predicted)
            angle = apart(predicted, self.body.mag_b_tesla) / (MAG_ANGLE_LIMIT + 4.0 * self.attitude.sigma_rad)
            # Without star tracker it is the field that jumps: an attitude drifts.
            jumped = angle > state.mag_angle + 0.5 or state.suspicion[MAGNETOMETER] != NONE
            state.mag_angle = angle
            if self.attitude.sources & SOURCE_STAR_TRACKER or jumped or angle < 1.0:
                residual = max(residual, angle)
        state.residual[MAGNETOMETER] = residual
        self.judge(MAGNETOMETER, DISAGREES if residual > 1.0 else NONE,
                   residual < 0.5 and (fine or not self.attitude.valid), tick_s, 5.0)

    # -------------------------------------------------------------- coarse Sun sensors

    cdef void cells(self) noexcept nogil:
        """Each cell against the light that the attitude predicts."""
        cdef double[3] sun_b
        cdef double expected, seen, sunlit = self.navigation.sunlit
        cdef bint bad, good
        cdef int k
        if not self.samples.css.valid:
            for k in range(self.limits.cells):
                self.judge(SUN_SENSORS + k, SILENT, False, self.limits.tick_s, 2.0)
            return
        if not (self.samples.css.new and self.undisputed(CELL_FINE_RAD) and self.navigation.valid
                and (sunlit > 0.99 or sunlit < 0.01)):
            for k in range(self.limits.cells):
                good = self.fdir.reason[SUN_SENSORS + k] == SILENT
                self.judge(SUN_SENSORS + k, NONE, good, self.limits.tick_s, 2.0)
            return
        quat_rotate(self.attitude.q_bi, self.navigation.sun_i, sun_b)
        for k in range(self.limits.cells):
            expected = max(0.0, vector.dot(self.limits.normal[k], sun_b)) if sunlit > 0.5 else 0.0
            seen = self.samples.css.ratio[k]
            bad = seen < CELL_LIMIT * expected and expected > CELL_LIMIT
            bad = bad or seen > expected + (CELL_EXTRA if sunlit > 0.5 else 0.3)
            good = not bad and (expected > CELL_LIMIT or sunlit < 0.5 or self.fdir.reason[SUN_SENSORS + k] == SILENT)
            self.state.residual[SUN_SENSORS + k] = fabs(seen - expected)
            self.judge(SUN_SENSORS + k, DISAGREES if bad else NONE, good, self.limits.tick_s, 10.0)

    # -------------------------------------------------------------- star tracker

    cdef void star_tracker(self) noexcept nogil:
        """A stuck attitude; and, when it is refused persistently, whether attitude or rate is at fault."""
        cdef IsolationSection* state = self.state
        cdef double[3] off
        cdef double limit
        cdef double span_s
        cdef bint jumped, agrees
        if not self.body.str_heard:
            state.verdict[STAR_TRACKER] = NONE
            return
        span_s = min(1.0, max(0.0, (self.body.str_t_ns - state.str_t_ns) * 1e-9))
        state.str_t_ns = self.body.str_t_ns
        memcpy(state.q_bi_str, self.body.q_bi_str, sizeof(state.q_bi_str))
        if self.stuck(2, self.samples.star_tracker.q_si, 3):
            self.judge(STAR_TRACKER, STUCK, False, span_s, 0.1)
            return
        if self.history.str_noise_typical > STR_NOISY and self.history.str_noise_ratio > NOISE_LIMIT and self.believed(GYRO):
            self.judge(STAR_TRACKER, DISAGREES, False, span_s, 3.0)
            return
        if not self.attitude.valid:
            self.judge(STAR_TRACKER, NONE, False, span_s, 0.1)
            memset(state.followed_b_rad, 0, sizeof(state.followed_b_rad))
            return
        self.star_tracker_off(off)
        if self.fdir.excluded[STAR_TRACKER]:
            memset(state.followed_b_rad, 0, sizeof(state.followed_b_rad))
            limit = 4.0 * self.attitude.sigma_rad + 6e-4
            state.residual[STAR_TRACKER] = vector.norm(off) / limit
            agrees = vector.norm(off) < limit and self.refusal_is_gone(off)
            self.judge(STAR_TRACKER, NONE, agrees, span_s, 0.1)
            if not agrees:
                state.good_s[STAR_TRACKER] = max(0.0, state.good_s[STAR_TRACKER] - OUTLIER * span_s)
            return
        jumped = self.jumped(off)
        self.judge(STAR_TRACKER, REFUSED if jumped else NONE, not jumped, span_s if not jumped else 1.0, 0.1)

    cdef bint refusal_is_gone(self, const double* off) noexcept nogil:
        """Whether a star tracker that is left out is clearly nearer to agreement than to what it was refused for.

        A filter that knows little has begun anew since then, and cannot hold that against a star tracker whose own rate
        is sound.
        """
        cdef IsolationSection* state = self.state
        cdef double[3] still
        cdef bint fine = self.attitude.sigma_rad < STR_ASKED_RAD
        if self.fdir.reason[STAR_TRACKER] != REFUSED:
            return fine
        if not fine:
            memset(state.refusal_b_rad, 0, sizeof(state.refusal_b_rad))
        if vector.norm(state.refusal_b_rad) == 0.0:
            return 0.0 <= state.gyro_against[0] <= 1.0
        vector.copy(off, still)
        vector.add_scaled(-1.0, state.refusal_b_rad, still)
        return vector.norm(off) < NEARER * vector.norm(still)

    cdef bint jumped(self, const double* off) noexcept nogil:
        """Whether a star tracker in use is refused and errs itself.

        A wrong rate lets the disagreement grow, a wrong attitude does not. When the filter has just started anew from
        it and it is refused again, it contradicts itself.
        """
        cdef IsolationSection* state = self.state
        cdef uint32_t refused = self.history.str_refused
        cdef bint again, grown
        if refused < REFUSALS_FIRST:
            self.follow_jump()
            state.refusal_pending = ACCEPTED
            return False
        if state.refusal_pending == ACCEPTED:
            state.refusal_pending = WHO_ERRS
            vector.copy(off, state.refusal_b_rad)
        if refused < REFUSALS_JUDGED or state.suspicion[GYRO] != NONE:
            return False
        if state.gyro_against[0] > 1.0 and state.gyro_against[1] <= 1.0 and 0.0 <= state.gyro_against[2] <= 1.0:
            return True                      # its rate contradicts the gyro's, which the others confirm
        again = self.history.str_begin_ns != 0 and self.time.t_ns - self.history.str_begin_ns < AGAIN_NS
        state.residual[STAR_TRACKER] = vector.norm(off)
        grown = self.grown(off)
        if again:
            return not grown
        if self.history.str_t_ns == 0 or self.attitude.str_age_s > CONFIRMED_S or grown:
            return False                     # a filter that has long not been confirmed may start anew
        state.refusal_pending = JUMPED_BACK if self.jumped_back(off) else JUMPED
        return state.refusal_pending == JUMPED

    cdef bint grown(self, const double* off) noexcept nogil:
        """Whether the disagreement has grown since it was noted: by more than noise, and by its half."""
        cdef IsolationSection* state = self.state
        cdef double[3] growth
        vector.copy(off, growth)
        vector.add_scaled(-1.0, state.refusal_b_rad, growth)
        return self.in_noise(growth) > STR_GROWN and vector.norm(growth) > 0.5 * vector.norm(state.refusal_b_rad)

    cdef bint jumped_back(self, const double* off) noexcept nogil:
        """Whether a jump takes back those that the filter has followed before: they were the error, this is none."""
        cdef IsolationSection* state = self.state
        cdef double[3] left
        vector.copy(off, left)
        vector.add_scaled(1.0, state.followed_b_rad, left)
        return vector.norm(state.followed_b_rad) > 0.0 and self.in_noise(left) < STR_BACK

    cdef void follow_jump(self) noexcept nogil:
        """Note by how much the filter is led when it starts anew from a star tracker that has jumped and is kept."""
        cdef IsolationSection* state = self.state
        if self.history.str_begin_ns != self.time.t_ns:
            return
        if state.refusal_pending == JUMPED and self.fdir.kept[STAR_TRACKER]:
            vector.add_scaled(1.0, state.refusal_b_rad, state.followed_b_rad)
        elif state.refusal_pending == JUMPED_BACK:
            memset(state.followed_b_rad, 0, sizeof(state.followed_b_rad))

    cdef double in_noise(self, const double* off_b_rad) noexcept nogil:
        """A rotation over what the star tracker's noise is in its direction."""
        cdef double[3] scaled
        vector.apply(self.limits.str_information, off_b_rad, scaled)
        return sqrt(vector.dot(off_b_rad, scaled))

    cdef void star_tracker_off(self, double* off) noexcept nogil:
        """Rotation from the estimate at the star tracker's time of validity to its attitude, body axes."""
        cdef double age_s = (self.time.t_ns - self.body.str_t_ns) * 1e-9
        cdef double[3] turn
        cdef double[4] q
        vector.scale(-age_s, self.attitude.rate_bi_b_radps, turn)
        quat_from_rotation_vector(turn, q)
        quat_multiply(q, self.attitude.q_bi, q)
        quat_conjugate(q, q)
        quat_multiply(self.body.q_bi_str, q, q)
        quat_to_rotation_vector(q, off)

    # -------------------------------------------------------------- GNSS

    cdef void gnss(self) noexcept nogil:
        """The orbit does not jump: a receiver whose solutions the filter refuses errs."""
        cdef IsolationSection* state = self.state
        state.residual[GNSS] = self.orbit.gnss_streak
        state.verdict[GNSS] = NONE
        if self.fdir.excluded[GNSS]:
            if self.orbit.gnss_agreed >= GNSS_AGREED and self.fdir.reason[GNSS] < MONITOR and (
                    self.fdir.exclusions[GNSS] <= AUTOMATIC):
                state.verdict[GNSS] = ADMIT
        elif self.orbit.gnss_streak >= GNSS_REFUSALS:
            state.verdict[GNSS] = REFUSED

    # -------------------------------------------------------------- wheels

    cdef void wheels(self) noexcept nogil:
        """Commanded torque and friction against the change of the tachometers."""
        cdef IsolationSection* state = self.state
        cdef const WheelSample* sample = &self.samples.wheels
        cdef double dt = (sample.t_ns - state.wheel_t_ns) * 1e-9
        cdef double share = self.limits.tick_s / WHEEL_S
        cdef double speed, friction, torque
        cdef bint driven, stuck
        cdef int k
        if not (sample.new and sample.valid):
            return
        driven = (not self.samples.adcs_health.safe_outputs and self.samples.eps.valid
                  and self.samples.eps.switches & EPS_WHEELS and 0.5 * self.limits.tick_s < dt < 2 * self.limits.tick_s)
        for k in range(self.limits.wheels):
            speed = sample.speed_radps[k]
            torque = self.torque_before[k]
            stuck = speed == state.wheel_speed_radps[k] and fabs(speed) > FRICTION_WIDTH_RADPS
            state.wheel_same[k] = min(state.wheel_same[k] + 1, 60000) if stuck else 0
            state.wheel_excess_nm[k] = 0.0
            if driven:
                friction = self.limits.viscous_nms[k] * speed
                friction += self.limits.coulomb_nm[k] * max(-1.0, min(1.0, speed / FRICTION_WIDTH_RADPS))
                friction += self.limits.inertia_kgm2[k] * (speed - state.wheel_speed_radps[k]) / dt - torque
                state.wheel_excess_nm[k] = friction
                state.wheel_residual_nm[k] += share * (friction - state.wheel_residual_nm[k])
                state.wheel_square_nm2[k] += share * (friction * friction - state.wheel_square_nm2[k])
                state.wheel_demand_nm[k] += share * (torque - state.wheel_demand_nm[k])
                self.judge_wheel(k, speed)
            state.wheel_speed_radps[k] = speed
        state.wheel_t_ns = sample.t_ns

    cdef void judge_wheel(self, int k, double speed) noexcept nogil:
        """A wheel that does not do what it is told; or one that, left alone, runs away: control must hold it."""
        cdef IsolationSection* state = self.state
        cdef double residual = state.wheel_residual_nm[k]
        cdef int device = WHEELS + k
        cdef bint bad, stuck = state.wheel_same[k] >= WHEEL_STUCK_SAMPLES
        if self.fdir.excluded[device]:
            bad = residual * speed > 0.0 and fabs(residual) > RUNAWAY_NM and self.fdir.reason[device] < MONITOR
            bad = bad and state.wheel_same[k] < STUCK_SAMPLES  # a reading that never changes does not speed up
            bad = bad and fabs(residual) > RUNAWAY_SHARE * sqrt(state.wheel_square_nm2[k])  # nor does noise
            state.bad_s[device] = state.bad_s[device] + self.limits.tick_s if bad else 0.0
            state.verdict[device] = KEEP if state.bad_s[device] > 2.0 * WHEEL_S else NONE
            return
        state.residual[device] = fabs(residual) / (WHEEL_LIMIT_NM + WHEEL_SHARE * fabs(state.wheel_demand_nm[k]))
        bad = stuck or state.residual[device] > 1.0
        self.judge(device, STUCK if stuck else DISAGREES if bad else NONE, not bad, self.limits.tick_s, 5.0)
        if state.verdict[device] != NONE:
            state.bad_s[device] = 0.0
