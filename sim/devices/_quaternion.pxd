# Quaternions of the truth: scalar last, Shuster product (fsw/CONVENTIONS.md), on caller-owned memory. The truth never
# uses flight's algebra: a sign error made in both would cancel.

from libc.math cimport atan2, cos, sin

from sim.physics._algebra cimport dot, norm


cdef inline void multiply(const double* q, const double* p, double* out) noexcept nogil:
    """out = q (x) p: C(out) = C(q) C(p); `out` must not alias."""
    out[0] = q[3] * p[0] + p[3] * q[0] - (q[1] * p[2] - q[2] * p[1])
    out[1] = q[3] * p[1] + p[3] * q[1] - (q[2] * p[0] - q[0] * p[2])
    out[2] = q[3] * p[2] + p[3] * q[2] - (q[0] * p[1] - q[1] * p[0])
    out[3] = q[3] * p[3] - dot(q, p)


cdef inline void conjugate(const double* q, double* out) noexcept nogil:
    """out = the inverse of a unit quaternion."""
    out[0] = -q[0]
    out[1] = -q[1]
    out[2] = -q[2]
    out[3] = q[3]


cdef inline void rotation_vector(const double* q, double* phi) noexcept nogil:
    """phi = rotation vector of unit q, the short way round: q = [e sin(|phi|/2), cos(|phi|/2)]."""
    cdef double s = norm(q), scale
    cdef int k
    if s < 1e-12:
        scale = 2.0 if q[3] >= 0.0 else -2.0
    elif q[3] >= 0.0:
        scale = 2.0 * atan2(s, q[3]) / s
    else:
        scale = -2.0 * atan2(s, -q[3]) / s
    for k in range(3):
        phi[k] = scale * q[k]


cdef inline void from_rotation_vector(const double* phi, double* q) noexcept nogil:
    """q = the unit quaternion of the rotation vector phi."""
    cdef double angle = norm(phi), scale
    cdef int k
    scale = 0.5 - angle * angle / 48.0 if angle < 1e-4 else sin(0.5 * angle) / angle
    for k in range(3):
        q[k] = scale * phi[k]
    q[3] = cos(0.5 * angle)
