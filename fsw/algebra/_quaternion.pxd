# Quaternion algebra on caller-owned memory; conventions in fsw/CONVENTIONS.md.
#
# q = [x, y, z, w], scalar last. `q_bi` maps inertial to body: v_b = C(q_bi) v_i. The product is Shuster's:
# C(p (x) q) = C(p) C(q). Source: Markley & Crassidis, Fundamentals of Spacecraft Attitude Determination and
# Control (2014), 2.7 and 2.9. Outputs may be the same memory as inputs, except for matrices.
from libc.math cimport atan2, cos, sin, sqrt


cdef inline void quat_multiply(const double* p, const double* q, double* out) noexcept nogil:
    """out = p (x) q (Markley & Crassidis 2.82a)."""
    cdef double x = p[3] * q[0] + p[2] * q[1] - p[1] * q[2] + p[0] * q[3]
    cdef double y = p[3] * q[1] - p[2] * q[0] + p[0] * q[2] + p[1] * q[3]
    cdef double z = p[3] * q[2] + p[1] * q[0] - p[0] * q[1] + p[2] * q[3]
    cdef double w = p[3] * q[3] - p[0] * q[0] - p[1] * q[1] - p[2] * q[2]
    out[0] = x
    out[1] = y
    out[2] = z
    out[3] = w


cdef inline void quat_conjugate(const double* q, double* out) noexcept nogil:
    """out = the inverse of a unit quaternion: q_ib from q_bi."""
    out[0] = -q[0]
    out[1] = -q[1]
    out[2] = -q[2]
    out[3] = q[3]


cdef inline double quat_normalise(const double* q, double* out) noexcept nogil:
    """out = q / |q|; return |q|. A zero or non-finite q is copied unchanged."""
    cdef double norm = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    cdef double scale = 1.0 / norm if norm > 0.0 else 1.0
    out[0] = q[0] * scale
    out[1] = q[1] * scale
    out[2] = q[2] * scale
    out[3] = q[3] * scale
    return norm


cdef inline double inverse_root(double square) noexcept nogil:
    """1 / sqrt(square); near one by series (error < 3e-16), which does without the slow root and division."""
    cdef double x = square - 1.0
    cdef double xx = x * x
    if xx < 1e-6:
        return (1.0 - 0.5 * x) + xx * ((0.375 - 0.3125 * x) + xx * (0.2734375 - 0.24609375 * x))
    return 1.0 / sqrt(square)


cdef inline void quat_from_rotation_vector(const double* rotation, double* out) noexcept nogil:
    """out = [e sin(phi/2), cos(phi/2)] for rotation = e phi [rad]; series below 0.1 rad (error < 1e-16)."""
    cdef double x = rotation[0]
    cdef double y = rotation[1]
    cdef double z = rotation[2]
    cdef double square = x * x + y * y + z * z
    cdef double half_sinc, angle
    if square < 0.01:
        half_sinc = 0.5 - square * (1.0 / 48.0 - square * (1.0 / 3840.0 - square * (1.0 / 645120.0)))
        out[3] = 1.0 - square * (
            1.0 / 8.0 - square * (1.0 / 384.0 - square * (1.0 / 46080.0 - square * (1.0 / 10321920.0)))
        )
    else:
        angle = sqrt(square)
        half_sinc = sin(0.5 * angle) / angle
        out[3] = cos(0.5 * angle)
    out[0] = x * half_sinc
    out[1] = y * half_sinc
    out[2] = z * half_sinc


cdef inline void quat_to_rotation_vector(const double* q, double* out) noexcept nogil:
    """out = e phi [rad] of the shorter rotation, |phi| <= pi; q of unit norm, either sign."""
    cdef double norm = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2])
    cdef double sign = -1.0 if q[3] < 0.0 else 1.0
    cdef double factor = sign * 2.0
    if norm > 0.0:
        factor = sign * 2.0 * atan2(norm, sign * q[3]) / norm
    out[0] = q[0] * factor
    out[1] = q[1] * factor
    out[2] = q[2] * factor


cdef inline void quat_apply_small_angle(const double* angle_b, const double* q_bi, double* out) noexcept nogil:
    """out = normalised [angle_b / 2, 1] (x) q_bi: exact to third order in angle_b (twice the Gibbs vector)."""
    cdef double[4] dq
    dq[0] = 0.5 * angle_b[0]
    dq[1] = 0.5 * angle_b[1]
    dq[2] = 0.5 * angle_b[2]
    dq[3] = inverse_root(1.0 + (dq[0] * dq[0] + dq[1] * dq[1] + dq[2] * dq[2]))
    dq[0] *= dq[3]
    dq[1] *= dq[3]
    dq[2] *= dq[3]
    quat_multiply(dq, q_bi, out)


cdef inline void quat_to_matrix(const double* q, double* c) noexcept nogil:
    """c = C(q), 3x3 row-major: (w^2 - |v|^2) I - 2 w [v x] + 2 v v^T (Markley & Crassidis 2.125)."""
    cdef double xx = q[0] * q[0]
    cdef double yy = q[1] * q[1]
    cdef double zz = q[2] * q[2]
    cdef double ww = q[3] * q[3]
    c[0] = xx - yy - zz + ww
    c[1] = 2.0 * (q[0] * q[1] + q[2] * q[3])
    c[2] = 2.0 * (q[0] * q[2] - q[1] * q[3])
    c[3] = 2.0 * (q[0] * q[1] - q[2] * q[3])
    c[4] = yy - xx - zz + ww
    c[5] = 2.0 * (q[1] * q[2] + q[0] * q[3])
    c[6] = 2.0 * (q[0] * q[2] + q[1] * q[3])
    c[7] = 2.0 * (q[1] * q[2] - q[0] * q[3])
    c[8] = zz - xx - yy + ww


cdef inline void quat_from_matrix(const double* c, double* out) noexcept nogil:
    """out = the quaternion of a rotation matrix, w >= 0; Shepperd's choice of the largest component."""
    cdef double trace = c[0] + c[4] + c[8]
    cdef double x, y, z, w
    if trace >= c[0] and trace >= c[4] and trace >= c[8]:
        x = c[5] - c[7]
        y = c[6] - c[2]
        z = c[1] - c[3]
        w = 1.0 + trace
    elif c[0] >= c[4] and c[0] >= c[8]:
        x = 1.0 + 2.0 * c[0] - trace
        y = c[1] + c[3]
        z = c[2] + c[6]
        w = c[5] - c[7]
    elif c[4] >= c[8]:
        x = c[1] + c[3]
        y = 1.0 + 2.0 * c[4] - trace
        z = c[5] + c[7]
        w = c[6] - c[2]
    else:
        x = c[2] + c[6]
        y = c[5] + c[7]
        z = 1.0 + 2.0 * c[8] - trace
        w = c[1] - c[3]
    cdef double scale = (-1.0 if w < 0.0 else 1.0) / sqrt(x * x + y * y + z * z + w * w)
    out[0] = x * scale
    out[1] = y * scale
    out[2] = z * scale
    out[3] = w * scale


cdef inline void quat_rotate(const double* q_bi, const double* v_i, double* v_b) noexcept nogil:
    """v_b = C(q_bi) v_i."""
    cdef double tx = 2.0 * (q_bi[1] * v_i[2] - q_bi[2] * v_i[1])
    cdef double ty = 2.0 * (q_bi[2] * v_i[0] - q_bi[0] * v_i[2])
    cdef double tz = 2.0 * (q_bi[0] * v_i[1] - q_bi[1] * v_i[0])
    cdef double x = v_i[0] - q_bi[3] * tx + (q_bi[1] * tz - q_bi[2] * ty)
    cdef double y = v_i[1] - q_bi[3] * ty + (q_bi[2] * tx - q_bi[0] * tz)
    cdef double z = v_i[2] - q_bi[3] * tz + (q_bi[0] * ty - q_bi[1] * tx)
    v_b[0] = x
    v_b[1] = y
    v_b[2] = z


cdef inline void quat_rotate_back(const double* q_bi, const double* v_b, double* v_i) noexcept nogil:
    """v_i = C(q_bi)^T v_b."""
    cdef double[4] q_ib
    quat_conjugate(q_bi, q_ib)
    quat_rotate(q_ib, v_b, v_i)
