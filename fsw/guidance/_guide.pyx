"""Kernel of fsw.guidance.guide."""

from libc.math cimport asin, cos, sin, sqrt
from libc.string cimport memcpy, memset

from fsw.algebra._quaternion cimport (
    quat_conjugate,
    quat_from_rotation_vector,
    quat_multiply,
    quat_normalise,
    quat_rotate,
    quat_rotate_back,
    quat_to_rotation_vector,
)
from fsw.guidance cimport _reference as reference
from fsw.guidance._reference cimport Attitude, Direction, SlewLimits
from fsw.algebra cimport _vector as vector
from fsw_guidance_modes cimport ADCS_MODE_INERTIAL, ADCS_MODE_NADIR, ADCS_MODE_SUN_POINTING, ADCS_MODE_TARGET
from fsw_guidance_sections cimport bind_ModeSection
from fsw_estimation_sections cimport bind_AttitudeSection
from fsw_guidance_sections cimport (
    GOAL_INERTIAL, GOAL_NADIR, GOAL_NONE, GOAL_SUN, GOAL_TARGET, bind_GuidanceSection, bind_GuideSection,
)
from fsw_navigation_sections cimport bind_NavigationSection

cdef double MU_M3PS2 = 3.986004415e14
cdef double EARTH_RATE_RADPS = 7.2921151467e-5
cdef double EARTH_RADIUS_M = 6378137.0             # WGS 84
cdef double FLATTENING = 1.0 / 298.257223563
cdef double[3] ECLIPTIC_POLE_I = [0.0, -0.3977771559, 0.9174820621]
cdef double NEAR_NORMAL = 0.97, CLEAR_OF_NORMAL = 0.95   # cosines between Sun and orbit normal, with hysteresis
cdef double FLOOR_SHARE = 0.25                     # of the limits, left for the slew when the goal itself moves fast
cdef double CAPTURE_RAD = 2e-7                     # reference and goal are one below this angle
cdef double JUMP_RAD = 1e-3                        # a goal that jumps further than this is slewed to


cdef class Guide:
    """See `fsw.guidance.guide`."""

    def __init__(self, vehicle, payload_second_b, sun_second_b):
        self.period_s = 1.0 / vehicle.rates.base_hz
        self.mask_elevation_rad = vehicle.pointing.mask_elevation_rad
        self.limits.rate_radps = vehicle.control.slew_rate_max_radps
        self.limits.accel_radps2 = vehicle.control.slew_acceleration_max_radps2
        reference.body_triad(vehicle.pointing.payload_axis_b, payload_second_b, self.q_bt_payload)
        reference.body_triad(vehicle.pointing.sun_axis_b, sun_second_b, self.q_bt_sun)

    cdef int attach(self, pool) except -1:
        self.mode = bind_ModeSection(self, pool)
        self.navigation = bind_NavigationSection(self, pool)
        self.attitude = bind_AttitudeSection(self, pool)
        self.out = bind_GuidanceSection(self, pool)
        self.state = bind_GuideSection(self, pool)
        self.out.q_bi_ref[3] = 1.0
        self.out.q_bi_goal[3] = 1.0

    def step(self):
        """Write `GuidanceSection`: the reference at the time at which this tick's command is applied."""
        cdef double h = self.period_s
        cdef Attitude goal, after
        cdef double accel[3]
        cdef int k, chosen
        self.check()
        chosen = self.choose()
        if chosen == GOAL_NONE or not self.attitude.valid:
            self.idle()
            return
        self.goal_at(chosen, h, &goal)
        self.goal_at(chosen, 2.0 * h, &after)
        for k in range(3):
            accel[k] = (after.rate_b_radps[k] - goal.rate_b_radps[k]) / h
        memcpy(self.out.q_bi_goal, goal.q_bi, sizeof(goal.q_bi))
        self.follow(&goal, accel, chosen != self.state.goal)
        self.state.goal = chosen
        self.out.valid = 1

    cdef void idle(self) noexcept nogil:
        """No reference: it rests on the estimate, so that telemetry shows nothing stale."""
        cdef GuidanceSection* out = self.out
        if self.attitude.valid:
            memcpy(out.q_bi_ref, self.attitude.q_bi, sizeof(out.q_bi_ref))
            memcpy(out.q_bi_goal, self.attitude.q_bi, sizeof(out.q_bi_goal))
        memset(out.rate_ref_b_radps, 0, sizeof(out.rate_ref_b_radps))
        memset(out.accel_ref_b_radps2, 0, sizeof(out.accel_ref_b_radps2))
        out.slew_remaining_rad = 0.0
        out.slewing = 0
        out.valid = 0
        self.state.goal = GOAL_NONE

    cdef int choose(self) noexcept nogil:
        """The goal of the mode. Also writes the target's elevation."""
        cdef Direction line
        cdef double up_i[3]
        cdef double elevation
        cdef int mode = self.mode.adcs
        if mode == ADCS_MODE_INERTIAL:
            return GOAL_INERTIAL if vector.dot4(self.mode.q_bi_inertial, self.mode.q_bi_inertial) > 0.5 else GOAL_NONE
        if not self.navigation.valid:
            return GOAL_NONE
        self.place_target()
        self.target(0.0, &line)
        quat_rotate_back(self.navigation.q_ei, self.state.target_up_e, up_i)
        elevation = asin(-vector.dot(line.v, up_i) / vector.norm(line.v))
        self.out.target_elevation_rad = elevation
        if mode == ADCS_MODE_SUN_POINTING:
            return GOAL_SUN
        if mode == ADCS_MODE_NADIR:
            return GOAL_NADIR
        if mode != ADCS_MODE_TARGET:
            return GOAL_NONE
        # Approaching, tracking begins at the horizon, so that it has settled at the mask; receding, it ends there.
        if elevation > self.mask_elevation_rad or (elevation > 0.0 and vector.dot(line.v, line.rate) < 0.0):
            return GOAL_TARGET
        return GOAL_NADIR

    cdef void place_target(self) noexcept nogil:
        """Keep the target's position and vertical in ITRF (WGS 84) up to date with the mode section."""
        cdef double[3] given = [self.mode.target_lat_rad, self.mode.target_lon_rad, self.mode.target_alt_m]
        cdef GuideSection* state = self.state
        cdef double e2 = FLATTENING * (2.0 - FLATTENING)
        cdef double radius
        if (state.target_known and state.target_lat_lon_alt[0] == given[0] and state.target_lat_lon_alt[1] == given[1]
                and state.target_lat_lon_alt[2] == given[2]):
            return
        vector.copy(given, state.target_lat_lon_alt)
        state.target_up_e[0] = cos(given[0]) * cos(given[1])
        state.target_up_e[1] = cos(given[0]) * sin(given[1])
        state.target_up_e[2] = sin(given[0])
        radius = EARTH_RADIUS_M / sqrt(1.0 - e2 * state.target_up_e[2] * state.target_up_e[2])
        vector.scale(radius + given[2], state.target_up_e, state.target_e_m)
        state.target_e_m[2] -= radius * e2 * state.target_up_e[2]
        state.target_known = 1

    cdef void target(self, double dt, Direction* line) noexcept nogil:
        """Line of sight from satellite to target `dt` seconds from now, and its rate."""
        cdef double[3] spin_e = [0.0, 0.0, EARTH_RATE_RADPS]
        cdef double spin[3]
        cdef double place[3]
        cdef double velocity[3]
        cdef double accel[3]
        self.orbit(dt, line)
        quat_rotate_back(self.navigation.q_ei, self.state.target_e_m, place)
        quat_rotate_back(self.navigation.q_ei, spin_e, spin)
        vector.cross(spin, place, velocity)
        vector.cross(spin, velocity, accel)
        vector.add_scaled(dt, velocity, place)
        vector.add_scaled(0.5 * dt * dt, accel, place)
        vector.add_scaled(dt, accel, velocity)
        vector.add_scaled(1.0, place, line.v)
        vector.add_scaled(1.0, velocity, line.rate)

    cdef void orbit(self, double dt, Direction* down) noexcept nogil:
        """From satellite to the Earth's centre `dt` seconds from now, and its rate (second order in dt)."""
        cdef const double* pos = &self.navigation.pos_i_m[0]
        cdef double r2 = vector.dot(pos, pos)
        cdef double k = MU_M3PS2 / (r2 * sqrt(r2))
        vector.scale(-1.0 + 0.5 * k * dt * dt, pos, down.v)
        vector.add_scaled(-dt, self.navigation.vel_i_mps, down.v)
        vector.scale(-1.0, self.navigation.vel_i_mps, down.rate)
        vector.add_scaled(k * dt, pos, down.rate)

    cdef void sun_second(self, double* second) noexcept nogil:
        """Orbit normal, or the ecliptic pole while the Sun is near it."""
        cdef double cosine
        vector.cross(self.navigation.pos_i_m, self.navigation.vel_i_mps, second)
        vector.unit(second, second)
        cosine = vector.dot(second, self.navigation.sun_i)
        if cosine * cosine > NEAR_NORMAL * NEAR_NORMAL:
            self.state.sun_alternate = 1
        elif cosine * cosine < CLEAR_OF_NORMAL * CLEAR_OF_NORMAL:
            self.state.sun_alternate = 0
        if self.state.sun_alternate:
            vector.copy(ECLIPTIC_POLE_I, second)

    cdef void goal_at(self, int goal, double dt, Attitude* out) noexcept nogil:
        """The goal `dt` seconds from now. The orbit plane and the Sun stand still meanwhile (2e-7 rad/s)."""
        cdef Direction primary, secondary
        memset(&secondary, 0, sizeof(secondary))
        if goal == GOAL_INERTIAL:
            quat_normalise(self.mode.q_bi_inertial, out.q_bi)
            memset(out.rate_b_radps, 0, sizeof(out.rate_b_radps))
        elif goal == GOAL_SUN:
            memset(&primary, 0, sizeof(primary))
            vector.copy(self.navigation.sun_i, primary.v)
            self.sun_second(secondary.v)
            reference.align(&primary, &secondary, self.q_bt_sun, out)
        else:
            vector.cross(self.navigation.vel_i_mps, self.navigation.pos_i_m, secondary.v)
            vector.unit(secondary.v, secondary.v)
            if goal == GOAL_TARGET:
                self.target(dt, &primary)
            else:
                self.orbit(dt, &primary)
            reference.align(&primary, &secondary, self.q_bt_payload, out)

    cdef void follow(self, const Attitude* goal, const double* accel, bint start) noexcept nogil:
        """Advance the reference by one tick: on the goal, or on its way to it.

        Everything is relative to the goal: delta = q_ref (x) q_goal^-1 with rotation vector phi, and w, the rate of
        the reference against the goal in body axes. `accel` is that of the goal until the tick after.
        """
        cdef GuidanceSection* out = self.out
        cdef double h = self.period_s
        cdef double delta[4]
        cdef double step[4]
        cdef double phi[3]
        cdef double w[3]
        cdef double turn[3]
        cdef double rate_now[3]
        cdef const double* q_from = &self.attitude.q_bi[0] if start else &out.q_bi_ref[0]
        cdef const double* rate_from = &self.attitude.rate_bi_b_radps[0] if start else &out.rate_ref_b_radps[0]
        cdef int k
        for k in range(3):                              # from the goal at its time of application back to now
            turn[k] = -h * (goal.rate_b_radps[k] - 0.5 * h * accel[k])
            rate_now[k] = goal.rate_b_radps[k] - h * accel[k]
        quat_from_rotation_vector(turn, step)
        quat_multiply(step, goal.q_bi, delta)
        quat_conjugate(delta, delta)
        quat_multiply(q_from, delta, delta)
        quat_to_rotation_vector(delta, phi)
        if start:
            memset(self.state.slew_accel_b_radps2, 0, sizeof(self.state.slew_accel_b_radps2))
        if start or vector.norm(phi) > JUMP_RAD:
            out.slewing = 1
        if out.slewing:
            quat_rotate(delta, rate_now, w)
            for k in range(3):
                w[k] = rate_from[k] - w[k]
            self.slew(goal, accel, delta, w)
            return
        memcpy(out.q_bi_ref, goal.q_bi, sizeof(out.q_bi_ref))
        vector.copy(goal.rate_b_radps, out.rate_ref_b_radps)
        vector.copy(accel, out.accel_ref_b_radps2)
        out.slew_remaining_rad = 0.0

    cdef void slew(self, const Attitude* goal, const double* accel, double* delta, double* w) noexcept nogil:
        """One tick of a slew from `delta` and `w` now; the goal is that of the time of application."""
        cdef GuidanceSection* out = self.out
        cdef double h = self.period_s
        cdef double* slew_accel = &self.state.slew_accel_b_radps2[0]
        cdef double step[4]
        cdef double phi[3]
        cdef double turn[3]
        cdef double carried[3]
        cdef SlewLimits limits
        cdef int k
        for k in range(3):
            turn[k] = h * (w[k] + 0.5 * h * slew_accel[k])
            w[k] += h * slew_accel[k]
        quat_from_rotation_vector(turn, step)
        quat_multiply(step, delta, delta)
        quat_normalise(delta, delta)
        quat_to_rotation_vector(delta, phi)
        out.slew_remaining_rad = vector.norm(phi)
        limits.rate_radps = max(self.limits.rate_radps - vector.norm(goal.rate_b_radps),
                                FLOOR_SHARE * self.limits.rate_radps)
        limits.accel_radps2 = max(self.limits.accel_radps2 - vector.norm(accel),
                                  FLOOR_SHARE * self.limits.accel_radps2)
        reference.slew_law(phi, w, &limits, h, slew_accel)
        if out.slew_remaining_rad < CAPTURE_RAD and vector.norm(w) < CAPTURE_RAD:
            out.slewing = 0                             # from the next tick on reference and goal are one
            vector.scale(0.0, slew_accel, slew_accel)
        quat_multiply(delta, goal.q_bi, out.q_bi_ref)
        # rate = w + C(delta) rate_goal; its derivative has the term -w x C(delta) rate_goal.
        quat_rotate(delta, goal.rate_b_radps, carried)
        quat_rotate(delta, accel, turn)
        vector.cross(carried, w, out.accel_ref_b_radps2)
        for k in range(3):
            out.rate_ref_b_radps[k] = w[k] + carried[k]
            out.accel_ref_b_radps2[k] += turn[k] + slew_accel[k]
