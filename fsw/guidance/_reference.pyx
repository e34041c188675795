"""Kernel of guidance: attitudes from two directions, the law of slews."""

from libc.math cimport sqrt

from fsw.algebra._quaternion cimport quat_conjugate, quat_from_matrix, quat_multiply, quat_rotate
from fsw.algebra cimport _vector as vector

cdef double TAIL_PER_S = 1.0                       # the last part of a slew decays at this rate
cdef double BRAKE_SHARE = 0.75                     # of the acceleration limit, planned for braking


cdef void align(const Direction* primary, const Direction* secondary, const double* q_bt,
                Attitude* out) noexcept nogil:
    # Triad w3 = d, w2 = e - (e.d) d normalised, w1 = w2 x w3; its rate follows from the derivatives of d and e:
    # w.w1 = -d'.w2, w.w2 = d'.w1, w.w3 = -(e'.w1 - (e.d) d'.w1) / |e - (e.d) d|.
    cdef double w[9]
    cdef double d_rate[3]
    cdef double rate_t[3]
    cdef double q_ti[4]
    cdef double length = vector.unit(primary.v, w + 6)
    cdef double along = vector.dot(w + 6, primary.rate), cosine = vector.dot(secondary.v, w + 6), across
    vector.copy(primary.rate, d_rate)
    vector.add_scaled(-along, w + 6, d_rate)
    vector.scale(1.0 / length, d_rate, d_rate)
    vector.copy(secondary.v, w + 3)
    vector.add_scaled(-cosine, w + 6, w + 3)
    across = vector.unit(w + 3, w + 3)
    vector.cross(w + 3, w + 6, w)
    quat_from_matrix(w, q_ti)
    rate_t[0] = -vector.dot(d_rate, w + 3)
    rate_t[1] = vector.dot(d_rate, w)
    rate_t[2] = (cosine * vector.dot(d_rate, w) - vector.dot(secondary.rate, w)) / across
    quat_multiply(q_bt, q_ti, out.q_bi)
    quat_rotate(q_bt, rate_t, out.rate_b_radps)


cdef void slew_law(const double* phi, const double* w, const SlewLimits* limits, double h,
                   double* accel) noexcept nogil:
    # The rate towards the goal follows the braking parabola, its end replaced by an exponential of the same slope, and
    # is cut at the rate limit; the acceleration that reaches it is cut at its limit: a trapezoid about the eigenaxis
    # when the start is at rest.
    cdef double ahead[3]
    cdef double brake = BRAKE_SHARE * limits.accel_radps2
    cdef double tail = min(TAIL_PER_S, 0.3 / h)
    cdef double near = brake / (tail * tail)
    cdef double angle, rate, size
    cdef int k
    for k in range(3):
        ahead[k] = phi[k] + h * w[k]
    angle = vector.norm(ahead)
    if angle <= near:
        rate = tail * angle
    else:
        rate = sqrt(2.0 * brake * (angle - 0.5 * near))
    rate = min(rate, limits.rate_radps)
    for k in range(3):
        accel[k] = ((-rate / angle * ahead[k] if angle > 0.0 else 0.0) - w[k]) / h
    size = vector.norm(accel)
    if size > limits.accel_radps2:
        vector.scale(limits.accel_radps2 / size, accel, accel)


cdef void body_triad(object primary, object secondary, double* q_bt) except *:
    """Quaternion from the triad (z on `primary`, y towards `secondary`) to the body."""
    cdef double p[3]
    cdef double s[3]
    cdef double rows[9]
    cdef double q_tb[4]
    p[0], p[1], p[2] = primary
    s[0], s[1], s[2] = secondary
    vector.unit(p, rows + 6)
    vector.add_scaled(-vector.dot(s, rows + 6), rows + 6, s)
    vector.unit(s, rows + 3)
    vector.cross(rows + 3, rows + 6, rows)
    quat_from_matrix(rows, q_tb)
    quat_conjugate(q_tb, q_bt)
