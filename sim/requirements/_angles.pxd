"""Angles that the judge measures, inlined; what is not a number gives an angle that is not a number."""

from libc.math cimport asin, atan2, fabs, sqrt

cdef extern from *:
    """
    #define DEGREE 57.29577951308232
    """
    const double DEGREE


cdef inline double rotation_angle_deg(const double* a, const double* b) noexcept nogil:
    """Total angle between two attitudes given as quaternions."""
    cdef double x = a[3] * b[0] - a[0] * b[3] - (a[1] * b[2] - a[2] * b[1])
    cdef double y = a[3] * b[1] - a[1] * b[3] - (a[2] * b[0] - a[0] * b[2])
    cdef double z = a[3] * b[2] - a[2] * b[3] - (a[0] * b[1] - a[1] * b[0])
    cdef double w = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
    return 2.0 * DEGREE * atan2(sqrt(x * x + y * y + z * z), fabs(w))


cdef inline void body_to_inertial(const double* q_bi, const double* v_b, double* v_i) noexcept nogil:
    """v_i = C(q_bi)^T v_b."""
    cdef double tx = 2.0 * (q_bi[1] * v_b[2] - q_bi[2] * v_b[1])
    cdef double ty = 2.0 * (q_bi[2] * v_b[0] - q_bi[0] * v_b[2])
    cdef double tz = 2.0 * (q_bi[0] * v_b[1] - q_bi[1] * v_b[0])
    v_i[0] = v_b[0] + q_bi[3] * tx + q_bi[1] * tz - q_bi[2] * ty
    v_i[1] = v_b[1] + q_bi[3] * ty + q_bi[2] * tx - q_bi[0] * tz
    v_i[2] = v_b[2] + q_bi[3] * tz + q_bi[0] * ty - q_bi[1] * tx


cdef inline double nadir_error_deg(const double* q_bi, const double* r, const double* v) noexcept nogil:
    """Angle between the body axes and LVLH (+z nadir, +y minus orbit normal), from the trace of C_bo."""
    cdef double o[3][3]
    cdef double axis_b[3]
    cdef double axis_i[3]
    cdef double rn = sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2])
    cdef double trace = 0.0
    cdef double n
    cdef int i
    for i in range(3):
        o[2][i] = -r[i] / rn
    o[1][0] = -(r[1] * v[2] - r[2] * v[1])
    o[1][1] = -(r[2] * v[0] - r[0] * v[2])
    o[1][2] = -(r[0] * v[1] - r[1] * v[0])
    n = sqrt(o[1][0] * o[1][0] + o[1][1] * o[1][1] + o[1][2] * o[1][2])
    for i in range(3):
        o[1][i] /= n
    o[0][0] = o[1][1] * o[2][2] - o[1][2] * o[2][1]
    o[0][1] = o[1][2] * o[2][0] - o[1][0] * o[2][2]
    o[0][2] = o[1][0] * o[2][1] - o[1][1] * o[2][0]
    # chord of each axis: |a - b|^2 summed is 8 sin^2(angle / 2), well conditioned for small angles
    for i in range(3):
        axis_b[0] = axis_b[1] = axis_b[2] = 0.0
        axis_b[i] = 1.0
        body_to_inertial(q_bi, axis_b, axis_i)
        trace += ((axis_i[0] - o[i][0]) ** 2 + (axis_i[1] - o[i][1]) ** 2 + (axis_i[2] - o[i][2]) ** 2)
    n = sqrt(trace / 8.0)
    return 2.0 * DEGREE * asin(1.0 if n > 1.0 else n)


cdef inline double direction_angle_deg(const double* a, const double* b) noexcept nogil:
    """Angle between two unit vectors, from their chord: well conditioned for small angles."""
    cdef double half = sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2) / 2.0
    return 2.0 * DEGREE * asin(1.0 if half > 1.0 else half)
