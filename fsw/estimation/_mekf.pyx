# cython: language_level=3
"""MEKF kernel; `_mekf.pxd` documents it, `_mekf_object.pyx` and `mekf.py` are its face to Python."""
from libc.math cimport atan2, sqrt

from fsw.algebra._quaternion cimport (
    inverse_root, quat_conjugate, quat_from_rotation_vector, quat_multiply, quat_rotate, quat_to_rotation_vector,
)
from fsw.estimation._turn cimport Turn, turn_matrix, turn_set


cdef inline void unpack(const double* s, double* m) noexcept nogil:
    """m = the full 3x3 of an upper triangle."""
    m[0] = s[0]
    m[1] = s[1]
    m[2] = s[2]
    m[3] = s[1]
    m[4] = s[3]
    m[5] = s[4]
    m[6] = s[2]
    m[7] = s[4]
    m[8] = s[5]


cdef inline double row_column(const double* a, const double* b, int i, int j) noexcept nogil:
    """Element i, j of a b."""
    return a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j]


cdef inline double row_row(const double* a, const double* b, int i, int j) noexcept nogil:
    """Element i, j of a b^T."""
    return a[3 * i] * b[3 * j] + a[3 * i + 1] * b[3 * j + 1] + a[3 * i + 2] * b[3 * j + 2]


cdef inline void turn_attitude(Mekf* self, const Turn* t) noexcept nogil:
    """q_bi = dq(theta) (x) q_bi, its norm kept at one."""
    cdef double[4] dq
    cdef double scale
    cdef int i
    for i in range(3):
        dq[i] = t.theta[i] * t.half_sinc
    dq[3] = t.half_cos
    quat_multiply(dq, self.q_bi, self.q_bi)
    scale = inverse_root(self.q_bi[0] * self.q_bi[0] + self.q_bi[1] * self.q_bi[1]
                         + self.q_bi[2] * self.q_bi[2] + self.q_bi[3] * self.q_bi[3])
    for i in range(4):
        self.q_bi[i] *= scale


cdef void mekf_propagate(
    Mekf* self, const MekfNoise* noise, const double* dtheta_b, double dt, double extra_variance,
) noexcept nogil:
    # Transition [[R, -G], [0, I]] of the error: R = exp(-[theta x]), G = its integral. With B' = R B - G C:
    # A' = (R A - G B^T) R^T - B' G^T + Q_aa.
    cdef Turn t
    cdef double[9] r
    cdef double[9] g
    cdef double[9] aa
    cdef double[9] bb
    cdef double[9] m
    cdef double[9] ab
    cdef double q_angle, q_rate
    cdef int i, j
    turn_set(&t, dtheta_b, self.bias_b, dt)
    turn_attitude(self, &t)
    turn_matrix(&t, 1.0, t.a, t.b, r)
    turn_matrix(&t, dt, dt * t.b, dt * t.c, g)
    unpack(self.p_aa, aa)
    unpack(self.p_bb, bb)
    for i in range(3):
        for j in range(3):
            ab[3 * i + j] = row_column(r, self.p_ab, i, j) - row_column(g, bb, i, j)
            m[3 * i + j] = row_column(r, aa, i, j) - row_row(g, self.p_ab, i, j)
    q_rate = noise.rate_walk * dt
    q_angle = noise.angle_walk * dt + noise.scale_walk * t.x / dt + extra_variance
    # Q_ab = -rate_walk dt^2 (I/2 - c [theta x] + d [theta x]^2); Q_aa += rate_walk dt^3 (I/3 + e [theta x]^2)
    turn_matrix(&t, q_angle + q_rate * dt * dt * (1.0 / 3.0), 0.0, q_rate * dt * dt * t.e, aa)
    self.p_aa[0] = aa[0] + row_row(m, r, 0, 0) - row_row(ab, g, 0, 0)
    self.p_aa[1] = aa[1] + row_row(m, r, 0, 1) - row_row(ab, g, 0, 1)
    self.p_aa[2] = aa[2] + row_row(m, r, 0, 2) - row_row(ab, g, 0, 2)
    self.p_aa[3] = aa[4] + row_row(m, r, 1, 1) - row_row(ab, g, 1, 1)
    self.p_aa[4] = aa[5] + row_row(m, r, 1, 2) - row_row(ab, g, 1, 2)
    self.p_aa[5] = aa[8] + row_row(m, r, 2, 2) - row_row(ab, g, 2, 2)
    turn_matrix(&t, 0.5 * q_rate * dt, q_rate * dt * t.c, q_rate * dt * t.d, g)
    for i in range(9):
        self.p_ab[i] = ab[i] - g[i]
    self.p_bb[0] += q_rate
    self.p_bb[3] += q_rate
    self.p_bb[5] += q_rate


cdef inline double tangent_axes(const double* n, double* e, double* f) noexcept nogil:
    """e, f, n right-handed and orthogonal for a unit n; e and f of equal length, whose square (>= 1/2) is returned."""
    if n[1] * n[1] < 0.5:
        e[0] = n[2]
        e[1] = 0.0
        e[2] = -n[0]
    else:
        e[0] = -n[1]
        e[1] = n[0]
        e[2] = 0.0
    f[0] = n[1] * e[2] - n[2] * e[1]
    f[1] = n[2] * e[0] - n[0] * e[2]
    f[2] = n[0] * e[1] - n[1] * e[0]
    return e[0] * e[0] + e[1] * e[1] + e[2] * e[2]


cdef inline void correct(Mekf* self, const double* dx) noexcept nogil:
    """Move the estimate by dx = [a, b]: the reset of the multiplicative filter."""
    cdef double[4] dq
    quat_from_rotation_vector(dx, dq)
    quat_multiply(dq, self.q_bi, self.q_bi)
    self.bias_b[0] += dx[3]
    self.bias_b[1] += dx[4]
    self.bias_b[2] += dx[5]


cdef inline void times_direction(const Mekf* self, const double* e, double* u) noexcept nogil:
    """u = P [e, 0]."""
    u[0] = self.p_aa[0] * e[0] + self.p_aa[1] * e[1] + self.p_aa[2] * e[2]
    u[1] = self.p_aa[1] * e[0] + self.p_aa[3] * e[1] + self.p_aa[4] * e[2]
    u[2] = self.p_aa[2] * e[0] + self.p_aa[4] * e[1] + self.p_aa[5] * e[2]
    u[3] = self.p_ab[0] * e[0] + self.p_ab[3] * e[1] + self.p_ab[6] * e[2]
    u[4] = self.p_ab[1] * e[0] + self.p_ab[4] * e[1] + self.p_ab[7] * e[2]
    u[5] = self.p_ab[2] * e[0] + self.p_ab[5] * e[1] + self.p_ab[8] * e[2]


cdef inline void subtract_outer(Mekf* self, const double* u, const double* k) noexcept nogil:
    """P -= u k^T, upper triangle, k parallel to u."""
    self.p_aa[0] -= u[0] * k[0]
    self.p_aa[1] -= u[0] * k[1]
    self.p_aa[2] -= u[0] * k[2]
    self.p_aa[3] -= u[1] * k[1]
    self.p_aa[4] -= u[1] * k[2]
    self.p_aa[5] -= u[2] * k[2]
    self.p_ab[0] -= u[0] * k[3]
    self.p_ab[1] -= u[0] * k[4]
    self.p_ab[2] -= u[0] * k[5]
    self.p_ab[3] -= u[1] * k[3]
    self.p_ab[4] -= u[1] * k[4]
    self.p_ab[5] -= u[1] * k[5]
    self.p_ab[6] -= u[2] * k[3]
    self.p_ab[7] -= u[2] * k[4]
    self.p_ab[8] -= u[2] * k[5]
    self.p_bb[0] -= u[3] * k[3]
    self.p_bb[1] -= u[3] * k[4]
    self.p_bb[2] -= u[3] * k[5]
    self.p_bb[3] -= u[4] * k[4]
    self.p_bb[4] -= u[4] * k[5]
    self.p_bb[5] -= u[5] * k[5]


cdef struct Pair:
    # A 2x2 innovation covariance factored as L D L^T with the innovation made independent:
    double l, d1, d2, y1, y2


cdef inline double pair_factor(Pair* s, double s11, double s12, double s22, double y1, double y2) noexcept nogil:
    """Factor and return the normalised innovation squared."""
    s.d1 = 1.0 / s11
    s.l = s12 * s.d1
    s.d2 = s11 / (s11 * s22 - s12 * s12)
    s.y1 = y1
    s.y2 = y2 - s.l * y1
    return s.y1 * s.y1 * s.d1 + s.y2 * s.y2 * s.d2


cdef inline double update_pair(
    Mekf* self, const double* e, const double* f, const double* y,
    const double* r, const double* r_weight, double gate,
) noexcept nogil:
    """Measured attitude errors e.a = y[0] and f.a = y[1]; r, r_weight: [11, 12, 22] to judge and to weigh.

    S is factored and P downdated by one rank at a time, each time by a vector parallel to its gain: symmetric and
    positive definite down to a noise of 1e-15 of the prior variance, like Joseph's form, at a third of its cost.
    """
    cdef double[6] u
    cdef double[6] w
    cdef double[6] k
    cdef double[6] g
    cdef double[6] dx
    cdef Pair s
    cdef double s11, s12, s22, nis
    cdef int i
    times_direction(self, e, u)
    times_direction(self, f, w)
    s11 = e[0] * u[0] + e[1] * u[1] + e[2] * u[2]
    s12 = e[0] * w[0] + e[1] * w[1] + e[2] * w[2]
    s22 = f[0] * w[0] + f[1] * w[1] + f[2] * w[2]
    nis = pair_factor(&s, s11 + r[0], s12 + r[1], s22 + r[2], y[0], y[1])
    if not nis <= gate:
        return nis
    if r != r_weight:
        pair_factor(&s, s11 + r_weight[0], s12 + r_weight[1], s22 + r_weight[2], y[0], y[1])
    for i in range(6):
        w[i] -= s.l * u[i]
        k[i] = u[i] * s.d1
        g[i] = w[i] * s.d2
        dx[i] = k[i] * s.y1 + g[i] * s.y2
    subtract_outer(self, u, k)
    subtract_outer(self, w, g)
    correct(self, dx)
    return nis


cdef inline double arc_factor(double y1, double y2, double square, double cosine) noexcept nogil:
    """Angle over tangent-plane component: y1, y2 along axes of squared length `square`, all times the norm of z."""
    cdef double inverse = 1.0 / (square * cosine)
    cdef double x = (y1 * y1 + y2 * y2) * square * inverse * inverse
    cdef double xx = x * x
    if cosine > 0.0 and x < 0.0025:
        return ((1.0 - x * (1.0 / 3.0)) + xx * ((0.2 - x * (1.0 / 7.0)) + xx * (1.0 / 9.0))) * (inverse * square)
    x = sqrt((y1 * y1 + y2 * y2) / square)
    return atan2(x, cosine) / x if x > 0.0 else 0.0


cdef inline double innovate(
    const double* predicted, const double* z_b, double* e, double* f, double* y,
) noexcept nogil:
    """Axes across the predicted unit vector and the attitude error y seen along them; return their squared length.

    z = C(dq(a)) z' = z' + [z' x] a: in the tangent plane f.z = e.a and -e.z = f.a, taken along the great circle.
    """
    cdef double square = tangent_axes(predicted, e, f)
    cdef double cosine = predicted[0] * z_b[0] + predicted[1] * z_b[1] + predicted[2] * z_b[2]
    cdef double factor
    y[0] = f[0] * z_b[0] + f[1] * z_b[1] + f[2] * z_b[2]
    y[1] = -(e[0] * z_b[0] + e[1] * z_b[1] + e[2] * z_b[2])
    factor = arc_factor(y[0], y[1], square, cosine)
    y[0] *= factor
    y[1] *= factor
    return square


cdef double mekf_update_direction(
    Mekf* self, const double* z_b, const double* r_i, double variance, double weight_variance, double gate,
) noexcept nogil:
    cdef double[3] predicted
    cdef double[3] e
    cdef double[3] f
    cdef double[2] y
    cdef double[3] r
    cdef double[3] r_weight
    cdef double square
    quat_rotate(self.q_bi, r_i, predicted)
    square = innovate(predicted, z_b, e, f, y)
    r[0] = r[2] = variance * square
    r[1] = 0.0
    if weight_variance == variance:
        return update_pair(self, e, f, y, r, r, gate)
    r_weight[0] = r_weight[2] = weight_variance * square
    r_weight[1] = 0.0
    return update_pair(self, e, f, y, r, r_weight, gate)


cdef inline double quadratic(const double* s, const double* a, const double* b) noexcept nogil:
    """a^T s b for an upper triangle s."""
    return (
        a[0] * (s[0] * b[0] + s[1] * b[1] + s[2] * b[2])
        + a[1] * (s[1] * b[0] + s[3] * b[1] + s[4] * b[2])
        + a[2] * (s[2] * b[0] + s[4] * b[1] + s[5] * b[2])
    )


cdef double mekf_update_vector(
    Mekf* self, const double* z_b, const double* r_i, const double* r_b, double gate,
) noexcept nogil:
    cdef double[3] predicted
    cdef double[3] e
    cdef double[3] f
    cdef double[3] r
    cdef double[2] y
    cdef double scale
    cdef int i
    quat_rotate(self.q_bi, r_i, predicted)
    scale = sqrt(predicted[0] * predicted[0] + predicted[1] * predicted[1] + predicted[2] * predicted[2])
    for i in range(3):
        predicted[i] /= scale
    innovate(predicted, z_b, e, f, y)
    scale = 1.0 / (scale * scale)
    r[0] = quadratic(r_b, f, f) * scale
    r[1] = -quadratic(r_b, e, f) * scale
    r[2] = quadratic(r_b, e, e) * scale
    return update_pair(self, e, f, y, r, r, gate)


cdef inline void column(const Mekf* self, int j, double* u) noexcept nogil:
    """u = column j < 3 of P."""
    cdef int[9] upper = [0, 1, 2, 1, 3, 4, 2, 4, 5]
    cdef int i
    for i in range(3):
        u[i] = self.p_aa[upper[3 * j + i]]
        u[3 + i] = self.p_ab[3 * j + i]


cdef double mekf_update_attitude(Mekf* self, const double* q_bi, const double* r_b, double gate) noexcept nogil:
    cdef double[6] u0
    cdef double[6] u1
    cdef double[6] u2
    cdef double[6] k0
    cdef double[6] k1
    cdef double[6] k2
    cdef double[6] dx
    cdef double[4] dq
    cdef double[3] y
    cdef double d0, d1, d2, l10, l20, l21, s12, nis
    cdef int i
    quat_conjugate(self.q_bi, dq)
    quat_multiply(q_bi, dq, dq)
    quat_to_rotation_vector(dq, y)
    d0 = 1.0 / (self.p_aa[0] + r_b[0])
    l10 = (self.p_aa[1] + r_b[1]) * d0
    l20 = (self.p_aa[2] + r_b[2]) * d0
    d1 = 1.0 / (self.p_aa[3] + r_b[3] - l10 * (self.p_aa[1] + r_b[1]))
    s12 = self.p_aa[4] + r_b[4] - l10 * (self.p_aa[2] + r_b[2])
    l21 = s12 * d1
    d2 = 1.0 / (self.p_aa[5] + r_b[5] - l20 * (self.p_aa[2] + r_b[2]) - l21 * s12)
    y[1] -= l10 * y[0]
    y[2] -= l20 * y[0] + l21 * y[1]
    nis = y[0] * y[0] * d0 + y[1] * y[1] * d1 + y[2] * y[2] * d2
    if not nis <= gate:
        return nis
    column(self, 0, u0)
    column(self, 1, u1)
    column(self, 2, u2)
    for i in range(6):
        u1[i] -= l10 * u0[i]
        u2[i] -= l20 * u0[i] + l21 * u1[i]
        k0[i] = u0[i] * d0
        k1[i] = u1[i] * d1
        k2[i] = u2[i] * d2
        dx[i] = k0[i] * y[0] + k1[i] * y[1] + k2[i] * y[2]
    subtract_outer(self, u0, k0)
    subtract_outer(self, u1, k1)
    subtract_outer(self, u2, k2)
    correct(self, dx)
    return nis


cdef void mekf_get_covariance(const Mekf* self, double* p) noexcept nogil:
    cdef double[9] block
    cdef int i, j
    unpack(self.p_aa, block)
    for i in range(3):
        for j in range(3):
            p[6 * i + j] = block[3 * i + j]
            p[6 * i + 3 + j] = self.p_ab[3 * i + j]
            p[6 * (3 + i) + j] = self.p_ab[3 * j + i]
    unpack(self.p_bb, block)
    for i in range(3):
        for j in range(3):
            p[6 * (3 + i) + 3 + j] = block[3 * i + j]


cdef void mekf_set_covariance(Mekf* self, const double* p) noexcept nogil:
    cdef int i, j, k = 0
    for i in range(3):
        for j in range(3):
            self.p_ab[3 * i + j] = p[6 * i + 3 + j]
        for j in range(i, 3):
            self.p_aa[k] = p[6 * i + j]
            self.p_bb[k] = p[6 * (3 + i) + 3 + j]
            k += 1
