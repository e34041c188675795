# cython: language_level=3
"""Kernel of isolation: reaction wheels."""

from libc.math cimport fabs, sqrt

from fsw.autonomy._judgement cimport STUCK_SAMPLES, Scene, judge
from fsw_autonomy_sections cimport IsolationSection, VERDICT_KEEP
from fsw_health_devices cimport DEVICE_WHEEL_0, EXCLUSION_DISAGREES, EXCLUSION_MONITOR, EXCLUSION_NONE, EXCLUSION_STUCK
from hal_samples cimport WheelSample
from hal_wire cimport EPS_SWITCH_WHEELS

cdef enum:
    WHEEL_STUCK_SAMPLES = 1200
cdef double WHEEL_S = 5.0
cdef double WHEEL_LIMIT_NM = 8e-6
cdef double WHEEL_SHARE = 0.5        # of the torque commanded
cdef double RUNAWAY_NM = 5e-5        # by which a wheel without torque speeds up
cdef double RUNAWAY_SHARE = 0.5      # of the root mean square: white noise has 0.1 after WHEEL_S
cdef double FRICTION_WIDTH_RADPS = 2.0


cdef void watch_wheels(const Scene* it) noexcept nogil:
    """Commanded torque and friction against the change of the tachometers."""
    cdef IsolationSection* state = it.state
    cdef const WheelSample* sample = it.samples.wheels
    cdef double dt = (sample.t_ns - state.wheel_t_ns) * 1e-9
    cdef double share = it.limits.tick_s / WHEEL_S
    cdef double speed, friction, torque
    cdef bint driven, stuck
    cdef int k
    if not (sample.new and sample.valid):
        return
    driven = (not it.samples.adcs_health.safe_outputs
              and (not it.limits.power or (it.samples.eps.valid and it.samples.eps.switches & EPS_SWITCH_WHEELS))
              and 0.5 * it.limits.tick_s < dt < 2 * it.limits.tick_s)
    for k in range(it.limits.wheels):
        speed = sample.speed_radps[k]
        torque = it.torque_before[k]
        stuck = speed == state.wheel_speed_radps[k] and fabs(speed) > FRICTION_WIDTH_RADPS
        state.wheel_same[k] = min(state.wheel_same[k] + 1, 60000) if stuck else 0
        it.fdir.wheel_excess_nm[k] = 0.0
        if driven:
            friction = it.limits.viscous_nms[k] * speed
            friction += it.limits.coulomb_nm[k] * max(-1.0, min(1.0, speed / FRICTION_WIDTH_RADPS))
            friction += it.limits.inertia_kgm2[k] * (speed - state.wheel_speed_radps[k]) / dt - torque
            it.fdir.wheel_excess_nm[k] = friction
            state.wheel_residual_nm[k] += share * (friction - state.wheel_residual_nm[k])
            state.wheel_square_nm2[k] += share * (friction * friction - state.wheel_square_nm2[k])
            state.wheel_demand_nm[k] += share * (torque - state.wheel_demand_nm[k])
            judge_wheel(it, k, speed)
        state.wheel_speed_radps[k] = speed
    state.wheel_t_ns = sample.t_ns


cdef void judge_wheel(const Scene* it, int k, double speed) noexcept nogil:
    """A wheel that does not do what it is told; or one that, left alone, runs away: control must hold it."""
    cdef IsolationSection* state = it.state
    cdef double residual = state.wheel_residual_nm[k]
    cdef int device = DEVICE_WHEEL_0 + k
    cdef bint bad, stuck = state.wheel_same[k] >= WHEEL_STUCK_SAMPLES
    if it.fdir.excluded[device]:
        bad = residual * speed > 0.0 and fabs(residual) > RUNAWAY_NM and it.fdir.reason[device] < EXCLUSION_MONITOR
        bad = bad and state.wheel_same[k] < STUCK_SAMPLES  # a reading that never changes does not speed up
        bad = bad and fabs(residual) > RUNAWAY_SHARE * sqrt(state.wheel_square_nm2[k])  # nor does noise
        state.bad_s[device] = state.bad_s[device] + it.limits.tick_s if bad else 0.0
        state.verdict[device] = VERDICT_KEEP if state.bad_s[device] > 2.0 * WHEEL_S else EXCLUSION_NONE
        return
    state.residual[device] = fabs(residual) / (WHEEL_LIMIT_NM + WHEEL_SHARE * fabs(state.wheel_demand_nm[k]))
    bad = stuck or state.residual[device] > 1.0
    judge(it, device, EXCLUSION_STUCK if stuck else EXCLUSION_DISAGREES if bad else EXCLUSION_NONE, not bad,
          it.limits.tick_s, 5.0)
    if state.verdict[device] != EXCLUSION_NONE:
        state.bad_s[device] = 0.0
