# The noise of the star tracker as it shows itself. The turn between two attitudes that follow each other, less what
# the rate says of it, is n[k] - n[k-1] and the rate's error; its change from one pair to the next is
# n[k] - 2 n[k-1] + n[k-2]: six times the noise's covariance when the noise is white, and nothing of a bias or of a rate
# that is wrong in the same way twice. (Allan variance by second differences; Riley, Handbook of Frequency Stability
# Analysis, NIST SP 1065, 2008, 5.4.)
from libc.string cimport memcpy

from fsw.algebra._quaternion cimport quat_conjugate, quat_multiply, quat_to_rotation_vector
from fsw_estimation_sections cimport BodySection, EstimatorHistorySection

cdef enum:
    # Samples over which the mean is taken. An attitude that jumps by J puts J J^T into it twice, J^2 / 75 in all: a jump
    # lies at more than 8 sigma of what it adds itself, and the gate of 5 sigma goes on refusing it.
    NOISE_SAMPLES = 25
    # What one change counts at most, in variances declared, where noise is told from outliers and jumps. An outlier makes
    # three changes, a jump two: one outlier in ten samples gives 3, noise of three times the one declared 6.
    NOISE_MOST = 10
    # From there on it is noise: about twice the one declared.
    STR_NOISY = 4


cdef inline double squared(const double* information, const double* v) noexcept nogil:
    """v' I v, I as an upper triangle."""
    return (information[0] * v[0] * v[0] + information[3] * v[1] * v[1] + information[5] * v[2] * v[2]
            + 2.0 * (information[1] * v[0] * v[1] + information[2] * v[0] * v[2] + information[4] * v[1] * v[2]))


cdef inline void str_noise_follow(EstimatorHistorySection* ring, const BodySection* body, const double* rate_b,
                                  double interval_s, const double* information) noexcept nogil:
    """Take in the attitude just heard; `information`: inverse of the covariance declared, upper triangle."""
    cdef double dt_s = (body.str_t_ns - ring.str_heard_ns) * 1e-9
    cdef double[4] dq
    cdef double[3] turn
    cdef double[3] change
    cdef double* c = ring.str_noise_b_rad2
    cdef bint follows = 0.5 * interval_s < dt_s < 1.5 * interval_s
    cdef int i, j, k = 0
    if follows:
        quat_conjugate(ring.str_heard_q_bi, dq)
        quat_multiply(body.q_bi_str, dq, dq)
        quat_to_rotation_vector(dq, turn)
        for i in range(3):
            turn[i] -= rate_b[i] * dt_s
            change[i] = turn[i] - ring.str_turn_b_rad[i]
            ring.str_turn_b_rad[i] = turn[i]
        if ring.str_follows:
            ring.str_noise_typical += (1.0 / NOISE_SAMPLES) * (
                min(squared(information, change) / 18.0, <double>NOISE_MOST) - ring.str_noise_typical)
            for i in range(3):
                for j in range(i, 3):
                    c[k] += (1.0 / NOISE_SAMPLES) * (change[i] * change[j] * (1.0 / 6.0) - c[k])
                    k += 1
    ring.str_follows = follows
    ring.str_heard_ns = body.str_t_ns
    memcpy(ring.str_heard_q_bi, body.q_bi_str, 4 * sizeof(double))
    ring.str_noise_ratio = (information[0] * c[0] + information[3] * c[3] + information[5] * c[5]
                            + 2.0 * (information[1] * c[1] + information[2] * c[2] + information[4] * c[4])) / 3.0
