# The navigation application: SGP4 and the environment at nodes one navigation period apart, interpolated every tick.
from libc.stdint cimport int64_t

from fsw.navigation._frames cimport EarthOrientation, TrueOfDate
from fsw.navigation._geomagnetic cimport GaussTable
from fsw_health_sections cimport FdirSection
from fsw.core._samples cimport Samples
from fsw_core_sections cimport TimeSection
from fsw_navigation_sections cimport EarthOrientationSection, NavigationSection, OrbitSection
from hal._handle cimport Kernel
from hal_samples cimport GnssSample

cdef struct OrbitState:
    int64_t t_tai_ns
    double pos_i_m[3]
    double vel_i_mps[3]
    TrueOfDate date       # and the Earth's attitude at that time
    double gast_rad

cdef class Navigation(Kernel):
    cdef const TimeSection* time
    cdef Samples samples
    cdef const EarthOrientationSection* earth
    cdef const FdirSection* fdir
    cdef NavigationSection* out
    cdef OrbitSection* orbit
    cdef object sgp4                       # bound method of the satellite record: (jd, fraction) -> (error, km, km/s)
    cdef object arrays                     # what the pointers below point into
    cdef int leaps
    cdef const int64_t* leap_tai_ns
    cdef const int64_t* leap_s
    cdef GaussTable table
    cdef int64_t ticks                     # of one navigation period
    cdef int64_t period_ns
    cdef int64_t tle_t_tai_ns
    cdef double mean_motion_radps
    cdef double gnss_sigma_m
    cdef double gnss_sigma_mps

    cdef void earth_orientation(self, EarthOrientation* out) noexcept nogil
    cdef int leap_index(self, int64_t t) noexcept nogil
    cdef void earth_state(self, int64_t t, OrbitState* state) noexcept nogil
    cdef bint sgp4_state(self, int64_t t, OrbitState* state) except -1
    cdef bint load_node(self, int k, int64_t t) except -1
    cdef int refresh(self, int64_t t) except -1
    cdef void shift(self) noexcept nogil
    cdef bint use_gnss(self, int64_t now) except -1
    cdef void judge_gnss(self, const OrbitState* sgp4, const double* pos_i_m) noexcept nogil
    cdef void gnss_state(self, const OrbitState* earth, double* pos_i_m, double* vel_i_mps) noexcept nogil
    cdef bint keep_filter(self, int64_t t) noexcept nogil
    cdef void environment(self, int k) noexcept nogil
    cdef void field(self, int64_t t, const double* pos_e_m, double* mag_e_tesla) noexcept nogil
    cdef double bare_sigma_m(self, int64_t t) noexcept nogil
    cdef void interpolate(self, int64_t t) noexcept nogil
