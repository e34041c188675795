"""Small vector algebra, inlined; conventions of fsw/CONVENTIONS.md. Matrices are 9 doubles in row-major order."""

from libc.math cimport cos, sin, sqrt


cdef inline double dot(const double* a, const double* b) noexcept nogil:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


cdef inline double norm(const double* a) noexcept nogil:
    return sqrt(dot(a, a))


cdef inline void cross(const double* a, const double* b, double* out) noexcept nogil:
    """out = a x b; out must not alias a or b."""
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


cdef inline void scale(double* v, double k) noexcept nogil:
    """v *= k."""
    v[0] *= k
    v[1] *= k
    v[2] *= k


cdef inline void add_scaled(double* out, double k, const double* a) noexcept nogil:
    """out += k a."""
    out[0] += k * a[0]
    out[1] += k * a[1]
    out[2] += k * a[2]


cdef inline void apply(const double* m, const double* v, double* out) noexcept nogil:
    """out = m v; out must not alias v."""
    out[0] = m[0] * v[0] + m[1] * v[1] + m[2] * v[2]
    out[1] = m[3] * v[0] + m[4] * v[1] + m[5] * v[2]
    out[2] = m[6] * v[0] + m[7] * v[1] + m[8] * v[2]


cdef inline void apply_transposed(const double* m, const double* v, double* out) noexcept nogil:
    """out = m^T v; out must not alias v."""
    out[0] = m[0] * v[0] + m[3] * v[1] + m[6] * v[2]
    out[1] = m[1] * v[0] + m[4] * v[1] + m[7] * v[2]
    out[2] = m[2] * v[0] + m[5] * v[1] + m[8] * v[2]


cdef inline void matmul(const double* a, const double* b, double* out) noexcept nogil:
    """out = a b; out must not alias a or b."""
    cdef int i, j
    for i in range(3):
        for j in range(3):
            out[3 * i + j] = a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j]


cdef inline void rotate_x(double angle, double* m) noexcept nogil:
    """m = R1(angle) m, a frame rotation about x."""
    cdef double c = cos(angle), s = sin(angle), y
    cdef int j
    for j in range(3):
        y = c * m[3 + j] + s * m[6 + j]
        m[6 + j] = c * m[6 + j] - s * m[3 + j]
        m[3 + j] = y


cdef inline void rotate_y(double angle, double* m) noexcept nogil:
    """m = R2(angle) m, a frame rotation about y."""
    cdef double c = cos(angle), s = sin(angle), x
    cdef int j
    for j in range(3):
        x = c * m[j] - s * m[6 + j]
        m[6 + j] = c * m[6 + j] + s * m[j]
        m[j] = x


cdef inline void rotate_z(double angle, double* m) noexcept nogil:
    """m = R3(angle) m, a frame rotation about z."""
    cdef double c = cos(angle), s = sin(angle), x
    cdef int j
    for j in range(3):
        x = c * m[j] + s * m[3 + j]
        m[3 + j] = c * m[3 + j] - s * m[j]
        m[j] = x


cdef inline void identity(double* m) noexcept nogil:
    cdef int i
    for i in range(9):
        m[i] = 1.0 if i % 4 == 0 else 0.0


cdef inline void dcm(const double* q, double* m) noexcept nogil:
    """m = C(q), the frame rotation of a quaternion of any norm but zero, scalar last."""
    cdef double xx = q[0] * q[0], yy = q[1] * q[1], zz = q[2] * q[2], ww = q[3] * q[3]
    cdef double k = 1.0 / (xx + yy + zz + ww), d = 2.0 * k
    cdef double xy = q[0] * q[1], xz = q[0] * q[2], yz = q[1] * q[2]
    cdef double wx = q[3] * q[0], wy = q[3] * q[1], wz = q[3] * q[2]
    m[0] = (ww + xx - yy - zz) * k
    m[1] = (xy + wz) * d
    m[2] = (xz - wy) * d
    m[3] = (xy - wz) * d
    m[4] = (ww - xx + yy - zz) * k
    m[5] = (yz + wx) * d
    m[6] = (xz + wy) * d
    m[7] = (yz - wx) * d
    m[8] = (ww - xx - yy + zz) * k


cdef inline void quaternion_from_dcm(const double* m, double* q) noexcept nogil:
    """q of C(q) = m, scalar not negative (Markley & Crassidis 2014, 2.135: the largest component first)."""
    cdef double trace = m[0] + m[4] + m[8], k
    if trace >= 0.0:
        q[0] = m[5] - m[7]
        q[1] = m[6] - m[2]
        q[2] = m[1] - m[3]
        q[3] = 1.0 + trace
    elif m[0] >= m[4] and m[0] >= m[8]:
        q[0] = 1.0 + 2.0 * m[0] - trace
        q[1] = m[1] + m[3]
        q[2] = m[2] + m[6]
        q[3] = m[5] - m[7]
    elif m[4] >= m[8]:
        q[0] = m[1] + m[3]
        q[1] = 1.0 + 2.0 * m[4] - trace
        q[2] = m[5] + m[7]
        q[3] = m[6] - m[2]
    else:
        q[0] = m[2] + m[6]
        q[1] = m[5] + m[7]
        q[2] = 1.0 + 2.0 * m[8] - trace
        q[3] = m[1] - m[3]
    k = 1.0 / sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    if q[3] < 0.0:
        k = -k
    q[0] *= k
    q[1] *= k
    q[2] *= k
    q[3] *= k
