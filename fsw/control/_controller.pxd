# The control application: errors, torque and dipole demands by ADCS mode.
from libc.stdint cimport int64_t, uint8_t

from fsw.control._magnetic cimport Torquers
from fsw.control._wheels cimport Wheels

cdef extern from "hal_samples.h":
    ctypedef struct WheelSample:
        int64_t t_ns
        uint8_t valid
        double speed_radps[4]

cdef extern from "fsw_core_sections.h":
    ctypedef struct TimeSection:
        int64_t t_ns

    ctypedef struct SamplesSection:
        WheelSample wheels

    ctypedef struct ModeSection:
        uint8_t system
        uint8_t adcs

cdef extern from "fsw_estimation_sections.h":
    ctypedef struct BodySection:
        double rate_bi_b_radps[3]
        int64_t mag_t_ns
        double mag_b_tesla[3]
        int64_t sun_t_ns
        double sun_b[3]
        double wheel_momentum_b_nms[3]
        uint8_t gyro_valid
        uint8_t mag_valid
        uint8_t sun_valid
        uint8_t wheels_valid

    ctypedef struct AttitudeSection:
        double q_bi[4]
        double rate_bi_b_radps[3]
        uint8_t valid
        uint8_t rate_valid

cdef extern from "fsw_guidance_sections.h":
    ctypedef struct GuidanceSection:
        double q_bi_ref[4]
        double rate_ref_b_radps[3]
        double accel_ref_b_radps2[3]
        uint8_t slewing
        uint8_t valid

cdef extern from "fsw_navigation_sections.h":
    ctypedef struct NavigationSection:
        double mag_i_tesla[3]
        uint8_t valid

cdef extern from "fsw_autonomy_sections.h":
    ctypedef struct FdirSection:
        uint8_t excluded[20]
        uint8_t kept[20]

    ctypedef struct IsolationSection:
        double wheel_excess_nm[4]

cdef extern from "fsw_control_sections.h":
    ctypedef struct ControlSection:
        double error_b_rad[3]
        double error_rad
        double rate_error_b_radps[3]
        double torque_b_nm[3]
        double dipole_b_am2[3]
        double bdot_b_tps[3]
        double momentum_b_nms[3]
        double wheel_torque_nm[4]
        uint8_t saturated
        uint8_t valid

    ctypedef struct ControllerSection:
        int64_t mag_t_ns
        double mag_b_tesla[3]
        double mag_filtered_b_tesla[3]
        uint8_t mag_settled
        int64_t mag_since_ns
        int64_t sun_t_ns
        double sun_b[3]
        int64_t left_out_t_ns
        double left_out_speed_radps[4]
        double integral_b_rads[3]

cdef class Controller:
    cdef const TimeSection* time
    cdef const SamplesSection* samples
    cdef const ModeSection* mode
    cdef const BodySection* body
    cdef const AttitudeSection* attitude
    cdef const GuidanceSection* guidance
    cdef const NavigationSection* navigation
    cdef const FdirSection* fdir
    cdef const IsolationSection* isolation
    cdef ControlSection* out
    cdef ControllerSection* state
    cdef Wheels wheels
    cdef Torquers torquers
    cdef object arrangements      # by mask of the wheels that are out: (inverse, null vector, idle momentum)
    cdef double wheel_axes_b[4][3]
    cdef double inertia_b_kgm2[9]
    cdef double sun_axis_b[3]
    cdef double period_s
    cdef double kp                # [1/s^2] gains on attitude error, its integral [1/s^3] and rate error [1/s]
    cdef double ki
    cdef double kd
    cdef double rate_max_radps
    cdef double bdot_gain_nms
    cdef double unload_rate_per_s

    cdef void clear(self) noexcept nogil
    cdef int wheels_out(self) noexcept nogil
    cdef void hold_kept_wheels(self) noexcept nogil
    cdef void balance_left_out(self) noexcept nogil
    cdef bint field(self, double* mag_b_tesla, int64_t* t_ns) noexcept nogil
    cdef void measure_field(self) noexcept nogil
    cdef void damp(self, const double* rate) noexcept nogil
    cdef bint body_rate(self, double* rate_b_radps) noexcept nogil
    cdef bint field_usable(self) noexcept nogil
    cdef void detumble(self) noexcept nogil
    cdef void unload(self) noexcept nogil
    cdef void predict(self, double* q_bi, double* rate_b_radps) noexcept nogil
    cdef void track(self) noexcept nogil
    cdef void integrate_error(self) noexcept nogil
    cdef void any_across(self, double* axis) noexcept nogil
    cdef void acquire_sun(self, const double* rate) noexcept nogil
    cdef void demand(self, const double* accel_b_radps2, const double* rate_b_radps) noexcept nogil
