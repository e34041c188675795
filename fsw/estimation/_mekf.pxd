# Multiplicative extended Kalman filter: attitude error and gyro bias, 6 states.
#
# Errors: q_true = dq(a) (x) q_bi, bias_true = bias_b + b; x = [a (rad), b (rad/s)], body axes. The covariance is kept
# as three blocks, symmetric ones as their upper triangle [00, 01, 02, 11, 12, 22], so it cannot lose symmetry.
# Sources: Lefferts, Markley & Shuster, Kalman filtering for spacecraft attitude estimation, JGCD 5(5), 1982;
# Markley & Crassidis (2014), 6.2; Crassidis & Junkins, Optimal Estimation of Dynamic Systems (2nd ed.), 7.2.
cdef struct Mekf:
    double[4] q_bi        # attitude estimate, inertial to body, scalar last
    double[3] bias_b      # gyro bias [rad/s]
    double[6] p_aa        # covariance of a [rad^2], upper triangle
    double[9] p_ab        # covariance of a (rows) with b (columns) [rad^2/s]
    double[6] p_bb        # covariance of b [rad^2/s^2], upper triangle

cdef struct MekfNoise:
    double angle_walk     # gyro angle random walk squared [rad^2/s]
    double rate_walk      # gyro rate random walk squared [rad^2/s^3]
    double scale_walk     # (scale factor and misalignment)^2 times their effective time [s]: angle^2 += it rate^2 dt

# Advance by the measured angle increment [rad], bias included, over dt > 0 [s]: transition and process noise are exact
# for a constant rate over the interval. extra_variance [rad^2] is added to each attitude axis.
cdef void mekf_propagate(
    Mekf* self, const MekfNoise* noise, const double* dtheta_b, double dt, double extra_variance,
) noexcept nogil

# The updates return the normalised innovation squared and change the filter only when it is <= gate (never for NaN).
# A direction, 2 dof: unit vectors z_b measured, r_i modelled; variance [rad^2] per axis across the direction judges
# the innovation, weight_variance >= variance weighs the update (errors correlated in time).
cdef double mekf_update_direction(
    Mekf* self, const double* z_b, const double* r_i, double variance, double weight_variance, double gate,
) noexcept nogil

# A vector of any length with its covariance r_b (upper triangle, body axes, unit of z^2), which may be singular along
# the vector. Its length says nothing about attitude: the 2 dof across the predicted vector are used.
cdef double mekf_update_vector(
    Mekf* self, const double* z_b, const double* r_i, const double* r_b, double gate,
) noexcept nogil

# An attitude, 3 dof: q_bi measured, covariance r_b of its body-frame error (upper triangle) [rad^2].
cdef double mekf_update_attitude(Mekf* self, const double* q_bi, const double* r_b, double gate) noexcept nogil

# Covariance as a full 6x6 row-major matrix, out and in (the upper triangle is read).
cdef void mekf_get_covariance(const Mekf* self, double* p) noexcept nogil
cdef void mekf_set_covariance(Mekf* self, const double* p) noexcept nogil
