# Inline vector algebra of the control path: vectors are double[3], matrices row-major double[9]. Quaternions are in
# fsw/algebra/_quaternion.pxd. Outputs may not alias inputs unless the comment says so.
from libc.math cimport sqrt


cdef inline double dot(const double* a, const double* b) noexcept nogil:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


cdef inline double norm(const double* a) noexcept nogil:
    return sqrt(dot(a, a))


cdef inline void cross(const double* a, const double* b, double* out) noexcept nogil:
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


cdef inline void scale(double k, const double* a, double* out) noexcept nogil:
    # out = k a; may alias.
    out[0] = k * a[0]
    out[1] = k * a[1]
    out[2] = k * a[2]


cdef inline void add_scaled(double k, const double* a, double* out) noexcept nogil:
    # out += k a
    out[0] += k * a[0]
    out[1] += k * a[1]
    out[2] += k * a[2]


cdef inline void copy(const double* a, double* out) noexcept nogil:
    out[0] = a[0]
    out[1] = a[1]
    out[2] = a[2]


cdef inline double unit(const double* a, double* out) noexcept nogil:
    # out = a / |a|, or zero when a is zero; may alias. Returns |a|.
    cdef double length = norm(a)
    scale(1.0 / length if length > 0.0 else 0.0, a, out)
    return length


cdef inline void apply(const double* m, const double* a, double* out) noexcept nogil:
    # out = M a, M row-major 3 x 3.
    out[0] = dot(m, a)
    out[1] = dot(m + 3, a)
    out[2] = dot(m + 6, a)


cdef inline void combine(int count, const double* axes, const double* shares, double* out) noexcept nogil:
    # out = the sum of `count` vectors (count x 3), each times its share.
    cdef int k, i
    for i in range(3):
        out[i] = axes[i] * shares[0] if count > 0 else 0.0
        for k in range(1, count):
            out[i] += axes[3 * k + i] * shares[k]


cdef inline double dot4(const double* a, const double* b) noexcept nogil:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
