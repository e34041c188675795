# The guidance application: goals by ADCS mode, and the slew-limited reference that follows them.
from libc.stdint cimport uint8_t

from fsw.guidance._reference cimport Attitude, Direction, SlewLimits

cdef extern from "fsw_core_sections.h":
    ctypedef struct ModeSection:
        uint8_t adcs
        double target_lat_rad
        double target_lon_rad
        double target_alt_m
        double q_bi_inertial[4]

cdef extern from "fsw_navigation_sections.h":
    ctypedef struct NavigationSection:
        double pos_i_m[3]
        double vel_i_mps[3]
        double q_ei[4]
        double sun_i[3]
        uint8_t valid

cdef extern from "fsw_estimation_sections.h":
    ctypedef struct AttitudeSection:
        double q_bi[4]
        double rate_bi_b_radps[3]
        uint8_t valid

cdef extern from "fsw_guidance_sections.h":
    ctypedef struct GuidanceSection:
        double q_bi_ref[4]
        double rate_ref_b_radps[3]
        double accel_ref_b_radps2[3]
        double q_bi_goal[4]
        double slew_remaining_rad
        double target_elevation_rad
        uint8_t slewing
        uint8_t valid

    ctypedef struct GuideSection:
        uint8_t goal
        uint8_t sun_alternate
        uint8_t target_known
        double slew_accel_b_radps2[3]
        double target_lat_lon_alt[3]
        double target_e_m[3]
        double target_up_e[3]

cdef class Guide:
    cdef const ModeSection* mode
    cdef const NavigationSection* navigation
    cdef const AttitudeSection* attitude
    cdef GuidanceSection* out
    cdef GuideSection* state
    cdef double period_s
    cdef double q_bt_payload[4]
    cdef double q_bt_sun[4]
    cdef double mask_elevation_rad
    cdef SlewLimits limits

    cdef void place_target(self) noexcept nogil
    cdef void target(self, double dt, Direction* line) noexcept nogil
    cdef void orbit(self, double dt, Direction* down) noexcept nogil
    cdef int choose(self) noexcept nogil
    cdef void goal_at(self, int goal, double dt, Attitude* out) noexcept nogil
    cdef void sun_second(self, double* second) noexcept nogil
    cdef void follow(self, const Attitude* goal, const double* accel, bint start) noexcept nogil
    cdef void slew(self, const Attitude* goal, const double* accel, double* delta, double* w) noexcept nogil
    cdef void idle(self) noexcept nogil
