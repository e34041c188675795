# The control application: errors, torque and dipole demands by ADCS mode.
from libc.stdint cimport int64_t

from fsw.control._magnetic cimport Torquers
from fsw.control._wheels cimport Wheels
from fsw_health_sections cimport FdirSection
from fsw_control_sections cimport ControllerSection, ControlSection
from fsw.core._samples cimport Samples
from fsw_core_sections cimport TimeSection
from fsw_guidance_sections cimport ModeSection
from fsw_estimation_sections cimport AttitudeSection, BodySection
from fsw_guidance_sections cimport GuidanceSection
from fsw_navigation_sections cimport NavigationSection
from hal._handle cimport Kernel
from hal_samples cimport MAX_WHEELS, WheelSample

cdef class Controller(Kernel):
    cdef const TimeSection* time
    cdef Samples samples
    cdef const ModeSection* mode
    cdef const BodySection* body
    cdef const AttitudeSection* attitude
    cdef const GuidanceSection* guidance
    cdef const NavigationSection* navigation
    cdef const FdirSection* fdir
    cdef ControlSection* out
    cdef ControllerSection* state
    cdef Wheels wheels
    cdef Torquers torquers
    cdef object arrangements      # by mask of the wheels that are out: (inverse, null vector, idle momentum)
    cdef double wheel_axes_b[MAX_WHEELS][3]
    cdef double inertia_b_kgm2[9]
    cdef double sun_axis_b[3]
    cdef bint has_magnetometer, has_torquers
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
    cdef bint blind(self) noexcept nogil
    cdef bint field_usable(self) noexcept nogil
    cdef void detumble(self) noexcept nogil
    cdef void unload(self) noexcept nogil
    cdef void predict(self, double* q_bi, double* rate_b_radps) noexcept nogil
    cdef void track(self) noexcept nogil
    cdef void integrate_error(self) noexcept nogil
    cdef void any_across(self, double* axis) noexcept nogil
    cdef void acquire_sun(self, const double* rate) noexcept nogil
    cdef void demand(self, const double* accel_b_radps2, const double* rate_b_radps) noexcept nogil
