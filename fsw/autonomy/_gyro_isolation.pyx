# cython: language_level=3
"""Kernel of isolation: the gyro."""

from libc.string cimport memcpy, memset

from fsw.autonomy._judgement cimport Scene, began_lately, believed, judge, repeats, too_noisy, tracker, wheels_believed
from fsw.algebra._quaternion cimport (
    quat_conjugate, quat_from_rotation_vector, quat_multiply, quat_rotate, quat_to_rotation_vector,
)
from fsw.algebra cimport _vector as vector
from fsw_autonomy_sections cimport IsolationSection
from fsw_health_devices cimport (
    DEVICE_GYRO, DEVICE_MAGNETOMETER, EXCLUSION_DISAGREES, EXCLUSION_NONE, EXCLUSION_SILENT,
    EXCLUSION_STUCK,
)
from fsw_estimation_sections cimport BodySection

cdef enum:
    WINDOW = 20                      # gyro samples over which rates are compared
cdef double STR_RATE_LIMIT = 2e-3    # [rad/s] star tracker's own rate over a window, against the gyro's
cdef double BALANCE_LIMIT = 1.5e-3   # [rad/s] momentum balance against the gyro
cdef double MAG_SIGMAS = 5.0         # of the magnetometer's noise, of the turn of the field over a window
cdef double MAG_RATE_LIMIT = 1e-3    # [rad/s] and for its calibration
cdef double MAG_RATE_BLIND = 4e-3    # [rad/s] and for the field's own turn where the attitude is not known


cdef void watch_gyro(const Scene* it) noexcept nogil:
    """Silence, stuck axes, noise; every window, three witnesses of the rate."""
    cdef IsolationSection* state = it.state
    cdef const BodySection* body = it.body
    cdef double dt = body.gyro_dt_s
    cdef double[3] before
    cdef double[3] turn
    cdef double[4] dq
    cdef bint stuck, noisy
    cdef int i
    if not body.gyro_heard:
        judge(it, DEVICE_GYRO, EXCLUSION_SILENT, False, it.limits.tick_s, 2.0)
        state.window_ticks = 0
        return
    for i in range(3):
        before[i] = state.last[0][i] / dt
        turn[i] = it.samples.gyro.dtheta_s_rad[i] / dt
    noisy = too_noisy(it, 0, turn, before, it.limits.gyro_noise)
    stuck = repeats(it, 0, it.samples.gyro.dtheta_s_rad, 3) and it.limits.gyro_noise > 0.0
    noisy = noisy and wheels_believed(it)  # a wheel that errs may shake the body
    if stuck or noisy:
        judge(it, DEVICE_GYRO, EXCLUSION_STUCK if stuck else EXCLUSION_DISAGREES, False, it.limits.tick_s,
              0.2 if stuck else 3.0)
        state.window_ticks = 0
        return
    if state.window_ticks == 0:
        begin_window(it)
    for i in range(3):
        turn[i] = body.rate_bi_b_radps[i]
        if it.attitude.valid and not it.model.in_use:
            turn[i] -= it.attitude.bias_b_radps[i]
        state.window_off_b_radps[i] += turn[i] - (
            it.attitude.rate_bi_b_radps[i] if it.model.in_use else it.model.rate_bi_b_radps[i]
        )
        turn[i] *= dt
    quat_from_rotation_vector(turn, dq)
    quat_multiply(dq, state.window_q, state.window_q)
    state.window_ticks += 1
    if state.window_ticks > WINDOW:
        end_window(it)


cdef void begin_window(const Scene* it) noexcept nogil:
    """The first increment of a window ends at its start: it is taken out again."""
    cdef IsolationSection* state = it.state
    cdef const BodySection* body = it.body
    cdef double[3] turn
    cdef int i
    for i in range(3):
        turn[i] = -body.rate_bi_b_radps[i] * body.gyro_dt_s
        if it.attitude.valid and not it.model.in_use:
            turn[i] += it.attitude.bias_b_radps[i] * body.gyro_dt_s
    quat_from_rotation_vector(turn, state.window_q)
    memset(state.window_off_b_radps, 0, sizeof(state.window_off_b_radps))
    state.window_t_ns = body.gyro_t_ns
    memset(state.window_mag_b_tesla, 0, sizeof(state.window_mag_b_tesla))
    if body.mag_heard:
        vector.copy(body.mag_b_tesla, state.window_mag_b_tesla)
        vector.copy(it.navigation.mag_i_tesla, state.window_mag_i_tesla)
    state.window_str_t_ns = state.str_t_ns
    memcpy(state.window_q_bi_str, state.q_bi_str, sizeof(state.q_bi_str))


cdef void end_window(const Scene* it) noexcept nogil:
    """Ask the witnesses; the gyro is bad when two contradict it, and at once when they do so grossly."""
    cdef IsolationSection* state = it.state
    cdef double span_s = (it.body.gyro_t_ns - state.window_t_ns) * 1e-9
    cdef double[3] rate
    cdef double second = 0.0, worst = 0.0
    cdef int k, against = 0, asked = 0
    state.window_ticks = 0
    if span_s <= 0.0:
        return
    quat_to_rotation_vector(state.window_q, rate)
    vector.scale(1.0 / span_s, rate, rate)
    state.gyro_against[0] = ask_star_tracker(it, rate)
    state.gyro_against[1] = ask_field(it, span_s)
    state.gyro_against[2] = ask_balance(it)
    for k in range(0 if believed(it, tracker(it)) else 1, 3):
        if state.gyro_against[k] >= 0.0:
            asked += 1
        if state.gyro_against[k] > 1.0:
            against += 1
        if state.gyro_against[k] > worst:
            second = worst
            worst = state.gyro_against[k]
        elif state.gyro_against[k] > second:
            second = state.gyro_against[k]
    state.residual[DEVICE_GYRO] = worst
    # Two that contradict it must be two that can tell: a mere majority of one is none.
    judge(it, DEVICE_GYRO, EXCLUSION_DISAGREES if against >= 2 else EXCLUSION_NONE, asked >= 1 and against == 0,
               2.0 * span_s if second > 10.0 else span_s, 2.0 * span_s - 0.05)


cdef double ask_star_tracker(const Scene* it, const double* rate) noexcept nogil:
    """The gyro's rate against that of two star-tracker attitudes, over the limit; -1 without them."""
    cdef IsolationSection* state = it.state
    cdef double span_s = (state.str_t_ns - state.window_str_t_ns) * 1e-9
    cdef double[4] dq
    cdef double[3] seen
    if not 1.0 < span_s < 3.0:
        return -1.0
    if it.time.t_ns - state.str_t_ns > 1000000000 or state.window_t_ns - state.window_str_t_ns > 1000000000:
        return -1.0
    quat_conjugate(state.window_q_bi_str, dq)
    quat_multiply(state.q_bi_str, dq, dq)
    quat_to_rotation_vector(dq, seen)
    vector.scale(1.0 / span_s, seen, seen)
    vector.add_scaled(-1.0, rate, seen)
    return vector.norm(seen) / STR_RATE_LIMIT


cdef double ask_field(const Scene* it, double span_s) noexcept nogil:
    """The field carried through the window by the gyro, against the field measured, over the limit."""
    cdef IsolationSection* state = it.state
    cdef double[3] carried
    cdef double[3] turned
    cdef double strength, limit
    if (not believed(it, DEVICE_MAGNETOMETER) or not it.body.mag_heard
            or vector.norm(state.window_mag_b_tesla) == 0.0):
        return -1.0
    strength = vector.norm(it.body.mag_b_tesla)
    if strength == 0.0:
        return -1.0
    limit = MAG_SIGMAS * 1.42 * it.limits.mag_sigma_tesla / strength / span_s + MAG_RATE_LIMIT
    quat_rotate(state.window_q, state.window_mag_b_tesla, carried)
    if it.attitude.valid and it.navigation.valid:
        vector.copy(it.navigation.mag_i_tesla, turned)
        vector.add_scaled(-1.0, state.window_mag_i_tesla, turned)
        quat_rotate(it.attitude.q_bi, turned, turned)
        vector.add_scaled(1.0, turned, carried)
    else:
        limit += MAG_RATE_BLIND
    vector.add_scaled(-1.0, it.body.mag_b_tesla, carried)
    return vector.norm(carried) / strength / span_s / limit


cdef double ask_balance(const Scene* it) noexcept nogil:
    """The gyro's rate against that of the momentum balance, over the limit."""
    cdef IsolationSection* state = it.state
    cdef bint anew = began_lately(it)
    if not it.model.valid or (it.model.in_use and not it.attitude.rate_valid) or not wheels_believed(it):
        return -1.0
    if anew and not it.model.in_use:
        return -1.0  # the bias that is taken from the gyro is what the star tracker has just said
    return vector.norm(state.window_off_b_radps) / (WINDOW + 1) / BALANCE_LIMIT
