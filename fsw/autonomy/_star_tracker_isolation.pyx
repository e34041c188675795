# cython: language_level=3
"""Kernel of isolation: the star tracker."""

from libc.math cimport sqrt
from libc.stdint cimport uint32_t
from libc.string cimport memcpy, memset

from fsw.autonomy._judgement cimport NOISE_LIMIT, REFUSALS_FIRST, Scene, began_lately, believed, judge, repeats, tracker
from fsw.algebra._quaternion cimport (
    quat_conjugate, quat_from_rotation_vector, quat_multiply, quat_to_rotation_vector,
)
from fsw.estimation._star_tracker_noise cimport STR_NOISY
from fsw.algebra cimport _vector as vector
from fsw_autonomy_sections cimport IsolationSection
from fsw_health_devices cimport (
    DEVICE_GYRO, EXCLUSION_DISAGREES, EXCLUSION_NONE, EXCLUSION_REFUSED, EXCLUSION_STUCK,
)

cdef enum:
    ACCEPTED = 0                     # what is known of a star tracker's refusal
    WHO_ERRS = 1
    JUMPED = 2
    JUMPED_BACK = 3
    REFUSALS_JUDGED = 25             # the same: it has not grown, so the star tracker errs
cdef double CONFIRMED_S = 60.0       # after an attitude of the star tracker the filter may speak against it
cdef double STR_GROWN = 8.0          # of its noise, that its disagreement has grown: a rate errs
cdef double STR_BACK = 7.0           # of its noise: a jump takes back those before it
cdef double STR_ASKED_RAD = 0.03     # knowledge of a filter that may speak about it
cdef double NEARER = 0.6             # to agreement than to what a star tracker was refused for
cdef double OUTLIER = 5.0            # agreements that one disagreement takes back


cdef void watch_star_tracker(const Scene* it) noexcept nogil:
    """A stuck attitude; and, when it is refused persistently, whether attitude or rate is at fault."""
    cdef IsolationSection* state = it.state
    cdef double[3] off
    cdef double limit
    cdef double span_s
    cdef bint jumped, agrees
    if not it.body.str_heard:
        state.verdict[tracker(it)] = EXCLUSION_NONE
        return
    span_s = min(1.0, max(0.0, (it.body.str_t_ns - state.str_t_ns) * 1e-9))
    state.str_t_ns = it.body.str_t_ns
    memcpy(state.q_bi_str, it.body.q_bi_str, sizeof(state.q_bi_str))
    if repeats(it, 2, it.samples.star_trackers[it.body.str_source].q_si, 3):
        judge(it, tracker(it), EXCLUSION_STUCK, False, span_s, 0.1)
        return
    if (it.history.str_noise_typical > STR_NOISY and it.history.str_noise_ratio > NOISE_LIMIT
            and believed(it, DEVICE_GYRO)):
        judge(it, tracker(it), EXCLUSION_DISAGREES, False, span_s, 3.0)
        return
    if not it.attitude.valid:
        judge(it, tracker(it), EXCLUSION_NONE, False, span_s, 0.1)
        memset(state.followed_b_rad, 0, sizeof(state.followed_b_rad))
        return
    star_tracker_off(it, off)
    if it.fdir.excluded[tracker(it)]:
        memset(state.followed_b_rad, 0, sizeof(state.followed_b_rad))
        limit = 4.0 * it.attitude.sigma_rad + 6e-4
        state.residual[tracker(it)] = vector.norm(off) / limit
        agrees = vector.norm(off) < limit and refusal_is_gone(it, off)
        judge(it, tracker(it), EXCLUSION_NONE, agrees, span_s, 0.1)
        if not agrees:
            state.good_s[tracker(it)] = max(0.0, state.good_s[tracker(it)] - OUTLIER * span_s)
        return
    jumped = has_jumped(it, off)
    judge(it, tracker(it), EXCLUSION_REFUSED if jumped else EXCLUSION_NONE, not jumped,
          span_s if not jumped else 1.0, 0.1)


cdef bint refusal_is_gone(const Scene* it, const double* off) noexcept nogil:
    """Whether a star tracker that is left out is clearly nearer to agreement than to what it was refused for.

    A filter that knows little has begun anew since then, and cannot hold that against a star tracker whose own rate
    is sound.
    """
    cdef IsolationSection* state = it.state
    cdef double[3] still
    cdef bint fine = it.attitude.sigma_rad < STR_ASKED_RAD
    if it.fdir.reason[tracker(it)] != EXCLUSION_REFUSED:
        return fine
    if not fine:
        memset(state.refusal_b_rad, 0, sizeof(state.refusal_b_rad))
    if vector.norm(state.refusal_b_rad) == 0.0:
        return 0.0 <= state.gyro_against[0] <= 1.0
    vector.copy(off, still)
    vector.add_scaled(-1.0, state.refusal_b_rad, still)
    return vector.norm(off) < NEARER * vector.norm(still)


cdef bint has_jumped(const Scene* it, const double* off) noexcept nogil:
    """Whether a star tracker in use is refused and errs itself.

    A wrong rate lets the disagreement grow, a wrong attitude does not. When the filter has just started anew from
    it and it is refused again, it contradicts itself.
    """
    cdef IsolationSection* state = it.state
    cdef uint32_t refused = it.history.str_refused
    cdef bint again, grown
    if refused < REFUSALS_FIRST:
        follow_jump(it)
        state.refusal_pending = ACCEPTED
        return False
    if state.refusal_pending == ACCEPTED:
        state.refusal_pending = WHO_ERRS
        vector.copy(off, state.refusal_b_rad)
    if refused < REFUSALS_JUDGED or state.suspicion[DEVICE_GYRO] != EXCLUSION_NONE:
        return False
    if state.gyro_against[0] > 1.0 and state.gyro_against[1] <= 1.0 and 0.0 <= state.gyro_against[2] <= 1.0:
        return True                      # its rate contradicts the gyro's, which the others confirm
    again = began_lately(it)
    state.residual[tracker(it)] = vector.norm(off)
    grown = has_grown(it, off)
    if again:
        return not grown
    if it.history.str_t_ns == 0 or it.attitude.str_age_s > CONFIRMED_S or grown:
        return False                     # a filter that has long not been confirmed may start anew
    state.refusal_pending = JUMPED_BACK if takes_back(it, off) else JUMPED
    return state.refusal_pending == JUMPED


cdef bint has_grown(const Scene* it, const double* off) noexcept nogil:
    """Whether the disagreement has grown since it was noted: by more than noise, and by its half."""
    cdef IsolationSection* state = it.state
    cdef double[3] growth
    vector.copy(off, growth)
    vector.add_scaled(-1.0, state.refusal_b_rad, growth)
    return in_noise(it, growth) > STR_GROWN and vector.norm(growth) > 0.5 * vector.norm(state.refusal_b_rad)


cdef bint takes_back(const Scene* it, const double* off) noexcept nogil:
    """Whether a jump takes back those that the filter has followed before: they were the error, this is none."""
    cdef IsolationSection* state = it.state
    cdef double[3] left
    vector.copy(off, left)
    vector.add_scaled(1.0, state.followed_b_rad, left)
    return vector.norm(state.followed_b_rad) > 0.0 and in_noise(it, left) < STR_BACK


cdef void follow_jump(const Scene* it) noexcept nogil:
    """Note by how much the filter is led when it starts anew from a star tracker that has jumped and is kept."""
    cdef IsolationSection* state = it.state
    if it.history.str_begin_ns != it.time.t_ns:
        return
    if state.refusal_pending == JUMPED and it.fdir.kept[tracker(it)]:
        vector.add_scaled(1.0, state.refusal_b_rad, state.followed_b_rad)
    elif state.refusal_pending == JUMPED_BACK:
        memset(state.followed_b_rad, 0, sizeof(state.followed_b_rad))


cdef double in_noise(const Scene* it, const double* off_b_rad) noexcept nogil:
    """A rotation over what the star tracker's noise is in its direction."""
    cdef double[3] scaled
    vector.apply(it.limits.str_information[it.body.str_source], off_b_rad, scaled)
    return sqrt(vector.dot(off_b_rad, scaled))


cdef void star_tracker_off(const Scene* it, double* off) noexcept nogil:
    """Rotation from the estimate at the star tracker's time of validity to its attitude, body axes."""
    cdef double age_s = (it.time.t_ns - it.body.str_t_ns) * 1e-9
    cdef double[3] turn
    cdef double[4] q
    vector.scale(-age_s, it.attitude.rate_bi_b_radps, turn)
    quat_from_rotation_vector(turn, q)
    quat_multiply(q, it.attitude.q_bi, q)
    quat_conjugate(q, q)
    quat_multiply(it.body.q_bi_str, q, q)
    quat_to_rotation_vector(q, off)
