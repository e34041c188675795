# Kalman filter of the correction to SGP4, in the rotating Hill frame of the SGP4 orbit: x radial, y along-track,
# z along the orbit normal. State: displacement [m] and its rate in that frame [m/s].

cdef struct Hill:
    double x_i[3]         # axes in GCRF
    double y_i[3]
    double z_i[3]
    double rate_radps     # rate of the frame about z

# The frame of an orbit state (GCRF, m and m/s).
cdef void hill_frame(const double* pos_i_m, const double* vel_i_mps, Hill* out) noexcept nogil

# Position and velocity differences in GCRF to a Hill state, and back.
cdef void to_hill(const Hill* frame, const double* dpos_i_m, const double* dvel_i_mps, double* x) noexcept nogil
cdef void from_hill(const Hill* frame, const double* x, double* dpos_i_m, double* dvel_i_mps) noexcept nogil

# 6 x 6 Clohessy-Wiltshire transition matrix over dt [s] for the mean motion n [rad/s].
cdef void transition(double n_radps, double dt_s, double* phi) noexcept nogil

# x <- Phi x, P <- Phi P Phi^T + Q(dt) with white acceleration of density `noise_m2ps3`.
cdef void propagate(double* x, double* p, double n_radps, double dt_s, double noise_m2ps3) noexcept nogil

# Update with the whole state measured as `z`, independent errors of variance `r`. Returns the normalised innovation
# squared (6 degrees of freedom); above `gate` the state is left unchanged.
cdef double update(double* x, double* p, const double* z, const double* r, double gate) noexcept nogil
