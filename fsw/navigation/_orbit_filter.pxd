# Kalman filter of the orbit from GNSS fixes. The mean is a GCRF state, integrated under zonal gravity; the covariance is
# of the error in the rotating Hill frame of that state (x radial, y along-track, z along the orbit normal;
# displacement [m] and its rate in that frame [m/s]) and follows the Clohessy-Wiltshire equations.
from libc.stdint cimport int64_t

from fsw_navigation_sections cimport OrbitSection

cdef struct Hill:
    double x_i[3]         # axes in GCRF
    double y_i[3]
    double z_i[3]
    double rate_radps     # rate of the frame about z

# Gravity [m/s^2] at `pos_i_m`: point mass and J2 to J6 about the unit vector `pole_i`.
cdef void gravity(const double* pos_i_m, const double* pole_i, double* accel_i_mps2) noexcept nogil

# Advance a state by dt_s, in Runge-Kutta steps of at most 10 s (1e-5 m each in low orbits).
cdef void integrate(double* pos_i_m, double* vel_i_mps, const double* pole_i, double dt_s) noexcept nogil

# The frame of an orbit state (GCRF, m and m/s).
cdef void hill_frame(const double* pos_i_m, const double* vel_i_mps, Hill* out) noexcept nogil

# Position and velocity differences in GCRF to a Hill state, and back.
cdef void to_hill(const Hill* frame, const double* dpos_i_m, const double* dvel_i_mps, double* x) noexcept nogil
cdef void from_hill(const Hill* frame, const double* x, double* dpos_i_m, double* dvel_i_mps) noexcept nogil

# 6 x 6 Clohessy-Wiltshire transition matrix over dt [s] for the mean motion n [rad/s].
cdef void transition(double n_radps, double dt_s, double* phi) noexcept nogil

# P <- Phi P Phi^T + Q(dt) with white acceleration of density `noise_m2ps3`.
cdef void propagate(double* p, double n_radps, double dt_s, double noise_m2ps3) noexcept nogil

# Correct a state whose difference from the measurement is `z`, with independent errors of variance `r`: `x` becomes
# the estimate of the difference. Returns the normalised innovation squared (6 degrees of freedom); above `gate`, p is
# left unchanged and x is zero.
cdef double update(double* x, double* p, const double* z, const double* r, double gate) noexcept nogil

# The filter on the section that holds it. `start` takes a state of 1-sigma error `sigma_m`; `advance` carries state and
# covariance to t_tai_ns; `measure` uses a position and velocity at the filter's time, with 1-sigma errors per axis, and
# returns 1 when it changed the state: the gate refuses what does not fit, five times in a row at most.
cdef void start(OrbitSection* orbit, int64_t t_tai_ns, const double* pos_i_m, const double* vel_i_mps, double sigma_m,
                double n_radps) noexcept nogil
cdef void advance(OrbitSection* orbit, int64_t t_tai_ns, const double* pole_i, double n_radps) noexcept nogil
cdef bint measure(OrbitSection* orbit, const double* pos_i_m, const double* vel_i_mps, double sigma_m,
                  double sigma_mps) noexcept nogil

# 1-sigma position error, three axes together, that the filter will have at t_tai_ns.
cdef double sigma_at(const OrbitSection* orbit, int64_t t_tai_ns, double n_radps) noexcept nogil
