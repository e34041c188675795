# The guidance application: goals by ADCS mode, and the slew-limited reference that follows them.
from fsw.guidance._reference cimport Attitude, Direction, SlewLimits

from fsw_guidance_sections cimport ModeSection
from fsw_estimation_sections cimport AttitudeSection
from fsw_guidance_sections cimport GuidanceSection, GuideSection
from fsw_navigation_sections cimport NavigationSection
from hal._handle cimport Kernel

cdef class Guide(Kernel):
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
